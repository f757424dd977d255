"""What a layout does to people who see it differently: in a narrow window, with larger or wider text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from playwright.sync_api import Page, ViewportSize

# WCAG 1.4.10: 320 by 256 CSS pixels are 1280 by 1024 at 400 %. 1.4.4: text of twice the size. 1.4.12: its own values.
SPACED = """* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
p { margin-block-end: 2em !important }"""
DOUBLED = "html { font-size: 200% !important }"


@dataclass(frozen=True)
class Condition:
    """How somebody looks at a page: the window, and a style sheet of their own."""

    window: ViewportSize
    sheet: str = ""


CONDITIONS: Mapping[str, Condition] = {
    "320 px": Condition({"width": 320, "height": 256}),
    "text spacing": Condition({"width": 320, "height": 256}, SPACED),
    "text at 200 %": Condition({"width": 640, "height": 512}, DOUBLED),
    "text at 200 % on a desk": Condition({"width": 1280, "height": 900}, DOUBLED),
}
# A sheet that is made by script is no inline style: the page's policy does not refuse it.
WEAR = """words => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(words);
  document.adoptedStyleSheets = words ? [sheet] : [];
}"""
# What is for screen readers only is drawn into one pixel, on purpose. A field may be scrolled by whoever types.
MEASURE = """() => {
  const found = [], root = document.documentElement, ours = "body :not(script, style, svg, svg *, option)";
  const told = element => element.tagName.toLowerCase() + (element.id ? "#" + element.id : "")
    + (element.classList.length ? "." + [...element.classList].join(".") : "");
  const isHidden = element => !element.checkVisibility({ visibilityProperty: true }) || element.closest(".kern-sr-only, .wf-skip")
    || getComputedStyle(element).clipPath === "inset(50%)";
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth - root.clientWidth} px too wide`);
  const texts = [];
  for (const element of document.querySelectorAll(ours)) {
    if (isHidden(element)) continue;
    const style = getComputedStyle(element), isField = element.matches("input, select, textarea, progress");
    const cuts = ["hidden", "clip"].includes(style.overflowX) || ["hidden", "clip"].includes(style.overflowY);
    if (cuts && !isField && (element.scrollWidth > element.clientWidth + 1 || element.scrollHeight > element.clientHeight + 1))
      found.push(`text is cut in ${told(element)}`);
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) texts.push([element, box]);
    }
  }
  for (const [element, box] of texts) {
    if ((box.right > root.clientWidth + 1 || box.left < -1) && !element.closest("textarea, .wf-lines"))
      found.push(`text leaves the window in ${told(element)}`);
  }
  for (const [place, [one, a]] of texts.entries()) for (const [other, b] of texts.slice(place + 1)) {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 2 && down > 0.4 * Math.min(a.height, b.height)) found.push(`${told(one)} and ${told(other)} overlap`);
  }
  return [...new Set(found)];
}"""
# WCAG 2.5.8; a link within a sentence is as high as its line.
TARGETS = """() => {
  const small = [];
  for (const target of document.querySelectorAll("a[href], button, summary, select, input:not([type=hidden]), textarea")) {
    if (!target.checkVisibility({ visibilityProperty: true }) || target.closest(".kern-sr-only, .wf-skip")) continue;
    const label = target.matches("[type=radio], [type=checkbox]") ? target.labels[0] : null;
    const box = (label ?? target).getBoundingClientRect(), lines = getComputedStyle(target).display === "inline";
    const words = target.parentElement.innerText.trim().length > target.innerText.trim().length;
    if ((box.width < 24 || box.height < 24) && !(lines && words)) small.push(
      `${target.outerHTML.slice(0, 120)} is ${Math.round(box.width)} by ${Math.round(box.height)} px`);
  }
  return small;
}"""
SIZES = """() => [...document.querySelectorAll("main *")].filter(one => one.checkVisibility() && [...one.childNodes].some(
  node => node.nodeType === Node.TEXT_NODE && node.data.trim())).map(one => parseFloat(getComputedStyle(one).fontSize))"""


def faults(page: Page) -> Iterator[str]:
    """Yield what is cut, hidden, overlapping or too wide in each condition; the window is 320 px again at the end."""
    before = page.evaluate(SIZES)
    for name, condition in CONDITIONS.items():
        page.set_viewport_size(condition.window)
        page.evaluate(WEAR, condition.sheet)
        yield from (f"{name}: {fault}" for fault in page.evaluate(MEASURE))
        if condition.sheet == DOUBLED and any(
            now < 1.99 * was for was, now in zip(before, page.evaluate(SIZES), strict=True)
        ):
            yield f"{name}: some text does not grow"
    page.evaluate(WEAR, "")
    page.set_viewport_size(CONDITIONS["320 px"].window)
    yield from (f"target: {fault}" for fault in page.evaluate(TARGETS))
