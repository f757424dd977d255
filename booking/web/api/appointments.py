"""Doors: book, and what the browser that booked may do with its holder until the address is proven."""

import json
import secrets
from datetime import datetime
from typing import Any

from flask import Response, request

from booking import clock
from booking.actions.book import ROUTE, book
from booking.actions.confirm import confirm_by_code
from booking.actions.replays import replayed
from booking.actions.resend import correct_address, resend
from booking.errors import Fault, Invalid, NotFound
from booking.rules.appointments import Appointment, Order, Wish
from booking.rules.lifecycle import Status
from booking.web import languages, schemas
from booking.web.api import answers
from booking.web.api.conditional import JSON
from booking.web.api.reading import as_object, filled, idempotency_key, language_among, raw_body

CHANNEL = "api"
UNKEPT = {"Cache-Control": "no-store"}


def create(municipality: str) -> Response:
    """Book a start.

    The appointment is pending: its time is taken, and the mail's link or code confirms it before `confirm_by`,
    which is provisional until the mail relay has taken the letter. The same `Idempotency-Key` with the same body
    answers again with the same appointment, as it stands by then.

    While an office has far more bookings than usual, each has to prove a little work: the refusal `proof-required`
    carries a `challenge` (ALTCHA version 2). Solve it, and send the same booking again within 20 minutes with the
    payload as `proof`. One proof books once, at that office.
    """
    now = clock.now()
    raw = raw_body()
    sent = as_object(raw)
    # A key of our own: the server reruns what a deadlock or a lost connection broke off.
    key = idempotency_key() or secrets.token_urlsafe(24)
    try:
        booked = book(_order(municipality, schemas.load(schemas.BookingForm, sent), (key, raw), now), now=now)
    except (Invalid, NotFound):
        # What was booked is answered again even if it could not be booked any more: before the rest, ``book`` asks too.
        known = replayed(municipality, ROUTE, key, raw)
        if known is None:
            raise
        booked = known
    return shown(booked, booked.told_at(now), holder=booked.holder, status=201)


def confirm_with_code(reference: str) -> Response:
    """Confirm by the six digits of the mail.

    At most five wrong codes per appointment, across all letters; then only the link confirms.
    """
    now = clock.now()
    values = filled(schemas.CodeForm, raw_body())
    return _told(confirm_by_code(reference, values["holder"], values["code"], now=now), now)


def send_again(reference: str) -> Response:
    """Send the letter with link and code again."""
    now = clock.now()
    values = filled(schemas.HolderForm, raw_body())
    return _told(resend(reference, values["holder"], now=now), now)


def correct_email(reference: str) -> Response:
    """Correct a mistyped address before it is confirmed; link and code that went to the wrong one die."""
    now = clock.now()
    values = filled(schemas.AddressForm, raw_body())
    return _told(correct_address(reference, values["holder"], values["email"], now=now), now)


def shown(booked: Appointment, state: Status, *, status: int = 200, **more: str) -> Response:
    """Answer with an appointment; nobody between us and the client may keep it."""
    told = answers.appointment(booked, language_among(booked.catalogue), state=state) | more
    return Response(json.dumps(told, ensure_ascii=False), status=status, headers=UNKEPT, mimetype=JSON)


def _told(booked: Appointment, now: datetime) -> Response:
    return shown(booked, booked.told_at(now))


def check_future(start: datetime, now: datetime) -> None:
    """Refuse a start that has passed: that is a mistake in the request, not a question of the booking window."""
    if start <= now:
        raise Invalid(Fault("/start", "past"))


def _order(municipality: str, values: dict[str, Any], sent: tuple[str, bytes], now: datetime) -> Order:
    check_future(values["start"], now)
    key, body = sent
    return Order(
        municipality=municipality,
        office=values["office"],
        start=values["start"],
        wishes=tuple(Wish(wish["id"], wish["quantity"]) for wish in values["concerns"]),
        name=values["name"],
        email=values["email"],
        phone=values["phone"],
        language=values["language"] or languages.asked(),
        answers=values["answers"],
        channel=CHANNEL,
        key=key,
        body=body,
        network=request.remote_addr or "",
        proof=values["proof"],
    )
