// What moves with the time alone: the line of now, minutes waited, who is late. The server's clock counts, told once
// with every board; between boards this browser's own steps are added to it.

const LATE = 3; // minutes after the start at which somebody who is not there counts as late
const GRID = 300;
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
  line.className = `dy-now r-${Math.floor(passed / GRID) + 1}`;
  const time = new Date(now() * 1000).toLocaleTimeString("de-DE", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  write(line.firstElementChild, time);
}

function minutes(since) {
  return Math.max(0, Math.floor((now() - Number(since)) / 60));
}

function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
