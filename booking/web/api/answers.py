"""What the API shows of the values below: plain dicts of JSON, texts in one language, times on the local wall clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.rules.appointments import Appointment
from booking.rules.catalogue import Catalogue, Concern, Fee, Form, Office, Referral
from booking.rules.hours import Hours, walk_in_hours
from booking.rules.lifecycle import Status
from booking.rules.orders import question_key
from booking.rules.texts import FALLBACK, Text, word
from booking.rules.visits import Bring, Item
from booking.rules.windows import booking_window

Json = dict[str, Any]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def municipality(catalogue: Catalogue, language: str) -> Json:
    """A tenant."""
    return {
        "id": catalogue.slug,
        "name": word(catalogue.name, language),
        "timezone": catalogue.zone.key,
        "languages": list(catalogue.languages),
    }


def office(catalogue: Catalogue, place: Office, language: str, *, now: datetime) -> Json:
    """An office with its hours by weekday, as ``HH:MM-HH:MM``."""
    window = booking_window(place.policy, now, catalogue.zone)
    return {
        "id": place.slug,
        "name": word(place.name, language),
        "address": place.address,
        "phone": place.phone,
        "email": place.email,
        "opening_hours": hours_by_weekday(place.opening_hours),
        "walk_in_hours": hours_by_weekday(walk_in_hours(catalogue, place, now.astimezone(catalogue.zone).date())),
        "window": {"first": window.first.isoformat(), "last": window.last.isoformat()},
    }


def concern(catalogue: Catalogue, wanted: Concern, language: str) -> Json:
    """A concern with everything that one needs to know before booking."""
    return {
        "id": wanted.slug,
        "group": word(wanted.group, language),
        "name": word(wanted.name, language),
        "description": word(wanted.description, language),
        "keywords": _keywords(wanted.keywords, language),
        "minutes": wanted.minutes,
        "extra_minutes": wanted.extra_minutes,
        "unit": word(wanted.unit, language),
        "max_quantity": wanted.max_quantity,
        "offices": [{"id": place.slug, "minutes": minutes} for place, minutes in offices_of(catalogue, wanted)],
        "documents": [_item(item, language) for item in wanted.documents],
        "questions": [
            {
                "id": question_key(wanted, asked.id),
                "label": word(asked.label, language),
                "required": asked.required,
                "max_length": asked.max_length,
            }
            for asked in wanted.questions
        ],
        "forms": [_form(form, language) for form in wanted.forms],
        "fee": _fee(wanted.fee, language) if wanted.fee else None,
        "leika": wanted.leika,
    }


def offices_of(catalogue: Catalogue, wanted: Concern) -> list[tuple[Office, int]]:
    """Return the open offices that let citizens book a concern, with the minutes it takes there."""
    found = ((place, wanted.offices.get(place.id)) for place in catalogue.open_offices)
    return [(place, at.minutes) for place, at in found if at is not None and at.online]


def referral(other: Referral, language: str) -> Json:
    """What others do."""
    return {
        "name": word(other.name, language),
        "keywords": _keywords(other.keywords, language),
        "who": word(other.who, language),
        "url": other.url,
        "phone": other.phone,
    }


def appointment(booked: Appointment, language: str, *, state: Status) -> Json:
    """An appointment; neither the mail's secrets nor the person's details are in it."""
    zone = booked.catalogue.zone
    return {
        "reference": booked.reference,
        "status": state.value,
        "confirm_by": booked.confirm_by and at_zone(booked.confirm_by, zone),
        "office": booked.office.slug,
        "start": at_zone(booked.start, zone),
        "end": at_zone(booked.end, zone),
        "concerns": [
            {"id": each.slug, "name": word(each.name, language), "quantity": each.quantity, "minutes": each.minutes}
            for each in booked.concerns
        ],
        "documents": [_bring(line, language) for line in booked.documents],
    }


def at_zone(moment: datetime, zone: ZoneInfo) -> str:
    """Return an instant as RFC 3339 on the wall clock of a zone, to the second."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def hours_by_weekday(hours: Mapping[int, Hours]) -> dict[str, list[str]]:
    """Return all seven days; a closed one has no hours."""
    return {
        name: [f"{start:%H:%M}-{end:%H:%M}" for start, end in hours.get(weekday, ())]
        for weekday, name in enumerate(WEEKDAYS)
    }


def _item(item: Item, language: str) -> Json:
    return {
        "id": item.id,
        "kind": item.kind,
        "name": word(item.name, language),
        "required": item.required,
        "per_unit": item.per_unit,
        "when": _or_none(item.when, language),
        "note": _or_none(item.note, language),
    }


def _bring(line: Bring, language: str) -> Json:
    return {
        "id": line.id,
        "kind": line.kind,
        "name": word(line.name, language),
        "required": line.required,
        "count": line.count,
        "per_unit": line.per_unit,
        "when": [word(case, language) for case in line.when],
        "notes": [word(note, language) for note in line.notes],
    }


def _fee(fee: Fee, language: str) -> Json:
    return {
        "text": word(fee.text, language),
        "amount": None if fee.amount is None else float(fee.amount),
        "amount_from": None if fee.amount_from is None else float(fee.amount_from),
        "currency": fee.currency,
    }


def _form(form: Form, language: str) -> Json:
    return {"name": word(form.name, language), "url": form.url, "format": form.format, "size_kb": form.size_kb}


def _keywords(keywords: Mapping[str, tuple[str, ...]], language: str) -> list[str]:
    for candidate in (language, language.split("-", 1)[0], FALLBACK):
        if keywords.get(candidate):
            return list(keywords[candidate])
    return []


def _or_none(text: Text, language: str) -> str | None:
    return word(text, language) or None
