"""What staff typed into a form: each field becomes a value, or a fault beside it; nothing typed is lost."""

import re
from collections.abc import Iterable
from datetime import date, time

from flask import request
from werkzeug.datastructures import MultiDict

from booking.errors import Fault, Invalid
from booking.web.fields import YEARS, has_unseen

CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:00)?", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
ID = re.compile(r"[0-9]{1,18}")
LONGEST = 4000


def day_in(text: str) -> date | None:
    """Return the date that a text is; None for none, and for a year that the service does not know."""
    try:
        day = date.fromisoformat(text) if DATE.fullmatch(text) else None
    except ValueError:
        return None
    return day if day and day.year in YEARS else None


def asked_day(name: str) -> date | None:
    """Return the date that an address asks about, as ``day_in`` does."""
    return day_in(request.args.get(name, ""))


def asked_id(name: str) -> int | None:
    """Return the id that an address asks about; None for none, and for what no database can hold."""
    text = request.args.get(name, "")
    return int(text) if ID.fullmatch(text) else None


def ids_in(texts: Iterable[str]) -> list[int]:
    """Return the ids among what a form sent; the action looks which of them are in reach."""
    return [int(text) for text in texts if ID.fullmatch(text)]


class Typed:
    """The form of this request. Read the fields, then ``check``: it raises Invalid with everything that is wrong."""

    def __init__(self, source: "MultiDict[str, str] | None" = None) -> None:
        self.source = request.form if source is None else source
        self.faults: list[Fault] = []

    @classmethod
    def of_query(cls) -> "Typed":
        """Read the address instead of the form."""
        return cls(request.args)

    def text(self, name: str, *, required: bool = False, longest: int = 250) -> str:
        """Return a text without spaces around it and with plain line ends."""
        text = self.source.get(name, "")[: 4 * LONGEST].replace("\r\n", "\n").strip()
        if has_unseen(text, allowed="\n\t"):
            self.wrong(name, "control-character")
        elif len(text) > longest:
            self.wrong(name, "too-long", max=longest)
        elif required and not text:
            self.wrong(name, "required")
        return text

    def day(self, name: str, *, required: bool = False) -> date | None:
        """Return a date as browsers send it."""
        text = self.text(name, required=required)
        day = day_in(text)
        if text and day is None:
            self.wrong(name, "day")
        return day

    def clock(self, name: str, *, required: bool = False) -> time | None:
        """Return a time on the wall clock as browsers send it."""
        text = self.text(name, required=required)
        if text and not CLOCK.fullmatch(text):
            self.wrong(name, "clock")
            return None
        return time.fromisoformat(text) if text else None

    def whole(self, name: str, *, required: bool = False) -> int | None:
        """Return a whole number, at most nine digits of it."""
        text = self.text(name, required=required)
        if text and not (text.isascii() and text.removeprefix("-").isdigit() and len(text) < 10):  # noqa: PLR2004
            self.wrong(name, "whole-number")
            return None
        return int(text) if text else None

    def all(self, name: str) -> list[str]:
        """Return every ticked value."""
        return self.source.getlist(name)

    def wrong(self, name: str, key: str, **values: object) -> None:
        """Note what is wrong with a field."""
        self.faults.append(Fault(f"/{name}", key, values))

    def check(self) -> None:
        """Raise Invalid if anything is wrong."""
        if self.faults:
            raise Invalid(*self.faults)
