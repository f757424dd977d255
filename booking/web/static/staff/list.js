// A list that others work off, too: what they change appears by itself and is told; ticks, open parts and the focus stay.

import { Live } from "./live.js";
import { morph } from "./morph.js";

const list = document.getElementById("list");
const news = document.getElementById("news");

new Live(list, (page) => {
  const board = document.getElementById("board");
  const [before, words, focused] = [entries(board), board.textContent, document.activeElement];
  morph(board, page.getElementById("board"));
  if (board.textContent !== words) news.textContent = changes(before, entries(board));
  if (focused !== document.activeElement) (focused.isConnected ? focused : list).focus();
});

const entries = (board) => new Set([...board.querySelectorAll("[id^=entry-]")].map((entry) => entry.id));

function changes(before, after) {
  const added = [...after].filter((id) => !before.has(id)).length;
  const gone = [...before].filter((id) => !after.has(id)).length;
  const counts = [added && `${added} neu`, gone && `${gone} nicht mehr dabei`].filter(Boolean);
  return ["Die Liste hat sich geändert", counts.join(", ")].filter(Boolean).join(": ");
}
