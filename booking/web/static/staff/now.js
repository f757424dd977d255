// Where the page of today begins: near now, after closing at the last ones; elsewhere, and whoever was led to somebody,
// as the page stands. In a list nobody who waits above it is passed over.

const ABOVE = 0.25; // of what is seen lies before now

export function begin(frame) {
  if (!("today" in frame.dataset) || document.getElementById(location.hash.slice(1))) return;
  const scroll = document.getElementById("scroll");
  if (frame.querySelector(".dy-back").checkVisibility()) inPlan(scroll);
  else inList(scroll);
}

function inPlan(scroll) {
  const line = document.getElementById("now");
  const board = document.getElementById("board").dataset;
  if (Number(board.now) >= Number(board.last)) scroll.scrollTop = scroll.scrollHeight;
  else if (!line.hidden) {
    const heads = scroll.querySelector(".dy-heads").offsetHeight;
    const down = line.getBoundingClientRect().top - scroll.getBoundingClientRect().top - heads;
    scroll.scrollTop += down - ABOVE * (scroll.clientHeight - heads);
  }
}

function inList(scroll) {
  const side = document.querySelector(".dy-side");
  if (getComputedStyle(side).position !== "sticky" && side.querySelector(".dy-queue > [id^='w-']")) return;
  const { now } = document.getElementById("board").dataset;
  const entries = [...scroll.querySelectorAll("[data-start]")];
  const last = entries.filter((entry) => Number(entry.dataset.start) <= Number(now)).at(-1);
  if (last && last.getBoundingClientRect().bottom > innerHeight) last.scrollIntoView({ block: "center", behavior: "instant" });
}
