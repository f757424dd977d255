"""What is stranded: listed with its reason, solved one by one or all at once, never dropped silently."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from booking.actions import relocate
from booking.actions.answer_relocation import accept_relocation, with_question
from booking.actions.browse import open_catalogue
from booking.actions.cancel import cancel
from booking.actions.cancel_by_staff import cancel_by_staff, undo_by_staff
from booking.actions.confirm import confirm
from booking.actions.day_schedule import day_schedule
from booking.actions.find_appointment import find_by_token
from booking.actions.letters import post
from booking.actions.move import move
from booking.actions.move_by_staff import Target, move_by_staff
from booking.actions.relocate import Did, Means, preview, solve, solve_all
from booking.actions.stranded import Reach, list_unanswered
from booking.actions.undo import undo, way_back
from booking.errors import NotFound, NotPossibleNow, StartTaken
from booking.extensions import db
from booking.models import Audit, Block, Call, Clerk, Closure, ConcernOffice, Hold, Kind, Letter, Municipality
from booking.rules.appointments import Wish
from booking.rules.lifecycle import CancelledBy
from booking.rules.roles import Actor
from booking.rules.stranding import Cause
from tests.actions.stranding import change_catalogue, falls_ill, letters, relocation, row_of, stranded
from tests.builders import (
    MONDAY,
    NINE,
    a_booking,
    a_clerk,
    a_municipality,
    an_appointment,
    an_office,
)
from tests.colleagues import a_login
from tests.ownership import assert_owned_exactly

pytestmark = pytest.mark.usefixtures("context")
NOW = MONDAY + timedelta(minutes=30)  # 07:30
HALF = timedelta(minutes=30)


@pytest.fixture
def town() -> Municipality:
    return a_municipality()


@pytest.fixture
def by(town: Municipality) -> Actor:
    return a_login("leitung", "manager")


def second_clerk(town: Municipality, **fields: Any) -> Clerk:
    office = open_catalogue("musterstadt").office("buergerbuero")
    clerk = a_clerk(town, office, "platz2", **fields)  # type: ignore[arg-type]
    change_catalogue()
    return clerk


def people(*starts: datetime, **fields: Any) -> list[int]:
    """Book for different people."""
    return [
        an_appointment(start=start, email=f"p{place}@example.org", **fields).id for place, start in enumerate(starts)
    ]


def no_mail(appointment: int) -> None:
    row_of(appointment).email = ""
    db.session.commit()


def test_nothing_is_stranded_while_everybody_is_there(town: Municipality) -> None:
    an_appointment()
    assert stranded(NOW) == []


def test_an_absence_strands_what_it_covers_in_order(town: Municipality) -> None:
    late, early = people(NINE + HALF, NINE)
    untouched = an_appointment(start=NINE + timedelta(days=1), email="x@example.org").id
    falls_ill()
    cases = stranded(NOW)
    assert [(case.id, case.cause, case.reach) for case in cases] == [
        (early, Cause.ABSENT, Reach.LETTER),
        (late, Cause.ABSENT, Reach.LETTER),
    ]
    assert f"{cases[0].start:%d.%m. %H:%M}" == "24.11. 09:00"
    assert untouched not in {case.id for case in cases}


def test_a_closure_strands_too_and_what_staff_booked_outside_on_purpose_is_not_listed(town: Municipality) -> None:
    first, second = people(NINE, NINE + HALF)
    for block in db.session.scalars(select(Block)):
        db.session.delete(block)
    row_of(first).outside_blocks = True
    change_catalogue()
    assert [(case.id, case.cause) for case in stranded(NOW)] == [(second, Cause.OUTSIDE)]
    db.session.add(Closure(municipality_id=town.id, first=date(2026, 11, 24), last=date(2026, 11, 24), name={}))
    change_catalogue()
    assert [(case.id, case.cause) for case in stranded(NOW)] == [(first, Cause.CLOSED), (second, Cause.CLOSED)]


def test_what_is_over_or_being_served_or_unconfirmed_in_vain_is_not_listed(town: Municipality) -> None:
    served, over, here = people(NINE, NINE + HALF, NINE + 2 * HALF)
    a_booking(now=MONDAY, start=NINE + 3 * HALF, email="pending@example.org")
    falls_ill()
    row_of(served).status = "serving"
    row_of(here).status = "checked_in"
    db.session.commit()
    late = NINE + timedelta(minutes=45)  # the half past nine is just over
    assert [case.id for case in stranded(late)] == [here]
    assert over in {case.id for case in stranded(NINE + HALF)}


def test_another_offices_people_and_times_held_at_the_phone_are_not_listed(town: Municipality, by: Actor) -> None:
    there, held = people(NINE, NINE + HALF)
    office = an_office(town, "zweigstelle")
    db.session.add(Hold(login_id=by.login, appointment_id=held))
    row_of(there).office_id = office.id
    db.session.commit()
    falls_ill()
    assert stranded(NOW) == []
    assert [case.id for case in stranded(NOW, "zweigstelle")] == [there]


def test_whoever_is_moved_is_not_reminded_of_the_old_time(town: Municipality, by: Actor) -> None:
    (visit,) = people(NINE)
    row = row_of(visit)
    row.outside_blocks = True  # staff had squeezed it in; the new time is within the hours
    post(row, open_catalogue("musterstadt"), Kind.REMINDER, now=NOW)
    db.session.commit()
    falls_ill()
    solve(by, visit, Means.RELOCATE, now=NOW)
    reminders = select(Letter.status).where(Letter.kind == Kind.REMINDER.value)
    assert db.session.scalars(reminders).all() == ["superseded"]
    assert row_of(visit).outside_blocks is False


def test_the_list_costs_the_same_however_long_it_is(town: Municipality) -> None:
    people(*(NINE + timedelta(minutes=20 * place) for place in range(3)))
    people(*(NINE + timedelta(days=1, minutes=20 * place) for place in range(6)))
    counted = []
    for day, found in ((0, 3), (1, 9)):
        falls_ill(start=NINE + timedelta(days=day, hours=-2), end=NINE + timedelta(days=day, hours=7))
        stranded(NOW)  # the catalogue of this revision is kept
        statements: list[str] = []

        def note(*args: Any, statements: list[str] = statements) -> None:
            statements.append(args[2])

        db.session.rollback()
        event.listen(db.engine, "before_cursor_execute", note)
        assert len(stranded(NOW)) == found
        event.remove(db.engine, "before_cursor_execute", note)
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 7


def test_another_able_clerk_at_the_same_time_needs_no_letter(town: Municipality, by: Actor) -> None:
    (visit,) = people(NINE)
    other = second_clerk(town)
    falls_ill()
    outcome = solve(by, visit, Means.RELOCATE, now=NOW)
    row = row_of(visit)
    assert (outcome.did, outcome.is_left, outcome.is_news) == (Did.OTHER_CLERK, False, False)
    assert ([at.clerk_id for at in row.clerks], row.start) == ([other.id], NINE)
    assert (letters(visit), row.sequence) == ([], 0)
    assert stranded(NOW) == []
    assert_owned_exactly(NOW)


def test_a_clerk_who_is_not_able_or_not_there_or_not_free_takes_nobody(town: Municipality, by: Actor) -> None:
    (visit,) = people(NINE)
    unable = second_clerk(town, all_concerns=False)
    falls_ill()
    assert solve(by, visit, Means.RELOCATE, now=NOW).did is Did.MOVED
    assert unable.id not in {at.clerk_id for at in row_of(visit).clerks}


def test_the_nearest_time_is_taken_and_the_citizen_gets_a_letter(town: Municipality, by: Actor) -> None:
    (visit,) = people(NINE)
    falls_ill()
    outcome = solve(by, visit, Means.RELOCATE, now=NOW)
    row = row_of(visit)
    assert (outcome.did, outcome.is_news) == (Did.MOVED, True)
    assert row.start == datetime(2026, 11, 25, 7, 30, tzinfo=UTC), "Wednesday, half past eight, is the nearest"
    assert letters(visit) == [("relocated", 1)]
    assert relocation(visit).before["start"] == NINE.isoformat()
    assert (row.status, row.sequence) == ("confirmed", 1)
    assert stranded(NOW) == []
    assert db.session.scalars(select(Call)).all() == []
    assert_owned_exactly(NOW)


def test_nobody_has_to_come_earlier_than_agreed_without_a_days_notice(town: Municipality, by: Actor) -> None:
    tuesday, friday = people(NINE, NINE + timedelta(days=3))
    falls_ill()
    falls_ill(start=NINE + timedelta(days=3, hours=-2), end=NINE + timedelta(days=3, hours=7))
    solve_all(by, [friday, tuesday], Means.RELOCATE, now=NOW)
    assert row_of(tuesday).start.date() == date(2026, 11, 25), "today would be nearer, but who reads that in time?"
    assert row_of(friday).start.date() == date(2026, 11, 26), "there are three days to read it"


def test_times_kept_for_staff_count_too(town: Municipality, by: Actor) -> None:
    (visit,) = people(NINE)
    other = second_clerk(town)
    for block in db.session.scalars(select(Block).where(Block.clerk_id == other.id)):
        block.kind = "staff"
    falls_ill()
    assert solve(by, visit, Means.RELOCATE, now=NOW).did is Did.OTHER_CLERK


def test_another_office_is_taken_only_if_the_own_one_has_no_time_in_the_next_days(
    town: Municipality, by: Actor
) -> None:
    (visit,) = people(NINE)
    office = an_office(town, "zweigstelle")
    for concern in open_catalogue("musterstadt").concerns:
        db.session.add(ConcernOffice(concern_id=concern.id, office_id=office.id))
    a_clerk(town, office, "platz9")
    falls_ill()
    (here,) = preview(by, [visit], Means.RELOCATE, now=NOW)
    assert here.after.start.date() == date(2026, 11, 25), "the own office, though the other has the very same time"
    falls_ill(end=NINE + timedelta(days=20))
    there = solve(by, visit, Means.RELOCATE, now=NOW)
    assert (there.did, row_of(visit).office_id, row_of(visit).start) == (Did.MOVED, office.id, NINE)
    assert relocation(visit).before["office_id"] != office.id
    assert_owned_exactly(NOW)


def test_who_comes_first_gets_the_nearest_time(town: Municipality, by: Actor) -> None:
    first, second, third = people(NINE, NINE + HALF, NINE + 2 * HALF)
    falls_ill()
    outcomes = solve_all(by, [third, second, first], Means.RELOCATE, now=NOW)
    assert [outcome.case.id for outcome in outcomes] == [first, second, third]
    starts = [row_of(visit).start for visit in (first, second, third)]
    assert starts == sorted(starts)
    assert len(set(starts)) == 3
    assert_owned_exactly(NOW)


def test_a_preview_says_what_would_be_done_and_does_nothing(town: Municipality, by: Actor) -> None:
    visits = people(NINE, NINE + HALF)
    falls_ill()
    seen = preview(by, visits, Means.RELOCATE, now=NOW)
    assert [row_of(visit).start for visit in visits] == [NINE, NINE + HALF]
    assert [letters(visit) for visit in visits] == [[], []]
    assert len(stranded(NOW)) == 2
    assert db.session.scalars(select(Audit)).all() == []
    done = solve_all(by, visits, Means.RELOCATE, now=NOW)
    assert [(one.did, one.after.start) for one in done] == [(one.did, one.after.start) for one in seen]


def test_all_at_once_can_be_repeated(town: Municipality, by: Actor) -> None:
    visits = people(NINE, NINE + HALF)
    falls_ill()
    solve_all(by, visits, Means.RELOCATE, now=NOW)
    again = solve_all(by, visits, Means.RELOCATE, now=NOW)
    assert [outcome.did for outcome in again] == [Did.SOLVED_BEFORE] * 2
    assert [letters(visit) for visit in visits] == [[("relocated", 1)]] * 2


def test_what_fails_stays_in_the_list_and_the_others_are_solved(
    town: Municipality, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = people(NINE, NINE + HALF)
    falls_ill()
    real = relocate.seize

    def refuse_the_first(row: Any, *args: Any) -> None:
        if row.id == first:
            raise StartTaken
        real(row, *args)

    monkeypatch.setattr(relocate, "seize", refuse_the_first)
    outcomes = solve_all(by, [first, second], Means.RELOCATE, now=NOW)
    assert [(outcome.did, outcome.is_left) for outcome in outcomes] == [(Did.FAILED, True), (Did.MOVED, False)]
    assert [case.id for case in stranded(NOW)] == [first]
    assert letters(first) == []
    assert_owned_exactly(NOW)


def test_whoever_is_killed_in_the_middle_leaves_the_rest_listed(
    town: Municipality, by: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = people(NINE, NINE + HALF)
    falls_ill()
    real = relocate.post

    def die_at_the_second(row: Any, *args: Any, **named: Any) -> None:
        if row.id == second:
            raise KeyboardInterrupt
        real(row, *args, **named)

    monkeypatch.setattr(relocate, "post", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        solve_all(by, [first, second], Means.RELOCATE, now=NOW)
    assert [case.id for case in stranded(NOW)] == [second]
    assert (letters(first), letters(second)) == ([("relocated", 1)], [])
    assert_owned_exactly(NOW)


def test_without_a_free_time_somebody_stays_in_the_list_with_the_reason(town: Municipality, by: Actor) -> None:
    (visit,) = people(NINE)
    falls_ill(end=NINE + timedelta(days=30))
    outcome = solve(by, visit, Means.RELOCATE, now=NOW)
    assert (outcome.did, outcome.is_left) == (Did.NOTHING_FREE, True)
    assert [case.id for case in stranded(NOW)] == [visit]
    assert row_of(visit).start == NINE


def test_who_stands_at_the_counter_is_not_moved_to_another_day(town: Municipality, by: Actor) -> None:
    here, begun = people(NINE, NINE + HALF)
    row_of(here).status = "checked_in"
    db.session.commit()
    falls_ill()
    outcomes = solve_all(by, [here, begun], Means.RELOCATE, now=NINE + timedelta(minutes=31))
    assert [outcome.did for outcome in outcomes] == [Did.SOLVED_BEFORE, Did.HAS_BEGUN]
    assert solve(by, here, Means.RELOCATE, now=NINE - HALF).did is Did.HAS_BEGUN


def test_what_nobody_has_confirmed_waits_for_its_letter(town: Municipality, by: Actor) -> None:
    asked = a_booking(start=NINE).id
    falls_ill()
    now = MONDAY + timedelta(minutes=5)
    assert [case.status for case in stranded(now)] == ["pending"]
    assert solve(by, asked, Means.RELOCATE, now=now).did is Did.UNCONFIRMED
    outcome = solve(by, asked, Means.CANCEL, now=now)
    assert (outcome.did, outcome.is_news, letters(asked)) == (Did.CANCELLED, False, [])
    assert db.session.scalars(select(Call)).all() == []


def test_a_cancellation_by_the_office_is_written_or_called(town: Municipality, by: Actor) -> None:
    written, called = people(NINE, NINE + HALF)
    no_mail(called)
    falls_ill()
    solve_all(by, [written, called], Means.CANCEL, now=NOW)
    assert letters(written) == [("cancelled_by_office", 1)]
    assert letters(called) == []
    assert [(call.appointment_id, call.news) for call in db.session.scalars(select(Call))] == [(called, "cancelled")]
    assert stranded(NOW) == []
    assert_owned_exactly(NOW)


def test_whom_no_letter_reaches_is_moved_and_must_be_called(town: Municipality, by: Actor) -> None:
    nowhere, refused = people(NINE, NINE + HALF)
    no_mail(nowhere)
    row_of(refused).mail_failure = "550 no such user"
    db.session.commit()
    falls_ill()
    assert [case.reach for case in stranded(NOW)] == [Reach.NOBODY, Reach.NOBODY]
    row_of(nowhere).phone = "0170 1234567"
    db.session.commit()
    outcomes = solve_all(by, [nowhere, refused], Means.RELOCATE, now=NOW)
    assert [outcome.case.reach for outcome in outcomes] == [Reach.CALL, Reach.NOBODY]
    assert {call.appointment_id: call.news for call in db.session.scalars(select(Call))} == {
        nowhere: "moved",
        refused: "moved",
    }


@pytest.mark.parametrize("means", Means)
@pytest.mark.parametrize(("hours", "phone", "calls"), [(2, "0170 1", 1), (2, "", 0), (2.1, "0170 1", 0)])
def test_whose_time_begins_too_soon_for_a_letter_is_called_as_well(
    town: Municipality, by: Actor, means: Means, hours: float, phone: str, calls: int
) -> None:
    (anna,) = people(NINE, phone=phone)
    falls_ill()
    outcome = solve(by, anna, means, now=NINE - timedelta(hours=hours))
    assert outcome.is_urgent(NINE - timedelta(hours=hours)) is (hours == 2)
    assert len(letters(anna)) == 1
    assert [call.before for call in db.session.scalars(select(Call))] == [NINE] * calls


def test_who_has_answered_the_letter_is_not_called_any_more(town: Municipality, by: Actor) -> None:
    booked = an_appointment(phone="0170 1")
    falls_ill()
    solve(by, booked.id, Means.RELOCATE, now=NINE - HALF)
    accept_relocation(booked.token, now=NINE - HALF)
    assert db.session.scalars(select(Call)).all() == []


def test_a_stranger_solves_nothing(town: Municipality, by: Actor) -> None:
    (visit,) = people(NINE)
    a_municipality("anderswo")
    stranger = a_login("fremd", "manager", town="anderswo")
    with pytest.raises(NotFound):
        solve(stranger, visit, Means.CANCEL, now=NOW)
    assert solve_all(stranger, [visit], Means.CANCEL, now=NOW) == []
    assert preview(stranger, [visit, 999], Means.CANCEL, now=NOW) == []
    assert row_of(visit).status == "confirmed"


def test_the_audit_log_names_who_did_it_but_no_citizen(town: Municipality, by: Actor) -> None:
    (visit,) = people(NINE)
    falls_ill()
    solve(by, visit, Means.RELOCATE, now=NOW)
    (entry,) = db.session.scalars(select(Audit)).all()
    assert (entry.login_id, entry.verb, set(entry.details)) == (by.login, "stranded-moved", {"from", "to"})
    assert datetime.fromisoformat(entry.details["from"]) == NINE
    assert datetime.fromisoformat(entry.details["to"]) > NINE


@pytest.fixture
def moved(town: Municipality, by: Actor) -> Any:
    """An appointment that the office has moved to Wednesday."""
    found = an_appointment()
    falls_ill()
    solve(by, found.id, Means.RELOCATE, now=NOW)
    return found


def unanswered() -> list[str]:
    catalogue = open_catalogue("musterstadt")
    return [case.reference for case in list_unanswered(catalogue, catalogue.office("buergerbuero"), now=NOW)]


def asks(token: str) -> bool:
    return with_question(find_by_token(token)).former is not None


def test_until_there_is_an_answer_the_page_asks_and_the_office_sees_it(moved: Any) -> None:
    assert asks(moved.token)
    assert unanswered() == [moved.reference]


def test_the_day_schedule_tells_that_nobody_has_answered(moved: Any) -> None:
    def told() -> list[bool]:
        day = day_schedule("musterstadt", "buergerbuero", date(2026, 11, 25), now=NOW)
        return [entry.is_unanswered for column in day.columns for entry in column.entries]

    assert told() == [True]
    accept_relocation(moved.token, now=NOW)
    assert told() == [False]


def test_accepting_is_noted_once_and_changes_nothing_else(moved: Any) -> None:
    before = row_of(moved.id).start
    for _ in range(2):
        assert accept_relocation(moved.token, now=NOW).start == before
    assert (relocation(moved.id).answer, asks(moved.token), unanswered()) == ("accepted", False, [])
    assert letters(moved.id) == [("relocated", 1)]


def test_accepting_brings_what_the_letter_to_an_unproven_address_left_out(moved: Any) -> None:
    row_of(moved.id).address_proven = False
    db.session.commit()
    accept_relocation(moved.token, now=NOW)
    written = select(Letter.kind).where(Letter.appointment_id == moved.id, Letter.sequence == 2)
    assert (list(db.session.scalars(written)), unanswered()) == ([Kind.CONFIRMED], [])


def test_choosing_another_time_is_an_answer_and_undoing_it_asks_again(moved: Any) -> None:
    move(moved.token, NINE + timedelta(days=2), now=NOW)
    assert (relocation(moved.id).answer, asks(moved.token)) == ("moved", False)
    way = way_back(find_by_token(moved.token), now=NOW)
    assert way is not None
    undo(moved.token, step=way.step, now=NOW)
    assert (relocation(moved.id).answer, asks(moved.token)) == (None, True)


@pytest.mark.parametrize("step", ["move", "cancel"])
def test_what_staff_did_and_took_back_leaves_the_question(moved: Any, by: Actor, step: str) -> None:
    if step == "move":
        target = Target(NINE + timedelta(days=2), "buergerbuero", knows=True)
        done = move_by_staff(by, moved.reference, target, now=NOW)
    else:
        done = cancel_by_staff(by, moved.reference, CancelledBy.CITIZEN, now=NOW)
    assert unanswered() == []
    undo_by_staff(by, moved.reference, step=done.sequence, now=NOW)
    assert (asks(moved.token), unanswered()) == (True, [moved.reference])


def test_accepting_proves_the_address(moved: Any) -> None:
    row_of(moved.id).address_proven = False  # staff typed it
    db.session.commit()
    accept_relocation(moved.token, now=NOW)
    assert row_of(moved.id).address_proven


def test_proving_the_address_is_no_answer(moved: Any) -> None:
    row_of(moved.id).address_proven = False  # staff typed it
    db.session.commit()
    confirm(moved.token, now=NOW)
    assert (asks(moved.token), unanswered()) == (True, [moved.reference])


def test_choosing_the_very_time_that_was_offered_accepts_it(moved: Any) -> None:
    move(moved.token, row_of(moved.id).start, now=NOW)
    assert relocation(moved.id).answer == "accepted"


def test_cancelling_is_an_answer_and_cannot_be_accepted_afterwards(moved: Any) -> None:
    cancel(moved.token, now=NOW)
    assert (relocation(moved.id).answer, asks(moved.token)) == ("cancelled", False)
    with pytest.raises(NotPossibleNow):
        accept_relocation(moved.token, now=NOW)


def test_whatever_happens_later_leaves_nothing_to_answer(moved: Any) -> None:
    row_of(moved.id).sequence += 1  # as every later move does
    db.session.commit()
    assert not asks(moved.token)
    assert unanswered() == []
    accept_relocation(moved.token, now=NOW)
    assert relocation(moved.id).answer is None


def test_of_several_moves_that_nobody_answered_the_agreed_time_is_kept(moved: Any, by: Actor) -> None:
    falls_ill(start=NINE + timedelta(hours=20), end=NINE + timedelta(days=1, hours=7))
    assert solve(by, moved.id, Means.RELOCATE, now=NOW).did is Did.MOVED
    assert relocation(moved.id).before["start"] == NINE.isoformat()
    assert letters(moved.id) == [("relocated", 1), ("relocated", 2)]


def test_a_citizen_who_was_faster_is_left_alone(town: Municipality, by: Actor) -> None:
    found = an_appointment()
    falls_ill()
    move(found.token, NINE + timedelta(days=2), now=NOW)
    assert solve(by, found.id, Means.RELOCATE, now=NOW).did is Did.SOLVED_BEFORE
    assert letters(found.id) == [("moved", 1)]


def test_the_nights_of_the_clocks_are_no_obstacle(town: Municipality, by: Actor) -> None:
    """Moved over the Sunday on which summer time begins, an appointment begins at the same hour of the wall clock."""
    friday = datetime(2027, 3, 26, 7, 30, tzinfo=UTC)  # 08:30 in winter
    monday = datetime(2027, 3, 29, 6, 30, tzinfo=UTC)  # 08:30 in summer
    now = friday - timedelta(days=2)
    town.holidays = {"country": "DE", "state": "NI", "remove": ["Karfreitag", "Ostermontag"]}
    change_catalogue()
    found = an_appointment(now=now, start=friday, wishes=(Wish("personalausweis"),))
    falls_ill(start=friday - timedelta(hours=30), end=friday + timedelta(hours=9))
    solve(by, found.id, Means.RELOCATE, now=now + timedelta(hours=1))
    assert row_of(found.id).start == monday
    assert_owned_exactly(now)
