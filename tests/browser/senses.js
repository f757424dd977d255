// Asks a page what tests/browser/senses.py wants to know of it.
"use strict";
window.senses = (() => {
  const STOPS = "a[href], button, summary, select, input:not([type=hidden]), textarea, [tabindex='0']";
  const named = ({ id, classList, tagName }) => [tagName.toLowerCase() + (id && `#${id}`), ...classList].join(".");
  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true });
  const seen = (selector) => [...document.querySelectorAll(selector)].filter(isSeen);
  const ring = (element) => {
    const { outlineColor, outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return [outlineStyle === "none" ? "none" : outlineStyle + outlineWidth + outlineColor, boxShadow].join();
  };
  // A tile shows the focus of the link that fills it.
  const around = (stop) => [stop, stop.closest("li"), stop.closest("label"), stop.parentElement].filter(Boolean);
  const words = (element) => (element.innerText || element.value || element.getAttribute("aria-label") || "").trim();
  const seconds = (times) => Math.max(...times.split(",").map(parseFloat));

  return {
    // 2.4.7 and 2.4.11: every stop of the tabulator shows the focus, and nothing lies upon it.
    unfocused() {
      const faults = [], before = document.activeElement;
      for (const stop of seen(STOPS).filter(({ disabled, tabIndex }) => !disabled && tabIndex >= 0)) {
        document.body.focus();
        document.activeElement.blur();
        const without = around(stop).map(ring);
        stop.focus({ focusVisible: true });
        if (document.activeElement !== stop) { faults.push(`${named(stop)} takes no focus`); continue; }
        if (around(stop).map(ring).join() === without.join()) faults.push(`${named(stop)} “${words(stop)}” shows no focus`);
        const { left, right, top, bottom } = stop.getBoundingClientRect();
        const upon = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
        if (!upon) faults.push(`${named(stop)} is outside the window`);
        else if (![stop, stop.closest("li, label")].some((one) => one?.contains(upon)) && !upon.contains(stop))
          faults.push(`${named(upon)} covers ${named(stop)}`);
      }
      before?.focus?.();
      return faults;
    },
    // Each time's name carries its date: the day of the month, apart from the clock.
    undated: () => seen("button[name=start]").filter((button) => {
      const day = String(Number(button.value.slice(8, 10)));
      return !button.textContent.replace(/\d?\d[:.]\d\d/g, "").match(/\d+/g)?.map((one) => String(Number(one))).includes(day);
    }).map((button) => `“${button.textContent.trim()}” has no date`),
    // 1.3.5: a browser that knows its user can fill in; where it shall not, the field says so.
    unfilled: () => seen("input:not([type=hidden], [type=radio], [type=checkbox])").filter((field) => !field.autocomplete)
      .map((field) => `${named(field)} has no autocomplete`),
    // 1.4.1: what a colour says is said by a sign or by words too.
    coloured() {
      const faults = seen("[aria-invalid=true]").filter((field) => {
        const error = document.getElementById((field.getAttribute("aria-describedby") ?? "").split(" ").at(-1));
        return !error || !error.querySelector("svg") || !error.innerText.trim();
      }).map((field) => `${named(field)} is wrong in colour only`);
      faults.push(...seen(".kern-alert").filter((alert) => !alert.querySelector(".kern-alert__header svg"))
        .map((alert) => `${named(alert)} has a colour, but no sign`));
      faults.push(...seen(".wf-day--chosen").filter((day) => day.getAttribute("aria-current") !== "true")
        .map(() => "the chosen day is not told"));
      return faults;
    },
    // 2.5.3: who speaks to the browser says what stands there.
    unspoken() {
      const plain = (text) => text.replace(/\s+/g, " ").trim().toLowerCase();
      return seen(STOPS).filter((stop) => stop.hasAttribute("aria-label")
        && !plain(stop.getAttribute("aria-label")).includes(plain(stop.innerText)))
        .map((stop) => `“${words(stop)}” is called “${stop.getAttribute("aria-label")}”`);
    },
    // 2.3.3: who asks for less motion gets none.
    moving: () => seen("body *").filter((element) => {
      const { animationDuration, transitionDuration, scrollBehavior } = getComputedStyle(element);
      return seconds(animationDuration) > 0.01 || seconds(transitionDuration) > 0.01 || scrollBehavior === "smooth";
    }).map((element) => `${named(element)} moves`),
    // 2.4.2 and 2.4.6: one heading says where one is, and the title says it too.
    untitled() {
      const headings = seen("h1").map((one) => one.textContent.replace(/\s+/g, " ").trim());
      const title = document.title.replace(/\s+/g, " ");
      if (headings.length !== 1) return [`${headings.length} headings of the first level`];
      const faults = title.includes(headings[0]) ? [] : [`the title “${title}” is not “${headings[0]}”`];
      const isWrong = seen("[aria-invalid=true], [role=alert]:not(.kern-alert--info)").length > 0; // a question is no fault
      if (isWrong && !title.includes(":")) faults.push(`the title “${title}” hides that something is wrong`);
      return faults;
    },
    // 4.1.3: what has happened is told to those who do not see it; the focus is there, with and without scripts.
    told(role) {
      const signs = seen(`[role=${role}]`).filter((sign) => words(sign));
      if (!signs.length) return [`nothing is told as ${role}`];
      const { activeElement: focus, body } = document;
      return focus !== body && signs.some((sign) => focus.contains(sign)) ? [] : [`the focus is in ${named(focus)}, not where it is told`];
    },
  };
})();
