"""Rows → values: one municipality's catalogue, read in a dozen queries and kept by revision."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from booking.extensions import db
from booking.models.clerk import Absence, Block, Clerk
from booking.models.concern import Concern, ConcernDocument
from booking.models.counter import Notice
from booking.models.faces import face_of
from booking.models.municipality import Closure, Municipality, Office, Referral
from booking.rules import blocks, catalogue, windows
from booking.rules.spans import Span
from booking.rules.texts import Text
from booking.rules.visits import Item

Row = TypeVar("Row", Office, Referral)
SHORTEST_AUDIT = 30  # days, as in the triggers of the table: nobody erases a trace at once
YEARS = range(2000, 2101)  # the years that the service knows (design.md §7)


def read_catalogue(municipality: Municipality) -> catalogue.Catalogue:
    """Read everything of a municipality that bookings and letters need; inactive clerks are left out."""
    policy = policy_from(municipality.policy)
    offices = [_office(row, policy) for row in _rows(Office, municipality)]
    clerks = [row for row in _clerks(municipality) if row.active]
    absences: dict[int, list[Span]] = defaultdict(list)
    for away in db.session.scalars(select(Absence).where(Absence.clerk_id.in_([row.id for row in clerks]))):
        absences[away.clerk_id].append(Span(away.start, away.end))
    closures = db.session.scalars(
        select(Closure).where(Closure.municipality_id == municipality.id, Closure.active)
    ).all()
    return catalogue.Catalogue(
        id=municipality.id,
        slug=municipality.slug,
        revision=municipality.revision,
        name=municipality.name,
        zone=ZoneInfo(municipality.timezone),
        languages=tuple(municipality.languages) or ("de",),
        proofread=tuple(municipality.proofread),
        website=municipality.website,
        base_url=municipality.base_url,
        sender_email=municipality.sender_email,
        sender_name=municipality.sender_name or municipality.name,
        footer=municipality.footer,
        imprint_url=municipality.imprint_url,
        privacy_url=municipality.privacy_url,
        face=face_of(municipality),
        embedding_origins=tuple(municipality.embedding_origins),
        retention=retention_of(municipality.retention),
        policy=policy,
        offices=tuple(offices),
        clerks=tuple(_clerk(row) for row in clerks),
        blocks=tuple(_block(block) for row in clerks for block in row.blocks),
        closures=tuple(closure for row in closures for closure in _closures(row)),
        holidays=_holidays(municipality.holidays),
        absences={clerk: tuple(sorted(spans)) for clerk, spans in absences.items()},
        concerns=tuple(_concern(row) for row in _concerns(municipality)),
        referrals=tuple(_referral(row) for row in _rows(Referral, municipality)),
        notices=tuple(_notices(municipality)),
    )


def retention_of(facts: Mapping[str, int]) -> Mapping[str, int]:
    """Return after how many days personal data is erased, by what became of the booking, and the ``audit`` log."""
    chosen = {"unconfirmed": 1, "cancelled": 7, "past": 30, "audit": 365, **facts}
    return chosen | {"audit": max(SHORTEST_AUDIT, chosen["audit"])}


def policy_from(*layers: Mapping[str, Any]) -> windows.Policy:
    """Merge stored policies, the later over the earlier, into one value."""
    facts: dict[str, Any] = {}
    for layer in layers:
        facts |= layer
    if isinstance(release := facts.get("release"), Mapping):
        facts["release"] = windows.Release(
            kind=release["kind"], at=time.fromisoformat(release["at"]), weekday=release.get("weekday")
        )
    known = windows.Policy.__dataclass_fields__.keys()  # a later release may have written more: it is not ours to read
    return windows.Policy(**{name: value for name, value in facts.items() if name in known})


def _rows(table: type[Row], municipality: Municipality) -> Iterable[Row]:
    mine = select(table).where(table.municipality_id == municipality.id)
    return db.session.scalars(mine.order_by(table.position, table.id)).all()


def _clerks(municipality: Municipality) -> Iterable[Clerk]:
    mine = select(Clerk).where(Clerk.municipality_id == municipality.id).order_by(Clerk.position, Clerk.id)
    children = selectinload(Clerk.blocks).selectinload(Block.concerns)
    return db.session.scalars(mine.options(selectinload(Clerk.concerns), children)).all()


def _concerns(municipality: Municipality) -> Iterable[Concern]:
    mine = select(Concern).where(Concern.municipality_id == municipality.id)
    documents = selectinload(Concern.documents).selectinload(ConcernDocument.document)
    ordered = mine.order_by(Concern.position, Concern.id)
    return db.session.scalars(ordered.options(selectinload(Concern.offices), documents)).all()


def _office(row: Office, policy: windows.Policy) -> catalogue.Office:
    return catalogue.Office(
        id=row.id,
        slug=row.slug,
        name=row.name,
        unit=row.unit,
        room=row.room,
        street=row.street,
        postal_code=row.postal_code,
        city=row.city,
        phone=row.phone,
        email=row.email,
        accessibility=tuple(row.accessibility),
        payment=tuple(row.payment),
        opening_hours={
            int(weekday): tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in hours)
            for weekday, hours in row.opening_hours.items()
        },
        policy=policy_from(vars_of(policy), row.policy),
        active=row.active,
        uses_check_in=row.uses_check_in,
        uses_call=row.uses_call,
    )


def vars_of(policy: windows.Policy) -> dict[str, Any]:
    """Return a policy's fields by name, shallow: the release stays a value."""
    return {name: getattr(policy, name) for name in policy.__dataclass_fields__}


