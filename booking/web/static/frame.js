// For homepages that show the booking in a frame: lets the frame be as high as what it holds.
//   <script src="https://HOST/frame.js" defer></script>
"use strict";
(() => {
  // Not `document.currentScript`: in a homepage, <img name="currentScript"> of some guest book would answer to that.
  const { get: currentScript } = Object.getOwnPropertyDescriptor(Document.prototype, "currentScript");
  const host = new URL(currentScript.call(document).src).origin;
  const known = new WeakSet(); // frames that have shown a step already
  const isOurs = (frame) => frame.tagName === "IFRAME" && frame.src.startsWith(`${host}/`); // src is absolute here
  const frames = () => [...document.querySelectorAll("iframe")].filter(isOurs);
  // To anybody, for it holds nothing: a frame that has not loaded yet is still the homepage's own empty page.
  const ask = (frame) => frame.contentWindow?.postMessage({ wartefrei: "height?" }, "*");

  addEventListener("message", ({ data, origin, source }) => {
    if (origin !== host || data?.wartefrei !== "height" || !(data.height > 0 && data.height < 50_000)) return;
    const frame = frames().find((each) => each.contentWindow === source);
    if (!frame) return;
    const edges = getComputedStyle(frame).boxSizing === "border-box" ? frame.offsetHeight - frame.clientHeight : 0;
    frame.style.height = `${data.height + edges}px`;
    // Who pressed a button far down would look at the end of the next step.
    if (data.isNew && known.has(frame) && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    known.add(frame);
  });
  document.addEventListener("load", ({ target }) => isOurs(target) && ask(target), true); // caught: a load never bubbles
  frames().forEach(ask);
})();
