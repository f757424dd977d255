// Copies the lines for a homepage. Without it they can be marked and copied by hand.
"use strict";
for (const button of document.querySelectorAll("[data-copies]")) {
  const words = document.getElementById(button.dataset.copies);
  const label = button.querySelector(".kern-label");
  button.hidden = !navigator.clipboard; // browsers give it to secure pages only
  button.addEventListener("click", async () => {
    words.select();
    await navigator.clipboard.writeText(words.value);
    label.setAttribute("role", "status");
    label.textContent = button.dataset.done;
  });
}
