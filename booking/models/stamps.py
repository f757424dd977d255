"""Which clerk's taken time has changed: a number per clerk that triggers on ``cell`` and ``appointment`` raise.

No writer can forget it, be it older code during a deploy or SQL typed by hand. Whoever keeps what a clerk has taken
(``actions.office_months``) reads again only where the number has moved.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    ForeignKey,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
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
    words: dict[int, list[tuple[int, int]]] = {}
    stamps: dict[int, int] = {}
    returns: dict[int, datetime] = {}
    after = (timedelta(), delay, LONGEST_DELAY, -SOON, timedelta())
    for _, clerk, stamp, number, bits, *moments in rows:
        stamps[clerk] = stamp
        if number is not None:
            words.setdefault(clerk, []).append((number, bits))
        for moment, rest in zip(moments, after, strict=True):
            if moment is not None:
                returns[clerk] = min(moment + rest, returns.get(clerk, moment + rest))
    found = {
        clerk: Taken(stamp, CellSet(base, bits_of_words(words.get(clerk, ()), base)), returns.get(clerk))
        for clerk, stamp in stamps.items()
    }
    return Look(rows[0][0] if rows else None, found)


@cache
def _taking(*, alone: bool) -> Select[*tuple[Any, ...]]:
    """Build the statement once; every clerk with a stamp has at least one row.

    For one clerk ``clerks`` is an id: SQLAlchemy writes a statement with a list anew each time.
    """
    clerks: BindParameter[Any] = bindparam("clerks", expanding=not alone)
    in_range = and_(
        Cell.clerk_id == _stamps.c.clerk_id, Cell.moment >= bindparam("first"), Cell.moment < bindparam("stop")
    )
    is_held = Cell.held_until > NOW
    return (
        select(
            _version,
            _stamps.c.clerk_id,
            _stamps.c.stamp,
            NUMBER,
            cast(func.sum(case((or_(is_owned(sees_held=True), is_held), BIT), else_=0)), BigInteger),
            *_returns(),
            _soonest(is_held, Cell.held_until),
        )
        .select_from(_stamps)
        .join(Cell, in_range, isouter=True)
        .join(Appointment, Appointment.id == Cell.appointment_id, isouter=True)
        .where(_stamps.c.clerk_id == clerks if alone else _stamps.c.clerk_id.in_(clerks))
        .group_by(_stamps.c.clerk_id, _stamps.c.stamp, NUMBER)
    )


def _returns() -> tuple[ColumnElement[datetime], ...]:
    """The moments after which unconfirmed time is to be looked at anew: its end, the policy's delay, abuse mode's.

    The fourth is the start: a day before it nothing is held back any more.
    """
    pending = Appointment.status == Status.PENDING
    lapsed = and_(pending, Appointment.confirm_by <= NOW, is_owned(sees_held=True))
    by_policy = Appointment.confirm_by > bindparam("lapsed", type_=Instant)
    return (
        _soonest(and_(pending, Appointment.confirm_by > NOW), Appointment.confirm_by),
        _soonest(and_(lapsed, by_policy), Appointment.confirm_by),
        _soonest(and_(lapsed, ~by_policy), Appointment.confirm_by),
        _soonest(lapsed, Appointment.start),
    )


def _soonest(condition: ColumnElement[bool], moment: Any) -> ColumnElement[datetime]:
    return func.min(case((condition, moment)), type_=Instant)
