"""Door: the free times. Everybody's hot path: a warm answer costs one SELECT and no schema work."""

import json
from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from itertools import chain
from time import perf_counter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import Response, current_app, request

from booking import clock
from booking.actions.catalogues import State
from booking.actions.find_starts import Availability, OfficeStarts, find_starts, state_now
from booking.errors import Fault, Invalid
from booking.metrics import AVAILABILITY, Answer
from booking.rules.blocks import MIDNIGHT, instant_at
from booking.web.api.asking import Question, asked
from booking.web.api.conditional import JSON, etag_of, is_known, takes_gzip
from booking.web.api.kept import Kept, KeptAnswers

KEPT = "availability-answers"
# A proxy may answer for three seconds by itself, then it has to ask again, two more at most while it does so or the
# service is away (RFC 5861; deploy/nginx counts on it, so that no answer is older than five). A browser always asks.
SHARED = "max-age=0, s-maxage=3, stale-while-revalidate=2, stale-if-error=2"
SMALLEST_PACKED = 500  # bytes: what fits into one packet arrives no sooner when it is smaller


def availability(municipality: str) -> Response:
    """Find the free times of one visit.

    For each office that serves all the concerns in one go: its free starts by local day; days without any are left
    out. `next` is the first free start on or after `from`, also beyond `to`; null if the window has none.
    """
    begun = perf_counter()
    now = clock.now()
    state = state_now(municipality)
    answers: KeptAnswers = current_app.extensions[KEPT]
    key = (municipality, request.query_string)
    kept = answers.get(key)
    how = Answer.KEPT
    if kept is None or not kept.found.is_current(state, now):
        kept = _make(municipality, asked(request.args), now, state)
        answers.put(key, kept)
        how = Answer.COMPUTED
    answer = _answer(kept)
    if answer.status_code == HTTPStatus.NOT_MODIFIED and how is Answer.KEPT:
        how = Answer.UNCHANGED
    AVAILABILITY.labels(how.value).observe(perf_counter() - begun)
    return answer


def _answer(kept: Kept) -> Response:
    if is_known(kept.headers["ETag"]):
        return Response(status=304, headers=kept.headers)
    if len(kept.body) >= SMALLEST_PACKED and takes_gzip():
        return Response(kept.packed, headers=kept.packed_headers, mimetype=JSON)
    return Response(kept.body, headers=kept.headers, mimetype=JSON)


def _make(municipality: str, question: Question, now: datetime, state: State) -> Kept:
    try:
        found = find_starts(municipality, question.wishes, now=now, office=question.office, state=state)
    except Invalid as wrong:
        raise Invalid(*map(_in_query, wrong.faults)) from None
    body = _told(found, question).encode()
    # Neither names nor sentences are in it, so the reader's language changes nothing; ``lang`` is part of the query.
    headers = {"ETag": etag_of(body, request.query_string), "Cache-Control": SHARED, "Vary": "Accept-Encoding"}
    return Kept(body, headers, found)


def _in_query(fault: Fault) -> Fault:
    """Name the query's parameter where the rules name the field of a booking: ``/concerns/0/quantity``."""
    place = fault.pointer.split("/")[2:3]
    return Fault("/".join(["/concern", *place]), fault.key, fault.values)


def _told(found: Availability, question: Question) -> str:
    zone = found.catalogue.zone
    offices = ",".join(_office(at, question, zone) for at in found.offices)
    return f'{{"timezone":{json.dumps(zone.key)},"offices":[{offices}]}}'


def _office(at: OfficeStarts, question: Question, zone: ZoneInfo) -> str:
    days = (_day(starts, zone) for starts in _by_day(at.starts, zone))  # one by one: `next` needs the first only
    later = (day for day in days if question.first is None or day.date >= question.first)
    first = next(later, None)
    told: dict[str, Any] = {
        "office": at.office.slug,
        "minutes": at.minutes,
        "window": {"first": at.window.first.isoformat(), "last": at.window.last.isoformat()},
        "next": first.first if first else None,
    }
    text = json.dumps(told, separators=(",", ":"))
    if question.only_next:
        return text
    told_days = chain([first] if first else [], later)
    wanted = ",".join(day.text for day in told_days if question.last is None or day.date <= question.last)
    return f'{text[:-1]},"days":[{wanted}]}}'


class Day(NamedTuple):
    """A local day's free times as JSON, its date and its first time."""

    date: str
    first: str
    text: str


def _by_day(starts: tuple[int, ...], zone: ZoneInfo) -> Iterator[tuple[int, ...]]:
    place = 0
    while place < len(starts):
        stop = bisect_left(starts, _next_day(starts[place], zone), place)
        yield starts[place:stop]
        place = stop


@lru_cache(maxsize=1024)
def _next_day(moment: int, zone: ZoneInfo) -> int:
    day = datetime.fromtimestamp(moment, zone).date() + timedelta(days=1)
    return int(instant_at(datetime.combine(day, MIDNIGHT), zone).timestamp())


@lru_cache(maxsize=512)
def _day(starts: tuple[int, ...], zone: ZoneInfo) -> Day:
    """Return a day as it is told; of a month that has changed, most days have not."""
    shown = [datetime.fromtimestamp(moment, zone).isoformat() for moment in starts]
    told = {"date": shown[0][:10], "starts": shown}
    return Day(shown[0][:10], shown[0], json.dumps(told, separators=(",", ":")))
