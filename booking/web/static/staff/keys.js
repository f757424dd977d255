// Single keys for the day schedule (WCAG 2.1.4): they work in the board or where nothing has the focus, never in a
// field, and a link in the help page turns them off.

const MOVES = { j: [0, 1], ArrowDown: [0, 1], k: [0, -1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] };
const STEPS = {
  d: "Ist da", a: "Aufrufen", p: "Am Platz", f: "Fertig", n: "Nicht erschienen", v: "Verlängern", r: "Rückgängig",
};
const TYPING = "input, select, textarea, [contenteditable]";

export function listen(frame) {
  if (frame.dataset.keys === "off") return;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches(TYPING)) return;
    if (document.querySelector(":popover-open")) return;
    if (event.repeat && !(event.key in MOVES)) return; // a key that is held down is one step
    if (!frame.contains(event.target) && event.target !== document.body && event.target.id !== "said") return;
    if (pressed(frame, event)) event.preventDefault();
  });
}

function pressed(frame, event) {
  const { key, target } = event;
  const entry = target.closest("#board [data-start], .dy-wait");
  if (key === "Escape") return closeMenu(entry);
  if (key in MOVES && !target.matches("summary, [open] *")) return move(frame, entry, ...MOVES[key]);
  if (key === "w") return go(frame.querySelector(".dy-wait"));
  const isOnEntry = entry === target;
  if (entry && key !== "Enter" && act(entry, key)) return true;
  if (entry && key in STEPS) return explain(entry, key);
  if (key === "Enter") return isOnEntry && act(entry, key);
  const way = document.querySelector(`[data-page-key="${CSS.escape(key)}"]`);
  if (!way) return false;
  if (way.matches("input")) way.focus();
  else way.click();
  return true;
}

function act(entry, key) {
  const way = of(entry, `[data-key="${CSS.escape(key)}"]`);
  way?.click();
  if (way && key === "m") way.parentElement.querySelector(".dy-menu button, .dy-menu a")?.focus();
  return Boolean(way);
}

// Whoever waits for an appointment stands in the plan, too, where every step is.
function of(entry, selector) {
  const plan = document.getElementById(entry.id.replace(/^w-/, "t-"));
  return entry.querySelector(selector) ?? plan?.querySelector(selector);
}

// A key that does nothing says why, to eyes and ears.
function explain(entry, key) {
  const name = entry.querySelector(".dy-who, .dy-number")?.textContent.trim() ?? "diesem Termin";
  const why = of(entry, `[data-no="${key}"]`)?.textContent;
  const words = document.createElement("p");
  words.textContent = `${name}: ${why ?? `„${STEPS[key]}“ ist hier jetzt nicht möglich`}.`;
  const told = document.createElement("div");
  told.className = "dy-told dy-told--bad";
  told.append(words);
  document.getElementById("said").replaceChildren(told);
  return true;
}

function closeMenu(entry) {
  const menu = entry?.querySelector("details[open]");
  if (!menu) return false;
  menu.open = false;
  entry.focus();
  return true;
}

function move(frame, from, across, down) {
  const entries = [...frame.querySelectorAll(from?.matches(".dy-wait") ? ".dy-wait" : "#board [data-start]")];
  if (!from) return go(nearest(entries, Date.now() / 1000));
  const isPlan = Boolean(frame.querySelector(".dy-back")?.checkVisibility()) && !from.matches(".dy-wait");
  if (!isPlan) return across ? false : go(entries[entries.indexOf(from) + down]);
  const column = Number(from.dataset.column) + across;
  const there = entries.filter((entry) => Number(entry.dataset.column) === column);
  return go(across ? nearest(there, from.dataset.start) : there[there.indexOf(from) + down]);
}

function nearest(entries, start) {
  const far = (entry) => Math.abs(Number(entry.dataset.start) - Number(start));
  return entries.reduce((best, entry) => (!best || far(entry) < far(best) ? entry : best), null);
}

function go(entry) {
  entry?.focus();
  entry?.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}
