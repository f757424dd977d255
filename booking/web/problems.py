"""What people and programs are told when something cannot be done: one table of statuses, one sentence per refusal.

The sentences live in the gettext domain ``refusals`` (``booking/translations``); the code is their key. Below ``/api``
the answer is a problem document (RFC 9457), elsewhere a page.
"""

import json
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, current_app, render_template, request
from flask_babel import Domain
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadHost, BadRequest, HTTPException
from werkzeug.wrappers import Response as AnyResponse

from booking.errors import (
    Fault,
    Invalid,
    LettersSpent,
    Malformed,
    NeedsReason,
    NotCombinable,
    NotFound,
    NotPossibleNow,
    OutsideWindow,
    ProofRequired,
    RateLimited,
    Refusal,
    StaffRefusal,
    TooManyLogins,
    Unavailable,
    WithAlternatives,
    WrongCode,
)
from booking.web import languages
from booking.web.settling import settle
from config.logging import request_id

log = logging.getLogger(__name__)

API = "/api/"
PROBLEM_TYPE = "application/problem+json"
STATUSES: Final[Mapping[str, int]] = {
    "refused": 400,
    "malformed": 400,
    "not-found": 404,
    "method-not-allowed": 405,
    "start-taken": 409,
    "too-many-appointments": 409,
    "book-by-phone": 409,
    "not-possible-now": 409,
    "confirmation-expired": 410,
    "link-revoked": 410,
    "too-large": 413,
    "validation": 422,
    "outside-window": 422,
    "not-combinable": 422,
    "wrong-code": 422,
    "key-reused": 422,
    "proof-required": 428,
    "code-locked": 429,
    "rate-limited": 429,
    "error": 500,
    "unavailable": 503,
}
STAFF_STATUSES: Final[Mapping[str, int]] = {  # of refusals that only staff can meet: no part of the API
    "refused": 400,
    "wrong-login": 403,
    "wrong-factor": 403,
    "last-admin": 409,
    "shared-login": 403,
    "no-group": 403,
    "sign-on-failed": 403,
    "sign-on-away": 503,
    "logged-out": 401,
    "forbidden": 403,
    "shared-clerk": 403,
    "strands": 409,
    "step-stale": 409,
    "not-today": 409,
    "time-gone": 409,
    "free-only-until": 409,
    "clerk-busy": 409,
    "clerk-taken": 409,
    "clerk-unable": 409,
    "form-expired": 400,
    "from-elsewhere": 403,
    "too-many-logins": 429,
    "needs-reason": 409,
    "searched-too-often": 429,
    "note-changed": 409,
    "clerk-away": 409,
    "office-shut": 409,
}
HTTP_CODES: Final[Mapping[int, str]] = {
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    414: "too-large",
    415: "malformed",
    429: "rate-limited",
    431: "too-large",
    500: "error",
    503: "unavailable",
}
FIELDS: Final[Mapping[type[Refusal], Fault]] = {  # refusals that are about one field of the request
    OutsideWindow: Fault("/start", "outside-window"),
    NotCombinable: Fault("/concerns", "not-combinable"),
    WrongCode: Fault("/code", "wrong-code"),
}
_TRANSLATIONS = [str(Path(__file__).parent.parent / "translations")]
_sentences = Domain(_TRANSLATIONS, "refusals")
_staff_sentences = Domain(_TRANSLATIONS, "staff")  # German only: staff always see German


def status(refusal: Refusal) -> int:
    """Return the HTTP status of a refusal."""
    return (STAFF_STATUSES if isinstance(refusal, StaffRefusal) else STATUSES)[refusal.code]


def sentence(refusal: Refusal) -> str:
    """Return what to tell people, in the language of the request: what is wrong and what they can do."""
    about = ""
    if isinstance(refusal, NotFound):
        about = refusal.what
    elif isinstance(refusal, NotPossibleNow):
        about = refusal.status
    elif isinstance(refusal, LettersSpent):
        about = "letters"
    elif isinstance(refusal, NeedsReason) and len(refusal.cautions) == 1:
        about = refusal.cautions[0]
    elif isinstance(refusal, StaffRefusal):
        about = refusal.about
    values = refusal.values if isinstance(refusal, StaffRefusal) else {}
    return _said(f"{refusal.code}.{about}", **values) or _said(refusal.code, **values) or refusal.code


def precise(refusal: Refusal) -> str:
    """Return what to tell people on a page that has no place beside the field: of faults the first one's sentence."""
    return fault_sentence(refusal.faults[0]) if isinstance(refusal, Invalid) else sentence(refusal)


def title(code: str) -> str:
    """Return the headline of a code, in the language of the request."""
    return _said(f"{code}.title") or code


def fault_sentence(fault: Fault) -> str:
    """Return what to tell people about one field, in the language of the request."""
    field = fault.pointer.split("/")[1] if "/" in fault.pointer else ""
    own = _said(f"fault.{fault.key}.{field}", **fault.values)  # what to do beside this field, where that can be said
    return own or _said(f"fault.{fault.key}", **fault.values) or _said("fault.invalid") or fault.key


