// Makes a piece of the page equal to another without replacing what stays: focus, open menus, scroll positions and
// typed text belong to elements, so elements are kept. Those with an id are found again wherever they have gone.

// What people did to them. (What was typed and ticked is no attribute and stays; hidden fields have to become new.)
const KEPT = { DETAILS: ["open"], DIALOG: ["open"] };

export function morph(old, fresh) {
  attributes(old, fresh);
  const known = new Map();
  for (const child of old.children) if (child.id) known.set(child.id, child);
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const same = counterpart(place, wanted, known);
    if (!same) {
      old.insertBefore(wanted, place);
    } else {
      if (same === place) place = place.nextSibling;
      else old.insertBefore(same, place);
      if (same.nodeType === Node.ELEMENT_NODE) morph(same, wanted);
      else if (same.data !== wanted.data) same.data = wanted.data;
    }
  }
  while (place) {
    const gone = place;
    place = place.nextSibling;
    gone.remove();
  }
}

function counterpart(place, wanted, known) {
  if (wanted.id) return known.get(wanted.id);
  if (!place || place.id || place.nodeType !== wanted.nodeType || place.nodeName !== wanted.nodeName) return null;
  return place;
}

function attributes(old, fresh) {
  const kept = KEPT[old.nodeName] ?? [];
  for (const { name, value } of fresh.attributes) {
    if (!kept.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !kept.includes(name)) old.removeAttribute(name);
  }
}
