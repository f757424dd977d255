"""The call list: news for whom no letter reaches."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.actions.calls import must_call, need_not_call
from booking.extensions import db
from booking.models import Appointment, Call, News
from tests.builders import MONDAY, a_municipality, an_appointment

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def row() -> Appointment:
    a_municipality()
    return db.session.get(Appointment, an_appointment().id)


def calls() -> list[tuple[str, int]]:
    return [(call.news, call.tries) for call in db.session.scalars(select(Call).order_by(Call.id))]


@pytest.mark.parametrize(
    ("email", "failure", "must"),
    [("anna@example.org", None, False), ("", None, True), ("anna@example.org", "550 no such user", True)],
    ids=["a letter reaches", "no address", "the relay refused it"],
)
def test_only_whom_no_letter_reaches_must_be_called(
    row: Appointment, email: str, failure: str | None, must: bool
) -> None:
    row.email, row.mail_failure = email, failure
    assert must_call(row, News.MOVED, now=MONDAY) is must
    assert calls() == ([("moved", 0)] if must else [])


def test_later_news_take_the_place_of_what_nobody_has_told_yet(row: Appointment) -> None:
    row.email = ""
    must_call(row, News.MOVED, now=MONDAY)
    db.session.scalars(select(Call)).one().tries = 2
    must_call(row, News.CANCELLED, now=MONDAY + timedelta(hours=1))
    assert calls() == [("cancelled", 0)]


def test_who_was_reached_is_called_again_for_other_news(row: Appointment) -> None:
    row.email = ""
    must_call(row, News.MOVED, now=MONDAY)
    db.session.scalars(select(Call)).one().outcome = "reached"
    must_call(row, News.CANCELLED, now=MONDAY)
    assert calls() == [("moved", 0), ("cancelled", 0)]


@pytest.mark.parametrize(("tries", "left"), [(0, 0), (1, 1)])
def test_a_call_is_taken_back_only_if_nobody_has_tried_it(row: Appointment, tries: int, left: int) -> None:
    row.email = ""
    must_call(row, News.MOVED, now=MONDAY)
    db.session.scalars(select(Call)).one().tries = tries
    need_not_call(row)
    assert len(calls()) == left
