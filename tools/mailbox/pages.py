"""The mailbox's pages. What a letter holds is shown, never run: it came from outside."""

import re
from pathlib import Path

from flask import Flask, Response, abort, render_template, request
from markupsafe import Markup, escape

from tools.mailbox.letters import Letter, Letters

_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]")
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# No script, no form, no request to anyone. Same origin only so that the page around it can measure its height.
_LETTER_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


def make_pages(folder: Path) -> Flask:
    """Return the application that shows the letters in ``folder``."""
    app = Flask(__name__)
    letters = Letters(folder)
    app.jinja_env.filters["linked"] = linked

    @app.get("/")
    def inbox() -> str:
        return render_template("inbox.html", letters=letters.all(), chosen=None)

    @app.get("/list")
    def listing() -> str:
        chosen = request.args.get("chosen", type=int)
        return render_template("list.html", letters=letters.all(), chosen=letters.find(chosen) if chosen else None)

    @app.get("/letters/<int:number>")
    def letter(number: int) -> str:
        return render_template("inbox.html", letters=letters.all(), chosen=_found(letters, number))

    @app.get("/letters/<int:number>/html")
    def html(number: int) -> Response:
        answer = Response(_opening_elsewhere(_found(letters, number).html), mimetype="text/html")
        answer.headers["Content-Security-Policy"] = _LETTER_POLICY
        return answer

    @app.get("/letters/<int:number>/parts/<int:part>")
    def part(number: int, part: int) -> Response:
        files = _found(letters, number).parts
        if part >= len(files):
            abort(404)
        answer = Response(files[part].content, mimetype=files[part].type)
        answer.headers.set("Content-Disposition", "attachment", filename=files[part].name)
        return answer

    @app.get("/letters/<int:number>/source")
    def source(number: int) -> Response:
        return Response(letters.source(number) or abort(404), content_type="text/plain; charset=utf-8")

    app.after_request(_guard)
    return app


def linked(text: str) -> Markup:
    """Return plain text as HTML in which addresses can be clicked and nothing else means anything."""
    pieces, end = [], 0
    for found in _LINK.finditer(text):
        address = escape(found.group())
        pieces += [escape(text[end : found.start()])]
        pieces += [Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(address)]
        end = found.end()
    return Markup("").join([*pieces, escape(text[end:])])


def _found(letters: Letters, number: int) -> Letter:
    return letters.find(number) or abort(404)


def _opening_elsewhere(html: str) -> str:
    """Make links open a new tab; inside the frame they could go nowhere."""
    base = '<base target="_blank">'
    head = _HEAD.search(html)
    return base + html if head is None else html[: head.end()] + base + html[head.end() :]


def _guard(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer
