"""Reading the audit log, and erasing what is older than its municipality keeps it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, delete, select

from booking.actions.desks import day_bounds
from booking.actions.transaction import reads, writes
from booking.extensions import db
from booking.models import Audit, Login, Membership
from booking.models.types import Facts
from booking.rules.catalogue import Catalogue

PAGE = 100
Rows = Select[Audit, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what, when, in which role; ``who`` is empty where no login did it."""

    id: int
    at: datetime
    who: str
    role: str
    verb: str
    subject: str
    office: int | None
    details: Facts


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of one local day, by one login, of one verb, in one office, older than one entry; None for any."""

    day: date | None = None
    login: int | None = None
    verb: str | None = None
    office: int | None = None
    before: int | None = None


@reads
def read_audit(catalogue: Catalogue, wanted: Wanted) -> list[Entry]:
    """Return a page of a municipality's entries, the newest first; one more than ``PAGE`` says that it goes on."""
    query = (
        select(Audit, Login.display_name, Login.name)
        .outerjoin(Login, Login.id == Audit.login_id)
        .where(Audit.municipality_id == catalogue.id)
        .order_by(Audit.id.desc())
        .limit(PAGE + 1)
    )
    rows = db.session.execute(_narrowed(query, catalogue, wanted))
    return [
        Entry(row.id, row.at, shown or name or "", row.role, row.verb, row.subject, row.office_id, row.details)
        for row, shown, name in rows
    ]


@reads
def who_is_named(catalogue: Catalogue) -> dict[int, str]:
    """Return the names of everybody who acted in the log or has a role here, by login, in the order of names."""
    acted = select(Audit.login_id).where(Audit.municipality_id == catalogue.id)
    belongs = select(Membership.login_id).where(Membership.municipality_id == catalogue.id)
    query = select(Login.id, Login.display_name, Login.name).where(Login.id.in_(acted) | Login.id.in_(belongs))
    named = {row.id: row.display_name or row.name for row in db.session.execute(query)}
    return dict(sorted(named.items(), key=lambda pair: pair[1].casefold()))


@writes
def erase_audit(municipality: int, days: int, *, now: datetime) -> None:
    """Erase what is older; an hour late, since the database keeps younger rows by a clock of its own."""
    overdue = now - timedelta(days=days, hours=1)
    db.session.execute(delete(Audit).where(Audit.municipality_id == municipality, Audit.at < overdue))


def _narrowed(query: Rows, catalogue: Catalogue, wanted: Wanted) -> Rows:
    if wanted.day:
        first, end = day_bounds(catalogue, wanted.day)
        query = query.where(Audit.at >= first, Audit.at < end)
    if wanted.login is not None:
        query = query.where(Audit.login_id == wanted.login)
    if wanted.verb:
        query = query.where(Audit.verb == wanted.verb)
    if wanted.office is not None:
        query = query.where(Audit.office_id == wanted.office)
    return query.where(Audit.id < wanted.before) if wanted.before is not None else query
