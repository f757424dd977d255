// The day schedule, live: buttons answer in place, changes of others appear by themselves, single keys. Without this
// script every button is a form and the page is what it was when it was loaded.

import { listen } from "./keys.js";
import { Live, parsed } from "./live.js";
import { morph } from "./morph.js";
import { begin } from "./now.js";
import { watched } from "./second_click.js";
import { setClock, tick } from "./ticking.js";
import { filtering } from "./walk_in.js";

const TICK = 10_000;
const UNKNOWN = "Keine Antwort. Ob es eingetragen ist, sehen Sie, sobald wieder eine Verbindung besteht.";
const MOST_NEWS = 2; // of others' changes that are read out one by one
const frame = document.getElementById("dy");
const news = document.getElementById("news");
const live = new Live(frame, (page) => watched(() => merge(page, { isOthers: true })));
let isSending = false;

setClock(document.getElementById("board"));
tick(frame);
begin(frame);
setInterval(() => tick(frame), TICK);
listen(frame);
filtering(document.getElementById("walk-in"));
document.addEventListener("submit", (event) => {
  if (event.target.id !== "act" && event.target.id !== "walk-in-form") return;
  if (event.defaultPrevented) return;
  event.preventDefault();
  if (!isSending) send(event.target, event.submitter);
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".dy-more[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// Asks as the form would, and takes from the page that answers what has changed here.
async function send(form, button) {
  isSending = true;
  const entry = button?.closest("#board li");
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
    if (answer.status === 401) return live.out();
    const page = parsed(await answer.text());
    if (!page.getElementById("board")) return fail(reason(page));
    watched(() => {
      merge(page, {});
      const key = page.getElementById("walk-in-key"); // the next person is another one, also for the same
      if (form.id === "walk-in-form" && key) document.getElementById(key.id).value = key.value;
      morph(document.getElementById("said"), page.getElementById("said"));
      land(form, entry);
    });
  } catch {
    fail(UNKNOWN);
  } finally {
    isSending = false;
  }
}

// Why there is no board: a problem's page says what it is (the role was taken, the form is too old, something broke).
function reason(page) {
  const [title, sentence] = ["h1", "main .kern-body"].map((part) => page.querySelector(part)?.textContent.trim());
  return title && sentence ? `${title}. ${sentence}` : UNKNOWN;
}

// It stands there until the next button is pressed. Whether the page is still up to date is another question: asked now.
function fail(words) {
  const told = document.createElement("div");
  told.className = "dy-told dy-told--bad";
  told.append(document.createElement("p"));
  told.firstChild.textContent = words;
  document.getElementById("said").replaceChildren(told);
  live.soon(0);
}

// The focus stays with the entry, not with a button that now does the next thing: a double click must not do both.
function land(form, entry) {
  for (const menu of document.querySelectorAll(".dy-more[open]")) menu.open = false;
  if (form.id === "walk-in-form") {
    document.getElementById("walk-in").hidePopover();
    document.getElementById("said").focus();
  } else if (entry) {
    (document.getElementById(entry.id) ?? document.getElementById("said")).focus();
  }
}

function merge(page, { isOthers = false }) {
  const board = document.getElementById("board");
  const before = isOthers ? states(board) : null;
  const lost = document.activeElement?.closest?.("#board li")?.id;
  morph(board, page.getElementById("board"));
  setClock(board);
  tick(frame);
  if (lost && !board.contains(document.activeElement)) document.getElementById(lost)?.focus();
  if (isOthers) announce(before, states(board));
}

// Everybody of the day by reference: whoever waits, too, or is gone; who stands in the plan as well is told from there.
function states(board) {
  const entries = [...board.querySelectorAll("li[id]")];
  return new Map(entries.map((entry) => [entry.id.split("-")[1], [entry.className.match(/--(\w+)/)?.[1], sentence(entry)]]));
}

function sentence(entry) {
  const start = entry.querySelector(".dy-time, .dy-number")?.firstChild.data.trim() ?? "";
  const words = [".dy-who", ".dy-state"].map((part) => entry.querySelector(part)?.innerText.trim() ?? "");
  return [start, ...words].filter(Boolean).join(" ");
}

// Politely and briefly: what has changed, or only how much.
function announce(before, after) {
  const changed = [...after].filter(([id, [status]]) => before.get(id)?.[0] !== status).map(([, [, words]]) => words);
  const gone = [...before.keys()].filter((id) => !after.has(id)).length;
  const count = changed.length + gone;
  if (!count) return;
  news.textContent = changed.length && count <= MOST_NEWS ? changed.join(". ") : `${count} ${count === 1 ? "Änderung" : "Änderungen"} im Tagesplan`;
}
