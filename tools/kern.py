"""Take from KERN's style sheet what the templates use: a tenth of it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

NOTICE = "/* Parts of @kern-ux/native, EUPL-1.2; see LICENSE.md beside this file. Made by tools/kern.py. */\n"
CLASS = re.compile(r"\bkern-[a-z0-9_-]*[a-z0-9]")
FUNCTION = re.compile(r":(?:is|where|not|has)\((?:[^()]|\([^()]*\))*\)")  # says who else, not whom a rule is for
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
REFERENCE = re.compile(r"var\(\s*(--[\w-]+)")
TOKEN = re.compile(r"(?<=[{;])\s*(--[\w-]+)\s*:[^;{}]*(?:;|(?=}))")
ICON = re.compile(r"""\bicon\("([a-z-]+)"\)""")
DRAWING = re.compile(r"\.kern-icon--([a-z0-9-]+){[^}]*?%3Cpath d='([^']*)'")
QUOTED = re.compile(r'"[^"]*"|\'[^\']*\'')


def classes_in(files: Iterable[Path]) -> set[str]:
    """Return the names of KERN's classes that templates mention, in attributes or in comments."""
    return {name for file in files for name in CLASS.findall(file.read_text(encoding="utf-8"))}


def icons_in(files: Iterable[Path]) -> set[str]:
    """Return the names of the icons that templates draw by ``icon("name")``."""
    return {name for file in files for name in ICON.findall(file.read_text(encoding="utf-8"))}


def drawings(css: str) -> dict[str, str]:
    """Return the SVG paths of KERN's icons (in a view box of ``0 -960 960 960``) by their names."""
    return dict(DRAWING.findall(css))


def parts(css: str, used: set[str], also: str = "") -> str:
    """Return the rules for the used classes and for plain elements, with the tokens they (or ``also``) refer to."""
    kept = _kept(COMMENT.sub("", css), used)
    while (fewer := _without_idle_tokens(kept, also)) != kept:
        kept = fewer
    return NOTICE + kept


def _without_idle_tokens(css: str, also: str) -> str:
    named = set(REFERENCE.findall(css + also))
    return TOKEN.sub(lambda token: token[0] if token[1] in named else "", css)


def _kept(css: str, used: set[str]) -> str:
    written = []
    for prelude, body in rules(css):
        if body is None:
            continue  # @charset: the server says so already
        if prelude.startswith(("@media", "@supports")):
            inside = _kept(body, used)
            written.extend([f"{prelude}{{{inside}}}"] if inside else [])
        elif prelude.startswith("@"):
            written.append(f"{prelude}{{{body}}}")
        elif meant := [one for one in selectors(prelude) if _is_used(one, used)]:
            written.append(f"{','.join(meant)}{{{body}}}")
    return "".join(written)


def _is_used(selector: str, used: set[str]) -> bool:
    return set(CLASS.findall(FUNCTION.sub("", selector))) <= used


def rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Yield (selectors or at-rule, what stands in its braces); None for an at-rule without braces."""
    plain = QUOTED.sub(lambda text: "x" * len(text[0]), css)  # a data: URL may hold any sign
    begin = 0
    while match := re.compile(r"[{;]").search(plain, begin):
        prelude = css[begin : match.start()].strip()
        if match[0] == ";":
            yield prelude + ";", None
            begin = match.end()
            continue
        end = _closing(plain, match.end())
        yield prelude, css[match.end() : end]
        begin = end + 1


def _closing(plain: str, begin: int) -> int:
    depth = 1
    for place in range(begin, len(plain)):
        depth += {"{": 1, "}": -1}.get(plain[place], 0)
        if not depth:
            return place
    raise ValueError("a brace is never closed")


def selectors(prelude: str) -> list[str]:
    """Split at the commas that are in no brackets."""
    found, depth = [""], 0
    for sign in prelude:
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return [one.strip() for one in found]
