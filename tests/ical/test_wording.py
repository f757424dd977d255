"""The words around an appointment: where it is, what to bring, how many."""

from dataclasses import replace

import pytest

from booking.extensions import db
from booking.ical.wording import at_office, checklist, long_date, plain_line
from booking.models import ConcernDocument, Document, Office
from booking.rules.appointments import Appointment, Wish
from tests.builders import NINE, a_clerk, a_concern, a_municipality, an_appointment

pytestmark = pytest.mark.usefixtures("context")


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("Standesamt", "im Standesamt"),
        ("Bürgerbüro (einschließlich Kfz-Zulassung)", "im Bürgerbüro"),
        ("Kfz-Zulassungsstelle", "in der Kfz-Zulassungsstelle"),
        ("Samtgemeindeverwaltung", "in der Samtgemeindeverwaltung"),
        ("Amt für Soziales", "im Amt für Soziales"),
        ("Standort Nord", "(Standort Nord)"),
    ],
)
def test_a_place_is_put_into_a_german_phrase(name: str, phrase: str) -> None:
    a_municipality()
    office = replace(an_appointment().office, name={"de": name})
    assert at_office(office, "de") == phrase
    assert at_office(office, "en").startswith("at the ")


def an_appointment_with_documents(quantity: int) -> Appointment:
    row = a_municipality()
    office = db.session.query(Office).one()
    moving = a_concern(row, office, "anmelden", minutes=15, unit={"de": "Person", "en": "person"})
    items = [("geburtsurkunde", {"de": "es die erste Anmeldung ist"}), ("pass", {})]
    for place, (slug, when) in enumerate(items):
        document = Document(municipality_id=row.id, slug=slug, kind="document", name={"de": slug.capitalize()})
        db.session.add(document)
        db.session.flush()
        moving.documents.append(
            ConcernDocument(
                document_id=document.id,
                position=place,
                required=not when,
                per_unit=True,
                when=when,
                note={"de": "Im Original"},
            )
        )
    a_clerk(row, office, "platz2")
    row.revision += 1
    db.session.commit()
    return an_appointment(wishes=(Wish("anmelden", quantity),))


def test_what_is_always_needed_comes_first_and_is_counted_per_person() -> None:
    found = an_appointment_with_documents(3)
    assert [plain_line(line, "de") for line in checklist(found, "de")] == [
        "Pass (je Person einmal, zusammen 3). Im Original.",
        "Geburtsurkunde (je Person einmal) – nur, wenn es die erste Anmeldung ist. Im Original.",
    ]


def test_nobody_counts_what_only_some_may_need() -> None:
    found = an_appointment_with_documents(3)
    said = {line.name.text: line.each for line in checklist(found, "de")}
    assert said == {"Pass": "je Person einmal, zusammen 3", "Geburtsurkunde": "je Person einmal"}


def test_a_single_person_reads_no_counts() -> None:
    found = an_appointment_with_documents(1)
    assert plain_line(checklist(found, "de")[0], "de") == "Pass. Im Original."


def test_days_are_written_as_the_reader_writes_them() -> None:
    assert long_date(NINE, "de") == "Dienstag, 24. November 2026"
    assert long_date(NINE, "en") == "Tuesday, 24 November 2026"
