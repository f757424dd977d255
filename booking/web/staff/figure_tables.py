"""The figures as tables, in German: what the charts draw, and what a spreadsheet gets."""

from collections.abc import Mapping

from booking.actions.figures import Figures
from booking.rules.catalogue import Catalogue, Office
from booking.rules.figures import WALK_IN, Outcome, Tally
from booking.rules.texts import word
from booking.web.staff.tables import Cell, Table

Offices = Mapping[int, Office]
OUTCOMES = {
    Outcome.SERVED: "Bedient",
    Outcome.NO_SHOW: "Nicht erschienen",
    Outcome.UNMARKED: "Nicht eingetragen",
    Outcome.CANCELLED: "Abgesagt",
    Outcome.OPEN: "Noch offen",
}
PLACE = "Stelle"
COUNTS = ("Gebucht", "Ohne Termin", *OUTCOMES.values(), "Tage im Voraus gebucht (Median)")
CHANNELS = {
    "online": "Online",
    "phone": "Telefon",
    "desk": "Am Schalter gebucht",
    "api": "Andere Programme",
    WALK_IN: "Ohne Termin gekommen",
}
WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")


def office_table(offices: Offices, found: Figures) -> Table:
    """Return one line per office."""
    rows = [(word(offices[at.office].name, "de"), *_counts(at.total), at.service_minutes) for at in found.offices]
    headings = (PLACE, *COUNTS, "Minuten vom Aufruf bis zum Ende (Median)")
    return Table("stellen", "Was daraus wurde", headings, rows)


def concern_table(catalogue: Catalogue, offices: Offices, found: Figures) -> Table:
    """Return one line per office and concern that is offered or was booked."""
    rows: list[tuple[Cell, ...]] = []
    for at in found.offices:
        free = {concern: days for (office, concern), days in found.next_free.items() if office == at.office}
        for concern in (known for known in catalogue.concerns if known.id in free or known.id in at.concerns):
            tally = at.concerns.get(concern.id) or Tally(0, 0, dict.fromkeys(Outcome, 0), None)
            names = (word(concern.name, "de"), word(offices[at.office].name, "de"))
            rows.append((*names, *_counts(tally), free.get(concern.id)))
    headings = ("Anliegen", PLACE, *COUNTS, "Tage bis zur nächsten freien Zeit")
    return Table("anliegen", "Nach Anliegen", headings, rows)


def channel_table(offices: Offices, found: Figures) -> Table:
    """Return how appointments came about, one line per office and way."""
    rows: list[tuple[Cell, ...]] = []
    for at in found.offices:
        whole = sum(at.channels.values())
        for channel, name in CHANNELS.items():
            count = at.channels.get(channel, 0)
            share = round(100 * count / whole, 1) if whole else None
            rows.append((name, word(offices[at.office].name, "de"), count, share))
    return Table("wege", "Wie die Menschen gebucht haben", ("Weg", PLACE, "Anzahl", "Anteil in Prozent"), rows)


def use_table(offices: Offices, found: Figures) -> Table:
    """Return how full each hour of the week was, one line per office, weekday and hour."""
    rows: list[tuple[Cell, ...]] = [
        (f"{WEEKDAYS[weekday]} {hour}–{hour + 1} Uhr", name, use.taken, use.available, _percent(*use))
        for at in found.offices
        for name in [word(offices[at.office].name, "de")]
        for (weekday, hour), use in at.use.items()
    ]
    headings = ("Stunde", PLACE, "Belegte Minuten", "Vorhandene Minuten", "Auslastung in Prozent")
    return Table("auslastung", "Auslastung", headings, rows)


def _counts(tally: Tally) -> tuple[Cell, ...]:
    return tally.booked, tally.walk_ins, *(tally.outcomes[outcome] for outcome in OUTCOMES), tally.lead_days


def _percent(taken: int, available: int) -> int:
    return round(100 * taken / available) if available else 0
