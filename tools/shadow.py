"""Rewrite the pages' style sheets for the widget's shadow root, so that there is one source for both.

In a shadow root ``:root`` and ``body`` match nothing, ``rem`` and ``@media`` measure the host page, ``data:`` images
fall to its policy, and it may be light for people who prefer dark.
"""

import re

from tools import kern

BASE = ".wf-shadow"  # stands for :root and body; the script makes it
BOX = "wf"  # the container around it, whose width counts
UNIT = "var(--wf-rem)"
SCHEME = re.compile(r"@media \(prefers-color-scheme: ?(light|dark)\)")
WIDTH = re.compile(r"@media (\((?:min|max)-width: ?[\d.]+(?:px|rem)\))")
ELEMENT = re.compile(r"(?<![\w.#:\[-])(html|body|main)(?![\w-])")
MEANT = {"html": BASE, "body": BASE, "main": ".wf-main"}
DATA = re.compile(r"""[\w-]+:\s*url\((["'])data:.*?\1\)[^;}]*;?""")
LENGTH = re.compile(r"(?<![\w.#-])(-?\d*\.?\d+)rem\b")
BREADTH = re.compile(r"(?<![\w.#-])(-?\d*\.?\d+)vw\b")


def rewritten(css: str, base: str = BASE) -> str:
    """Return the rules of a sheet as they mean the same inside the shadow root."""
    written = []
    for prelude, body in kern.rules(kern.COMMENT.sub("", css)):
        if body is None:
            raise ValueError(f"{prelude} has no place in a constructed style sheet")
        if scheme := SCHEME.fullmatch(prelude):
            written.append(rewritten(body, f"{BASE}[data-theme={scheme[1]}]"))
        elif prelude.startswith(("@media", "@supports", "@container")):
            written.append(f"{_condition(prelude)}{{{rewritten(body, base)}}}")
        elif prelude.startswith("@"):
            written.append(f"{prelude}{{{body}}}")
        else:
            written.append(f"{_meant(prelude, base)}{{{_declared(body)}}}")
    return "".join(written)


def _condition(prelude: str) -> str:
    """Ask for the widget's own width; em in such a question is the reader's font size, as rem is in @media."""
    if width := WIDTH.fullmatch(prelude):
        return f"@container {BOX} {width[1].replace('rem', 'em')}"
    if "width" in prelude:
        raise ValueError(f"{prelude} cannot be asked of a container")
    return prelude


def _meant(prelude: str, base: str) -> str:
    return ",".join(_scoped(one, base) for one in kern.selectors(prelude))


def _scoped(selector: str, base: str) -> str:
    here = ELEMENT.sub(lambda element: MEANT[element[1]], selector.replace(":root", BASE))
    if base == BASE:
        return here
    return here.replace(BASE, base) if BASE in here else f"{base} {here}"


def _declared(body: str) -> str:
    sized = LENGTH.sub(lambda length: f"calc({length[1]} * {UNIT})", DATA.sub("", body))
    return BREADTH.sub(r"\1cqi", sized)
