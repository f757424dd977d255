"""Door: the free times. Everybody's hot path: a warm answer costs one SELECT and no schema work."""

import json
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from itertools import groupby
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, current_app, request

from booking import clock
from booking.actions.catalogues import State
from booking.actions.find_starts import Availability, OfficeStarts, find_starts, state_now
from booking.errors import Fault, Invalid
from booking.metrics import AVAILABILITY, Answer
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
    body = json.dumps(_told(found, question), separators=(",", ":")).encode()
    # Neither names nor sentences are in it, so the reader's language changes nothing; ``lang`` is part of the query.
    headers = {"ETag": etag_of(body, request.query_string), "Cache-Control": SHARED, "Vary": "Accept-Encoding"}
    return Kept(body, headers, found)


def _in_query(fault: Fault) -> Fault:
    """Name the query's parameter where the rules name the field of a booking: ``/concerns/0/quantity``."""
    place = fault.pointer.split("/")[2:3]
    return Fault("/".join(["/concern", *place]), fault.key, fault.values)


def _told(found: Availability, question: Question) -> dict[str, Any]:
    zone = found.catalogue.zone
    return {"timezone": zone.key, "offices": [_office(at, question, zone) for at in found.offices]}


def _office(at: OfficeStarts, question: Question, zone: ZoneInfo) -> dict[str, Any]:
    starts = [shown(moment, zone) for moment in at.starts]
    later = [start for start in starts if question.first is None or _day(start) >= question.first]
    told: dict[str, Any] = {
        "office": at.office.slug,
        "minutes": at.minutes,
        "window": {"first": at.window.first.isoformat(), "last": at.window.last.isoformat()},
        "next": later[0] if later else None,
    }
    if not question.only_next:
        wanted = [start for start in later if question.last is None or _day(start) <= question.last]
        told["days"] = [{"date": day, "starts": list(starts)} for day, starts in groupby(wanted, key=_day)]
    return told


@lru_cache(maxsize=8192)
def shown(moment: int, zone: ZoneInfo) -> str:
    """Return Unix seconds as RFC 3339 on the wall clock of a zone; formatted once, shown in many answers."""
    return datetime.fromtimestamp(moment, zone).isoformat()


def _day(start: str) -> str:
    return start[:10]
