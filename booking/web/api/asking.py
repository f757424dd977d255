"""What a query for free times asks: which concerns, where, between which days."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from werkzeug.datastructures import MultiDict

from booking.errors import Fault, Invalid
from booking.rules.appointments import Wish
from booking.web.fields import YEARS
from booking.web.schemas import MOST_CONCERNS

ONCE = frozenset({"office", "from", "to", "view", "lang"})
QUANTITY = re.compile(r"[0-9]{1,4}", re.ASCII)
DATE = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """A query, understood; ``first`` and ``last`` are local days as ISO dates, which sort as they follow."""

    wishes: tuple[Wish, ...]
    office: str | None
    first: str | None
    last: str | None
    only_next: bool


def asked(query: MultiDict[str, str]) -> Question:
    """Understand a query, or raise Invalid with every parameter that is wrong; pointers are ``/name``."""
    if faults := list(_faults(query)):
        raise Invalid(*faults)
    return Question(
        wishes=tuple(map(_wish, query.getlist("concern"))),
        office=query.get("office"),
        first=query.get("from"),
        last=query.get("to"),
        only_next="view" in query,
    )


def _faults(query: MultiDict[str, str]) -> Iterator[Fault]:
    for name in query:
        if name in ONCE and len(query.getlist(name)) > 1:
            yield Fault(f"/{name}", "too-many", {"max": 1})
        elif name not in ONCE and name != "concern":  # a mistyped name would silently change the question
            yield Fault(f"/{name[:64]}", "unknown-field")
    concerns = query.getlist("concern")
    if not concerns:
        yield Fault("/concern", "required")
    if len(concerns) > MOST_CONCERNS:
        yield Fault("/concern", "too-many", {"max": MOST_CONCERNS})
    for place, text in enumerate(concerns):
        _, colon, quantity = text.partition(":")
        if colon and not QUANTITY.fullmatch(quantity):
            yield Fault(f"/concern/{place}", "number")
    yield from _faulty_days(query)
    if query.get("view", "next") != "next":
        yield Fault("/view", "view")


def _faulty_days(query: MultiDict[str, str]) -> Iterator[Fault]:
    found = [Fault(f"/{name}", key) for name in ("from", "to") if (key := _fault_of_day(query.get(name)))]
    yield from found
    if not found and query.get("from", "") > query.get("to", "9999"):
        yield Fault("/to", "order")


def _fault_of_day(text: str | None) -> str | None:
    if text is None:
        return None
    shape = DATE.fullmatch(text)
    if shape is None:
        return "date"
    if int(shape[1]) not in YEARS:
        return "year"
    try:
        date.fromisoformat(text)
    except ValueError:
        return "date"
    return None


def _wish(text: str) -> Wish:
    concern, colon, quantity = text.partition(":")
    return Wish(concern, int(quantity) if colon else 1)
