"""What the counter marks, in its order or by a short cut, and every mark taken back."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.erase_expired import erase_expired
from booking.actions.expire_pendings import expire_pendings
from booking.actions.find_starts import find_starts
from booking.actions.marks import mark, undo_mark
from booking.actions.move_by_staff import Target, move_by_staff
from booking.errors import NotFound, NotPossibleNow, NotToday, StepStale, TimeGone
from booking.extensions import db
from booking.jobs import SWEEPS
from booking.models import Appointment, Audit, Mark, Office
from booking.rules.lifecycle import Status, Verb
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_office
from tests.colleagues import a_login
from tests.counter import MINUTE, WISHES, a_counter, booked, day_at, entry_of, the_town
from tests.ownership import assert_owned_exactly

TOMORROW = NINE + timedelta(days=1)
STEPS = (Verb.CHECK_IN, Verb.CALL, Verb.SERVE, Verb.FINISH)


@pytest.fixture
def desk(context: AppContext) -> Actor:
    return a_counter()


def undo_latest(reference: str, by: Actor, now: datetime = NINE) -> None:
    way = entry_of(reference, now).undo
    assert way is not None
    undo_mark(reference, way.step, by=by, now=now)


def test_a_visit_goes_its_way_step_by_step_and_all_the_way_back(desk: Actor) -> None:
    found = booked()
    for minutes, verb in enumerate(STEPS):
        mark(found, verb, by=desk, now=NINE + minutes * MINUTE)
        assert_owned_exactly(NINE)
    entry = entry_of(found)
    assert (entry.status, entry.number, entry.served_at) == (Status.SERVED, 1, NINE + 3 * MINUTE)
    assert entry.end == NINE + 5 * MINUTE
    while entry_of(found).undo:
        undo_latest(found, desk, NINE + 9 * MINUTE)
        assert_owned_exactly(NINE)
    entry = entry_of(found)
    assert (entry.status, entry.start, entry.end) == (Status.CONFIRMED, NINE, NINE + 15 * MINUTE)
    assert (entry.number, entry.arrived_at, entry.called_at, entry.served_at) == (None, None, None, None)


def test_every_step_and_every_undo_stands_in_the_audit_log(desk: Actor) -> None:
    found = booked()
    for verb in STEPS:
        mark(found, verb, by=desk, now=NINE)
    undo_latest(found, desk)
    told = db.session.execute(sa.select(Audit.verb, Audit.subject, Audit.login_id).order_by(Audit.id)).all()
    assert [row.verb for row in told] == ["check-in", "call", "serve", "finish", "undo-finish"]
    assert {(row.subject, row.login_id) for row in told} == {(f"appointment {found}", desk.login)}


def test_each_mark_tells_the_day_pages_that_something_changed(desk: Actor) -> None:
    found = booked()
    seen = {day_at().version}
    for verb in STEPS:
        mark(found, verb, by=desk, now=NINE)
        seen.add(day_at().version)
    undo_latest(found, desk)
    assert len(seen | {day_at().version}) == 6


def test_an_office_that_wants_fewer_clicks_is_shown_fewer_steps(desk: Actor) -> None:
    found = booked()
    assert entry_of(found).steps == (*STEPS, Verb.MISS)
    db.session.execute(sa.update(Office).values(uses_check_in=False, uses_call=False))
    db.session.execute(sa.text("UPDATE municipality SET revision = revision + 1"))
    db.session.commit()
    assert entry_of(found).steps == (Verb.FINISH, Verb.MISS)
    mark(found, Verb.FINISH, by=desk, now=NINE + 7 * MINUTE)
    entry = entry_of(found)
    assert (entry.status, entry.end, entry.called_at) == (Status.SERVED, NINE + 10 * MINUTE, None)


def test_nobody_is_missing_before_their_time(desk: Actor) -> None:
    found = booked()
    assert Verb.MISS not in entry_of(found, NINE - MINUTE).steps
    assert Verb.MISS in entry_of(found, NINE).steps


def test_a_page_older_than_a_move_frees_nobodys_time(desk: Actor) -> None:
    found = booked()
    late = NINE + 10 * MINUTE  # the page shows nine o'clock, and that nobody came
    move_by_staff(desk, found, Target(NINE + timedelta(hours=2), "buergerbuero"), now=late)
    with pytest.raises(NotPossibleNow):
        mark(found, Verb.MISS, by=desk, now=late)
    assert entry_of(found, late).status is Status.CONFIRMED
    assert_owned_exactly(late)


def test_two_desks_may_press_the_same_button(desk: Actor) -> None:
    found = booked()
    for verb in (Verb.CHECK_IN, Verb.SERVE, Verb.FINISH):
        for again in range(2):
            mark(found, verb, by=desk, now=NINE + again * MINUTE)
    assert db.session.scalar(sa.select(sa.func.count(Mark.id))) == 3
    assert entry_of(found).arrived_at == NINE


def test_a_second_call_is_a_call_and_one_undo_takes_back_both(desk: Actor) -> None:
    found = booked()
    mark(found, Verb.CALL, by=desk, now=NINE)
    mark(found, Verb.CALL, by=desk, now=NINE + MINUTE)
    assert entry_of(found).called_at == NINE + MINUTE
    undo_latest(found, desk)
    assert entry_of(found).status is Status.CONFIRMED


def test_what_is_done_is_not_begun_again(desk: Actor) -> None:
    found = booked()
    mark(found, Verb.FINISH, by=desk, now=NINE)
    for verb in (Verb.CHECK_IN, Verb.CALL, Verb.SERVE, Verb.MISS):
        with pytest.raises(NotPossibleNow):
            mark(found, verb, by=desk, now=NINE)


def test_nobody_arrives_on_another_day_but_yesterday_can_still_be_finished(desk: Actor) -> None:
    found = booked()
    for verb in (*STEPS, Verb.MISS):
        with pytest.raises(NotToday):
            mark(found, verb, by=desk, now=MONDAY + timedelta(hours=2))
    with pytest.raises(NotToday):
        mark(found, Verb.CHECK_IN, by=desk, now=TOMORROW)
    assert entry_of(found, MONDAY + timedelta(hours=2)).steps == ()
    assert entry_of(found, TOMORROW).steps == (Verb.FINISH, Verb.MISS)
    mark(found, Verb.FINISH, by=desk, now=TOMORROW)
    entry = entry_of(found, TOMORROW)
    assert (entry.status, entry.end) == (Status.SERVED, NINE + 15 * MINUTE)


def test_numbers_count_up_per_office_and_day(desk: Actor) -> None:
    references = [booked(NINE + hour * timedelta(hours=1)) for hour in range(3)]
    for reference in references:
        mark(reference, Verb.CHECK_IN, by=desk, now=NINE)
    assert [entry_of(reference).number for reference in references] == [1, 2, 3]
    tomorrow = booked(TOMORROW, 7)
    mark(tomorrow, Verb.CHECK_IN, by=desk, now=TOMORROW)
    row = db.session.scalars(sa.select(Appointment).where(Appointment.reference == tomorrow)).one()
    assert row.number == 1


def test_another_offices_numbers_are_its_own(desk: Actor) -> None:
    found, other = booked(), booked(NINE + timedelta(hours=1))
    town = the_town()
    elsewhere = an_office(town, "standesamt")
    town.revision += 1
    values = {"office_id": elsewhere.id, "arrived_at": NINE, "number": 7}
    db.session.execute(sa.update(Appointment).where(Appointment.reference == other).values(**values))
    db.session.commit()
    mark(found, Verb.CHECK_IN, by=desk, now=NINE)
    assert entry_of(found).number == 1


def test_the_rest_of_a_short_visit_is_free_for_staff_and_citizens_at_once(desk: Actor) -> None:
    found = booked(NINE + timedelta(hours=1))
    mark(found, Verb.FINISH, by=desk, now=NINE + timedelta(hours=1, minutes=1))
    (column,) = [column for column in day_at().columns if column.entries]
    assert any(span.start == NINE + timedelta(minutes=65) for span in column.free)
    starts = find_starts("musterstadt", WISHES, now=MONDAY).offices[0].starts
    assert (NINE + timedelta(hours=1, minutes=5)).timestamp() in starts


def test_the_rest_returns_to_citizens_at_once_even_where_freed_times_are_kept_back(context: AppContext) -> None:
    a_municipality(policy={"release_delay_minutes": 600, "max_open_per_network": 1000})
    desk = a_login("desk", "desk")
    found = booked()
    mark(found, Verb.MISS, by=desk, now=NINE)
    held = db.session.execute(sa.text("SELECT count(*) FROM cell WHERE held_until IS NOT NULL")).scalar()
    assert held == 0
    assert_owned_exactly(NINE)


def test_who_did_not_come_owns_nothing_and_can_be_taken_back(desk: Actor) -> None:
    found = booked()
    mark(found, Verb.MISS, by=desk, now=NINE + 10 * MINUTE)
    assert_owned_exactly(NINE)
    assert [entry.reference for entry in day_at().gone] == [found]
    undo_latest(found, desk, NINE + 11 * MINUTE)
    assert_owned_exactly(NINE)
    entry = entry_of(found)
    assert (entry.status, entry.start, entry.number) == (Status.CONFIRMED, NINE, None)


def lose_the_time(reference: str, by: Actor, verb: Verb) -> None:
    """Mark somebody, then let others have the freed time at both clerks."""
    mark(reference, verb, by=by, now=NINE if verb is Verb.MISS else NINE - 20 * MINUTE)
    db.session.execute(sa.text("UPDATE cell SET held_until = NULL WHERE 1 = 0"))
    for other in range(2):
        booked(NINE, other + 1) if verb is Verb.MISS else booked(NINE + 5 * MINUTE, other + 1)


def test_whoever_comes_after_all_but_lost_the_time_waits(desk: Actor) -> None:
    found = booked()
    lose_the_time(found, desk, Verb.MISS)
    undo_latest(found, desk, NINE + 5 * MINUTE)
    entry = entry_of(found, NINE + 6 * MINUTE)
    assert (entry.status, entry.start, entry.clerks) == (Status.CHECKED_IN, None, ())
    assert (entry.number, entry.arrived_at) == (1, NINE + 5 * MINUTE)
    assert_owned_exactly(NINE)
    kept = db.session.scalars(sa.select(Mark)).one()
    assert datetime.fromisoformat(kept.before["start"]) == NINE


def test_whoever_lost_the_time_is_not_sent_further_back(desk: Actor) -> None:
    found = booked()
    mark(found, Verb.CHECK_IN, by=desk, now=NINE - 30 * MINUTE)
    step = db.session.scalars(sa.select(Mark.id)).one()
    lose_the_time(found, desk, Verb.MISS)
    undo_latest(found, desk)
    assert entry_of(found).undo is None
    with pytest.raises(StepStale):
        undo_mark(found, step, by=desk, now=NINE)


def test_an_undo_says_who_has_the_time_now_without_a_name(desk: Actor) -> None:
    found = booked()
    lose_the_time(found, desk, Verb.FINISH)
    with pytest.raises(TimeGone) as refused:
        undo_latest(found, desk)
    other = refused.value.values["reference"]
    assert other != found
    assert "-" in other
    assert refused.value.values == {"reference": other, "at": "09:05"}
    assert entry_of(found).status is Status.SERVED
    assert_owned_exactly(NINE)


def test_an_unconfirmed_booking_that_lapsed_does_not_stand_in_the_way(desk: Actor) -> None:
    found = booked()
    mark(found, Verb.MISS, by=desk, now=NINE)
    for other in range(2):
        a_booking(start=NINE, email=f"late{other}@example.org", now=MONDAY)
    undo_latest(found, desk)
    assert entry_of(found).start == NINE
    assert expire_pendings(now=NINE) <= 1
    assert_owned_exactly(NINE)


def test_only_the_latest_step_is_undone_on_its_own_day_and_only_once(desk: Actor) -> None:
    found = booked()
    mark(found, Verb.CHECK_IN, by=desk, now=NINE)
    mark(found, Verb.CALL, by=desk, now=NINE)
    first, second = db.session.scalars(sa.select(Mark.id).order_by(Mark.id)).all()
    with pytest.raises(StepStale):
        undo_mark(found, first, by=desk, now=NINE)
    with pytest.raises(StepStale):
        undo_mark(found, second, by=desk, now=TOMORROW)
    with pytest.raises(StepStale):
        undo_mark(booked(NINE + timedelta(hours=1)), second, by=desk, now=NINE)
    for _ in range(2):
        undo_mark(found, second, by=desk, now=NINE + timedelta(hours=8))
    assert entry_of(found).status is Status.CHECKED_IN


def test_what_is_out_of_reach_looks_like_what_is_not_there(desk: Actor) -> None:
    found = booked()
    other = a_municipality("anderswo")
    an_office(other, "standesamt")
    db.session.commit()
    strangers = [
        a_login("stranger", "admin", town="anderswo"),
        Actor(desk.login, desk.role, desk.municipality, office=desk.login + 999),
    ]
    for stranger in strangers:
        with pytest.raises(NotFound):
            mark(found, Verb.CHECK_IN, by=stranger, now=NINE)
        with pytest.raises(NotFound):
            undo_mark(found, 1, by=stranger, now=NINE)
    with pytest.raises(NotFound):
        mark("ABC-234", Verb.CHECK_IN, by=desk, now=NINE)


def test_what_is_unmarked_at_closing_stays_unmarked(desk: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    found = booked()
    night = NINE + timedelta(hours=14)
    monkeypatch.setattr("booking.clock.now", lambda: night)
    for sweep, _ in SWEEPS.values():
        sweep()
    assert entry_of(found, night).status is Status.CONFIRMED
    assert entry_of(found, night).steps == (*STEPS, Verb.MISS)


def test_what_was_marked_is_erased_with_its_appointment(desk: Actor) -> None:
    found = booked()
    mark(found, Verb.FINISH, by=desk, now=NINE)
    assert erase_expired(now=NINE + timedelta(days=100)) == 1
    assert db.session.scalar(sa.select(sa.func.count(Mark.id))) == 0
