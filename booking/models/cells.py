"""Queries about the table ``cell``: what is taken, what somebody owns, what becomes free."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Integer, and_, cast, delete, false, func, insert, literal, or_, select, update

from booking.extensions import db
from booking.models.appointment import Appointment, Cell
from booking.rules.cells import WORD_SECONDS
from booking.rules.lifecycle import Status
from booking.rules.spans import GRID_SECONDS


class Owner(NamedTuple):
    """For whom we look: staff use staff blocks, may take what is held back; a mover's own cells count as free."""

    staff: bool = False
    takes_held: bool = False
    mover: int | None = None


CITIZEN = Owner()


Words = tuple[tuple[int, int], ...]
WORD_CELLS = WORD_SECONDS // GRID_SECONDS


def taken_words(
    clerks: Collection[int], between: tuple[datetime, datetime], *, now: datetime, owner: Owner = CITIZEN
) -> Mapping[int, Words]:
    """Return each clerk's taken cells in a half-open range, as words (``rules.cells.bits_of_words``).

    Fetching dominates, and words are a fifteenth of the rows. Cells of a pending appointment past its time are free,
    whether or not a job has noticed.
    """
    late = and_(Appointment.status == Status.PENDING, Appointment.confirm_by <= now)
    held = false() if owner.staff or owner.takes_held else Cell.held_until > now
    bit = literal(1, BigInteger).bitwise_lshift(cast(Cell.moment // GRID_SECONDS % WORD_CELLS, Integer))
    number = (Cell.moment // WORD_SECONDS).label("number")
    query = (
        select(Cell.clerk_id, number, cast(func.sum(bit), BigInteger))
        .group_by(Cell.clerk_id, number)
        .join(Appointment, Appointment.id == Cell.appointment_id, isouter=True)
        .where(
            Cell.clerk_id.in_(clerks),
            Cell.moment >= int(between[0].timestamp()),
            Cell.moment < int(between[1].timestamp()),
            or_(and_(Cell.appointment_id.is_not(None), ~func.coalesce(late, False)), held),
        )
    )
    if owner.mover is not None:
        query = query.where(func.coalesce(Cell.appointment_id, 0) != owner.mover)
    taken: dict[int, list[tuple[int, int]]] = {clerk: [] for clerk in clerks}
    for clerk, word, bits in db.session.execute(query):
        taken[clerk].append((word, bits))
    return {clerk: tuple(words) for clerk, words in taken.items()}


def owned_moments(appointment_id: int) -> Mapping[int, frozenset[int]]:
    """Return the moments that an appointment owns, by clerk."""
    owned: dict[int, set[int]] = {}
    for clerk, moment in db.session.execute(
        select(Cell.clerk_id, Cell.moment).where(Cell.appointment_id == appointment_id)
    ):
        owned.setdefault(clerk, set()).add(moment)
    return {clerk: frozenset(moments) for clerk, moments in owned.items()}


def own_cells(appointment_id: int, clerk: int, moments: Iterable[int]) -> None:
    """Give cells to an appointment; a cell that somebody else owns makes the database refuse (IntegrityError).

    Cells held back from citizens are taken over: whoever gets here may have them.
    """
    wanted = sorted(moments)
    db.session.execute(
        delete(Cell).where(Cell.clerk_id == clerk, Cell.moment.in_(wanted), Cell.appointment_id.is_(None))
    )
    db.session.execute(
        insert(Cell), [{"clerk_id": clerk, "moment": moment, "appointment_id": appointment_id} for moment in wanted]
    )


def free_cells(appointment_ids: Collection[int], *, held_until: datetime | None = None) -> None:
    """Take the cells from appointments; with ``held_until`` they stay hidden from citizens until then."""
    if not appointment_ids:
        return
    mine = Cell.appointment_id.in_(appointment_ids)
    if held_until is None:
        db.session.execute(delete(Cell).where(mine))
    else:
        db.session.execute(update(Cell).where(mine).values(appointment_id=None, held_until=held_until))


def next_return(offices: Collection[int], clerks: Collection[int], now: datetime) -> datetime | None:
    """Return when the next time becomes free by itself: an unconfirmed booking lapses, a held cell is released."""
    lapse = select(func.min(Appointment.confirm_by)).where(
        Appointment.office_id.in_(offices), Appointment.status == Status.PENDING, Appointment.confirm_by > now
    )
    release = select(func.min(Cell.held_until)).where(Cell.clerk_id.in_(clerks), Cell.held_until > now)
    moments = [moment for moment in (db.session.scalar(lapse), db.session.scalar(release)) if moment is not None]
    return min(moments, default=None)
