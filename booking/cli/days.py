"""A day as a command's argument or option."""

from datetime import date
from typing import Final

import click

from booking.models.reading import YEARS


class _Day(click.ParamType[date]):
    name = "day"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            day = None
        if day is None or day.year not in YEARS:
            self.fail(f"{value} is no day from {YEARS[0]} to {YEARS[-1]}, written like 2026-11-24.", param, ctx)
        return day


DAY: Final = _Day()
