"""Booking: who gets a time, who does not, and what is written with it."""

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa

from booking import metrics
from booking.actions.book import book
from booking.actions.find_starts import find_starts
from booking.actions.resend import correct_address, resend
from booking.errors import Invalid, KeyReused, NotFound, OutsideWindow, RateLimited, StartTaken
from booking.extensions import db
from booking.metrics import Guard
from booking.models import Appointment, Cell, Kind, Letter, Municipality
from booking.rules.appointments import Wish
from booking.rules.lifecycle import Status
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_order

pytestmark = pytest.mark.usefixtures("context")


def cells() -> list[int]:
    return list(db.session.scalars(sa.select(Cell.moment).order_by(Cell.moment)))


def letters() -> list[str]:
    return list(db.session.scalars(sa.select(Letter.kind).order_by(Letter.id)))


def test_a_booking_owns_the_cells_of_its_span_and_writes_its_letter() -> None:
    a_municipality()
    found = a_booking()
    assert found.status is Status.PENDING
    assert found.end - found.start == timedelta(minutes=15)
    assert cells() == [int(NINE.timestamp()) + step for step in (0, 300, 600)]
    assert letters() == [Kind.VERIFY]


def test_the_last_place_disappears_for_the_second_caller() -> None:
    a_municipality()
    a_booking()
    with pytest.raises(StartTaken) as refusal:
        a_booking(email="ben@example.org")
    nearest = refusal.value.alternatives
    assert nearest
    assert NINE not in nearest
    assert all(abs(start - NINE) < timedelta(hours=3) for start in nearest)


def test_a_refused_booking_leaves_nothing_behind() -> None:
    a_municipality()
    a_booking()
    before = (cells(), letters(), db.session.scalar(sa.select(sa.func.count(Appointment.id))))
    with pytest.raises(StartTaken):
        a_booking()
    assert (cells(), letters(), db.session.scalar(sa.select(sa.func.count(Appointment.id)))) == before


def test_the_same_key_and_body_get_the_same_appointment() -> None:
    a_municipality()
    first = a_booking(key="once", body=b"a")
    again = a_booking(key="once", body=b"a")
    assert (first.reference, first.holder) == (again.reference, again.holder)
    assert letters() == [Kind.VERIFY]


def test_the_same_key_with_another_body_is_refused() -> None:
    a_municipality()
    a_booking(key="once", body=b"a")
    with pytest.raises(KeyReused):
        a_booking(key="once", body=b"b")


def test_a_booking_past_its_time_blocks_nobody_though_no_job_has_run() -> None:
    a_municipality()
    a_booking()
    tomorrow = NINE - timedelta(minutes=55)
    again = book(an_order(email="ben@example.org"), now=tomorrow)
    assert again.status is Status.PENDING
    statuses = db.session.scalars(sa.select(Appointment.status).order_by(Appointment.id)).all()
    assert statuses == [Status.EXPIRED, Status.PENDING]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        pytest.param({"municipality": "atlantis"}, NotFound, id="no such municipality"),
        pytest.param({"office": "standesamt"}, NotFound, id="no such office"),
        pytest.param({"wishes": (Wish("zauberei"),)}, NotFound, id="no such concern"),
        pytest.param({"wishes": (Wish("personalausweis", 0),)}, Invalid, id="quantity 0"),
        pytest.param({"wishes": (Wish("personalausweis", 99),)}, Invalid, id="quantity 99"),
        pytest.param({"wishes": (Wish("personalausweis"),) * 2}, Invalid, id="a concern twice"),
        pytest.param({"start": NINE + timedelta(seconds=1)}, Invalid, id="off the grid"),
        pytest.param({"answers": {"personalausweis.x": "y"}}, Invalid, id="an answer nobody asked for"),
        pytest.param({"start": NINE - timedelta(days=7)}, OutsideWindow, id="in the past"),
        pytest.param({"start": NINE + timedelta(days=28)}, OutsideWindow, id="one day beyond the window"),
        pytest.param({"start": NINE + timedelta(hours=5)}, StartTaken, id="outside every block"),
        pytest.param({"start": NINE + timedelta(days=4)}, StartTaken, id="on a Saturday"),
    ],
)
def test_what_cannot_be_booked_is_refused(fields: dict[str, object], refusal: type[Exception]) -> None:
    a_municipality()
    with pytest.raises(refusal):
        a_booking(**fields)
    assert cells() == []


