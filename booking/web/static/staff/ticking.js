// What moves with the time alone: the line of now, minutes waited, who is late. The server's clock counts, told once
// with every board; between boards this browser's own steps are added to it.

const LATE = 3; // minutes after the start at which somebody who is not there counts as late
const GRID = 300;
const HOUR = 12; // rows
const NEAR = 3; // rows that the label of an hour reaches down
let ahead = 0;

export function setClock(board) {
  ahead = Number(board.dataset.now) * 1000 - Date.now();
}

const now = () => Math.floor((Date.now() + ahead) / 1000);

export function tick(frame) {
  const board = document.getElementById("board");
  if (!board) return;
  for (const span of board.querySelectorAll("[data-since]")) write(span, `${minutes(span.dataset.since)} Min.`);
  for (const span of board.querySelectorAll("[data-late]")) {
    const late = minutes(span.dataset.late);
    span.hidden = late < LATE || late > 24 * 60;
    span.className = "dy-late";
    if (!span.hidden) write(span, `${late} Min. überfällig`);
  }
  drawNow(board, frame.dataset.zone);
}

function drawNow(board, zone) {
  const line = document.getElementById("now");
  if (!line) return;
  const passed = now() - Number(board.dataset.first);
  line.hidden = passed < 0 || now() >= Number(board.dataset.last);
  place(board, line, Math.floor(passed / GRID) + 1);
  const time = new Date(now() * 1000).toLocaleTimeString("de-DE", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  write(line.firstElementChild, time);
}

// As _board.html does: near a full hour the two times make room for each other.
function place(board, line, row) {
  const past = (row - 1) % HOUR;
  const full = row - past;
  let beside = "";
  if (past < NEAR) beside = full > 1 ? " dy-now--below" : " dy-now--lower";
  else if (past >= HOUR - NEAR + 1) beside = " dy-now--above";
  line.className = `dy-now r-${row}${beside}`;
  for (const tick of board.querySelectorAll(".dy-tick")) {
    tick.classList.toggle("dy-tick--up", past < NEAR && full > 1 && tick.classList.contains(`r-${full}`));
  }
}

function minutes(since) {
  return Math.max(0, Math.floor((now() - Number(since)) / 60));
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
