"""Why is nothing free on Thursday? One reason per clerk, in words."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from babel.messages.pofile import read_po
from flask.ctx import AppContext

from booking.actions.explain_day import explain_day
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Absence, Clerk, Closure, Municipality
from booking.rules.appointments import Wish
from booking.rules.explain import Why
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_office

THURSDAY = date(2026, 11, 26)


@pytest.fixture
def town(context: AppContext) -> Municipality:
    return a_municipality()


def reasons(day: date = THURSDAY, now: datetime = MONDAY, **concerns: int) -> list[tuple[str, Why]]:
    found = explain_day("musterstadt", "buergerbuero", concerns or {"personalausweis": 1}, day=day, now=now)
    return [(at.clerk, at.why) for at in found]


def test_a_free_day_says_so(town: Municipality) -> None:
    assert reasons() == [("platz1", Why.FREE)]


def test_the_weekend_has_no_block(town: Municipality) -> None:
    assert reasons(date(2026, 11, 28)) == [("platz1", Why.NO_BLOCK)]


def test_beyond_the_window_one_reason_holds_for_all(town: Municipality) -> None:
    assert reasons(date(2027, 1, 4)) == [("", Why.OUTSIDE_WINDOW)]


def test_a_holiday_is_named(town: Municipality) -> None:
    found = explain_day(
        "musterstadt", "buergerbuero", {"personalausweis": 1}, day=date(2026, 12, 25), now=MONDAY + timedelta(days=20)
    )
    assert [(at.why, "Weihnachtstag" in at.sentence) for at in found] == [(Why.HOLIDAY, True)]


def test_a_closure_and_an_absence_are_told_apart(town: Municipality) -> None:
    db.session.add(Closure(municipality_id=town.id, first=THURSDAY, last=THURSDAY, name={"de": "Betriebsausflug"}))
    friday = NINE + timedelta(days=3)
    clerk = db.session.scalars(sa.select(Clerk.id)).one()
    db.session.add(Absence(clerk_id=clerk, start=friday - timedelta(hours=9), end=friday + timedelta(hours=9)))
    town.revision += 1
    db.session.commit()
    assert reasons(THURSDAY) == [("platz1", Why.CLOSED)]
    assert reasons(friday.date()) == [("platz1", Why.ABSENT)]


def test_a_full_day_is_full(town: Municipality) -> None:
    day = NINE.replace(hour=7, minute=30)
    wishes = (Wish("meldebescheinigung", 5),)  # thirty minutes: seven of them fill half past eight to twelve
    for step in range(7):
        a_booking(start=day + timedelta(minutes=30 * step), wishes=wishes, email=f"{step}@example.org")
    assert reasons(date(2026, 11, 24)) == [("platz1", Why.FULL)]


def test_an_office_that_does_not_offer_it_is_not_asked(town: Municipality) -> None:
    an_office(town, "archiv")
    town.revision += 1
    db.session.commit()
    with pytest.raises(NotFound):
        explain_day("musterstadt", "archiv", {"personalausweis": 1}, day=THURSDAY, now=MONDAY)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_reason_has_a_sentence(language: str) -> None:
    with open(f"booking/translations/{language}/LC_MESSAGES/reasons.po", "rb") as file:  # noqa: PTH123
        catalogue = read_po(file)
    assert {str(message.id) for message in catalogue if message.id} == {why.value for why in Why}
    assert all(message.string for message in catalogue if message.id)
