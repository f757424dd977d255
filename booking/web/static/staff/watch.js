// Keeps a list up to date: asks every few seconds whether anything has changed and puts the new list in its place,
// unless somebody has begun to choose in it. Without a script the list is as old as the page.

const EVERY = 5000;

for (const place of document.querySelectorAll("[data-watch]")) {
  let touched = false;
  place.addEventListener("input", () => { touched = true; });
  place.addEventListener("toggle", () => { touched = true; }, true);
  const look = async () => {
    if (document.hidden || touched || place.contains(document.activeElement)) return;
    const version = place.querySelector("#live").dataset.version;
    const answer = await fetch(`${place.dataset.watch}?version=${encodeURIComponent(version)}`, { headers: { "X-Poll": "1" } });
    if (answer.status === 200 && !answer.redirected && !touched) place.innerHTML = await answer.text();
  };
  setInterval(() => { look().catch(() => {}); }, EVERY); // a network that is away comes back
}
