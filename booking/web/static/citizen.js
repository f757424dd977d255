// What makes a step nicer where scripts run; everything works without it. The pages load it themselves, the widget
// calls `enhance` for each step that it shows.

const MINUTE = 60_000;
const ANNOUNCED = [5, 1]; // minutes left at which a screen reader is told; else the countdown is silent

export function enhance(root) {
  for (const line of root.querySelectorAll("[data-deadline]")) countDown(line);
  for (const form of root.querySelectorAll("[data-proof]")) import(form.dataset.proof).then(({ prove }) => prove(form));
  for (const offer of root.querySelectorAll("[data-lasts]")) endIn(offer, Number(offer.dataset.lasts));
}

// Takes away what can no longer be had after so many seconds; who is there with the keyboard stays on the page.
function endIn(offer, seconds) {
  setTimeout(() => {
    if (offer.contains(document.activeElement)) document.getElementById("said")?.focus();
    offer.remove();
  }, seconds * 1000);
}

// Shows how many minutes are left to confirm: data-left (with {minutes}), data-last (for one), data-over.
function countDown(line) {
  if (!line.hidden) return; // runs already
  const deadline = Date.parse(line.dataset.deadline) - ahead(line.dataset.now);
  const told = document.createElement("p");
  told.className = "kern-sr-only";
  told.setAttribute("role", "status");
  line.after(told);
  line.hidden = false;
  let shown = "";
  const show = () => {
    const minutes = Math.ceil((deadline - Date.now()) / MINUTE);
    const words = inWords(line.dataset, minutes);
    if (words !== shown) line.textContent = words;
    if (shown && words !== shown && (minutes <= 0 || ANNOUNCED.includes(minutes))) told.textContent = words;
    shown = words;
    if (minutes <= 0) clearInterval(timer);
  };
  const timer = setInterval(show, 1000);
  show();
}

// By how much the server's clock is ahead of the reader's, which may be an hour wrong. A page that Back has brought out
// of the browser's store is as old as it is: then the reader's clock has to do.
function ahead(now) {
  const isOld = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  return isOld || !now ? 0 : Date.parse(now) - Date.now();
}

function inWords(texts, minutes) {
  if (minutes <= 0) return texts.over;
  return minutes === 1 ? texts.last : texts.left.replace("{minutes}", String(minutes));
}

const page = document.querySelector("main.wf-main");
if (page) enhance(page);

// Back may show a page as it was kept; how an appointment stands must be asked anew. A page with an address is loaded
// again. One that answered a form has none that could name its appointment: its form asks (`data-state`), and the page
// is changed only if it is another one by now, so that what was typed stays.
addEventListener("pageshow", event => {
  if (event.persisted && document.querySelector("[data-fresh]")) location.reload();
  const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  if (event.persisted || isBack) askAgain(document.querySelector("form[data-state]"));
});

async function askAgain(form) {
  if (!form) return;
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.dataset.state, { method: "POST", body }).catch(() => null); // what stands there stays
  if (!answer?.ok) return;
  const present = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [now, shown] = [present, document].map(whole => whole.querySelector(".wf-page"));
  if (now.querySelector("h1").textContent === shown.querySelector("h1").textContent) return;
  document.title = present.title;
  shown.replaceWith(now);
  enhance(now);
}
