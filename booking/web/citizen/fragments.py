"""Steps as fragments: what the widget puts into its shadow root, from the same templates as the pages."""

from flask import request

VIEW = "fragment"
HEADINGS = range(1, 5)


def is_fragment() -> bool:
    """Whether this request asks for a fragment: ``?view=fragment``, which only the widget adds."""
    return request.args.get("view") == VIEW


def headings() -> dict[str, str]:
    """Return the elements behind ``h1`` to ``h4``: one level lower in a fragment, whose host has a heading already."""
    lower = 1 if is_fragment() else 0
    return {f"h{level}": f"h{level + lower}" for level in HEADINGS}
