"""What an office has set for its day sheets: where they are mailed, and what stands on them."""

from dataclasses import dataclass
from datetime import date, datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from booking.actions.audit import record
from booking.actions.catalogues import catalogue_by_id
from booking.actions.locking import lock_offices
from booking.actions.transaction import reads, writes
from booking.errors import Fault, Invalid, NotFound
from booking.extensions import db
from booking.models import DaySheet, Office
from booking.rules.roles import Actor

LATEST = 7
LONGEST_ADDRESS = 254  # RFC 5321


@dataclass(frozen=True, slots=True)
class PaperSettings:
    """``mail_to`` is empty where no sheet is mailed; ``names`` is about mailed and written ones, ``phones`` all."""

    mail_to: str
    names: bool
    phones: bool


@dataclass(frozen=True, slots=True)
class MailedSheet:
    """What became of the sheet of a day."""

    day: date
    sent_at: datetime | None
    given_up: bool
    failure: str | None


@reads
def paper_settings(office: int, *, by: Actor) -> tuple[PaperSettings, list[MailedSheet]]:
    """Return an office's settings and its latest mailed sheets, the newest first. Raises NotFound out of reach."""
    row = _reached(office, by)
    latest = select(DaySheet).where(DaySheet.office_id == office).order_by(DaySheet.day.desc()).limit(LATEST)
    sheets = [MailedSheet(at.day, at.sent_at, at.given_up, at.failure) for at in db.session.scalars(latest)]
    return PaperSettings(row.day_sheet_to, row.day_sheet_names, row.day_sheet_phones), sheets


@writes
def set_paper(office: int, wanted: PaperSettings, *, by: Actor, now: datetime) -> None:
    """Change them. Raises NotFound out of reach, Invalid for what is no address."""
    _reached(office, by)
    lock_offices(catalogue_by_id(by.municipality), [office])
    row = _reached(office, by)
    row.day_sheet_to = _checked(wanted.mail_to)
    row.day_sheet_names, row.day_sheet_phones = wanted.names, wanted.phones
    told = {"mailed": bool(row.day_sheet_to), "names": wanted.names, "phones": wanted.phones}
    record(by, "paper-set", f"office {row.slug}", now=now, office=office, **told)


def _reached(office: int, by: Actor) -> Office:
    row = db.session.get(Office, office)
    if row is None or not by.reaches(row.municipality_id, office):
        raise NotFound("office")
    return row


def _checked(address: str) -> str:
    if not address:
        return ""
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        raise Invalid(Fault("/mail_to", "email")) from None
    if not found or len(found) > LONGEST_ADDRESS:
        raise Invalid(Fault("/mail_to", "email"))
    return found
