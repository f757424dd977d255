// The phone page on one page: sends the same forms as without a script, and puts the answer's parts in place.

const QUIET = 120; // ms after the last letter before the words are looked for
const MINUTE = 60;
const FIRST_TIME = "#ph-times .ph-time";
const desk = () => document.querySelector("#ph-desk");
const form = () => document.querySelector("#call");
let pending = null;
let waiting = 0;
let deadline = 0;
let leaving = false;

document.documentElement.classList.add("ph-scripted");
document.querySelector("[autofocus]")?.focus(); // the browser does so only with the first picture: too late for a key

// --- sending and showing ---

async function send(button, { quietly = false, extra = {} } = {}) {
  if (pending?.firm) return; // Enter twice is Enter once
  pending?.abort.abort();
  const mine = { abort: new AbortController(), firm: !quietly };
  pending = mine;
  const data = new URLSearchParams(new FormData(form(), button?.name ? button : null));
  for (const [name, value] of Object.entries(extra)) data.set(name, value);
  const address = button?.hasAttribute("formaction") ? button.formAction : form().action;
  try {
    const answer = await fetch(address, { method: "POST", body: data, signal: mine.abort.signal });
    show(new DOMParser().parseFromString(await answer.text(), "text/html"), button, { quietly });
  } catch (problem) {
    if (problem.name !== "AbortError") say("Keine Verbindung. Bitte versuchen Sie es noch einmal.");
  } finally {
    if (pending === mine) pending = null;
  }
}

function show(answer, button, { quietly }) {
  const fresh = answer.querySelector("#ph-desk");
  if (!fresh) return quietly ? say(reason(answer)) : whole(button);
  const isSame = fresh.dataset.step === desk().dataset.step && ["look", "town"].includes(fresh.dataset.step);
  if (!isSame) return replace(fresh, answer);
  const typed = document.querySelector("#q");
  const focused = document.activeElement;
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = document.getElementById(part.id);
    if (old && !old.isEqualNode(part)) old.replaceWith(part);
  }
  if (!quietly) {
    typed.value = fresh.querySelector("#q").value;
    if (!focused?.isConnected || focused === typed) typed.focus();
    if (button?.name === "every" || button?.name === "later") focusOn(FIRST_TIME);
  }
  count();
  tell();
}

function tell() {
  const found = desk().querySelectorAll(".ph-found").length;
  const free = desk().querySelectorAll(".ph-times .ph-time").length;
  const words = document.querySelector("#q")?.value ? `${found} Treffer` : `${free} freie Zeiten`;
  const place = desk().querySelector("[data-status]");
  place.classList.add("kern-sr-only");
  place.textContent = desk().dataset.step === "look" ? words : "";
}

function replace(fresh, answer) {
  desk().replaceWith(fresh);
  document.title = answer.title;
  document.querySelector(".st-heading").textContent = answer.querySelector(".st-heading").textContent;
  fresh.querySelector("[autofocus]")?.focus();
  count();
}

// Looking by itself never leads away from a call: it only says why nothing was found.
function reason(answer) {
  if (answer.querySelector("#password")) return "Sie sind abgemeldet. Melden Sie sich in einem neuen Tab wieder an.";
  const [title, sentence] = ["h1", "main .kern-body"].map((part) => answer.querySelector(part)?.textContent.trim());
  return title && sentence ? `${title}. ${sentence}` : "Gerade kann nicht gesucht werden. Bitte versuchen Sie es noch einmal.";
}

function whole(button) {
  // Logged out, or broken: the page that says so takes what was typed along.
  leaving = true;
  if (button) form().requestSubmit(button);
  else form().submit();
}

function say(words) {
  const place = desk().querySelector("[data-status]");
  place.classList.remove("kern-sr-only");
  place.textContent = words;
}

// --- how long the time is held ---

function count() {
  const left = document.querySelector("[data-seconds]");
  deadline = left ? performance.now() + Number(left.dataset.seconds) * 1000 : 0;
  tick();
}

