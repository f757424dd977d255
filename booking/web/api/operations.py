"""One entry of the API, and how its OpenAPI description is made from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response
from marshmallow import Schema

from booking.errors import NotPossibleNow, Refusal
from booking.web import problems
from booking.web.api.links import LINKS
from booking.web.api.shapes import Problem

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """A success: its status, shape and an example of it."""

    description: str
    shape: Any
    example: Any
    status: int = 200
    media: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call: where it is, which door answers, what it takes and gives, and what it may refuse."""

    method: str
    rule: str
    door: Callable[..., Response]
    tag: str
    reply: Reply
    refuses: tuple[Refusal, ...] = ()
    parameters: tuple[Json, ...] = ()
    body: type[Schema] | None = None
    sends: Json = field(default_factory=dict)
    needs_token: bool = False
    may_be_kept: bool = False


def description_of(operation: Operation) -> Json:
    """Return what OpenAPI says of an operation beyond its path and docstring. Needs an application context."""
    told: Json = {
        "operationId": _id_of(operation),
        "parameters": [*operation.parameters, *([_IF_NONE_MATCH] if operation.may_be_kept else [])],
        "responses": {str(operation.reply.status): _success(operation), **_refusals(operation)},
        "security": [{"token": []}] if operation.needs_token else [],
    }
    if operation.may_be_kept:
        told["responses"]["304"] = {"description": "The client has this answer already.", "headers": _KEPT_HEADERS}
    if operation.body is not None:
        content = {"schema": operation.body, "example": operation.sends}
        told["requestBody"] = {"required": True, "content": {"application/json": content}}
    return told


def _id_of(operation: Operation) -> str:
    words = operation.door.__name__.split("_")
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _success(operation: Operation) -> Json:
    reply = operation.reply
    headers = _KEPT_HEADERS if operation.may_be_kept else {"Cache-Control": _header("Always `no-store`.", "no-store")}
    content = {reply.media: {"schema": reply.shape, "example": reply.example}}
    told = {"description": reply.description, "headers": headers, "content": content}
    links = LINKS.get(_id_of(operation))
    return told | {"links": links} if links else told


def _refusals(operation: Operation) -> Mapping[str, Json]:
    by_status: dict[int, list[Refusal]] = {}
    for refusal in operation.refuses:
        by_status.setdefault(problems.status(refusal), []).append(refusal)
    found = {str(status): _refused(status, refusals) for status, refusals in sorted(by_status.items())}
    return found | {"500": {"$ref": "#/components/responses/UnexpectedError"}}


def _refused(status: int, refusals: list[Refusal]) -> Json:
    examples = {
        _name_of(refusal): {"summary": problems.sentence(refusal), "value": problems.as_document(refusal)}
        for refusal in refusals
    }
    codes = dict.fromkeys(f"`{refusal.code}`" for refusal in refusals)
    told: Json = {
        "description": ", ".join(codes),
        "content": {problems.PROBLEM_TYPE: {"schema": Problem, "examples": examples}},
    }
    if any(hasattr(refusal, "retry_after") for refusal in refusals):
        waiting = _header("Seconds after which to try again.", 5 if status == problems.STATUSES["unavailable"] else 600)
        told["headers"] = {"Retry-After": waiting | {"schema": {"type": "integer"}}}
    return told


def _name_of(refusal: Refusal) -> str:
    about = getattr(refusal, "what", "") or (refusal.status if isinstance(refusal, NotPossibleNow) else "")
    return f"{refusal.code}-{about}" if about else refusal.code


def _header(description: str, example: object) -> Json:
    return {"description": description, "schema": {"type": "string"}, "example": example}


_IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of the answer that the client has; if it is still true, the answer is 304.",
    "schema": {"type": "string"},
}
_KEPT_HEADERS: Json = {
    "ETag": _header("Names this answer.", 'W/"f1d2d2f924e986ac86fdf7b3"'),
    "Cache-Control": _header(
        "Browsers always ask; proxies may keep free times 3 s, at most 2 more while they ask anew.",
        "max-age=0, s-maxage=3, stale-while-revalidate=2, stale-if-error=2",
    ),
}
