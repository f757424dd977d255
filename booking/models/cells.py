"""Queries about the table ``cell``: what is taken, what somebody owns, what becomes free."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    inspect,
    literal,
    or_,
    select,
    true,
    update,
)

from booking.extensions import choose_insert, db
from booking.models.appointment import Appointment, Cell
from booking.models.guarding import Guard
from booking.models.types import Instant
from booking.rules.cells import WORD_CELLS, WORD_SECONDS
from booking.rules.lifecycle import Status
from booking.rules.spans import GRID_SECONDS
from booking.rules.surges import LONGEST_DELAY, SOON


class Owner(NamedTuple):
    """For whom we look: staff use staff blocks, may take what is held back; a mover's own cells count as free.

    ``delay`` is how long the policy has a lapsed booking's time held back: all of it, until a sweep draws the moment.
    """

    staff: bool = False
    takes_held: bool = False
    mover: int | None = None
    delay: timedelta = timedelta()


CITIZEN = Owner()

Words = tuple[tuple[int, int], ...]

NOW = bindparam("now", type_=Instant)
NUMBER = (Cell.moment // WORD_SECONDS).label("number")
BIT = literal(1, BigInteger).bitwise_lshift(cast(Cell.moment // GRID_SECONDS % WORD_CELLS, Integer))


def taken_words(
    clerks: Collection[int], between: tuple[datetime, datetime], *, now: datetime, owner: Owner = CITIZEN
) -> Mapping[int, Words]:
    """Return each clerk's taken cells in a half-open range, as words (``rules.cells.bits_of_words``).

    Fetching dominates, and words are a fifteenth of the rows. Cells of a pending appointment past its time are free,
    whether or not a job has noticed.
    """
    query = _taking(sees_held=not (owner.staff or owner.takes_held), moves=owner.mover is not None)
    asked = {
        "clerks": list(clerks),
        "first": int(between[0].timestamp()),
        "stop": int(between[1].timestamp()),
        "mover": owner.mover,
        **moments_of(now, owner.delay),
    }
    taken: dict[int, list[tuple[int, int]]] = {clerk: [] for clerk in clerks}
    db.session.flush()  # as the session's own execute would, which costs more than the query itself
    for clerk, word, bits in db.session.connection().execute(query, asked):
        taken[clerk].append((word, bits))
    return {clerk: tuple(words) for clerk, words in taken.items()}


def moments_of(now: datetime, delay: timedelta) -> Mapping[str, datetime]:
    """Return what ``is_owned`` asks for; ``delay`` is the policy's."""
    return {"now": now, "lapsed": now - delay, "guarded": now - LONGEST_DELAY, "soon": now + SOON}


def is_owned(*, sees_held: bool) -> ColumnElement[bool]:
    """Whether a cell, joined with its appointment, is somebody's: the one place that says when a lapsed time is free.

    Staff have it at once. Citizens have it when whatever a sweep could draw is over: the policy's delay, and that of
    abuse mode if its office was in it when the time to confirm ended. What begins within a day is never held back.
    """
    free = and_(Appointment.status == Status.PENDING, Appointment.confirm_by <= NOW)
    if sees_held:
        mode = exists().where(Guard.office_id == Appointment.office_id, Guard.until > Appointment.confirm_by)
        longest = or_(Appointment.confirm_by <= bindparam("guarded", type_=Instant), ~mode.correlate(Appointment))
        is_over = and_(Appointment.confirm_by <= bindparam("lapsed", type_=Instant), longest)
        free = and_(free, or_(Appointment.start < bindparam("soon", type_=Instant), is_over))
    return and_(Cell.appointment_id.is_not(None), ~func.coalesce(free, False))


