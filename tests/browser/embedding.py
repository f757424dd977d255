"""Homepages with the widget in them, with whatever policy and styles a town's web editors chose."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from flask import Response

# What the issue promises to be enough; how the homepage loads its own styles is its own affair.
STRICT = (
    "default-src 'none'; script-src {town}; connect-src {town}; font-src {town}; img-src {town}; style-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
TRUSTED = "; require-trusted-types-for 'script'; trusted-types wartefrei"
PLAIN = "body { font: 16px serif; margin: 1rem } a { color: CanvasText }"
DARK = '<meta name="color-scheme" content="light dark">'
HOSTILE = """
html { font-size: 40px !important; }
* { all: unset !important; font: 3px/1 cursive !important; color: lime !important; display: inline !important;
    text-align: right !important; letter-spacing: 9px !important; visibility: visible !important; }
head, head * { display: none !important; }
button, h1, h2, a, input, ul, li, p { transform: rotate(9deg) !important; background: red !important; }
:root { --kern-color-layout-text-default: lime; --wf-gap: 99px; }
@media print { * { display: none !important; } }
"""
PAGE = """<!doctype html>
<html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
{head}<title>Gemeinde</title><link rel="icon" href="{town}/static/mark.svg"><link rel="stylesheet" href="/{name}.css">
<script src="{town}/widget.js" defer></script></head>
<body><header><a href="/">Gemeinde</a></header><main><h1>Rathaus</h1>{body}</main></body></html>"""


@dataclass
class Site:
    """The pages of one site as a WSGI application; ``add`` puts another page on it and returns its path."""

    answers: dict[str, Response] = field(default_factory=dict)
    names: Iterable[int] = field(default_factory=count)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = self.answers.get(environ["PATH_INFO"]) or Response(status=404)
        return answer(environ, start_response)

    def add(self, town: str, body: str, *, styles: str = "", head: str = "", trusted: bool = False) -> str:
        name = f"seite{next(iter(self.names))}"
        page = Response(PAGE.format(head=head, name=name, town=town, body=body), mimetype="text/html")
        page.headers["Content-Security-Policy"] = (STRICT + (TRUSTED if trusted else "")).format(town=town)
        self.answers |= {f"/{name}": page, f"/{name}.css": Response(styles, mimetype="text/css")}
        return f"/{name}"


def element(**attributes: str) -> str:
    """Return the element as docs/embedding.md says, with the plain link inside."""
    chosen = "".join(f' {name}="{value}"' for name, value in ({"municipality": "schwarmstedt"} | attributes).items())
    return f'<wartefrei-booking{chosen}><a href="https://termine.example.org/">Termin buchen</a></wartefrei-booking>'
