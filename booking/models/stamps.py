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
    Integer,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from booking.extensions import Base
from booking.models.appointment import Appointment, Cell
from booking.models.clerk import Block
from booking.models.municipality import Office
from booking.models.types import Instant
from booking.rules.cells import WORD_CELLS, WORD_SECONDS, CellSet, bits_of_words
from booking.rules.lifecycle import Status
from booking.rules.spans import GRID_SECONDS


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


class Look(NamedTuple):
    """What a reader sees of an office: its version, read in the same statement; None if there was nothing to read."""

    version: int | None
    of_clerks: Mapping[int, Taken]


_stamps, _cells, _appointments, _blocks, _offices = (
    table.metadata.tables[table.__tablename__] for table in (ClerkStamp, Cell, Appointment, Block, Office)
)
_version = select(_offices.c.version).where(_offices.c.id == bindparam("office")).scalar_subquery()
_here = select(_blocks.c.clerk_id).where(_blocks.c.office_id == bindparam("office"))
_STAMPS = select(_version, _stamps.c.clerk_id, _stamps.c.stamp).where(_stamps.c.clerk_id.in_(_here))


def read_stamps(connection: Connection, office: int) -> tuple[int | None, Mapping[int, int]]:
    """Return an office's version and its clerks' stamps as they stood together; no version if no clerk has a stamp."""
    rows = connection.execute(_STAMPS, {"office": office}).all()
    return (rows[0][0] if rows else None), {clerk: stamp for _, clerk, stamp in rows}


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
    span = {"first": first, "stop": stop, "now": now, "lapsed": now - delay}
    asked = {"office": office, "clerks": next(iter(clerks)) if len(clerks) == 1 else list(clerks), **span}
    base = first // WORD_SECONDS * WORD_SECONDS
    rows = connection.execute(_taking(alone=len(clerks) == 1), asked).all()
    words: dict[int, list[tuple[int, int]]] = {}
    stamps: dict[int, int] = {}
    returns: dict[int, datetime] = {}
    for _, clerk, stamp, number, bits, lapses, released in rows:
        stamps[clerk] = stamp
        if number is not None:
            words.setdefault(clerk, []).append((number, bits))
        for moment in (lapses and lapses + delay, released):
            if moment is not None:
                returns[clerk] = min(moment, returns.get(clerk, moment))
    found = {
        clerk: Taken(stamp, CellSet(base, bits_of_words(words.get(clerk, ()), base)), returns.get(clerk))
        for clerk, stamp in stamps.items()
    }
    return Look(rows[0][0] if rows else None, found)


@cache
def _taking(*, alone: bool) -> Select[int, int, int, int, int, datetime, datetime]:
    """Build the statement once; every clerk with a stamp has at least one row.

    For one clerk ``clerks`` is an id: SQLAlchemy writes a statement with a list anew each time.
    """
    clerks: BindParameter[Any] = bindparam("clerks", expanding=not alone)
    in_range = and_(
        _cells.c.clerk_id == _stamps.c.clerk_id,
        _cells.c.moment >= bindparam("first"),
        _cells.c.moment < bindparam("stop"),
    )
    pending = _appointments.c.status == Status.PENDING.value
    is_late = and_(pending, _appointments.c.confirm_by <= bindparam("lapsed", type_=Instant))
    is_held = _cells.c.held_until > bindparam("now", type_=Instant)
    counts = or_(and_(_cells.c.appointment_id.is_not(None), ~func.coalesce(is_late, False)), is_held)
    bit = literal(1, BigInteger).bitwise_lshift(cast(_cells.c.moment // GRID_SECONDS % WORD_CELLS, Integer))
    number = (_cells.c.moment // WORD_SECONDS).label("number")
    return (
        select(
            _version,
            _stamps.c.clerk_id,
            _stamps.c.stamp,
            number,
            cast(func.sum(case((counts, bit), else_=0)), BigInteger),
            _soonest(and_(pending, ~is_late), _appointments.c.confirm_by),
            _soonest(is_held, _cells.c.held_until),
        )
        .select_from(_stamps)
        .join(_cells, in_range, isouter=True)
        .join(_appointments, _appointments.c.id == _cells.c.appointment_id, isouter=True)
        .where(_stamps.c.clerk_id == clerks if alone else _stamps.c.clerk_id.in_(clerks))
        .group_by(_stamps.c.clerk_id, _stamps.c.stamp, number)
    )


def _soonest(condition: ColumnElement[bool], moment: ColumnElement[datetime]) -> ColumnElement[datetime]:
    return func.min(case((condition, moment)), type_=Instant)
