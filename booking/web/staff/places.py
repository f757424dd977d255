"""Offices and days in the addresses of the staff's pages."""

import re
from dataclasses import dataclass
from datetime import date

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError


@dataclass(frozen=True, slots=True)
class Place:
    """An office as addresses name it: ``schwarmstedt.buergerbuero``, since municipalities may share office names."""

    town: str
    office: str

    def __str__(self) -> str:
        return f"{self.town}.{self.office}"


class PlaceConverter(BaseConverter):
    """``<place:place>``: an office of some municipality."""

    regex = r"[A-Za-z0-9_-]{1,64}\.[A-Za-z0-9_-]{1,64}"

    def to_python(self, value: str) -> Place:
        """Take the two names apart."""
        town, _, office = value.partition(".")
        return Place(town, office)

    def to_url(self, value: Place | str) -> str:
        """Put them together."""
        return str(value)


class DayConverter(BaseConverter):
    """``<day:day>``: a date from 2000 to 2100, ISO 8601."""

    regex = r"2[01]\d\d-\d\d-\d\d"

    def to_python(self, value: str) -> date:
        """Read the date; one that no calendar has is no page."""
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise ValidationError from None
        if not re.fullmatch(r"20\d\d|2100", str(day.year)):
            raise ValidationError
        return day

    def to_url(self, value: date | str) -> str:
        """Write it."""
        return str(value)


class IdConverter(IntegerConverter):
    """``<int:…>``: an id, or a number, that every database can hold; a longer one is no page."""

    regex = r"[0-9]{1,18}"


def register(app: Flask) -> None:
    """Teach the app these converters."""
    app.url_map.converters |= {"place": PlaceConverter, "day": DayConverter, "int": IdConverter}
