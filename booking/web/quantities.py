"""Numbers with what they count: pieces, minutes of a visit, money, the size of a file."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency
from babel.units import format_unit
from flask import Flask
from flask_babel import ngettext
from markupsafe import Markup, escape

from booking.ical import wording
from booking.rules.catalogue import Concern, Form
from booking.rules.languages import LANGUAGES, base, direction
from booking.rules.texts import worded
from booking.web import languages

MEGABYTE = 1000  # in kB, as file managers show it


def register(app: Flask) -> None:
    """Give the templates these words."""
    for each in (amount, file_facts, money, paying):
        app.add_template_filter(each)


def amount(concern: Concern, quantity: int) -> Markup:
    """Write ``2 Personen``, in the plural of the language; ``2 × Person`` where the catalogue knows none."""
    unit, language = worded(concern.unit, languages.asked())
    if not unit:
        return escape(ngettext("%(num)d Stück", "%(num)d Stück", quantity))
    words = f"{quantity} {_counted(unit, concern.units.get(language, ''), quantity, language)}"
    if base(language) == base(languages.asked()):
        return escape(words)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(language, direction(language), words)


def _counted(unit: str, units: str | Mapping[str, str], quantity: int, language: str) -> str:
    """Return the word for so many; CLDR's category ``one`` is the unit itself (in Russian also of 21)."""
    category = Locale.parse(base(language)).plural_form(quantity)
    if quantity == 1 or (category == "one" and units):
        return unit
    several = units if isinstance(units, str) else units.get(category) or units.get("other", "")
    return several or f"× {unit}"


def file_facts(form: Form) -> str:
    """Write ``PDF, 120 kB``, as far as the catalogue says."""
    return LANGUAGES[languages.asked()].comma.join(fact for fact in (form.format, _size(form.size_kb)) if fact)


def _size(kilobytes: int | None) -> str:
    if kilobytes is None:
        return ""
    if kilobytes < MEGABYTE:
        return format_unit(kilobytes, "digital-kilobyte", length="short", locale=languages.cldr())
    size = round(kilobytes / MEGABYTE, 1)
    return format_unit(size, "digital-megabyte", length="short", locale=languages.cldr())


def money(sum_of: Decimal, currency: str = "EUR") -> str:
    """Write ``50,40 €``."""
    return format_currency(sum_of, currency, locale=languages.cldr())


def paying(ways: Iterable[str]) -> str:
    """Write ``bar, Girocard``."""
    return wording.paying(ways, languages.asked())
