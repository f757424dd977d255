"""Answers that a client may keep and ask about again: ETag and 304 (RFC 9110 §8.8.3, §13)."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache

from flask import Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

ALWAYS_ASK = "max-age=0, must-revalidate"
JSON = "application/json"


def etag_of(*parts: bytes) -> str:
    """Return a weak ETag of what an answer says and what it was asked."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part + b"\0")
    return f'W/"{digest.hexdigest()[:24]}"'


def is_known(etag: str) -> bool:
    """Whether the client has this answer already. Most name exactly one ETag: that needs no parsing."""
    named = request.headers.get("If-None-Match")
    if named is None:
        return False
    return named == etag or request.if_none_match.contains_weak(etag[3:-1])


def takes_gzip() -> bool:
    """Whether the client unpacks gzip; browsers send few different headers, so each is read once."""
    return _takes_gzip(request.headers.get("Accept-Encoding", ""))


@lru_cache(maxsize=64)
def _takes_gzip(header: str) -> bool:
    return bool(parse_accept_header(header, Accept)["gzip"])


def answer_kept(body: bytes, headers: Mapping[str, str]) -> Response:
    """Answer with a finished body, or with 304 if the client has it; the headers hold its ETag."""
    if is_known(headers["ETag"]):
        return Response(status=304, headers=headers)
    return Response(body, headers=headers, mimetype=JSON)


def answer_worded(value: object) -> Response:
    """Answer with JSON whose texts are in the language that was asked for."""
    body = json.dumps(value, ensure_ascii=False).encode()
    headers = {
        "ETag": etag_of(body, request.query_string),
        "Cache-Control": ALWAYS_ASK,
        "Vary": "Accept-Language",
    }
    return answer_kept(body, headers)
