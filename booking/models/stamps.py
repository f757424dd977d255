"""Which clerk's taken time has changed: a number per clerk that triggers on ``cell`` and ``appointment`` raise.

No writer can forget it, be it older code during a deploy or SQL typed by hand. Whoever keeps what a clerk has taken
(``actions.office_months``) reads again only where the number has moved.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    ForeignKey,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from booking.extensions import Base
from booking.models.appointment import Appointment, Cell
from booking.models.cells import BIT, NOW, NUMBER, is_owned, moments_of
from booking.models.clerk import Block
from booking.models.guarding import Guard
from booking.models.municipality import Office
from booking.models.types import Instant
from booking.rules.cells import WORD_SECONDS, CellSet, bits_of_words
from booking.rules.lifecycle import Status
from booking.rules.surges import LONGEST_DELAY, SOON


class ClerkStamp(Base):
    """Rises with every change of what a clerk has taken; a clerk who never had anything taken has none."""

    __tablename__ = "clerk_stamp"

    clerk_id: Mapped[int] = mapped_column(
        ForeignKey("clerk.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    stamp: Mapped[int] = mapped_column(BigInteger)


class Fate(IntEnum):
    """What becomes of an unconfirmed booking's time, or of held time, though nobody touches it."""

    FREE = 0  # it is free already
    ENDS = 1  # unconfirmed, or held, until a moment
    BY_POLICY = 2  # lapsed, and held back for as long as the policy says
    BY_MODE = 3  # lapsed, and held back by abuse mode; as the other, at most until a day before it begins


class Taken(NamedTuple):
    """What a clerk has taken in some days, under which stamp, and when some of it becomes free by itself."""

    stamp: int
    cells: CellSet
    returns: datetime | None


class Stamps(NamedTuple):
    """An office's version, its clerks' stamps, and how far abuse mode reaches anywhere: what lapsed may be held by it.

    No version if no clerk has a stamp.
    """

    version: int | None
    of_clerks: Mapping[int, int]
    guarded_until: datetime | None


class Look(NamedTuple):
    """What a reader sees of an office: its version, read in the same statement; None if there was nothing to read."""

    version: int | None
    of_clerks: Mapping[int, Taken]


_stamps, _blocks, _offices, _guards = (
    table.metadata.tables[table.__tablename__] for table in (ClerkStamp, Block, Office, Guard)
)
_version = select(_offices.c.version).where(_offices.c.id == bindparam("office")).scalar_subquery()
_here = select(_blocks.c.clerk_id).where(_blocks.c.office_id == bindparam("office"))
_guarded = select(func.max(_guards.c.until)).scalar_subquery()  # raised with an office's version, with no stamp
_IN_RANGE = and_(
    Cell.clerk_id == _stamps.c.clerk_id, Cell.moment >= bindparam("first"), Cell.moment < bindparam("stop")
)
_STAMPS = select(_version, _guarded, _stamps.c.clerk_id, _stamps.c.stamp).where(_stamps.c.clerk_id.in_(_here))


def read_stamps(connection: Connection, office: int) -> Stamps:
    """Return an office's version and its clerks' stamps as they stood together."""
    rows = connection.execute(_STAMPS, {"office": office}).all()
    version, guarded_until = rows[0][:2] if rows else (None, None)
    return Stamps(version, {clerk: stamp for _, _, clerk, stamp in rows}, guarded_until)


