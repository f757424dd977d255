// A second click on the same place must not do something to whoever has come to stand there meanwhile: the other half
// of a double click does nothing, and neither does a click right after the board has changed under the pointer.

const WHILE = 700; // ms
const NEAR = 24; // px
const pointer = { x: -1, y: -1 };
let change = null;

for (const kind of ["pointermove", "pointerdown"]) {
  document.addEventListener(kind, (event) => Object.assign(pointer, { x: event.clientX, y: event.clientY }), true);
}
document.addEventListener("click", (event) => {
  const way = event.target.closest("#board :is(button, a, summary), #said button");
  if (!way || !event.detail) return; // 0 is the keyboard
  const isSecond = event.detail > 1 && way.matches("button");
  if (!isSecond && !hasChanged(event, way)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// Changes the board and remembers if somebody else is under the pointer then.
export function watched(changing) {
  const before = owner(document.elementFromPoint(pointer.x, pointer.y));
  changing();
  const after = owner(document.elementFromPoint(pointer.x, pointer.y));
  if (before !== after) change = { ...pointer, before, at: performance.now() };
}

function hasChanged(event, way) {
  if (!change || performance.now() - change.at > WHILE || owner(way) === change.before) return false;
  return Math.hypot(event.clientX - change.x, event.clientY - change.y) < NEAR;
}

function owner(element) {
  return element?.closest("#board li, #said")?.id ?? "";
}
