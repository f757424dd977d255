"""Cancel and block: a contact may not book online for a time; the phone stays open to them. Also list and lift blocks.

Kept is the contact's keyed hash alone: a list of blocks cannot say who is on it. Who calls and says an address is found
by the same hash; the address is not kept.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select

from booking.actions.audit import record, recorded, subject_of
from booking.actions.cancel import call_off
from booking.actions.keys import contact_hash
from booking.actions.locking import lock_appointment
from booking.actions.reach import row_for
from booking.actions.transaction import reads, writes
from booking.errors import Fault, Forbidden, Invalid, NotFound, NotPossibleNow
from booking.extensions import choose_insert, db
from booking.models import Appointment as Row
from booking.models import ContactBlock, Login
from booking.rules.lifecycle import CancelledBy, Status
from booking.rules.roles import MANAGERS, Actor

REASONS = ("hoarding", "resale", "program", "insults")
LONGEST_DAYS = 365
CANCELLABLE = frozenset({Status.PENDING, Status.CONFIRMED})


@dataclass(frozen=True, slots=True)
class Block:
    """A block as the list shows it."""

    id: int
    reason: str
    by: str
    created_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """For what reason (one of ``REASONS``) and how many days somebody shall book by phone."""

    reason: str
    days: int

    def check(self) -> None:
        """Raise Invalid for what cannot be: nobody is blocked without a reason, or for more than a year."""
        if self.reason not in REASONS:
            raise Invalid(Fault("/reason", "choose"))
        if not 1 <= self.days <= LONGEST_DAYS:
            raise Invalid(Fault("/days", "number"))


@writes
def cancel_and_block(by: Actor, reference: str, wish: Wish, *, now: datetime) -> bool:
    """Cancel an appointment, if it still can be, and block its contact; return whether it was cancelled.

    A longer block that is there already stays. Raises NotFound, Forbidden, Invalid (/reason, /days; /email where there
    is no address to block).
    """
    wish.check()
    if by.role not in MANAGERS:
        raise Forbidden
    row = row_for(by, reference)
    catalogue = lock_appointment(row)
    if not row.email:
        raise Invalid(Fault("/email", "required"))
    told = asdict(wish)
    if recorded(by, "blocked", now=now).get(subject_of(row)) == told:  # the answer to that commit was lost
        return subject_of(row) in recorded(by, "cancelled", now=now)
    _block(row, by, wish, now)
    record(by, "blocked", row, now=now, **told)
    if row.status not in CANCELLABLE or row.start is None or row.start <= now:
        return False
    call_off(row, catalogue, CancelledBy.OFFICE, now=now, undoable=False)
    record(by, "cancelled", row, now=now, wished_by=CancelledBy.OFFICE.value)
    return True


def cancel_and_block_all(by: Actor, references: list[str], wish: Wish, *, now: datetime) -> int:
    """Do it to a whole cluster, one short transaction each; return how many were cancelled.

    What is out of reach, or gone meanwhile, is left out. Raises Forbidden, Invalid.
    """
    wish.check()
    cancelled = 0
    for reference in references:
        try:
            cancelled += cancel_and_block(by, reference, wish, now=now)
        except (NotFound, NotPossibleNow):
            continue
    return cancelled


@reads
def blocks_of(by: Actor, *, now: datetime) -> list[Block]:
    """Return the municipality's blocks that hold, those first that end last."""
    return _blocks(ContactBlock.municipality_id == by.municipality, ContactBlock.until > now)


@reads
def block_of(by: Actor, email: str, *, now: datetime) -> Block | None:
    """Return the block that holds for an address, however it is spelled; None where there is none."""
    mine = (ContactBlock.municipality_id == by.municipality, ContactBlock.until > now)
    return next(iter(_blocks(*mine, ContactBlock.contact == contact_hash(email, now))), None)


def _blocks(*which: ColumnElement[bool]) -> list[Block]:
    name = func.coalesce(func.nullif(Login.display_name, ""), Login.name)
    query = (
        select(ContactBlock.id, ContactBlock.reason, name, ContactBlock.created_at, ContactBlock.until)
        .join(Login, Login.id == ContactBlock.login_id)
        .where(*which)
        .order_by(ContactBlock.until.desc(), ContactBlock.id)
    )
    return [Block(*row) for row in db.session.execute(query)]


@writes
def lift_block(by: Actor, block: int, *, now: datetime) -> None:
    """Let a contact book online again; what is lifted stays so. Raises Forbidden."""
    if by.role not in MANAGERS or by.office is not None:
        raise Forbidden
    mine = (ContactBlock.id == block, ContactBlock.municipality_id == by.municipality)
    if db.session.execute(delete(ContactBlock).where(*mine).returning(ContactBlock.id)).first():
        record(by, "block-lifted", f"block {block}", now=now)


def forget_blocks(now: datetime) -> None:
    """Delete the blocks that are over, and with them the hashes."""
    db.session.execute(delete(ContactBlock).where(ContactBlock.until <= now))


def _block(row: Row, by: Actor, wish: Wish, now: datetime) -> None:
    insert = choose_insert()
    made = insert(ContactBlock).values(
        municipality_id=row.municipality_id,
        contact=contact_hash(row.email, now),
        reason=wish.reason,
        login_id=by.login,
        created_at=now,
        until=now + timedelta(days=wish.days),
    )
    new = {name: made.excluded[name] for name in ("reason", "login_id", "created_at", "until")}
    longer = ContactBlock.until < made.excluded.until
    db.session.execute(
        made.on_conflict_do_update(index_elements=["municipality_id", "contact"], set_=new, where=longer)
    )
