"""Who is found at the desk and on the phone: what fits, in the own office, and on the phone nothing but what fits."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.erase_expired import forget
from booking.actions.find_for_staff import MOST_VAIN, Said, find_at_desk, find_for_caller
from booking.errors import NotFound, SearchedTooOften
from booking.extensions import db
from booking.models import Appointment, Audit, Municipality, Office, VainSearch
from booking.rules.secrets import speakable
from tests.builders import MONDAY, NINE, a_clerk, a_concern, a_municipality, an_appointment, an_office
from tests.colleagues import a_login

LATER = MONDAY + timedelta(hours=1)
TODAY = MONDAY + timedelta(hours=3)
TEN = NINE + timedelta(hours=1)


@pytest.fixture(autouse=True)
def town(context: AppContext) -> None:
    a_municipality()


def here() -> int:
    offices = sa.select(Office.id).where(Office.slug == "buergerbuero")
    return db.session.scalars(offices.order_by(Office.id)).first() or 0


def anderswo() -> None:
    a_municipality("anderswo")
    an_appointment(municipality="anderswo", email="x@example.org")


def test_the_desk_finds_by_part_of_a_name_today_first_then_to_come_then_past() -> None:
    by = a_login("erna", "desk")
    names = {"past": "Änne Müller", "later": "Jörg Mueller", "today": "Muller", "other": "Meier"}
    found = {
        key: an_appointment(start=NINE + step, name=names[key], email=f"{key}@example.org").reference
        for key, step in {
            "past": timedelta(0),
            "later": timedelta(days=2, hours=1),
            "today": timedelta(days=1, hours=1),
            "other": timedelta(hours=1),
        }.items()
    }
    seen = find_at_desk(by, here(), "müller", now=NINE + timedelta(days=1))
    assert [at.reference for at in seen] == [found["today"], found["later"], found["past"]]


@pytest.mark.parametrize("how", [str, speakable, str.lower, " ".join])
def test_the_desk_finds_by_reference_however_it_was_heard(how: object) -> None:
    found = an_appointment()
    typed = how(found.reference)  # type: ignore[operator]
    assert [at.reference for at in find_at_desk(a_login("erna", "desk"), here(), typed, now=LATER)] == [found.reference]


def test_the_desk_finds_by_todays_waiting_number() -> None:
    first, second = an_appointment(), an_appointment(start=TEN, email="b@example.org")
    for found, came in ((first, NINE), (second, NINE - timedelta(days=1))):
        numbered = sa.update(Appointment).where(Appointment.id == found.id).values(number=17, arrived_at=came)
        db.session.execute(numbered)
    db.session.commit()
    seen = find_at_desk(a_login("erna", "desk"), here(), "17", now=NINE)
    assert [at.reference for at in seen] == [first.reference]


def test_the_desk_finds_nobody_of_another_office() -> None:
    row = db.session.scalars(sa.select(Municipality)).one()
    other = an_office(row, "standesamt")
    concern = a_concern(row, other, "trauung", minutes=30)
    a_clerk(row, other, "trauzimmer")
    assert concern.id
    row.revision += 1
    db.session.commit()
    found = an_appointment()
    by = a_login("erna", "desk")
    assert find_at_desk(by, other.id, found.reference, now=LATER) == ()
    with pytest.raises(NotFound):
        find_at_desk(a_login("nora", "desk", office="standesamt"), here(), found.reference, now=LATER)


def test_a_caller_is_found_by_reference_or_by_name_and_one_more_thing() -> None:
    by = a_login("paula", "phone")
    found = an_appointment(phone="05071 809-11")
    asked = (
        Said(reference=speakable(found.reference)),
        Said(name="Beispiel", contact="+49 5071 80911"),
        Said(name="anna beispiel", contact="Anna@Example.org"),
    )
    for minute, said in enumerate(asked):
        now = LATER + timedelta(minutes=minute)
        assert [at.reference for at in find_for_caller([by], said, now=now)] == [found.reference], said
    assert db.session.scalars(sa.select(Audit.verb)).all() == ["found"] * 3


@pytest.mark.parametrize(
    "said",
    [
        Said(),
        Said(name="Beispiel"),
        Said(contact="anna@example.org"),
        Said(name="Beispiel", contact="berta@example.org"),
        Said(name="Berta", contact="anna@example.org"),
        Said(name="Beispiel", contact="05071 80912"),
        Said(name="Beis", contact="05071 80911"),
        Said(reference="AAAAAAA"),
    ],
)
def test_a_caller_who_knows_only_half_is_answered_like_a_stranger(said: Said) -> None:
    an_appointment(phone="05071 809-11")
    assert find_for_caller([a_login("paula", "phone")], said, now=LATER) == ()


def test_a_team_finds_in_every_membership_and_nowhere_else() -> None:
    found = an_appointment()
    a_municipality("anderswo")
    there = an_appointment(municipality="anderswo", email="x@example.org")
    here_only = a_login("paula", "phone")
    both = [here_only, a_login("theo", "phone", town="anderswo")]
    said = Said(reference=there.reference)
    assert find_for_caller([here_only], said, now=LATER) == ()
    assert [at.reference for at in find_for_caller(both, said, now=LATER)] == [there.reference]
    books_only = a_login("nur", "phone", books_only=True)
    assert find_for_caller([books_only], Said(reference=found.reference), now=LATER) == ()


def test_whoever_guesses_on_is_stopped_for_an_hour() -> None:
    found, by = an_appointment(), a_login("paula", "phone")
    for second in range(MOST_VAIN):
        before = LATER - timedelta(seconds=second)
        find_for_caller([by], Said(name="Beispiel", contact="05071 0000000"), now=before)
    with pytest.raises(SearchedTooOften):
        find_for_caller([by], Said(reference=found.reference), now=LATER)
    assert find_for_caller([a_login("theo", "phone")], Said(reference=found.reference), now=LATER)
    assert find_for_caller([by], Said(reference=found.reference), now=LATER + timedelta(hours=1))


def test_how_often_somebody_searched_in_vain_is_forgotten_without_another_search() -> None:
    find_for_caller([a_login("paula", "phone")], Said(name="Beispiel", contact="05071 0000000"), now=LATER)
    forget(now=LATER + timedelta(minutes=59))
    assert db.session.scalar(sa.select(sa.func.count(VainSearch.id))) == 1
    forget(now=LATER + timedelta(hours=1))
    assert db.session.scalar(sa.select(sa.func.count(VainSearch.id))) == 0


def test_what_is_over_is_no_callers_matter() -> None:
    found, by = an_appointment(), a_login("paula", "phone")
    assert find_for_caller([by], Said(reference=found.reference), now=NINE + timedelta(hours=2))
    assert not find_for_caller([by], Said(reference=found.reference), now=NINE + timedelta(days=2))
