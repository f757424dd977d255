"""The API explained: its OpenAPI document for programs, a reference and a page of problems for people."""

import json
from typing import Any
from urllib.parse import urlsplit

from apispec import APISpec
from flask import Blueprint, Response, current_app, render_template

from booking.web import languages, problems
from booking.web.api.conditional import ALWAYS_ASK, answer_kept, etag_of
from booking.web.api.shapes import Problem

DOCUMENT = "openapi-document"
ABOUT = """Book a time at a municipal counter.

- No cookies, no key: every origin may call. Times are RFC 3339 with offset, on the municipality's wall clock.
- A refusal is `application/problem+json` (RFC 9457) with a stable `code` and a sentence for people, in the language of
  `lang` or `Accept-Language`.
- Booking makes an appointment *pending*; the mail's link or code confirms it. The `reference` opens nothing by itself;
  the `holder` of the 201 answer stays with whoever booked; the *token* of the mail's link is sent as a bearer token.
- GET never changes anything. Send an `Idempotency-Key` with a booking, and repeat it as often as you like.
"""
FRAME: dict[str, Any] = {
    "title": "Wartefrei",
    "version": "1",
    "openapi_version": "3.1.0",
    "info": {"description": ABOUT, "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}},
    "tags": [
        {"name": "Catalogue", "description": "What can be booked where, and what to bring."},
        {"name": "Free times", "description": "When."},
        {"name": "Appointments", "description": "Book, and prove the address."},
        {"name": "With the mail's link", "description": "Show, confirm, move, cancel."},
    ],
}
FOREIGN = (("responses", "DEFAULT_ERROR"), ("schemas", "Error"), ("schemas", "PaginationMetadata"))
blueprint = Blueprint("reference", __name__)


def add_components(spec: APISpec) -> None:
    """Add what all operations share. Needs an application context."""
    example = problems.document("error", problems.unexpected("7f3a90c1"))
    content = {problems.PROBLEM_TYPE: {"schema": Problem, "example": example}}
    spec.components.response("UnexpectedError", {"description": "`error`: something broke here.", "content": content})
    spec.components.security_scheme(
        "token",
        {"type": "http", "scheme": "bearer", "description": "The token of the mail's link: what follows `/t/`."},
    )


def finished(document: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return the document with the version's prefix in its server's address instead of in every path.

    Flask-smorest's own default errors, which nothing here answers with, are taken out.
    """
    paths = {path.removeprefix(prefix): told for path, told in document["paths"].items()}
    for operations in paths.values():
        for told in operations.values():
            if isinstance(told, dict):
                told["responses"].pop("default", None)
    for kind, name in FOREIGN:
        document["components"][kind].pop(name, None)
    return document | {"paths": paths}


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Answer with the document; its server is where it was fetched, also below a path."""
    base = urlsplit(current_app.config["BASE_URL"]).path.rstrip("/")
    told = current_app.extensions[DOCUMENT] | {"servers": [{"url": f"{base}{problems.API}v1"}]}
    body = json.dumps(told).encode()
    return answer_kept(body, {"ETag": etag_of(body), "Cache-Control": ALWAYS_ASK})


@blueprint.get("/docs")
def docs() -> str:
    """Show the reference: Swagger UI from our own files."""
    return render_template("api/reference.html")


@blueprint.get("/problems")
def explained() -> str:
    """Explain every kind of problem; the ``type`` of a problem document points here."""
    return render_template("api/problems.html", problems=problems.explained(), language=languages.asked())
