// "Ohne Termin": type a few letters, choose with the arrows, Enter. Without this script the concerns are a plain list.

const plain = (words) => words.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ß", "ss");

export function filtering(panel) {
  const [field, none] = [panel.querySelector("#wish"), panel.querySelector(".dy-none")];
  const wishes = [...panel.querySelectorAll(".dy-wish")];
  panel.querySelector(".dy-filter").hidden = false;
  const shown = () => wishes.filter((wish) => !wish.hidden);
  const filter = () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    for (const wish of wishes) wish.hidden = !words.every((word) => plain(wish.dataset.words).includes(word));
    none.hidden = shown().length > 0;
    const named = shown().filter((wish) => words.every((word) => plain(wish.textContent).includes(word)));
    const first = named.length ? named : shown(); // what is called so goes before what is only found by it
    if (!first.some(isChosen)) choose(first[0]);
  };
  field.addEventListener("input", filter);
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const list = shown();
    choose(list[(list.findIndex(isChosen) + step + list.length) % list.length]);
  });
  panel.addEventListener("submit", (event) => { if (!shown().some(isChosen)) event.preventDefault(); });
  // Ready before it shows: who opens it types at once, and `toggle` comes as a task of its own, after the first letters.
  field.autofocus = true;
  panel.addEventListener("beforetoggle", (event) => {
    if (event.newState !== "open") return;
    panel.querySelector("form").reset();
    filter();
  });
  panel.addEventListener("toggle", () => choose(shown().find(isChosen))); // into view, which takes a shown list
}

const isChosen = (wish) => wish.querySelector("input").checked;

function choose(wish) {
  if (!wish) return;
  wish.querySelector("input").checked = true;
  wish.scrollIntoView({ block: "nearest" });
}
