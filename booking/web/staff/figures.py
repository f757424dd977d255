"""Figures for those who run an office: charts, the same numbers as tables, and CSV."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask import Response, g, render_template, url_for

from booking import clock
from booking.actions.figures import Figures, count_figures
from booking.actions.sweeps import latest_sweeps
from booking.errors import Invalid, NotFound
from booking.rules.catalogue import Office
from booking.rules.roles import MANAGERS
from booking.web import problems
from booking.web.staff.door import admits, blueprint
from booking.web.staff.figure_tables import (
    CHANNELS,
    OUTCOMES,
    PLACE,
    channel_table,
    concern_table,
    office_table,
    use_table,
)
from booking.web.staff.heat import heat_of
from booking.web.staff.places import Place
from booking.web.staff.tables import Table, as_csv, german
from booking.web.staff.typed import asked_day

USUAL = timedelta(days=27)  # four whole weeks, today included
Days = tuple[date, date]


@blueprint.get("/<place:place>/figures")
@admits(*MANAGERS)
def show_figures(place: Place) -> tuple[str, int]:
    """Show an office's figures for the days in the address."""
    return _show([g.office], url_for("staff.show_figures", place=place), str(place))


@blueprint.get("/<place:place>/figures-<table>.csv")
@admits(*MANAGERS)
def download_figures(place: Place, table: str) -> Response:
    """Answer with one of the tables."""
    return _download([g.office], table, str(place))


@blueprint.get("/<town>/figures")
@admits(*MANAGERS)
def show_town_figures(town: str) -> tuple[str, int]:
    """Show the figures of every office, side by side."""
    return _show(g.catalogue.open_offices, url_for("staff.show_town_figures", town=town), town)


@blueprint.get("/<town>/figures-<table>.csv")
@admits(*MANAGERS)
def download_town_figures(town: str, table: str) -> Response:
    """Answer with one of the tables."""
    return _download(g.catalogue.open_offices, table, town)


def _show(offices: Sequence[Office], here: str, file: str) -> tuple[str, int]:
    days, problem = _days(), ""
    try:
        found = count_figures(g.catalogue, offices, days, now=clock.now())
    except Invalid as refusal:
        days, problem = _usual(), problems.precise(refusal)
        found = count_figures(g.catalogue, offices, days, now=clock.now())
    page = render_template(
        "staff/figures.html",
        first=days[0],
        last=days[1],
        here=here,
        problem=problem,
        figures=found.offices,
        tables=_shown(_tables(offices, found), len(offices)),
        heats={figures.office: heat_of(figures.use) for figures in found.offices},
        german=german,
        outcomes=OUTCOMES,
        ways=CHANNELS,
        file=file,
        sweeps=latest_sweeps(g.catalogue),
    )
    return page, problems.status(Invalid()) if problem else 200


def _download(offices: Sequence[Office], table: str, file: str) -> Response:
    days = _days()
    found = count_figures(g.catalogue, offices, days, now=clock.now())
    wanted = _tables(offices, found).get(table)
    if wanted is None:
        raise NotFound("page")
    return as_csv(wanted, f"zahlen-{file}-{wanted.name}-{days[0]}-{days[1]}.csv")


def _tables(offices: Sequence[Office], found: Figures) -> dict[str, Table]:
    names = {office.id: office for office in offices}
    made = [
        office_table(names, found),
        concern_table(g.catalogue, names, found),
        channel_table(names, found),
        use_table(names, found),
    ]
    return {table.name: table for table in made}


def _shown(tables: dict[str, Table], offices: int) -> dict[str, Table]:
    """Leave out of the page the column that says the same in every line; a spreadsheet gets it always."""
    return tables if offices > 1 else {name: table.without(PLACE) for name, table in tables.items()}


def _days() -> Days:
    """Return the period asked for; what is no date means the last four weeks."""
    first, last = asked_day("first"), asked_day("last")
    return (first, last) if first and last else _usual()


def _usual() -> Days:
    today = clock.now().astimezone(g.catalogue.zone).date()
    return today - USUAL, today
