// New letters appear by themselves, and the letter shown is as tall as it needs to be. Without JavaScript the page
// works all the same: reload it.
const list = document.getElementById("list");

async function look() {
  try {
    const answer = await fetch(list.dataset.source);
    const html = answer.ok ? await answer.text() : list.innerHTML;
    if (html !== look.last) {
      const focused = document.activeElement?.closest("#list a")?.getAttribute("href");
      list.innerHTML = html;
      if (focused) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
      look.last = html;
    }
  } catch {
    // The mailbox was stopped; the next look may find it again.
  }
  setTimeout(look, 2000);
}
look();

const frame = document.querySelector("iframe");
function fit() {
  const letter = frame.contentDocument?.documentElement;
  if (!letter) return;
  frame.style.height = 0; // a frame's content is never lower than the frame
  frame.style.height = `${letter.scrollHeight + 2}px`;
}
if (frame) {
  frame.addEventListener("load", fit);
  if (frame.contentDocument?.readyState === "complete") fit();
}
