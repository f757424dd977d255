// Counts down the minutes until a booking has to be confirmed. Everything works without it.
"use strict";
for (const line of document.querySelectorAll("[data-deadline]")) {
  const show = () => {
    const minutes = Math.ceil((Date.parse(line.dataset.deadline) - Date.now()) / 60000);
    const left = minutes === 1 ? line.dataset.last : line.dataset.left.replace("{minutes}", String(minutes));
    line.textContent = minutes > 0 ? left : line.dataset.over;
    if (minutes <= 0) clearInterval(timer);
  };
  const timer = setInterval(show, 5000);
  line.hidden = false;
  show();
}
