// The waiting room's screen, live.

import { Live } from "./live.js";
import { morph } from "./morph.js";

const SECOND = 1000;
const clock = document.getElementById("clock");

new Live(document.getElementById("dy"), (page) => morph(document.getElementById("board"), page.getElementById("board")));
setInterval(() => {
  const time = new Date().toLocaleTimeString("de-DE", { hour: "2-digit", minute: "2-digit", timeZone: clock.dataset.zone });
  if (!clock.textContent.startsWith(time)) clock.textContent = `${time} Uhr`;
}, SECOND);