def _clerk(row: Clerk) -> catalogue.Clerk:
    handles = None if row.all_concerns else frozenset(concern.id for concern in row.concerns)
    return catalogue.Clerk(id=row.id, slug=row.slug, name=row.name, after_minutes=row.after_minutes, concerns=handles)


def _block(row: Block) -> blocks.Block:
    return blocks.Block(
        clerk=row.clerk_id,
        office=row.office_id,
        kind=blocks.BlockKind(row.kind),
        start=row.start,
        end=row.end,
        weekday=row.weekday,
        date=row.date,
        every_weeks=row.every_weeks,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        concerns=frozenset(concern.id for concern in row.concerns),
    )


def _closures(row: Closure) -> Iterable[blocks.Closure]:
    if row.first is not None and row.last is not None:
        yield blocks.Closure(row.office_id, row.first, row.last, row.start, row.end, row.name)
        return
    for year in YEARS:
        day = month_day_in(year, row.month_day or "")
        if day is not None:
            yield blocks.Closure(row.office_id, day, day, row.start, row.end, row.name)


def month_day_in(year: int, month_day: str) -> date | None:
    """Return the date of a ``MM-DD`` in a year; None for 29 February in a common year."""
    try:
        return date.fromisoformat(f"{year:04d}-{month_day}")
    except ValueError:
        return None


@lru_cache(maxsize=32)
def statutory_holidays(country: str, state: str) -> Mapping[date, Text]:
    """Return the holidays of all years by law, whatever a municipality adds or removes."""
    german = holidays.country_holidays(country, subdiv=state or None, years=YEARS, language="de")
    english = holidays.country_holidays(country, subdiv=state or None, years=YEARS, language="en_US")
    return {day: {"de": name, "en": english.get(day, name)} for day, name in german.items()}


def _holidays(facts: Mapping[str, Any]) -> Mapping[date, Text]:
    days = dict(statutory_holidays(facts.get("country", "DE"), facts.get("state", "")))
    for added in facts.get("add", ()):
        days |= dict.fromkeys(_days_of(added.get("date") or added["month_day"]), added["name"])
    for removed in facts.get("remove", ()):
        for day in _removed_days(removed, days):
            days.pop(day, None)
    return days


def _removed_days(removed: str, days: Mapping[date, Text]) -> list[date]:
    """A day, a day of every year, or a holiday's German name: Easter Monday has no date of its own."""
    if removed[:1].isdigit():
        return _days_of(removed)
    return [day for day, name in days.items() if name.get("de") == removed]


def _days_of(day: str) -> list[date]:
    """Return the dates that ``YYYY-MM-DD`` or a yearly ``MM-DD`` stands for."""
    if len(day) > len("MM-DD"):
        return [date.fromisoformat(day)]
    return [found for year in YEARS if (found := month_day_in(year, day))]


def _concern(row: Concern) -> catalogue.Concern:
    return catalogue.Concern(
        id=row.id,
        slug=row.slug,
        group=row.group,
        name=row.name,
        description=row.description,
        keywords={language: tuple(words) for language, words in row.keywords.items()},
        unit=row.unit,
        units=row.units,
        minutes=row.minutes,
        extra_minutes=row.extra_minutes,
        max_quantity=row.max_quantity,
        discreet=row.discreet,
        leika=row.leika,
        legal_basis=tuple(row.legal_basis),
        fee=_fee(row.fee) if row.fee else None,
        forms=tuple(_form(form) for form in row.forms),
        questions=tuple(
            catalogue.Question(asked["id"], asked["label"], asked["required"], asked["max_length"])
            for asked in row.questions
        ),
        documents=tuple(_item(line) for line in row.documents),
        offices={
            at.office_id: catalogue.Offered(
                office=at.office_id,
                minutes=row.minutes if at.minutes is None else at.minutes,
                extra_minutes=row.extra_minutes if at.extra_minutes is None else at.extra_minutes,
                online=at.online,
                staff=at.staff,
            )
            for at in row.offices
        },
        horizon_days=row.horizon_days,
        lead_minutes=row.lead_minutes,
        active=row.active,
    )


def _form(facts: Mapping[str, Any]) -> catalogue.Form:
    return catalogue.Form(facts["name"], facts["url"], facts.get("format", ""), facts.get("size_kb"))


def _item(line: ConcernDocument) -> Item:
    return Item(
        id=line.document.slug,
        kind=line.document.kind,
        name=line.document.name,
        required=line.required,
        per_unit=line.per_unit,
        when=line.when,
        note=line.note,
    )


def _fee(facts: Mapping[str, Any]) -> catalogue.Fee:
    def sum_of(key: str) -> Decimal | None:
        return None if facts.get(key) is None else Decimal(str(facts[key]))

    return catalogue.Fee(facts["text"], sum_of("amount"), sum_of("amount_from"), facts.get("currency", "EUR"))


def _notices(municipality: Municipality) -> Iterable[catalogue.Notice]:
    mine = select(Notice).where(Notice.municipality_id == municipality.id)
    for row in db.session.scalars(mine.order_by(Notice.first, Notice.id)):
        yield catalogue.Notice(row.id, row.office_id, row.text, row.first, row.last)


def _referral(row: Referral) -> catalogue.Referral:
    keywords = {language: tuple(words) for language, words in row.keywords.items()}
    return catalogue.Referral(name=row.name, keywords=keywords, who=row.who, url=row.url, phone=row.phone)
