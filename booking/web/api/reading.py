"""Reading a request: the body as a JSON object or not at all, the key, the bearer's token, the language."""

import json
import re
from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from booking.errors import Fault, Invalid, Malformed, NotFound, TooLarge
from booking.rules.catalogue import Catalogue
from booking.web import languages, schemas

MOST_BYTES = 16 * 1024
KEY = "Idempotency-Key"
PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")


def raw_body() -> bytes:
    """Return the body as it was sent. Raises TooLarge beyond 16 KiB, whether or not its length was announced."""
    request.max_content_length = (
        MOST_BYTES + 1
    )  # one more: of a body without length Werkzeug cuts off the rest in silence
    try:
        raw = request.get_data()
    except RequestEntityTooLarge:
        raise TooLarge from None
    if len(raw) > MOST_BYTES:
        raise TooLarge
    return raw


def filled(form: type[schemas.Form], raw: bytes) -> dict[str, Any]:
    """Return what a body says, typed. Raises Malformed for what is no JSON object, Invalid for its faulty fields."""
    return schemas.load(form, as_object(raw))


def filled_or_empty(form: type[schemas.Form]) -> dict[str, Any]:
    """Return what a body says, typed; none at all counts as ``{}``."""
    raw = raw_body()
    return filled(form, raw) if raw else schemas.load(form, {})


def idempotency_key() -> str | None:
    """Return the client's key, or None if it has none. Raises Invalid for one that cannot be kept."""
    given = request.headers.get(KEY)
    if given is not None and not PRINTABLE.fullmatch(given):
        raise Invalid(Fault(f"/{KEY}", "key"))
    return given


def bearer_token() -> str:
    """Return the mailed link's token. None at all opens nothing, like an unknown one: NotFound."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotFound("appointment")
    return token.strip()


def language_among(catalogue: Catalogue) -> str:
    """Return the language for a municipality's texts: ``lang``, else the client's preference, else its first."""
    wanted = request.args.get("lang", "")
    if wanted:
        return wanted
    return languages.preferred(catalogue.languages, catalogue.languages[0])


def as_object(raw: bytes) -> dict[str, Any]:
    """Return a body as a JSON object. Raises Malformed for anything else."""
    if not request.is_json:
        raise Malformed
    try:
        found = json.loads(raw.decode(), object_pairs_hook=_without_twins, parse_constant=_refuse)
    except (ValueError, RecursionError):  # also: not UTF-8, a number of thousands of digits, brackets without end
        raise Malformed from None
    if not isinstance(found, dict):
        raise Malformed
    return found


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two fields of one name: readers disagree about which counts (RFC 8259 §4), so neither does."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field comes twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity are JavaScript, not JSON