function tick() {
  const left = document.querySelector("[data-seconds]");
  if (!left || !deadline) return;
  const seconds = Math.max(0, Math.ceil((deadline - performance.now()) / 1000));
  const words = left.querySelector("[data-left]");
  if (words) words.parentElement.firstChild.textContent = "Gehalten noch ";
  if (words) words.textContent = `${Math.floor(seconds / MINUTE)}:${String(seconds % MINUTE).padStart(2, "0")} Minuten`;
  if (seconds) return;
  left.textContent = "Die Zeit wird nicht mehr gehalten. Beim Eintragen wird sie genommen, wenn sie noch frei ist.";
  desk().querySelector("[data-status]").textContent = left.textContent;
  deadline = 0;
}

// --- keys ---

function press(key) {
  const button = [...desk().querySelectorAll("[data-key]")].find((each) => each.dataset.key === key && !each.disabled);
  if (!button) return false;
  if (button.href) location.assign(button.href);
  else send(button);
  return true;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const field = event.target.closest?.("input, select, textarea");
  const isSearch = field?.id === "q";
  if (event.key === "F4") return stop(event, focusOn("[data-sieve]"));
  if (event.key === "F8") return stop(event, press("F8") || (location.assign(location.pathname), true));
  if (event.key === "F2") return stop(event, focusOn("#q"));
  if (event.key === "Escape") return stop(event, press("Escape") || clear());
  if (isSearch && event.key === "Enter" && field.value.trim()) return stop(event, take(field));
  if (field?.matches("[data-sieve]") && event.key === "Enter") return stop(event, reach());
  if (field?.tagName === "SELECT" && event.key === "Enter") return stop(event, finish());
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!field || isSearch) stop(event, step(event.key === "ArrowDown" ? 1 : -1));
    return;
  }
  if (!desk().contains(event.target)) return; // single keys work only where they mean something (WCAG 2.1.4)
  if ((!field || (isSearch && !field.value)) && event.key !== "Enter") stop(event, press(event.key));
}

function stop(event, done) {
  if (done) event.preventDefault();
}

function focusOn(selector) {
  const place = desk().querySelector(selector);
  place?.focus();
  return Boolean(place);
}

function clear() {
  const field = document.querySelector("#q");
  if (!field?.value) return false;
  field.value = "";
  look();
  return true;
}

function take(field) {
  clearTimeout(waiting);
  if (desk().dataset.step === "town") {
    const first = () => document.querySelector(".ph-time[name=town]");
    look().then(() => first() && send(first()));
  } else {
    // What was found in mid-word is not taken but reached: another Enter chooses it.
    const asked = send(document.querySelector("[data-look]"), { extra: { first: "1" } });
    asked.then(() => document.querySelector("#q")?.value && focusOn(".ph-found[data-first]"));
  }
  return Boolean(field);
}

function reach() {
  look().then(() => focusOn(FIRST_TIME) || focusOn("#ph-times [name=every]"));
  return true;
}

function finish() {
  // Browsers send a form by Enter from its text fields only.
  if (desk().dataset.step === "caller") form().requestSubmit();
  return desk().dataset.step === "caller";
}

function step(way) {
  const all = [...desk().querySelectorAll(".ph-found, .ph-time")];
  const place = all.indexOf(document.activeElement);
  if (place + way < 0) return focusOn("#q");
  all[Math.min(place + way, all.length - 1)]?.focus();
  return all.length > 0;
}

function look() {
  clearTimeout(waiting);
  return send(document.querySelector("[data-look]"), { quietly: true });
}

// --- wiring ---

document.addEventListener("keydown", onKey);
document.addEventListener("submit", (event) => {
  if (event.target !== form() || leaving || event.submitter?.formTarget) return;
  event.preventDefault();
  send(event.submitter);
});
document.addEventListener("input", (event) => {
  if (event.target.id !== "q") return;
  clearTimeout(waiting);
  waiting = setTimeout(look, QUIET);
});
document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-sieve]")) look();
});
setInterval(tick, 1000);
count();