def test_too_many_open_bookings_of_an_address_are_told_by_letter_only() -> None:
    a_municipality()
    for step in range(3):
        a_booking(start=NINE + timedelta(minutes=30 * step))
    fourth = a_booking(start=NINE + timedelta(minutes=120), key="fourth")
    assert fourth.status is Status.EXPIRED
    assert fourth.told_at(MONDAY) is Status.PENDING
    assert a_booking(start=NINE + timedelta(minutes=120), key="fourth").told_at(MONDAY) is Status.PENDING
    assert letters() == [Kind.VERIFY] * 3 + [Kind.TOO_MANY]
    assert len(cells()) == 9


def test_a_declined_booking_is_sent_again_and_lapses_like_any_other() -> None:
    anna_books(3)
    fourth = a_booking(start=LAST)
    again = resend(fourth.reference, fourth.holder, now=MONDAY)
    assert again.told_at(MONDAY) is Status.PENDING
    assert letters()[-2:] == [Kind.TOO_MANY] * 2
    assert fourth.confirm_by is not None
    assert fourth.told_at(fourth.confirm_by) is Status.EXPIRED


def test_declined_bookings_count_for_their_network() -> None:
    a_municipality(policy={"max_open_per_network": 5})
    for step in range(5):
        a_booking(start=NINE + timedelta(minutes=30 * step))
    with pytest.raises(RateLimited):
        a_booking(start=NINE + timedelta(minutes=165))


def test_an_address_cannot_be_buried_in_our_letters() -> None:
    a_municipality()
    for number in range(14):
        a_booking(start=NINE + timedelta(days=1, minutes=15 * min(number, 3)), email=f"Anna+{number}@example.org")
    assert len(letters()) == 10
    booked = a_booking(email="ben@example.org")
    with pytest.raises(RateLimited):
        correct_address(booked.reference, booked.holder, "anna@example.org", now=MONDAY)


LAST = NINE + timedelta(minutes=120)


def anna_books(times: int) -> None:
    """Let one address have so many open bookings, all before ``LAST``."""
    a_municipality()
    for step in range(times):
        a_booking(start=NINE + timedelta(minutes=30 * step))


def test_an_address_with_too_many_open_bookings_is_told_so_by_letter_when_it_is_the_corrected_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna_books(3)
    met: list[Guard] = []
    monkeypatch.setattr(metrics, "count_guard", met.append)
    booked = a_booking(start=LAST, email="misspelt@example.org")
    corrected = correct_address(booked.reference, booked.holder, "Anna+2@example.org", now=MONDAY)
    assert met == [Guard.CONTACT_LIMIT]
    assert corrected.told_at(MONDAY) is Status.PENDING
    assert letters()[3:] == [Kind.VERIFY, Kind.TOO_MANY]
    assert a_booking(start=LAST, email="ben@example.org").told_at(MONDAY) is Status.PENDING
    resend(booked.reference, booked.holder, now=MONDAY)
    assert letters()[-1] == Kind.TOO_MANY


def test_correcting_an_address_away_empties_no_limit_of_it() -> None:
    a_municipality()
    for step in range(5):
        booked = a_booking(start=NINE + timedelta(minutes=30 * step), email="stranger@example.org")
        correct_address(booked.reference, booked.holder, f"{step}@example.org", now=MONDAY)
    to_stranger = sa.select(Letter.kind).where(Letter.address == "stranger@example.org").order_by(Letter.id)
    assert list(db.session.scalars(to_stranger)) == [Kind.VERIFY] * 3 + [Kind.TOO_MANY] * 2


