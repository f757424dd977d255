"""What staff do to one appointment: move, cancel, take back, correct, note, send again; within their reach alone."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.cancel_by_staff import cancel_by_staff, undo_by_staff
from booking.actions.correct import Reachable, correct_contact, correct_name
from booking.actions.find_appointment import find_by_token
from booking.actions.move import move
from booking.actions.move_by_staff import move_by_staff
from booking.actions.notes import edition_of, save_note
from booking.actions.offer_moves import offer_moves, offer_whole_day
from booking.actions.resend_by_staff import resend_by_staff
from booking.actions.see_appointment import history_of, see_appointment
from booking.actions.targets import Target
from booking.actions.undo import undo, way_back
from booking.errors import (
    ClerkAway,
    ClerkTaken,
    LinkRevoked,
    NeedsReason,
    NoteChanged,
    NotFound,
    NotPossibleNow,
    NotToday,
    OutsideWindow,
    RateLimited,
    StartTaken,
    UndoOver,
)
from booking.extensions import db
from booking.models import (
    Absence,
    Appointment,
    AppointmentClerk,
    Audit,
    Block,
    Call,
    Clerk,
    Closure,
    ConcernOffice,
    Letter,
    Municipality,
    Office,
)
from booking.rules.appointments import Appointment as Appointed
from booking.rules.lifecycle import CancelledBy, Status
from booking.rules.roles import Actor
from booking.rules.secrets import speakable
from tests.builders import MONDAY, NINE, a_booking, a_clerk, a_municipality, an_appointment, an_office
from tests.colleagues import a_login
from tests.ownership import assert_owned_exactly

LATER = MONDAY + timedelta(hours=1)
TEN = NINE + timedelta(hours=1)
HERE = "buergerbuero"


@pytest.fixture(autouse=True)
def town(context: AppContext) -> None:
    row = a_municipality()
    office = db.session.scalars(sa.select(Office)).one()
    a_clerk(row, office, "platz2", name={"de": "Platz 2"})
    row.revision += 1
    db.session.commit()


@pytest.fixture
def desk() -> Actor:
    return a_login("erna", "desk")


def clerk_id(slug: str) -> int:
    return db.session.scalars(sa.select(Clerk.id).where(Clerk.slug == slug)).one()


def clerks_of(found: Appointed) -> set[int]:
    mine = AppointmentClerk.appointment_id == found.id
    return set(db.session.scalars(sa.select(AppointmentClerk.clerk_id).where(mine)))


def letters() -> list[tuple[str, str, datetime]]:
    asked = sa.select(Letter.kind, Letter.status, Letter.next_at).order_by(Letter.id)
    return [tuple(row) for row in db.session.execute(asked)]


def audited() -> list[tuple[str, dict[str, Any]]]:
    return [tuple(row) for row in db.session.execute(sa.select(Audit.verb, Audit.details).order_by(Audit.id))]


def without_mail(found: Appointed) -> None:
    db.session.execute(sa.update(Appointment).where(Appointment.id == found.id).values(email="", contact=None))
    db.session.commit()


def at(found: Appointed, status: Status) -> None:
    db.session.execute(sa.update(Appointment).where(Appointment.id == found.id).values(status=status.value))
    db.session.commit()


def test_another_clerk_at_the_same_time_needs_no_letter(desk: Actor) -> None:
    found = an_appointment()
    before = letters()
    other = clerk_id("platz2")
    moved = move_by_staff(desk, found.reference, Target(NINE, HERE, frozenset({other})), now=LATER)
    assert clerks_of(moved) == {other}
    assert (moved.sequence, letters()) == (found.sequence, before)
    assert_owned_exactly(LATER)
    assert [verb for verb, _ in audited()] == ["changed-clerk"]


def test_another_time_raises_the_sequence_and_its_letter_waits_a_minute(desk: Actor) -> None:
    found = an_appointment()
    moved = move_by_staff(desk, found.reference, Target(TEN, HERE), now=LATER)
    assert (moved.start, moved.sequence) == (TEN, found.sequence + 1)
    assert letters()[-1] == ("moved", "waiting", LATER + timedelta(minutes=1))
    assert_owned_exactly(LATER)


def test_staff_take_their_own_move_back_and_nobody_hears_of_it(desk: Actor) -> None:
    found = an_appointment()
    db.session.execute(sa.update(Letter).values(status="sent"))
    db.session.commit()
    move_by_staff(desk, found.reference, Target(TEN, HERE), now=LATER)
    way = see_appointment(desk, found.reference, now=LATER).way_back
    assert way is not None
    back = undo_by_staff(desk, found.reference, step=way.step, now=LATER + timedelta(seconds=59))
    assert (back.start, back.status) == (NINE, Status.CONFIRMED)
    assert letters()[-1][:2] == ("moved", "superseded")
    assert_owned_exactly(LATER)


def test_the_mailed_link_does_not_undo_what_the_office_did(desk: Actor) -> None:
    found = an_appointment()
    cancelled = cancel_by_staff(desk, found.reference, CancelledBy.OFFICE, now=LATER)
    assert way_back(cancelled, now=LATER) is None
    with pytest.raises(UndoOver):
        undo(found.token, step=cancelled.sequence, now=LATER)


def test_staff_do_not_undo_what_the_citizen_did(desk: Actor) -> None:
    found = an_appointment()
    moved = move(found.token, TEN, now=LATER)
    assert see_appointment(desk, found.reference, now=LATER).way_back is None
    with pytest.raises(UndoOver):
        undo_by_staff(desk, found.reference, step=moved.sequence, now=LATER)


def test_staff_also_take_back_what_was_late_already(desk: Actor) -> None:
    found = an_appointment()
    late = NINE + timedelta(minutes=10)
    moved = move_by_staff(desk, found.reference, Target(TEN, HERE), now=late)
    assert undo_by_staff(desk, found.reference, step=moved.sequence, now=late).start == NINE


@pytest.mark.parametrize("status", [Status.CHECKED_IN, Status.CALLED])
def test_whoever_is_there_changes_the_clerk_at_once_but_not_the_time(desk: Actor, status: Status) -> None:
    found = an_appointment()
    at(found, status)
    other = frozenset({clerk_id("platz2")})
    with pytest.raises(NotPossibleNow):
        move_by_staff(desk, found.reference, Target(TEN, HERE), now=NINE)
    moved = move_by_staff(desk, found.reference, Target(NINE, HERE, other), now=NINE + timedelta(minutes=12))
    assert clerks_of(moved) == other
    assert moved.start == NINE + timedelta(minutes=10)
    assert_owned_exactly(LATER)


def test_whose_day_is_over_changes_no_clerk(desk: Actor) -> None:
    found = an_appointment()
    target = Target(NINE, HERE, frozenset({clerk_id("platz2")}))
    with pytest.raises(NotToday):
        move_by_staff(desk, found.reference, target, now=NINE + timedelta(days=1))
    assert db.session.scalars(sa.select(Appointment.start)).one() == NINE


@pytest.mark.parametrize("status", [Status.SERVING, Status.SERVED, Status.NO_SHOW])
def test_what_is_under_way_or_over_goes_nowhere(desk: Actor, status: Status) -> None:
    found = an_appointment()
    at(found, status)
    for target in (Target(TEN, HERE), Target(NINE, HERE, frozenset({clerk_id("platz2")}))):
        with pytest.raises(NotPossibleNow):
            move_by_staff(desk, found.reference, target, now=LATER)


def test_nobody_moves_people_to_an_office_out_of_their_reach(desk: Actor) -> None:
    row = db.session.scalars(sa.select(Municipality)).one()
    other = an_office(row, "standesamt")
    a_clerk(row, other, "trauzimmer")
    offers_here = db.session.scalars(sa.select(ConcernOffice)).all()
    db.session.add_all(ConcernOffice(concern_id=at.concern_id, office_id=other.id, online=True) for at in offers_here)
    row.revision += 1
    db.session.commit()
    found, narrow = an_appointment(), a_login("nele", "desk", office=HERE)
    with pytest.raises(NotFound):
        move_by_staff(narrow, found.reference, Target(TEN, "standesamt"), now=LATER)
    assert move_by_staff(desk, found.reference, Target(TEN, "standesamt"), now=LATER).office.slug == "standesamt"


@pytest.mark.parametrize("start", [LATER - timedelta(hours=1), LATER + timedelta(days=367)])
def test_staff_move_nobody_into_the_past_or_out_of_sight(desk: Actor, start: datetime) -> None:
    found = an_appointment()
    target = Target(start, HERE, frozenset({clerk_id("platz2")}), outside=True, reason="agreed")
    with pytest.raises(OutsideWindow):
        move_by_staff(desk, found.reference, target, now=LATER)


@pytest.mark.parametrize(("knows", "calls"), [(True, 0), (False, 1)])
def test_whoever_asked_for_the_move_need_not_be_called(desk: Actor, knows: bool, calls: int) -> None:
    found = an_appointment(phone="0170 1234567")
    without_mail(found)
    move_by_staff(desk, found.reference, Target(TEN, HERE, knows=knows), now=LATER)
    assert db.session.scalar(sa.select(sa.func.count(Call.id))) == calls


def test_an_extra_time_is_extra_again_after_an_undo(desk: Actor) -> None:
    found = an_appointment()
    evening = Target(NINE + timedelta(hours=9), HERE, frozenset({clerk_id("platz2")}), outside=True, reason="agreed")
    move_by_staff(desk, found.reference, evening, now=LATER)
    back = move_by_staff(desk, found.reference, Target(TEN, HERE), now=LATER)
    undo_by_staff(desk, found.reference, step=back.sequence, now=LATER)
    assert db.session.scalars(sa.select(Appointment.outside_blocks)).one()


def test_what_is_not_confirmed_is_not_moved_by_staff(desk: Actor) -> None:
    found = a_booking()
    with pytest.raises(NotPossibleNow):
        move_by_staff(desk, found.reference, Target(TEN, HERE), now=MONDAY)


def test_a_taken_time_is_refused_with_the_nearest_free_ones(desk: Actor) -> None:
    found = an_appointment()
    for number in range(2):
        an_appointment(start=TEN, email=f"other{number}@example.org")
    with pytest.raises(StartTaken) as refused:
        move_by_staff(desk, found.reference, Target(TEN, HERE), now=LATER)
    assert refused.value.alternatives
    assert TEN not in refused.value.alternatives
    assert see_appointment(desk, found.reference, now=LATER).start == NINE
    assert_owned_exactly(LATER)


def test_outside_the_hours_only_with_a_reason_of_the_list_and_never_over_somebody(desk: Actor) -> None:
    found = an_appointment()
    evening, one = NINE + timedelta(hours=9), frozenset({clerk_id("platz2")})
    with pytest.raises(StartTaken):
        move_by_staff(desk, found.reference, Target(evening, HERE, one), now=LATER)
    with pytest.raises(NeedsReason):
        move_by_staff(desk, found.reference, Target(evening, HERE, one, outside=True), now=LATER)
    target = Target(evening, HERE, one, outside=True, reason="agreed")
    assert move_by_staff(desk, found.reference, target, now=LATER).start == evening
    assert audited()[-1][1]["reasons"] == {"outside-blocks": "agreed"}
    second = an_appointment(email="second@example.org")
    with pytest.raises(StartTaken):
        move_by_staff(desk, second.reference, target, now=LATER)
    assert_owned_exactly(LATER)


def test_nobody_is_put_to_a_clerk_who_is_away(desk: Actor) -> None:
    found = an_appointment()
    one, evening = clerk_id("platz2"), NINE + timedelta(hours=9)
    db.session.add(Absence(clerk_id=one, start=evening, end=evening + timedelta(hours=1)))
    db.session.execute(sa.update(Municipality).values(revision=Municipality.revision + 1))
    db.session.commit()
    with pytest.raises(ClerkAway):
        move_by_staff(
            desk,
            found.reference,
            Target(evening, HERE, frozenset({one}), outside=True, reason="agreed"),
            now=LATER,
        )


def test_several_clerks_stay_several_when_it_moves(desk: Actor) -> None:
    found = an_appointment()
    both = {clerk_id("platz1"), clerk_id("platz2")}
    missing = (both - clerks_of(found)).pop()
    row = db.session.get_one(Appointment, found.id)
    row.clerks.append(AppointmentClerk(clerk_id=missing, after_minutes=0))
    from booking.actions.taking import moments_with
    from booking.models.cells import own_cells

    own_cells(row.id, missing, moments_with(row, row.clerks[-1]))
    db.session.commit()
    assert clerks_of(move_by_staff(desk, found.reference, Target(TEN, HERE), now=LATER)) == both
    assert_owned_exactly(LATER)
    assert clerks_of(move(found.token, NINE + timedelta(hours=2), now=LATER)) == both
    assert_owned_exactly(LATER)


def test_the_menu_offers_who_is_free_now_and_the_free_times_of_a_week(desk: Actor) -> None:
    found = an_appointment()
    ways = offer_moves(desk, found.reference, first=NINE.date(), now=LATER)
    assert [sorted(clerks) for _, clerks in ways.swaps] == [[clerk_id("platz2")]]
    (place,) = ways.offices
    assert place.days[0][0] == NINE.date()
    assert NINE not in place.days[0][1]
    for _, starts in place.days[:1]:
        moved = move_by_staff(desk, found.reference, Target(starts[0], HERE), now=LATER)
        assert moved.start == starts[0]


def test_the_menu_names_days_of_useless_rests_and_shows_every_start_of_one_day(desk: Actor) -> None:
    found = an_appointment()
    friday = NINE.date() + timedelta(days=3)
    for block in db.session.scalars(sa.select(Block).where(Block.weekday == friday.weekday())):
        block.end = time(8, 50)  # a quarter of an hour leaves five minutes there
    db.session.scalars(sa.select(Municipality)).one().revision += 1
    db.session.commit()
    week = offer_moves(desk, found.reference, first=NINE.date(), now=LATER)
    (place,) = week.offices
    assert place.wasteful == (friday,)
    assert [day.weekday() for day in week.without(place)] == [5, 6]
    (whole,) = offer_whole_day(desk, found.reference, day=friday, now=LATER).offices
    ((day, starts),) = whole.days
    assert (day, [f"{start:%H:%M}" for start in starts]) == (friday, ["08:30", "08:35"])
    assert move_by_staff(desk, found.reference, Target(starts[1], HERE), now=LATER).start == starts[1]


def test_the_menu_offers_the_free_times_of_one_clerk_who_then_serves_it(desk: Actor) -> None:
    found, other = an_appointment(), clerk_id("platz2")
    second = an_appointment(start=TEN, email="b@example.org")
    move_by_staff(desk, second.reference, Target(TEN, HERE, frozenset({other})), now=LATER)
    (place,) = offer_moves(desk, found.reference, first=NINE.date(), now=LATER, clerk=other).offices
    (whole,) = offer_whole_day(desk, found.reference, day=NINE.date(), now=LATER, clerk=other).offices
    for _, starts in (place.days[0], *whole.days):
        assert TEN not in starts
        moved = move_by_staff(desk, found.reference, Target(starts[-1], HERE, frozenset({other})), now=LATER)
        assert (moved.start, clerks_of(moved)) == (starts[-1], {other})
    assert {clerk.id for clerk in place.able} == {clerk_id("platz1"), other}  # the others can still be chosen
    assert_owned_exactly(LATER)


def test_who_stands_against_a_chosen_clerk_is_named_to_whoever_sees_that_day(desk: Actor) -> None:
    found, other = an_appointment(), frozenset({clerk_id("platz2")})
    there = an_appointment(name="Bernd Brot", email="b@example.org")
    target = Target(NINE, HERE, other)
    with pytest.raises(ClerkTaken) as refused:
        move_by_staff(desk, found.reference, target, now=LATER)
    whom = f"Bernd Brot ({speakable(there.reference)})"
    assert refused.value.about == "busy"
    assert refused.value.values == {"clerk": "Platz 2", "at": "09:00", "reference": whom}
    assert refused.value.alternatives
    with pytest.raises(ClerkTaken) as refused:
        move_by_staff(a_login("petra", "phone"), found.reference, target, now=LATER)
    assert refused.value.values["reference"] == "einen anderen Termin"
    assert clerks_of(found) == {clerk_id("platz1")}


@pytest.mark.parametrize("about", ["unable", "away", "shut", "hours"])
def test_why_a_chosen_clerk_cannot_have_it_is_said(desk: Actor, about: str) -> None:
    found, other = an_appointment(), clerk_id("platz2")
    row = db.session.scalars(sa.select(Municipality)).one()
    start = TEN + timedelta(hours=5) if about == "hours" else TEN
    if about == "unable":
        db.session.get_one(Clerk, other).all_concerns = False
    elif about == "away":
        db.session.add(Absence(clerk_id=other, start=TEN, end=TEN + timedelta(hours=1)))
    elif about == "shut":
        db.session.add(Closure(municipality_id=row.id, first=TEN.date(), last=TEN.date(), start=time(10)))
    row.revision += 1
    db.session.commit()
    with pytest.raises(ClerkTaken) as refused:
        move_by_staff(desk, found.reference, Target(start, HERE, frozenset({other})), now=LATER)
    assert (refused.value.about, refused.value.values) == (about, {"clerk": "Platz 2"})


@pytest.mark.parametrize(
    ("wished", "letter", "called"),
    [
        (CancelledBy.CITIZEN, "cancelled_by_citizen", 0),  # the caller knows
        (CancelledBy.OFFICE, "cancelled_by_office", 1),
    ],
)
def test_who_wished_it_decides_the_letter_and_whether_to_call(
    desk: Actor, wished: CancelledBy, letter: str, called: int
) -> None:
    with_mail, without = an_appointment(), an_appointment(email="b@example.org", start=TEN)
    without_mail(without)
    for found in (with_mail, without):
        assert cancel_by_staff(desk, found.reference, wished, now=LATER).status == Status.CANCELLED
    assert letters()[-1][0] == letter
    assert db.session.scalar(sa.select(sa.func.count(Call.id))) == called
    assert_owned_exactly(LATER)


def test_an_undone_cancellation_needs_no_call(desk: Actor) -> None:
    found = an_appointment()
    without_mail(found)
    cancelled = cancel_by_staff(desk, found.reference, CancelledBy.OFFICE, now=LATER)
    undo_by_staff(desk, found.reference, step=cancelled.sequence, now=LATER)
    assert db.session.scalar(sa.select(sa.func.count(Call.id))) == 0


def test_a_step_taken_back_twice_is_one_entry_in_the_log(desk: Actor) -> None:
    found = an_appointment()
    moved = move_by_staff(desk, found.reference, Target(TEN, HERE), now=LATER)
    for _ in range(2):
        undo_by_staff(desk, found.reference, step=moved.sequence, now=LATER)
    (first, details), last = audited()
    assert (first, last[0]) == ("moved", "undone")
    assert [datetime.fromisoformat(details[name]) for name in ("from", "to")] == [NINE, TEN]


def test_a_corrected_name_is_counted_and_not_copied(desk: Actor) -> None:
    found = an_appointment()
    assert correct_name(desk, found.reference, "Anna Beispiél", now=LATER)
    assert not correct_name(desk, found.reference, "Anna Beispiél", now=LATER)
    assert audited() == [("corrected-name", {})]
    assert see_appointment(desk, found.reference, now=LATER).corrections == 1


def test_another_address_is_unproven_and_its_first_letter_bare(desk: Actor) -> None:
    found = an_appointment()
    wanted = Reachable(phone="05071 1234", email="neu@example.org", language="en")
    assert correct_contact(desk, found.reference, wanted, now=LATER) == ("phone", "email", "language")
    with pytest.raises(LinkRevoked):
        find_by_token(found.token)
    row = db.session.get_one(Appointment, found.id)
    assert (row.address_proven, row.generation) == (False, 1)
    latest = db.session.scalars(sa.select(Letter).order_by(Letter.id.desc())).first()
    assert latest is not None
    assert (latest.kind, latest.address, latest.language) == ("confirmed", "neu@example.org", "en")
    from booking.actions.catalogues import catalogue_by_id
    from booking.actions.presenting import present

    assert present(row, catalogue_by_id(row.municipality_id)).is_bare
    assert audited() == [("corrected-contact", {"fields": ["phone", "email", "language"]})]


def test_an_unconfirmed_address_is_the_citizens_to_correct(desk: Actor) -> None:
    found = a_booking()
    with pytest.raises(NotPossibleNow):
        correct_contact(desk, found.reference, Reachable("", "neu@example.org", "de"), now=MONDAY)


def test_the_second_of_two_notes_is_told_and_loses_nothing(desk: Actor) -> None:
    found = an_appointment()
    seen = edition_of("")
    save_note(desk, found.reference, "Rollstuhl", seen=seen, now=LATER)
    save_note(desk, found.reference, "Rollstuhl", seen=seen, now=LATER)  # pressed twice
    with pytest.raises(NoteChanged) as refused:
        save_note(desk, found.reference, "Hund", seen=seen, now=LATER)
    assert refused.value.theirs == "Rollstuhl"
    save_note(desk, found.reference, "Rollstuhl, Hund", seen=edition_of("Rollstuhl"), now=LATER)
    assert see_appointment(desk, found.reference, now=LATER).note == "Rollstuhl, Hund"
    assert audited() == [("noted", {}), ("noted", {})]


def test_a_letter_is_sent_again_only_so_often(desk: Actor) -> None:
    found = an_appointment()
    now = LATER
    for _ in range(3):
        now += timedelta(minutes=6)
        assert resend_by_staff(desk, found.reference, now=now) == "anna@example.org"
        with pytest.raises(RateLimited):
            resend_by_staff(desk, found.reference, now=now + timedelta(minutes=1))
    with pytest.raises(RateLimited):
        resend_by_staff(desk, found.reference, now=now + timedelta(minutes=6))


def test_only_admins_see_who_did_what(desk: Actor) -> None:
    found = an_appointment()
    correct_name(desk, found.reference, "Anna B", now=LATER)
    assert history_of(desk, found.reference).entries == ()
    (entry,) = history_of(a_login("chef", "admin"), found.reference).entries
    assert (entry.who, entry.verb) == ("Erna", "corrected-name")


DOINGS: list[Callable[[Actor, str], object]] = [
    lambda by, ref: move_by_staff(by, ref, Target(TEN, HERE), now=LATER),
    lambda by, ref: cancel_by_staff(by, ref, CancelledBy.OFFICE, now=LATER),
    lambda by, ref: undo_by_staff(by, ref, step=1, now=LATER),
    lambda by, ref: correct_name(by, ref, "X Y", now=LATER),
    lambda by, ref: correct_contact(by, ref, Reachable("", "x@example.org", "de"), now=LATER),
    lambda by, ref: save_note(by, ref, "x", seen=edition_of(""), now=LATER),
    lambda by, ref: resend_by_staff(by, ref, now=LATER),
    lambda by, ref: see_appointment(by, ref, now=LATER),
    history_of,
    lambda by, ref: offer_moves(by, ref, first=NINE.date(), now=LATER),
]


@pytest.mark.parametrize("doing", DOINGS)
def test_strangers_find_nothing_there(doing: Callable[[Actor, str], object]) -> None:
    found = an_appointment()
    other = a_municipality("anderswo")
    an_office(db.session.scalars(sa.select(Municipality).where(Municipality.slug == "musterstadt")).one(), "standesamt")
    db.session.commit()
    assert other.id
    strangers = [
        a_login("fremd", "admin", town="anderswo"),
        a_login("nebenan", "manager", office="standesamt"),
        a_login("nurbuchen", "phone", books_only=True),
    ]
    for stranger in strangers:
        with pytest.raises(NotFound):
            doing(stranger, found.reference)
    assert see_appointment(a_login("hier", "desk"), found.reference, now=LATER).name == "Anna Beispiel"