@cache
def _taking(*, sees_held: bool, moves: bool) -> Select[int, int, int]:
    """Build the statement once: putting it together costs more than running it."""
    owned, held = is_owned(sees_held=sees_held), Cell.held_until > NOW
    query = (
        select(Cell.clerk_id, NUMBER, cast(func.sum(BIT), BigInteger))
        .group_by(Cell.clerk_id, NUMBER)
        .join(Appointment, Appointment.id == Cell.appointment_id, isouter=True)
        .where(
            Cell.clerk_id.in_(bindparam("clerks", expanding=True)),
            Cell.moment >= bindparam("first"),
            Cell.moment < bindparam("stop"),
            or_(owned, held) if sees_held else owned,
        )
    )
    return query.where(func.coalesce(Cell.appointment_id, 0) != bindparam("mover")) if moves else query


def owned_moments(appointment_id: int) -> Mapping[int, frozenset[int]]:
    """Return the moments that an appointment owns, by clerk."""
    owned: dict[int, set[int]] = {}
    for clerk, moment in db.session.execute(
        select(Cell.clerk_id, Cell.moment).where(Cell.appointment_id == appointment_id)
    ):
        owned.setdefault(clerk, set()).add(moment)
    return {clerk: frozenset(moments) for clerk, moments in owned.items()}


def next_taken(clerk: int, moments: range, *, now: datetime, mine: int) -> tuple[int, str] | None:
    """Return the first of these moments that another appointment than ``mine`` owns, and its reference."""
    late = and_(Appointment.status == Status.PENDING, Appointment.confirm_by <= now)
    query = (
        select(Cell.moment, Appointment.reference)
        .join(Appointment, Appointment.id == Cell.appointment_id)
        .where(Cell.clerk_id == clerk, Cell.moment >= moments.start, Cell.moment < moments.stop)
        .where(Cell.appointment_id != mine, ~func.coalesce(late, False))
        .order_by(Cell.moment)
        .limit(1)
    )
    found = db.session.execute(query).one_or_none()
    return None if found is None else (found[0], found[1])


def own_cells(appointment_id: int, clerk: int, moments: range) -> bool:
    """Give an appointment every cell of a range, or tell that somebody else owns one of them.

    The primary key decides, in one statement; cells held back from citizens are taken over: whoever gets here may have
    them. After False the transaction must be rolled back, or the owners' time reclaimed and the cells asked for again.
    """
    insert = choose_insert()
    mine = {"appointment": appointment_id, "clerk": clerk, "first": moments.start, "stop": moments.stop}
    db.session.flush()
    return len(db.session.connection().execute(_owning(insert), mine).all()) == len(moments)


@cache
def _owning(insert: Callable[[FromClause], Any]) -> Any:
    """Build the statement: a range counted up by the database is one set of parameters, however long it is."""
    appointment, clerk = bindparam("appointment", type_=BigInteger), bindparam("clerk", type_=BigInteger)
    step = select(bindparam("first", type_=BigInteger).label("moment")).cte("step", recursive=True)
    after = step.c.moment + GRID_SECONDS
    step = step.union_all(select(after).where(after < bindparam("stop", type_=BigInteger)))
    rows = insert(inspect(Cell).local_table).from_select(
        ["clerk_id", "moment", "appointment_id"], select(clerk, step.c.moment, appointment).where(true())
    )
    free = or_(Cell.appointment_id.is_(None), Cell.appointment_id == appointment)
    taken_over = {"appointment_id": rows.excluded.appointment_id, "held_until": None}
    owning = rows.on_conflict_do_update(index_elements=["clerk_id", "moment"], set_=taken_over, where=free)
    return owning.returning(Cell.moment)  # sqlite3 counts no rows of a statement that begins with WITH


def free_cells(appointment_ids: Collection[int], *, held_until: datetime | None = None) -> None:
    """Take the cells from appointments; with ``held_until`` they stay hidden from citizens until then."""
    if not appointment_ids:
        return
    mine = Cell.appointment_id.in_(appointment_ids)
    if held_until is None:
        db.session.execute(delete(Cell).where(mine))
    else:
        db.session.execute(update(Cell).where(mine).values(appointment_id=None, held_until=held_until))