def test_whoever_has_room_reads_nothing_of_the_limit_of_an_address_that_was_typed_before() -> None:
    anna_books(3)
    fourth = a_booking(start=LAST)
    for again, kind in (("anna+2@example.org", Kind.TOO_MANY), ("ben@example.org", Kind.ADDRESS_FIRST)):
        correct_address(fourth.reference, fourth.holder, again, now=MONDAY)
        assert letters()[-1] == kind
    resend(fourth.reference, fourth.holder, now=MONDAY)
    assert letters()[-1] == Kind.ADDRESS_FIRST


def test_a_corrected_address_within_its_limit_keeps_the_time() -> None:
    anna_books(2)
    booked = a_booking(start=LAST, email="misspelt@example.org")
    for spelling in ("anna@example.org", "anna+2@example.org"):  # the second is no further booking of hers
        correct_address(booked.reference, booked.holder, spelling, now=MONDAY)
        assert letters()[-1] == Kind.VERIFY
    with pytest.raises(StartTaken):
        a_booking(start=LAST, email="ben@example.org")


def test_too_many_open_bookings_of_a_network_are_refused() -> None:
    town = a_municipality()
    db.session.get_one(Municipality, town.id).policy = {"max_open_per_network": 2}
    db.session.get_one(Municipality, town.id).revision += 1
    db.session.commit()
    for step in range(2):
        a_booking(start=NINE + timedelta(minutes=30 * step), email=f"{step}@example.org")
    with pytest.raises(RateLimited):
        a_booking(start=NINE + timedelta(minutes=90), email="c@example.org")


def test_every_offered_start_can_be_booked_one_after_the_other() -> None:
    a_municipality()
    wishes = (Wish("meldebescheinigung", 2),)
    for number in itertools.count():
        starts = find_starts("musterstadt", wishes, now=MONDAY).offices[0].starts
        today = [start for start in starts if start < MONDAY.timestamp() + 86_400]
        if not today:
            break
        a_booking(start=MONDAY.fromtimestamp(today[0], MONDAY.tzinfo), wishes=wishes, email=f"{number}@example.org")
    assert number == 14  # three and a half hours in quarters of an hour


def test_a_plain_insert_into_cell_that_overlaps_fails_too() -> None:
    a_municipality()
    found = a_booking()
    clerk, moment = db.session.execute(sa.select(Cell.clerk_id, Cell.moment).limit(1)).one()
    insert = sa.text("INSERT INTO cell (clerk_id, moment, appointment_id) VALUES (:clerk, :moment, :appointment)")
    with pytest.raises(sa.exc.IntegrityError):
        db.session.execute(insert, {"clerk": clerk, "moment": moment, "appointment": found.id})


def test_a_cell_off_the_grid_is_refused_by_the_database() -> None:
    a_municipality()
    found = a_booking()
    insert = sa.text("INSERT INTO cell (clerk_id, moment, appointment_id) VALUES (1, 301, :appointment)")
    with pytest.raises(sa.exc.IntegrityError, match=r"grid|FOREIGN"):
        db.session.execute(insert, {"appointment": found.id})


def test_a_declined_booking_whose_address_had_had_enough_letters_gets_one_when_the_hour_is_over() -> None:
    a_municipality(policy={"max_open_per_contact": 2, "max_open_per_network": 1000})
    for number in range(2):
        found = a_booking(start=NINE + number * timedelta(minutes=15))
        for _ in range(4):
            resend(found.reference, found.holder, now=MONDAY)
    declined = a_booking(start=NINE + timedelta(hours=1))
    assert letters() == [Kind.VERIFY] * 10
    resend(declined.reference, declined.holder, now=MONDAY + timedelta(hours=1, seconds=1))
    assert letters()[10:] == [Kind.ADDRESS_FIRST]
