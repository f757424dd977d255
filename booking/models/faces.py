"""A municipality's row → how it shows itself, and who answers for it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from booking.models.municipality import Municipality
from booking.rules.colours import parse, theme_of
from booking.rules.towns import Bodies, Contact, Face, Logo


def face_of(row: Municipality) -> Face:
    """Return the face of a municipality; the logo's bytes stay where they are."""
    assessed = row.accessibility.get("assessed")
    return Face(
        logo=Logo(row.logo["alt"], row.logo["kind"], row.logo["digest"]) if row.logo else None,
        theme=theme_of(parse(row.colour)) if row.colour else None,
        bodies=_bodies(row),
        assessed=date.fromisoformat(assessed) if assessed else None,
    )


def _bodies(row: Municipality) -> Bodies:
    return Bodies(
        responsible=_contact(row.responsible),
        represented_by=row.responsible.get("represented_by"),
        vat_id=row.responsible.get("vat_id", ""),
        supervision=_contact(row.responsible.get("supervision")),
        data_protection_officer=_contact(row.data_protection.get("officer")),
        data_protection_authority=_contact(row.data_protection.get("authority")),
        accessibility_feedback=_contact(row.accessibility.get("feedback")),
        conciliation=_contact(row.accessibility.get("conciliation")),
    )


def _contact(facts: Mapping[str, Any] | None) -> Contact | None:
    if not facts:
        return None
    ways = {key: facts[key] for key in ("phone", "email", "url") if key in facts}
    return Contact(facts["name"], **facts.get("address", {}), **ways)
