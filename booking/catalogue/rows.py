"""Which table a section of the file is, and which column a key: the one place where both vocabularies meet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from sqlalchemy.orm import selectinload
from sqlalchemy.sql.base import ExecutableOption

from booking.catalogue import logos
from booking.catalogue.children import BLOCKS, HANDLED, ITEMS, OFFERS
from booking.catalogue.entries import Entry
from booking.catalogue.fields import Field, Known, column, nothing, parts, yes
from booking.catalogue.formats import END_OF_DAY
from booking.catalogue.staffing import WEEKDAYS
from booking.models import Block, Clerk, Closure, Concern, ConcernDocument, Document, Municipality, Office, Referral
from booking.rules.blocks import MIDNIGHT
from booking.rules.windows import Policy

Row = Any
"""A row of any of these tables; which columns it has is what this module knows."""


@dataclass(frozen=True, slots=True)
class Table:
    """A section's table and the keys of its entries, in the order in which an export writes them.

    ``required`` is what a file must have even if it is empty; ``options`` load the rows of its lists in few queries.
    """

    model: type[Any]
    fields: Mapping[str, Field]
    required: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[ExecutableOption, ...] = ()

    @property
    def has_slug(self) -> bool:
        """Whether its rows have the id of the file in a column; closures are told apart by their time."""
        return hasattr(self.model, "slug")

    @property
    def has_position(self) -> bool:
        """Whether the order of the file matters to people."""
        return hasattr(self.model, "position")


def read_entry(section: str, row: Row, known: Known) -> Entry:
    """Return a row as an entry of the file, with all its keys, not yet canonical."""
    return {key: word.read(row, known) for key, word in TABLES[section].fields.items()}


def write_fields(section: str, row: Row, fields: Mapping[str, Any], known: Known) -> None:
    """Write some keys of an entry to a row; None for a key that the file does not have."""
    for key, word in TABLES[section].fields.items():
        if key in fields:
            word.write(row, fields[key], known)


def _read_policy(row: Any, _known: Known) -> Entry:
    policy = dict(row.policy)
    if release := policy.get("release"):
        weekday = release.get("weekday")
        shown = {"kind": release["kind"], **({} if weekday is None else {"weekday": WEEKDAYS[weekday]})}
        policy["release"] = {**shown, "at": release["at"][:5]}
    return policy


def _read_whole_policy(row: Any, known: Known) -> Entry:
    """A municipality's policy has every key but some; where a row lacks one, the rules take their own."""
    usual = Policy()
    given = Policy.__dataclass_fields__.keys() - {"release", "staff_days", "proof_above"}
    defaults = {key: getattr(usual, key) for key in Policy.__dataclass_fields__ if key in given}
    release = {"kind": usual.release.kind, "at": f"{usual.release.at:%H:%M}"}
    return {**defaults, "release": release, **_read_policy(row, known)}


def _write_policy(row: Any, value: Any, _known: Known) -> None:
    policy = dict(value or {})
    if release := policy.get("release"):
        weekday = {"weekday": WEEKDAYS.index(release["weekday"])} if "weekday" in release else {}
        policy["release"] = {**release, **weekday}
    row.policy = policy


def _read_logo(row: Municipality, _known: Known) -> Entry:
    return logos.entry_of(row.logo, row.logo_content) if row.logo and row.logo_content else {}


def _write_logo(row: Municipality, value: Any, _known: Known) -> None:
    row.logo, row.logo_content = logos.stored(value) if value else ({}, None)


def _read_holidays(row: Municipality, _known: Known) -> Entry:
    added = [_renamed(extra, "month_day", "every") for extra in row.holidays.get("add", [])]
    return {"country": "DE", **row.holidays, "add": added}


def _write_holidays(row: Municipality, value: Any, _known: Known) -> None:
    added = [_renamed(extra, "every", "month_day") for extra in value.get("add", [])]
    row.holidays = {**value, "add": added, "remove": value.get("remove", [])}


def _renamed(entry: Entry, old: str, new: str) -> Entry:
    return {(new if key == old else key): value for key, value in entry.items()}


def _read_opening_hours(row: Office, _known: Known) -> Entry:
    return {
        WEEKDAYS[int(day)]: [f"{begin[:5]}-{end[:5]}" for begin, end in hours]
        for day, hours in sorted(row.opening_hours.items())
    }


def _write_opening_hours(row: Office, value: Any, _known: Known) -> None:
    days = value or {}
    row.opening_hours = {str(WEEKDAYS.index(day)): [hours.split("-") for hours in days[day]] for day in days}


def _hours(row: Closure) -> str | None:
    if row.start is None and row.end is None:
        return None
    end = f"{row.end:%H:%M}" if row.end else END_OF_DAY
    return f"{row.start or MIDNIGHT:%H:%M}-{end}"


