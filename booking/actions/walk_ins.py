"""Walk-ins: people without an appointment get a number, and a clerk's next gap when they are called."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from booking.actions.audit import record
from booking.actions.catalogues import state_of
from booking.actions.letters import mail_domain
from booking.actions.locking import lock_municipality
from booking.actions.marks import mark, next_number
from booking.actions.replays import Kept, check_same, remember
from booking.actions.snapshots import concern_rows
from booking.actions.transaction import writes
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Replay
from booking.models.storing import store
from booking.rules.appointments import Wish
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import Status, Verb
from booking.rules.orders import Visit, chosen_concerns, visit_at
from booking.rules.roles import Actor
from booking.rules.secrets import new_reference
from booking.rules.texts import FALLBACK

ROUTE = "walk-in"


def arrive(
    town: str, office: str, wishes: Sequence[Wish], *, by: Actor, now: datetime, name: str = "", key: str = ""
) -> int:
    """Let somebody without an appointment wait: no time, no clerk, no cells; return their number of the day.

    ``key`` is the form's: sent twice it is one person. Raises NotFound, Invalid, NotCombinable, KeyReused, Unavailable.
    """
    return _arrive((town, office), wishes, by=by, now=now, name=name.strip(), key=key or str(uuid.uuid4()))


def take(reference: str, clerk: int, *, by: Actor, now: datetime) -> None:
    """Call somebody from the waiting room to a clerk, whose time they get from now on. Raises what ``mark`` raises."""
    mark(reference, Verb.CALL, by=by, now=now, clerk=clerk)


@writes
def _arrive(place: tuple[str, str], wishes: Sequence[Wish], *, by: Actor, now: datetime, name: str, key: str) -> int:
    """The key is older than the transaction: one that runs again finds that it has been here."""
    locked = lock_municipality(*place)
    catalogue = locked.catalogue(state_of(place[0]).revision)
    if not by.reaches(catalogue.id, locked.office):
        raise NotFound("office")
    body = repr((place[1], [(wish.concern, wish.quantity) for wish in wishes], name)).encode()
    known = _number_of(db.session.get(Replay, (catalogue.id, ROUTE, key)), body)
    if known is not None:
        return known
    visit = visit_at(catalogue, catalogue.office(locked.office), chosen_concerns(catalogue, wishes), staff=True)
    row = _new_row(catalogue, visit, now)
    row.name = name
    number = row.number = next_number(catalogue, locked.office, now=now)
    store(row)
    record(by, "arrive", row, now=now)
    remember(row, ROUTE, key, body, now=now)
    return number


def _number_of(replay: Replay | None, body: bytes) -> int | None:
    if replay is None:
        return None
    check_same(Kept(replay.body, replay.appointment_id), body)
    return db.session.scalar(select(Row.number).where(Row.id == replay.appointment_id))


def _new_row(catalogue: Catalogue, visit: Visit, now: datetime) -> Row:
    row = Row(
        municipality_id=catalogue.id,
        office_id=visit.office.id,
        reference=new_reference(),
        uid=f"{uuid.uuid4()}@{mail_domain(catalogue)}",
        status=Status.CHECKED_IN.value,
        channel="desk",
        language=FALLBACK,
        arrived_at=now,
        created_at=now,
        changed_at=now,
        confirmed_at=now,
    )
    row.concerns = concern_rows(visit)
    return row
