"""Icons drawn into the page: no request, no data: address (hosts' policies forbid those), the colour of the text."""

import json
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app
from markupsafe import Markup

DRAWN = "vendor/kern/icons.json"  # name → path, made by tools/front_end.py
SVG = Markup(
    '<svg class="wf-icon wf-icon--{}" viewBox="0 -960 960 960" aria-hidden="true" focusable="false">'
    '<path d="{}"/></svg>'
)


def register(app: Flask) -> None:
    """Give templates ``icon``."""
    app.add_template_global(icon)


def icon(name: str) -> Markup:
    """Return one of KERN's icons as inline SVG. Raises KeyError for a name that the build did not copy."""
    file = Path(str(current_app.static_folder), DRAWN)
    return SVG.format(name, _paths(str(file), file.stat().st_mtime_ns)[name]) if file.exists() else Markup()


@lru_cache(maxsize=4)
def _paths(file: str, _changed: int) -> dict[str, str]:
    paths: dict[str, str] = json.loads(Path(file).read_bytes())
    return paths