def _write_hours(row: Closure, value: str | None, _known: Known) -> None:
    if value is not None:
        start, end = value.split("-")
        row.start = time.fromisoformat(start)
        row.end = None if end == END_OF_DAY else time.fromisoformat(end)


def _place(row: Closure, value: str | None, known: Known) -> None:
    row.office_id = known.row("offices", value).id if value else None


def _day(*columns: str, when: Callable[[Closure], bool]) -> Field:
    """A date that is one or both ends of a closure's range, and that the file names only in some cases."""

    def write(row: Closure, value: str | None, _known: Known) -> None:
        for name in columns if value else ():
            setattr(row, name, date.fromisoformat(str(value)))

    return Field(lambda row, _known: str(getattr(row, columns[0])) if when(row) else None, write)


_CLOSURE = {
    "every": column("month_day", nothing),
    "date": _day("first", "last", when=lambda row: row.first is not None and row.first == row.last),
    "from": _day("first", when=lambda row: row.first != row.last),
    "to": _day("last", when=lambda row: row.first != row.last),
    "hours": Field(lambda row, _known: _hours(row), _write_hours),
    "office": Field(lambda row, known: known.slug("offices", row.office_id) if row.office_id else None, _place),
    "name": column("name", dict),
    "active": column("active", yes),
}
_POLICY = Field(_read_policy, _write_policy)

TABLES: Mapping[str, Table] = {
    "municipality": Table(
        Municipality,
        {
            "name": column("name", dict),
            "timezone": column("timezone"),
            "languages": column("languages", list),
            "proofread": column("proofread", list),
            "website": column("website"),
            "imprint": column("imprint_url"),
            "privacy": column("privacy_url"),
            "logo": Field(_read_logo, _write_logo),
            "colour": column("colour"),
            "responsible": column("responsible", dict),
            "data_protection": column("data_protection", dict),
            "accessibility": column("accessibility", dict),
            "base_url": column("base_url"),
            "sender": parts({"name": "sender_name", "address": "sender_email"}),
            "footer": column("footer", dict),
            "embedding_origins": column("embedding_origins", list),
            "retention_days": column("retention", dict),
            "policy": Field(_read_whole_policy, _write_policy),
            "holidays": Field(_read_holidays, _write_holidays),
        },
    ),
    "offices": Table(
        Office,
        {
            "name": column("name", dict),
            "unit": column("unit", dict),
            "room": column("room", dict),
            "address": parts({"street": "street", "postal_code": "postal_code", "city": "city"}),
            "phone": column("phone"),
            "email": column("email"),
            "accessibility": column("accessibility", list),
            "payment": column("payment", list),
            "active": column("active", yes),
            "check_in": column("uses_check_in", yes),
            "call": column("uses_call", yes),
            "opening_hours": Field(_read_opening_hours, _write_opening_hours),
            "policy": _POLICY,
        },
        {"opening_hours": {}},
    ),
    "documents": Table(Document, {"kind": column("kind"), "name": column("name", dict)}),
    "concerns": Table(
        Concern,
        {
            "offices": OFFERS,
            "group": column("group", dict),
            "name": column("name", dict),
            "description": column("description", dict),
            "keywords": column("keywords", dict),
            "minutes": column("minutes"),
            "extra_minutes": column("extra_minutes", int),
            "unit": column("unit", dict),
            "units": column("units", dict),
            "max_quantity": column("max_quantity"),
            "active": column("active", yes),
            "discreet": column("discreet", bool),
            "leika": column("leika", nothing),
            "fee": column("fee", dict),
            "legal_basis": column("legal_basis", list),
            "documents": ITEMS,
            "forms": column("forms", list),
            "questions": column("questions", list),
            "window": parts({"horizon_days": "horizon_days", "lead_minutes": "lead_minutes"}, nothing),
        },
        {"offices": [], "documents": []},
        (selectinload(Concern.offices), selectinload(Concern.documents).selectinload(ConcernDocument.document)),
    ),
    "clerks": Table(
        Clerk,
        {
            "name": column("name", dict),
            "active": column("active", yes),
            "after_minutes": column("after_minutes", int),
            "concerns": HANDLED,
            "blocks": BLOCKS,
        },
        {"blocks": []},
        (selectinload(Clerk.concerns), selectinload(Clerk.blocks).selectinload(Block.concerns)),
    ),
    "closures": Table(Closure, _CLOSURE),
    "referrals": Table(
        Referral,
        {
            "name": column("name", dict),
            "keywords": column("keywords", dict),
            "who": column("who", dict),
            "url": column("url"),
            "phone": column("phone"),
        },
    ),
}
