// Inside a homepage's frame: tells how high this step is, so that the frame can follow. Told is only the page around us,
// and only if its origin is listed: the height, and whether the step is a new one. Without it the frame scrolls.
"use strict";
{
  const listed = document.currentScript.dataset.origins.split(" ");
  const step = document.documentElement;
  let listener = null;
  let told = 0;
  const tell = () => {
    const height = Math.ceil(step.getBoundingClientRect().height);
    if (listener === null || Math.abs(height - told) < 2) return; // a rounding is no change
    parent.postMessage({ wartefrei: "height", height, isNew: told === 0 }, listener);
    told = height;
  };
  const tellTo = (origin) => {
    if (listener !== null || !listed.includes(origin)) return;
    listener = origin;
    tell();
  };
  addEventListener("message", ({ data, origin, source }) => {
    if (source === parent && data?.wartefrei === "height?") tellTo(origin);
  });
  if (parent !== window) tellTo(location.ancestorOrigins?.[0]); // where there is none (Firefox) we wait to be asked
  new ResizeObserver(tell).observe(step);
}
