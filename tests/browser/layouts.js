// Measures a page's layout for tests/browser/layouts.py.
"use strict";
window.layouts = (() => {
  const OWN = "body :not(script, style, svg, svg *, option)";
  const FIELDS = "input, select, textarea, progress";
  const TARGETS = "a[href], button, summary, select, input:not([type=hidden]), textarea";
  const root = document.documentElement;
  const named = ({ id, classList, tagName }) => [tagName.toLowerCase() + (id && `#${id}`), ...classList].join(".");
  const holdsText = (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "";
  // What is for screen readers only is drawn into one pixel, on purpose; the skip link waits outside the window.
  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true })
    && !element.closest(".kern-sr-only, .wf-skip, .dy--plan .dy-spoken");
  const sizeOf = (element) => parseFloat(getComputedStyle(element).fontSize);
  let remembered = [];
  const seen = (selector) => [...document.querySelectorAll(selector)].filter(isSeen);

  // A field may be scrolled by whoever types, and so may the lines to copy.
  const isCut = (element) => {
    const { overflowX, overflowY } = getComputedStyle(element);
    return [overflowX, overflowY].some((one) => one === "hidden" || one === "clip") && !element.matches(FIELDS)
      && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1);
  };
  // A font may claim more height than its letters fill: Arabic's does.
  const inked = ({ bottom, left, right, top }, size) => {
    const middle = (top + bottom) / 2, half = Math.min(size, bottom - top) / 2;
    return { left, right, top: middle - half, bottom: middle + half, height: 2 * half };
  };
  const lines = (element) => [...element.childNodes].filter(holdsText).flatMap((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
    return boxes.map((box) => [element, inked(box, parseFloat(getComputedStyle(element).fontSize))]);
  });
  const isOutside = ([element, box]) => (box.right > root.clientWidth + 1 || box.left < -1)
    && !element.closest(".wf-lines");
  const overlap = ([, a], [, b]) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return across > 2 && down > 0.4 * Math.min(a.height, b.height);
  };

  return {
    // Wears a sheet as its reader's own; made by script it is no inline style that the page's policy would refuse.
    wear(words) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(words);
      document.adoptedStyleSheets = words ? [sheet] : [];
    },
    // Something may come or go meanwhile (the widget's link on the page for web editors): what stays is compared.
    remember: () => { remembered = seen("body *").filter((element) => [...element.childNodes].some(holdsText))
      .map((element) => [element, sizeOf(element)]); },
    stunted: () => remembered.filter(([element, was]) => isSeen(element) && sizeOf(element) < 1.99 * was)
      .map(([element]) => named(element)),
    faults() {
      // What opens above the page covers it on purpose.
      const above = document.querySelector(":popover-open, dialog:modal") ?? root;
      const own = seen(OWN).filter((element) => above.contains(element)), texts = own.flatMap(lines);
      const found = [], wide = root.scrollWidth - root.clientWidth;
      if (wide > 0) found.push(`the page is ${wide} px too wide`);
      found.push(...own.filter(isCut).map((element) => `text is cut in ${named(element)}`));
      found.push(...texts.filter(isOutside).map(([element]) => `text leaves the window in ${named(element)}`));
      texts.forEach((one, place) => texts.slice(place + 1).filter((other) => overlap(one, other))
        .forEach(([other]) => found.push(`${named(one[0])} and ${named(other)} overlap`)));
      return [...new Set(found)];
    },
    // WCAG 2.5.8; a link within a sentence is as high as its line.
    small() {
      return seen(TARGETS).filter((target) => {
        const box = (target.matches("[type=radio], [type=checkbox]") ? target.labels[0] : target).getBoundingClientRect();
        const isInSentence = getComputedStyle(target).display === "inline"
          && target.parentElement.innerText.trim().length > target.innerText.trim().length;
        return (box.width < 24 || box.height < 24) && !isInSentence;
      }).map((target) => `${named(target)} “${target.innerText.trim()}” is below 24 px`);
    },
  };
})();
