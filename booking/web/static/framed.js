// Inside a homepage's frame: tells how high this step is, so that the frame can follow. Told is only who asks, is the
// page around us and has a listed origin, and nothing but the height. Everything works without it, by scrolling.
"use strict";
{
  const listed = document.currentScript.dataset.origins.split(" ");
  const step = document.documentElement;
  let asker = null;
  let told = 0;
  const tell = () => {
    const height = Math.ceil(step.getBoundingClientRect().height);
    if (asker === null || Math.abs(height - told) < 2) return; // what is told may change a rounding, but nothing else
    told = height;
    parent.postMessage({ wartefrei: "height", height }, asker);
  };
  addEventListener("message", ({ data, origin, source }) => {
    if (source !== parent || data?.wartefrei !== "height?" || !listed.includes(origin)) return;
    asker = origin;
    told = 0;
    tell();
  });
  new ResizeObserver(tell).observe(step);
}