def read_taken(
    connection: Connection,
    office: int,
    clerks: Collection[int],
    between: tuple[datetime, datetime],
    *,
    now: datetime,
    delay: timedelta,
) -> Look:
    """Return what citizens may not have of these clerks' time, from ``between`` on, in one statement.

    ``delay`` is how long a lapsed booking's time may be held back. A clerk without a stamp is left out: nothing is
    taken. The sets of cells begin at one base.
    """
    first, stop = (int(moment.timestamp()) for moment in between)
    span = {"first": first, "stop": stop, **moments_of(now, delay)}
    asked = {"office": office, "clerks": next(iter(clerks)) if len(clerks) == 1 else list(clerks), **span}
    base = first // WORD_SECONDS * WORD_SECONDS
    rows = connection.execute(_taking(alone=len(clerks) == 1), asked).all()
    words: defaultdict[int, Counter[int]] = defaultdict(Counter)
    stamps: dict[int, int] = {}
    returns: dict[int, datetime] = {}
    after = {Fate.ENDS: timedelta(), Fate.BY_POLICY: delay, Fate.BY_MODE: LONGEST_DELAY}
    for _, clerk, stamp, number, bits, fate, moment, start in rows:
        if fate is None:
            stamps[clerk] = stamp
            words[clerk][number or 0] += bits or 0
        elif fate == Fate.FREE:
            words[clerk][number] -= bits
        elif moment is not None:
            again = moment + after[fate]
            if fate != Fate.ENDS:
                again = min(again, start - SOON)
            returns[clerk] = min(again, returns.get(clerk, again))
    found = {
        clerk: Taken(stamp, CellSet(base, bits_of_words(words[clerk].items(), base)), returns.get(clerk))
        for clerk, stamp in stamps.items()
    }
    return Look(rows[0][0] if rows else None, found)


@cache
def _taking(*, alone: bool) -> CompoundSelect[*tuple[Any, ...]]:
    """Build the statement once: every cell that has a row, then which of them are free, or become free by themselves.

    Few are of the second kind, and only they want their booking's status, its times and the guard of its office: both
    looks together cost SQLite less than half of one look with everything (0.6 ms of a full month, not 1.4).
    For one clerk ``clerks`` is an id: SQLAlchemy writes a statement with a list anew each time.
    """
    clerks: BindParameter[Any] = bindparam("clerks", expanding=not alone)
    wanted = _stamps.c.clerk_id == clerks if alone else _stamps.c.clerk_id.in_(clerks)
    return union_all(_entries(wanted), _passing(wanted))


def _entries(wanted: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Every clerk with a stamp has at least one row, perhaps without a word."""
    return (
        select(_version, _stamps.c.clerk_id, _stamps.c.stamp, NUMBER, _word(BIT))
        .add_columns(null(), cast(null(), Instant), cast(null(), Instant))
        .join_from(_stamps, Cell, _IN_RANGE, isouter=True)
        .where(wanted)
        .group_by(_stamps.c.clerk_id, NUMBER)
    )


def _passing(wanted: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The words of unconfirmed bookings and of held time by their fate, with the first moments of each."""
    cell = (
        select(_stamps.c.clerk_id, NUMBER, BIT.label("bit"), _fate().label("fate"), Appointment.start)
        .add_columns(func.coalesce(Appointment.confirm_by, Cell.held_until).label("moment"))
        .join_from(_stamps, Cell, _IN_RANGE)
        .join(Appointment, Appointment.id == Cell.appointment_id, isouter=True)
        .where(wanted, or_(Cell.appointment_id.is_(None), Appointment.status == Status.PENDING))
        .subquery("passing")
        .c
    )
    return (
        select(_version, cell.clerk_id, null(), cell.number, _word(cell.bit), cell.fate)
        .add_columns(func.min(cell.moment), func.min(cell.start))
        .group_by(cell.clerk_id, cell.number, cell.fate)
    )


def _fate() -> ColumnElement[int]:
    is_held = func.coalesce(Cell.held_until > NOW, False)
    return case(
        (~or_(is_owned(sees_held=True), is_held), Fate.FREE.value),
        (Appointment.confirm_by <= bindparam("lapsed", type_=Instant), Fate.BY_MODE.value),
        (Appointment.confirm_by <= NOW, Fate.BY_POLICY.value),
        else_=Fate.ENDS.value,
    )


def _word(bits: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.sum(bits), BigInteger)