def faults(refusal: Refusal) -> tuple[Fault, ...]:
    """Return the fields that a refusal is about."""
    if isinstance(refusal, Invalid):
        return refusal.faults
    return tuple(fault for kind, fault in FIELDS.items() if isinstance(refusal, kind))


def register(app: Flask) -> None:
    """Answer every refusal and error of the app: below /api by a problem document, elsewhere by a page."""
    app.register_error_handler(Refusal, _answer_refusal)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(ParseException, _answer_broken_body)


def document(code: str, detail: str, **more: Any) -> dict[str, Any]:
    """Return a problem document (RFC 9457); its type is explained on the page that the URL names."""
    kind = f"{current_app.config['BASE_URL']}{API}v1/problems#{code}"
    return {"type": kind, "title": title(code), "status": STATUSES[code], "detail": detail, "code": code, **more}


def as_document(refusal: Refusal) -> dict[str, Any]:
    """Return a refusal as a problem document, with the fields it is about, alternatives or the appointment's state."""
    more: dict[str, Any] = {}
    if named := faults(refusal):
        more["errors"] = [
            {"pointer": fault.pointer, "detail": fault_sentence(fault), "code": fault.key} for fault in named
        ]
    if isinstance(refusal, WithAlternatives):
        more["alternatives"] = [start.isoformat() for start in refusal.alternatives]
    if isinstance(refusal, NotPossibleNow):
        more["state"] = str(refusal.status)
    if isinstance(refusal, ProofRequired):
        more["challenge"] = refusal.challenge
    return document(refusal.code, sentence(refusal), **more)


def explained() -> list[tuple[str, int, str, str]]:
    """Return every code with its status, headline and sentence, in the language of the request."""
    return [(code, number, title(code), _said(code, request="…")) for code, number in STATUSES.items()]


def unexpected(number: str) -> str:
    """Return what to tell people when something broke here, with a number that they can quote."""
    return _said("error", request=number)


def _answer_refusal(refusal: Refusal) -> AnyResponse:
    headers = {}
    if isinstance(refusal, RateLimited | Unavailable | TooManyLogins):
        headers["Retry-After"] = str(refusal.retry_after)
    if request.path.startswith(API):
        return _as_json(as_document(refusal), headers)
    return _as_page(refusal.code, precise(refusal), headers, number=status(refusal))


def _answer_broken_body(_broken: Exception) -> AnyResponse:
    """Answer for gunicorn, which looks at the chunks of a body only when a door reads it."""
    if request.path.startswith(API):
        return _answer_refusal(Malformed())
    return _answer_http_error(BadRequest())  # nobody expected JSON of a form


def _answer_http_error(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < 400 or error.response is not None:  # noqa: PLR2004 - a redirect, not an error
        return error.get_response()
    code = HTTP_CODES.get(error.code, "error" if error.code >= 500 else "refused")  # noqa: PLR2004 - our fault, not theirs
    detail = _blamed(error) if code == "error" else _said(code)
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    if code == "unavailable":
        headers.setdefault("Retry-After", str(Unavailable().retry_after))
    if request.path.startswith(API):
        return _as_json(document(code, detail), headers)
    if isinstance(error, BadHost):  # no page: its links could not be made for such an address
        return _unkept(Response(f"{detail}\n", status=error.code, mimetype="text/plain"), headers)
    return _as_page(code, detail, headers)


def _blamed(error: HTTPException) -> str:
    """Log an unexpected error under a number that people can name; what went wrong stays with us."""
    number = request_id.get() or secrets.token_hex(8)
    log.error("request %s failed: %s", number, type(getattr(error, "original_exception", error)).__name__)
    return unexpected(number)


def _as_json(body: dict[str, Any], headers: Mapping[str, str]) -> AnyResponse:
    answer = Response(json.dumps(body), status=body["status"], mimetype=PROBLEM_TYPE)
    answer.headers["Content-Language"] = languages.asked()
    return _unkept(answer, headers)


def _as_page(code: str, detail: str, headers: Mapping[str, str], *, number: int | None = None) -> AnyResponse:
    template = "citizen/problem.html"
    if request.blueprint == "staff":
        template = "staff/problem.html"
    elif code not in {"error", "unavailable"}:  # what has just failed is not asked once more
        settle()
    page = render_template(template, title=title(code), sentence=detail, code=code)
    return _unkept(Response(page, status=number or STATUSES[code], mimetype="text/html"), headers)


def _unkept(answer: Response, headers: Mapping[str, str]) -> AnyResponse:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.update(headers)
    return answer


def _said(key: str, **values: object) -> str:
    """Return the sentence of a key, empty if there is none."""
    for domain in (_sentences, _staff_sentences):
        if (wording := str(domain.gettext(key, **values))) != key:
            return wording
    return ""
