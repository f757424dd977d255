"""People without an appointment: a number, no time, and a clerk's gap when they are called."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.cancel_by_staff import cancel_by_staff
from booking.actions.catalogues import catalogue_of
from booking.actions.check_deployment import broken_ownership
from booking.actions.erase_expired import erase_expired
from booking.actions.figures import count_figures
from booking.actions.marks import mark, undo_mark
from booking.actions.remind import remind
from booking.actions.walk_ins import arrive, take
from booking.errors import (
    ClerkBusy,
    ClerkUnable,
    Invalid,
    KeyReused,
    NotCombinable,
    NotFound,
    NotPossibleNow,
    StepStale,
)
from booking.extensions import db
from booking.models import Absence, Appointment, Cell, Clerk, Letter
from booking.rules.appointments import Wish
from booking.rules.lifecycle import CancelledBy, Status, Verb
from booking.rules.roles import Actor
from booking.rules.secrets import speakable
from tests.builders import NINE, a_booking, a_clerk, a_municipality, an_office
from tests.colleagues import a_login
from tests.counter import MINUTE, TUESDAY, WISHES, a_counter, booked, clerk, day_at, entry_of, the_town, waiting
from tests.ownership import assert_owned_exactly


@pytest.fixture
def desk(context: AppContext) -> Actor:
    return a_counter()


def cells() -> int:
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(Cell)) or 0)


def test_a_walk_in_gets_a_number_and_takes_nobody_s_time(desk: Actor) -> None:
    numbers = [arrive("musterstadt", "buergerbuero", WISHES, by=desk, now=NINE + n * MINUTE) for n in range(3)]
    assert numbers == [1, 2, 3]
    assert cells() == 0
    waits = day_at().waiting
    assert [entry.number for entry in waits] == [1, 2, 3]
    assert (waits[0].status, waits[0].start, waits[0].arrived_at) == (Status.CHECKED_IN, None, NINE)
    assert (waits[0].channel, waits[0].clerks, waits[0].minutes) == ("desk", (), 15)
    assert waits[0].steps == (Verb.CALL, Verb.SERVE, Verb.FINISH, Verb.MISS)
    assert_owned_exactly(NINE)


def test_the_same_form_sent_twice_is_one_person_and_another_form_another(desk: Actor) -> None:
    def press(key: str, minute: int, name: str = "") -> int:
        now = NINE + minute * MINUTE
        return arrive("musterstadt", "buergerbuero", WISHES, by=desk, now=now, name=name, key=key)

    assert [press("one", 0), press("one", 1), press("two", 2)] == [1, 1, 2]
    with pytest.raises(KeyReused):
        press("two", 3, "Anna")
    assert len(day_at().waiting) == 2


def test_walk_ins_and_those_with_an_appointment_share_the_numbers(desk: Actor) -> None:
    found = booked()
    waiting(desk)
    mark(found, Verb.CHECK_IN, by=desk, now=NINE)
    waiting(desk)
    assert [entry.number for entry in day_at().waiting] == [1, 3]
    assert entry_of(found).number == 2


def test_whoever_is_taken_gets_the_clerk_s_time_from_now_on(desk: Actor) -> None:
    found = waiting(desk)
    take(found, clerk("platz2"), by=desk, now=NINE + 7 * MINUTE)
    entry = entry_of(found)
    assert (entry.status, entry.called_at) == (Status.CALLED, NINE + 7 * MINUTE)
    assert (entry.start, entry.end) == (NINE + 5 * MINUTE, NINE + 20 * MINUTE)
    assert entry.clerks == (clerk("platz2"),)
    assert_owned_exactly(NINE)


def test_the_next_appointment_ends_the_gap(desk: Actor) -> None:
    both = [booked(NINE + 10 * MINUTE, number) for number in range(2)]
    found = waiting(desk)
    take(found, clerk("platz1"), by=desk, now=NINE + 2 * MINUTE)
    entry = entry_of(found)
    assert (entry.start, entry.end) == (NINE, NINE + 10 * MINUTE)
    assert_owned_exactly(NINE)
    assert {entry_of(reference).start for reference in both} == {NINE + 10 * MINUTE}


def test_the_minutes_afterwards_fit_into_the_gap_too(desk: Actor) -> None:
    for number in range(2):
        booked(NINE + 20 * MINUTE, number)
    db.session.execute(sa.update(Clerk).values(after_minutes=10))
    the_town().revision += 1
    db.session.commit()
    found = waiting(desk)
    take(found, clerk("platz1"), by=desk, now=NINE)
    entry = entry_of(found)
    assert (entry.end, entry.after) == (NINE + 15 * MINUTE, (5,))
    assert_owned_exactly(NINE)


def test_whoever_is_taken_right_after_somebody_begins_with_the_next_cell(desk: Actor) -> None:
    before = booked()
    at = entry_of(before).clerks[0]
    mark(before, Verb.FINISH, by=desk, now=NINE + 2 * MINUTE)
    found = waiting(desk, NINE)
    take(found, at, by=desk, now=NINE + 3 * MINUTE)
    assert entry_of(found).start == NINE + 5 * MINUTE
    assert_owned_exactly(NINE)


def test_a_busy_clerk_takes_nobody_and_the_refusal_says_until_when(desk: Actor) -> None:
    busy = booked()
    at = entry_of(busy).clerks[0]
    found = waiting(desk)
    with pytest.raises(ClerkBusy) as refused:
        take(found, at, by=desk, now=NINE + 2 * MINUTE)
    assert refused.value.values == {"until": "09:15", "reference": speakable(busy)}
    entry = entry_of(found)
    assert (entry.status, entry.start, entry.undo) == (Status.CHECKED_IN, None, None)
    assert_owned_exactly(NINE)


@pytest.mark.parametrize(
    ("verbs", "about"),
    [([], "expected"), ([Verb.CHECK_IN], "here"), ([Verb.CALL], ""), ([Verb.CALL, Verb.SERVE], "")],
)
def test_who_keeps_a_clerk_busy_is_named_with_their_own_end_and_state(
    desk: Actor, verbs: list[Verb], about: str
) -> None:
    before, *after = [booked(NINE + place * 15 * MINUTE, number) for place in range(3) for number in range(2)]
    for verb in verbs:
        mark(before, verb, by=desk, now=NINE)
    with pytest.raises(ClerkBusy) as refused:
        take(waiting(desk), entry_of(before).clerks[0], by=desk, now=NINE + 2 * MINUTE)
    assert after
    assert refused.value.values == {"until": "09:15", "reference": speakable(before)}
    assert refused.value.about == about


def test_who_has_been_served_keeps_nobody_busy(desk: Actor) -> None:
    before, _, following, _ = [booked(NINE + place * 5 * MINUTE, number) for place in (0, 3) for number in range(2)]
    at = entry_of(before).clerks[0]
    mark(before, Verb.FINISH, by=desk, now=NINE + 12 * MINUTE)
    (following,) = [entry.reference for entry in day_at().entries if at in entry.clerks and entry.start != NINE]
    with pytest.raises(ClerkBusy) as refused:
        take(waiting(desk), at, by=desk, now=NINE + 12 * MINUTE)
    assert refused.value.values == {"until": "09:30", "reference": speakable(following)}


def test_staff_take_people_outside_blocks_and_within_an_absence(desk: Actor) -> None:
    late, found = NINE + timedelta(hours=4), waiting(desk)
    away = Absence(clerk_id=clerk("platz1"), start=NINE, end=NINE + timedelta(hours=9))
    db.session.add(away)
    the_town().revision += 1
    db.session.commit()
    take(found, clerk("platz1"), by=desk, now=late)
    entry = entry_of(found)
    assert (entry.start, entry.is_stranded) == (late, False)
    assert_owned_exactly(late)


def test_a_clerk_who_does_not_handle_the_concern_takes_nobody_for_it(desk: Actor) -> None:
    found = waiting(desk)
    db.session.execute(sa.update(Clerk).where(Clerk.slug == "platz1").values(all_concerns=False))
    the_town().revision += 1
    db.session.commit()
    with pytest.raises(ClerkUnable):
        take(found, clerk("platz1"), by=desk, now=NINE)


def test_somebody_must_say_who_takes_them_and_it_must_be_a_clerk_of_this_office(desk: Actor) -> None:
    found = waiting(desk)
    with pytest.raises(Invalid):
        mark(found, Verb.CALL, by=desk, now=NINE)
    with pytest.raises(NotFound):
        take(found, 999_999, by=desk, now=NINE)


def test_being_taken_can_be_undone_and_somebody_else_takes_over(desk: Actor) -> None:
    found = waiting(desk)
    take(found, clerk("platz1"), by=desk, now=NINE)
    way = entry_of(found).undo
    assert way is not None
    undo_mark(found, way.step, by=desk, now=NINE + MINUTE)
    entry = entry_of(found)
    assert (entry.status, entry.start, entry.clerks, entry.number) == (Status.CHECKED_IN, None, (), 1)
    assert cells() == 0
    take(found, clerk("platz2"), by=desk, now=NINE + 2 * MINUTE)
    assert entry_of(found).clerks == (clerk("platz2"),)
    assert_owned_exactly(NINE)


def test_who_left_the_waiting_room_is_missing_and_comes_back_with_the_same_number(desk: Actor) -> None:
    found = waiting(desk)
    mark(found, Verb.MISS, by=desk, now=NINE + 30 * MINUTE)
    assert [entry.reference for entry in day_at().gone] == [found]
    way = entry_of(found).undo
    assert way is not None
    undo_mark(found, way.step, by=desk, now=NINE + 40 * MINUTE)
    assert [(entry.number, entry.arrived_at) for entry in day_at().waiting] == [(1, NINE)]


def test_who_is_served_in_passing_needs_no_clerk(desk: Actor) -> None:
    found = waiting(desk)
    mark(found, Verb.FINISH, by=desk, now=NINE + MINUTE)
    assert entry_of(found).status is Status.SERVED
    assert_owned_exactly(NINE)
    assert broken_ownership(NINE) == []


def test_nobody_waits_overnight(desk: Actor) -> None:
    found = waiting(desk)
    tomorrow = NINE + timedelta(days=1)
    assert waiting_numbers(desk, tomorrow) == 1
    assert entry_of(found, tomorrow).steps == (Verb.FINISH, Verb.MISS)


def waiting_numbers(desk: Actor, now: object) -> int:
    return arrive("musterstadt", "buergerbuero", WISHES, by=desk, now=now)  # type: ignore[arg-type]


def test_a_wish_that_cannot_be_served_is_refused(desk: Actor) -> None:
    for wishes, refusal in (((Wish("unbekannt"),), NotFound), ((Wish("personalausweis", 99),), Invalid), ((), Invalid)):
        with pytest.raises(refusal):
            arrive("musterstadt", "buergerbuero", wishes, by=desk, now=NINE)
    db.session.execute(sa.update(Clerk).values(all_concerns=False))
    the_town().revision += 1
    db.session.commit()
    with pytest.raises(NotCombinable):
        arrive("musterstadt", "buergerbuero", WISHES, by=desk, now=NINE)


def test_staff_of_elsewhere_let_nobody_in(desk: Actor) -> None:
    a_municipality("anderswo")
    stranger = a_login("stranger", "admin", town="anderswo")
    with pytest.raises(NotFound):
        arrive("musterstadt", "buergerbuero", WISHES, by=stranger, now=NINE)
    assert day_at().waiting == ()


def test_a_walk_in_gets_no_letter_and_is_erased_in_time(desk: Actor) -> None:
    arrive("musterstadt", "buergerbuero", WISHES, by=desk, now=NINE, name="  Anna Beispiel ")
    assert day_at().waiting[0].name == "Anna Beispiel"
    remind(now=NINE)
    assert db.session.scalars(sa.select(Letter)).all() == []
    assert erase_expired(now=NINE + timedelta(days=29)) == 0
    assert erase_expired(now=NINE + timedelta(days=31)) == 1
    assert db.session.scalars(sa.select(Appointment.name)).all() == []


def test_a_walk_in_without_a_time_is_missing_and_not_cancelled(desk: Actor) -> None:
    found = waiting(desk)
    with pytest.raises(NotPossibleNow):
        cancel_by_staff(desk, found, CancelledBy.CITIZEN, now=NINE + MINUTE)
    mark(found, Verb.MISS, by=desk, now=NINE + MINUTE)
    assert entry_of(found).status is Status.NO_SHOW


def test_who_lost_the_gap_keeps_their_place_in_the_queue_and_is_no_booking(desk: Actor) -> None:
    found = waiting(desk)
    take(found, clerk("platz1"), by=desk, now=NINE + 5 * MINUTE)
    mark(found, Verb.MISS, by=desk, now=NINE + 6 * MINUTE)
    for number in (1, 2):
        booked(NINE + 5 * MINUTE, number)
    way = entry_of(found, NINE + 6 * MINUTE).undo
    assert way is not None
    undo_mark(found, way.step, by=desk, now=NINE + 7 * MINUTE)
    entry = entry_of(found, NINE + 7 * MINUTE)
    assert (entry.start, entry.arrived_at, entry.number) == (None, NINE, 1)
    catalogue = catalogue_of("musterstadt")
    figures = count_figures(catalogue, catalogue.open_offices, (TUESDAY, TUESDAY), now=NINE + 8 * MINUTE)
    assert (figures.offices[0].total.booked, figures.offices[0].total.walk_ins) == (2, 1)


def test_only_a_clerk_of_this_office_takes_somebody(desk: Actor) -> None:
    found, town = waiting(desk), the_town()
    elsewhere = a_clerk(town, an_office(town, "standesamt"), "trauzimmer").id
    town.revision += 1
    db.session.commit()
    with pytest.raises(NotFound):
        take(found, elsewhere, by=desk, now=NINE)


def test_who_was_taken_by_one_clerk_is_not_taken_by_another(desk: Actor) -> None:
    found = waiting(desk)
    take(found, clerk("platz1"), by=desk, now=NINE)
    with pytest.raises(StepStale):
        take(found, clerk("platz2"), by=desk, now=NINE + MINUTE)


def test_a_booking_that_lapsed_takes_nobodys_gap(desk: Actor) -> None:
    for number in range(2):
        a_booking(NINE - timedelta(hours=2), start=NINE, email=f"p{number}@example.org")
    db.session.execute(sa.update(Appointment).values(confirm_by=NINE - MINUTE))
    db.session.commit()
    found = waiting(desk)
    take(found, clerk("platz1"), by=desk, now=NINE)
    assert entry_of(found).status is Status.CALLED
    assert_owned_exactly(NINE)
