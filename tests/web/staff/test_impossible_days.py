"""Days in years that the service does not know, in every field of the staff's pages that takes a day."""

from typing import Any

import pytest
from flask import Flask

from tests.builders import a_municipality, an_appointment
from tests.colleagues import a_colleague

OFFICE = "musterstadt.buergerbuero"
CALL = {"town": "musterstadt", "concern": "personalausweis:1"}
EXTRA = {
    **CALL,
    "extra": "1",
    "extra_clerk": "buergerbuero.platz1",
    "extra_time": "00:00",
    "name": "A",
    "phone": "05071 1",
}
SAVED = [  # the address, the field, the others
    ("phone/hold", "extra_day", EXTRA),
    ("phone/book", "extra_day", EXTRA),
    (f"{OFFICE}/absences", "first", {"clerk": "platz1"}),
    (f"{OFFICE}/absences", "last", {"clerk": "platz1", "first": "2026-11-24"}),
    (f"{OFFICE}/closures", "first", {"name": "Fest"}),
    (f"{OFFICE}/closures", "last", {"name": "Fest", "first": "2026-11-24"}),
    ("musterstadt/holidays", "holiday_day", {"holiday": "Fest"}),
    (f"{OFFICE}/times/platz1", "valid_from", {"weekday": "1", "start": "08:00", "end": "09:00"}),
    (f"{OFFICE}/times/platz1", "valid_to", {"weekday": "1", "start": "08:00", "end": "09:00"}),
    (f"{OFFICE}/times/platz1", "since", {"how": "end", "block": "1"}),
    (f"{OFFICE}/times/platz1/day", "day", {"start0": "08:00", "end0": "09:00"}),
    (f"{OFFICE}/notices", "first", {"text-de": "Fest", "last": "2026-11-24"}),
    (f"{OFFICE}/notices", "last", {"text-de": "Fest", "first": "2026-11-24"}),
    (
        f"{OFFICE}/appointments/REFERENCE/move",
        "day",
        {"outside": "1", "time": "00:00", "clerk": "1", "reason": "agreed"},
    ),
]
LOOKED_UP = [
    f"{OFFICE}/figures?first=DAY&last=DAY",
    "musterstadt/figures?first=DAY&last=DAY",
    f"{OFFICE}/day?day=DAY",
    f"{OFFICE}/times/platz1/day?day=DAY",
    f"{OFFICE}/notices?day=DAY",
    f"{OFFICE}/appointments/REFERENCE/move?day=DAY",
    "musterstadt/audit?day=DAY",
]

pytestmark = pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])


@pytest.fixture
def reference(app: Flask) -> str:
    with app.app_context():
        a_municipality()
        return an_appointment().reference


@pytest.mark.parametrize(("address", "field", "others"), SAVED)
def test_a_form_says_that_it_is_no_date(
    app: Flask, reference: str, day: str, address: str, field: str, others: dict[str, Any]
) -> None:
    path = f"/staff/{address.replace('REFERENCE', reference)}"
    refused = a_colleague(app, "admin").post(path, {**others, field: day})
    assert refused.status_code == 422
    assert "Das ist kein Datum." in refused.text


@pytest.mark.parametrize("address", LOOKED_UP)
def test_what_is_looked_up_is_as_if_no_day_had_been_named(app: Flask, reference: str, day: str, address: str) -> None:
    path = f"/staff/{address.replace('REFERENCE', reference)}"
    assert a_colleague(app, "admin").get(path.replace("DAY", day), follow_redirects=True).status_code == 200


@pytest.mark.parametrize("field", ["first_day", "every"])
def test_the_phone_page_passes_over_it(app: Flask, reference: str, day: str, field: str) -> None:
    found = a_colleague(app, "admin").post("/staff/phone", {**CALL, field: day})
    assert found.status_code == 200
    assert f'name="{field}" value="{day}"' not in found.text
    assert 'name="time"' in found.text


def test_why_nothing_is_free_says_that_it_is_no_date(app: Flask, reference: str, day: str) -> None:
    asked = a_colleague(app, "admin").get(f"/staff/{OFFICE}/why?concern=personalausweis&day={day}")
    assert asked.status_code == 422
    assert "Das ist kein Datum." in asked.text
