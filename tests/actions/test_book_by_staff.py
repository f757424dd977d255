"""What staff enter while somebody is on the phone: holds, bookings confirmed at once, reasons for what is unusual."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask.ctx import AppContext
from sqlalchemy import func, select, update

from booking.actions.book_by_staff import Insisting, book_by_staff
from booking.actions.call_list import call_instead
from booking.actions.cancel import cancel, cancel_by_office
from booking.actions.cancel_by_staff import cancel_by_staff
from booking.actions.confirm import confirm
from booking.actions.expire_pendings import expire_pendings
from booking.actions.find_appointment import find_by_token
from booking.actions.find_for_phone import Sieve, find_for_phone
from booking.actions.find_for_staff import MOST_VAIN, Said, find_for_caller
from booking.actions.find_starts import find_starts
from booking.actions.hold_time import HeldTime, free_hold, hold_time
from booking.actions.keep import keep
from booking.actions.marks import mark
from booking.actions.move import move
from booking.actions.move_by_staff import Target, move_by_staff
from booking.actions.relocate import Means, solve_all
from booking.actions.stranded import list_stranded
from booking.errors import (
    ClerkAway,
    Invalid,
    NeedsReason,
    NotFound,
    OfficeShut,
    OutsideWindow,
    Refusal,
    SearchedTooOften,
    StartTaken,
)
from booking.extensions import db
from booking.models import (
    Absence,
    AppointmentClerk,
    Audit,
    Block,
    Cell,
    Clerk,
    Closure,
    Hold,
    Kind,
    Letter,
    Municipality,
    Office,
    VainSearch,
)
from booking.models import Appointment as Row
from booking.rules.appointments import Appointment, Order, Wish
from booking.rules.lifecycle import HOLDING, CancelledBy, Status, Verb
from booking.rules.roles import Actor
from tests.builders import (
    MONDAY,
    NINE,
    a_booking,
    a_clerk,
    a_concern,
    a_municipality,
    an_appointment,
    an_office,
    an_order,
)
from tests.colleagues import a_login
from tests.ownership import assert_owned_exactly

LATER = MONDAY + HOLDING
WISHES = (Wish("personalausweis"),)


@pytest.fixture
def petra(context: AppContext) -> Actor:
    a_municipality()
    return a_login("petra", "phone")


def a_call(**fields: Any) -> Order:
    """What the phone page sends: no network, no e-mail, a number."""
    return an_order(**{"channel": "phone", "network": "", "email": "", "phone": "05071 1234567", **fields})


def a_hold(by: Actor, now: datetime = MONDAY, clerk: str = "", **fields: Any) -> HeldTime:
    return hold_time(a_call(name="", phone="", **fields), by=by, clerk=clerk, now=now)


def enter(by: Actor, now: datetime = MONDAY, clerk: str = "", reasons: Any = None, **fields: Any) -> Appointment:
    return book_by_staff(a_call(**fields), by=by, insisting=Insisting(clerk, reasons or {}), now=now)


def citizens_starts(now: datetime) -> set[datetime]:
    offices = find_starts("musterstadt", WISHES, now=now).offices
    return {datetime.fromtimestamp(moment, UTC) for at in offices for moment in at.starts}


def count(table: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_held_time_is_nobody_elses_for_three_minutes(petra: Actor) -> None:
    assert NINE in citizens_starts(MONDAY)
    held = a_hold(petra)
    assert held.appointment.status is Status.PENDING
    assert held.appointment.confirm_by == MONDAY + timedelta(minutes=3)
    assert NINE not in citizens_starts(MONDAY)
    with pytest.raises(StartTaken):
        a_booking(now=MONDAY + timedelta(seconds=179))
    assert_owned_exactly(LATER)


def test_a_hold_lapses_by_itself_though_no_job_runs(petra: Actor) -> None:
    a_hold(petra)
    assert NINE in citizens_starts(LATER)
    assert a_booking(now=LATER).start == NINE
    assert count(Row) == 1
    assert count(Hold) == 0
    assert_owned_exactly(LATER)


def test_a_lapsed_hold_is_deleted_and_not_kept_as_an_expired_booking(petra: Actor) -> None:
    a_hold(petra)
    a_booking(start=NINE + timedelta(hours=1))
    assert expire_pendings(now=LATER) == 1
    assert [row.name for row in db.session.scalars(select(Row))] == ["Anna Beispiel"]
    assert count(Hold) == 0
    assert_owned_exactly(LATER)


def test_taking_another_time_frees_the_first(petra: Actor) -> None:
    first = a_hold(petra)
    second = a_hold(petra, start=NINE + timedelta(hours=1))
    assert [row.reference for row in db.session.scalars(select(Row))] == [second.appointment.reference]
    assert first.appointment.start in citizens_starts(MONDAY)
    assert_owned_exactly(LATER)


def test_a_hold_that_fails_leaves_the_first_as_it_was(petra: Actor) -> None:
    taken = a_booking(start=NINE + timedelta(hours=1))
    first = a_hold(petra)
    with pytest.raises(StartTaken) as refused:
        a_hold(petra, start=taken.start)
    assert refused.value.alternatives
    assert db.session.scalars(select(Hold.appointment_id)).one() == first.appointment.id
    assert_owned_exactly(LATER)


def test_a_hold_moves_from_one_municipality_to_another(petra: Actor) -> None:
    a_municipality("anderswo")
    there = Actor(petra.login, petra.role, petra.municipality + 1)
    a_hold(petra)
    a_hold(there, municipality="anderswo")
    assert count(Hold) == count(Row) == 1
    assert NINE in citizens_starts(MONDAY)


def test_freeing_a_hold_leaves_nothing(petra: Actor) -> None:
    a_hold(petra)
    assert free_hold(petra.login)
    assert not free_hold(petra.login)
    assert count(Row) == count(Cell) == count(Hold) == 0
    assert NINE in citizens_starts(MONDAY)


def test_a_held_time_becomes_the_callers_appointment_with_the_same_reference(petra: Actor) -> None:
    held = a_hold(petra)
    booked = enter(petra, now=MONDAY + timedelta(minutes=1), name="Anna Beispiel")
    assert booked.reference == held.appointment.reference
    assert booked.id == held.appointment.id
    assert (booked.status, booked.name, booked.phone) == (Status.CONFIRMED, "Anna Beispiel", "05071 1234567")
    assert booked.confirm_by is None
    assert count(Hold) == 0
    assert expire_pendings(now=LATER) == 0
    assert_owned_exactly(LATER)


def test_a_time_can_be_booked_without_holding_it(petra: Actor) -> None:
    booked = enter(petra)
    assert booked.status is Status.CONFIRMED
    assert booked.channel == "phone"
    assert_owned_exactly(LATER)


def test_booking_something_else_than_what_is_held_frees_the_hold(petra: Actor) -> None:
    a_hold(petra)
    enter(petra, wishes=(Wish("personalausweis", 2),))
    assert count(Row) == 1
    assert_owned_exactly(LATER)


def test_a_hold_over_while_the_name_was_typed_can_still_be_booked_if_nobody_came(petra: Actor) -> None:
    held = a_hold(petra)
    expire_pendings(now=LATER)
    booked = enter(petra, now=LATER + timedelta(minutes=5))
    assert booked.start == held.appointment.start
    assert_owned_exactly(LATER)


def test_a_hold_over_and_taken_by_a_citizen_is_refused_with_the_nearest_times(petra: Actor) -> None:
    a_hold(petra)
    an_appointment(now=LATER)
    with pytest.raises(StartTaken) as refused:
        enter(petra, now=LATER + timedelta(minutes=2))
    assert refused.value.alternatives
    assert count(Row) == 1
    assert_owned_exactly(LATER)


def test_the_same_form_sent_twice_is_one_appointment(petra: Actor) -> None:
    a_hold(petra)
    first, second = enter(petra, key="enter"), enter(petra, key="enter", now=MONDAY + timedelta(seconds=1))
    assert first.reference == second.reference
    assert count(Row) == count(Audit) == 1


def test_a_number_or_an_address_suffices_but_one_is_needed(petra: Actor) -> None:
    with pytest.raises(Invalid):
        enter(petra, phone="")
    assert enter(petra, phone="", email="anna@example.org").email == "anna@example.org"
    assert enter(petra, name="Bert Beispiel", start=NINE + timedelta(hours=1)).email == ""


def test_the_letter_goes_out_with_the_booking_and_only_where_there_is_an_address(petra: Actor) -> None:
    enter(petra)
    assert count(Letter) == 0
    booked = enter(petra, name="Bert", phone="", email="bert@example.org", start=NINE + timedelta(hours=1))
    letter = db.session.scalars(select(Letter)).one()
    assert (letter.appointment_id, letter.kind, letter.method) == (booked.id, Kind.CONFIRMED, "REQUEST")
    assert booked.is_bare


def test_an_address_that_staff_typed_is_proven_by_a_button_and_not_by_opening_the_link(petra: Actor) -> None:
    booked = enter(petra, phone="", email="anna@example.org")
    assert find_by_token(booked.token).is_bare
    proven = confirm(booked.token, now=LATER)
    assert not proven.is_bare
    assert proven.status is Status.CONFIRMED
    letters = db.session.execute(select(Letter.kind, Letter.sequence).order_by(Letter.id)).all()
    assert letters == [(Kind.CONFIRMED, 0), (Kind.CONFIRMED, 1)]
    confirm(booked.token, now=LATER)
    assert count(Letter) == 2


def test_saying_that_one_comes_brings_what_the_first_letter_left_out(petra: Actor) -> None:
    booked = enter(petra, phone="", email="anna@example.org")
    assert not keep(booked.token, now=LATER).is_bare
    keep(booked.token, now=LATER)
    letters = db.session.execute(select(Letter.kind, Letter.sequence).order_by(Letter.id)).all()
    assert letters == [(Kind.CONFIRMED, 0), (Kind.CONFIRMED, 1)]


def test_moving_or_cancelling_by_the_link_proves_the_address_too(petra: Actor) -> None:
    booked = enter(petra, phone="", email="anna@example.org")
    assert not move(booked.token, NINE + timedelta(hours=1), now=LATER).is_bare
    other = enter(petra, name="Bert", phone="", email="bert@example.org")
    assert not cancel(other.token, now=LATER).is_bare


def test_staff_see_further_than_citizens_and_need_no_lead_time(petra: Actor) -> None:
    soon = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    far = datetime(2027, 5, 18, 7, tzinfo=UTC)
    assert enter(petra, start=soon, now=soon - timedelta(minutes=1)).start == soon
    assert enter(petra, start=far, name="Bert", phone="05071 7654321").start == far


def test_a_time_beyond_the_window_needs_a_reason(petra: Actor) -> None:
    beyond = datetime(2027, 6, 22, 7, tzinfo=UTC)
    with pytest.raises(NeedsReason) as asked:
        enter(petra, start=beyond)
    assert asked.value.cautions == ("outside-window",)
    with pytest.raises(Invalid):
        enter(petra, start=beyond, reasons={"outside-window": "because"})
    assert enter(petra, start=beyond, reasons={"outside-window": "long-planned"}).start == beyond
    assert db.session.scalars(select(Audit.details)).one()["reasons"] == {"outside-window": "long-planned"}


def test_what_is_over_cannot_be_booked(petra: Actor) -> None:
    with pytest.raises(OutsideWindow):
        enter(petra, start=NINE, now=NINE + timedelta(hours=1), reasons={"outside-window": "urgent"})


def test_no_reason_takes_anybody_further_than_a_year(petra: Actor) -> None:
    reasons = {"outside-window": "long-planned", "outside-blocks": "agreed"}
    for start in (datetime(2027, 11, 30, 8, tzinfo=UTC), datetime(2099, 11, 24, 8, tzinfo=UTC)):
        with pytest.raises(OutsideWindow):
            enter(petra, start=start, clerk="platz1", reasons=reasons)
        with pytest.raises(OutsideWindow):
            a_hold(petra, start=start, clerk="platz1")
    assert count(Row) == 0


def test_an_appointment_outside_blocks_needs_its_clerk_and_a_reason(petra: Actor) -> None:
    evening = NINE + timedelta(hours=9)
    with pytest.raises(StartTaken):
        enter(petra, start=evening)
    with pytest.raises(NeedsReason) as asked:
        enter(petra, start=evening, clerk="platz1")
    assert asked.value.cautions == ("outside-blocks",)
    held = a_hold(petra, start=evening, clerk="platz1")
    assert held.cautions == ("outside-blocks",)
    booked = enter(petra, start=evening, clerk="platz1", reasons={"outside-blocks": "agreed"})
    assert booked.reference == held.appointment.reference
    assert db.session.scalars(select(Row.outside_blocks)).one()
    assert_owned_exactly(LATER)


def test_outside_blocks_nobody_is_put_to_a_clerk_who_is_away(petra: Actor) -> None:
    evening, clerk = NINE + timedelta(hours=9), db.session.scalars(select(Clerk)).one()
    db.session.add(Absence(clerk_id=clerk.id, start=MONDAY, end=MONDAY + timedelta(days=3)))
    _raise_revision()
    with pytest.raises(ClerkAway):
        a_hold(petra, start=evening, clerk="platz1")
    with pytest.raises(ClerkAway):
        enter(petra, start=evening, clerk="platz1", reasons={"outside-blocks": "agreed"})
    assert count(Row) == 0


def test_nobody_is_booked_or_moved_into_a_closure_for_whatever_reason(petra: Actor) -> None:
    evening, town = NINE + timedelta(hours=9), db.session.scalars(select(Municipality)).one()
    found = enter(petra, start=NINE + timedelta(days=1), name="Bert")
    db.session.add(Closure(municipality_id=town.id, first=NINE.date(), last=NINE.date(), name={}))
    _raise_revision()
    clerk = db.session.scalars(select(Clerk.id)).one()
    target = Target(evening, "buergerbuero", frozenset({clerk}), outside=True, reason="agreed")
    for act in (
        lambda: a_hold(petra, start=evening, clerk="platz1"),
        lambda: enter(petra, start=evening, clerk="platz1", reasons={"outside-blocks": "agreed"}),
        lambda: move_by_staff(a_login("erna", "desk"), found.reference, target, now=LATER),
    ):
        with pytest.raises(OfficeShut):
            act()
    assert count(Row) == 1
    assert_owned_exactly(LATER)


def test_an_extra_time_on_a_holiday_is_agreed_and_not_stranded(petra: Actor) -> None:
    christmas = datetime(2026, 12, 25, 8, tzinfo=UTC)
    booked = enter(petra, start=christmas, clerk="platz1", reasons={"outside-blocks": "agreed"})
    catalogue = booked.catalogue
    assert list_stranded(catalogue, catalogue.office("buergerbuero"), now=LATER) == []


def test_an_overlap_can_never_be_overridden(petra: Actor) -> None:
    an_appointment()
    reasons = {"outside-window": "urgent", "outside-blocks": "urgent", "already-booked": "other-matter"}
    for start in (NINE, NINE + timedelta(minutes=5), NINE - timedelta(minutes=5)):
        with pytest.raises(StartTaken):
            enter(petra, start=start, clerk="platz1", reasons=reasons)
        with pytest.raises(StartTaken):
            a_hold(petra, start=start, clerk="platz1")
    assert count(Row) == 1
    assert_owned_exactly(LATER)


@pytest.mark.parametrize(
    ("again", "warned"),
    [
        ({"name": "Berta", "phone": "+49 5071 / 123-4567"}, True),
        ({"name": "Berta", "email": "A@example.org"}, True),
        ({"name": "anna beispiel", "phone": "05071 9999999"}, True),
        ({"name": "Berta", "phone": "05071 9999999", "email": "b@example.org"}, False),
        ({"name": "Anna Beispiel", "phone": "05071 9999999", "day": 1, "wish": "meldebescheinigung"}, False),
        ({"name": "Anna Beispiel", "phone": "05071 9999999", "day": 1}, True),
    ],
    ids=["number", "address", "name on that day", "somebody else", "name on another day", "name for the same"],
)
def test_who_seems_to_be_booked_already_is_warned_of(petra: Actor, again: dict[str, Any], warned: bool) -> None:
    enter(petra, email="a@example.org")
    who = {key: value for key, value in again.items() if key not in {"day", "wish"}}
    start = NINE + timedelta(days=again.get("day", 0), hours=1)
    order = {"start": start, "wishes": (Wish(again.get("wish", "personalausweis")),), **who}
    if not warned:
        assert enter(petra, **order).status is Status.CONFIRMED
        return
    with pytest.raises(NeedsReason) as asked:
        enter(petra, **order)
    assert asked.value.cautions == ("already-booked",)
    assert enter(petra, **order, reasons={"already-booked": "other-matter"}).status is Status.CONFIRMED


EVENING = NINE + timedelta(hours=9)
KNOWN, STRANGER = {"name": "Anna Beispiel"}, {"name": "Berta", "phone": "05071 9999999"}


def test_an_appointment_of_an_office_out_of_reach_is_not_told_of(petra: Actor) -> None:
    town = db.session.scalars(select(Municipality)).one()
    office = an_office(town, "standesamt")
    a_concern(town, office, "trauung", minutes=30)
    a_clerk(town, office, "trauzimmer")
    _raise_revision()
    enter(petra, email="a@example.org")
    there = {"office": "standesamt", "wishes": (Wish("trauung"),), "email": "a@example.org"}
    nora = a_login("nora", "phone", office="standesamt", books_only=True)
    assert enter(nora, **there).status is Status.CONFIRMED
    with pytest.raises(NeedsReason) as asked:
        enter(petra, **there, start=NINE + timedelta(hours=1))
    assert asked.value.cautions == ("already-booked",)


@pytest.mark.parametrize("who", [KNOWN, STRANGER], ids=["known", "stranger"])
def test_a_booking_that_lacks_a_reason_counts_as_a_search_in_vain(petra: Actor, who: dict[str, str]) -> None:
    enter(petra)
    nur = a_login("nur", "phone", books_only=True)
    with pytest.raises(NeedsReason):
        enter(nur, start=EVENING, clerk="platz1", **who)
    assert db.session.scalars(select(VainSearch.login_id)).all() == [nur.login]


def test_whoever_lacks_reasons_too_often_learns_no_more_for_an_hour_but_may_book(petra: Actor) -> None:
    enter(petra)
    nur, theo = a_login("nur", "phone", books_only=True), a_login("theo", "phone")
    for second in range(MOST_VAIN):
        with pytest.raises(NeedsReason):
            enter(nur, now=MONDAY - timedelta(seconds=second), start=EVENING, clerk="platz1", **KNOWN)
    for who in (KNOWN, STRANGER):
        with pytest.raises(SearchedTooOften):
            enter(nur, start=EVENING, clerk="platz1", **who)
    with pytest.raises(SearchedTooOften):
        find_for_caller([nur], Said(name="Anna Beispiel", contact="05071 1234567"), now=MONDAY)
    for by, now in ((theo, MONDAY), (nur, MONDAY + timedelta(hours=1))):
        with pytest.raises(NeedsReason):
            enter(by, now=now, start=EVENING, clerk="platz1", **KNOWN)
    reasons = {"outside-blocks": "agreed", "already-booked": "other-matter"}
    assert enter(nur, start=EVENING, clerk="platz1", reasons=reasons, **KNOWN).status is Status.CONFIRMED
    assert enter(nur, start=NINE + timedelta(hours=1), **STRANGER).status is Status.CONFIRMED


@pytest.mark.parametrize(
    ("start", "reasons"),
    [
        pytest.param(NINE, {"outside-blocks": "agreed"}, id="a time that is taken"),
        pytest.param(EVENING, {"outside-blocks": "none", "already-booked": "none"}, id="reasons off the list"),
        pytest.param(EVENING, {"already-booked": "other-matter"}, id="the other reason"),
    ],
)
def test_what_is_refused_is_refused_alike_whether_or_not_somebody_is_known(
    petra: Actor, start: datetime, reasons: dict[str, str]
) -> None:
    enter(petra)
    told = []
    for who in (KNOWN, STRANGER):
        with pytest.raises(Refusal) as refused:
            enter(petra, start=start, clerk="platz1", reasons=reasons, **who)
        faults = getattr(refused.value, "faults", ())
        told.append((refused.type, getattr(refused.value, "cautions", ()), [fault.pointer for fault in faults]))
    assert told[0] == told[1]


def test_the_audit_log_knows_who_booked_why_but_nobodys_name(petra: Actor) -> None:
    booked = enter(petra, name="Anna Beispiel", email="anna@example.org")
    line = db.session.scalars(select(Audit)).one()
    assert (line.verb, line.login_id, line.subject) == ("book", petra.login, f"appointment {booked.reference}")
    assert "Anna" not in str(line.details)
    assert "anna@" not in str(line.details)


def test_an_office_out_of_reach_is_refused(petra: Actor) -> None:
    a_municipality("anderswo")
    for act in (enter, a_hold):
        with pytest.raises(NotFound):
            act(petra, municipality="anderswo")
    elsewhere = replace(petra, office=10_000)
    with pytest.raises(NotFound):
        enter(elsewhere)
    assert count(Row) == 0


def test_staff_may_use_blocks_that_are_kept_for_them(petra: Actor) -> None:
    clerk = db.session.scalars(select(Clerk)).one()
    office = db.session.scalars(select(Office)).one()
    db.session.add(Block(clerk_id=clerk.id, office_id=office.id, weekday=1, kind="staff", start=time(14), end=time(15)))
    _raise_revision()
    afternoon = datetime(2026, 11, 24, 13, tzinfo=UTC)
    assert afternoon not in citizens_starts(MONDAY)
    sieve = Sieve(frozenset({office.id}), part="afternoon")
    assert next(at.start for at in find_for_phone("musterstadt", WISHES, sieve=sieve, now=MONDAY).times) == afternoon
    assert enter(petra, start=afternoon).start == afternoon


def _raise_revision() -> None:
    for row in db.session.scalars(select(Municipality)):
        row.revision += 1
    db.session.commit()


def test_both_two_o_clocks_of_the_night_in_october_can_be_held(petra: Actor) -> None:
    """02:30 comes twice on 31 October 2027; the instants differ, so the holds do."""
    first, second = datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    one = a_hold(petra, start=first, clerk="platz1")
    booked = enter(petra, start=first, clerk="platz1", reasons={"outside-blocks": "agreed", "outside-window": "agreed"})
    assert booked.reference == one.appointment.reference
    assert a_hold(petra, start=second, clerk="platz1").appointment.start == second
    assert_owned_exactly(LATER)


def test_staff_may_take_a_freed_time_that_citizens_do_not_see_yet(context: AppContext) -> None:
    a_municipality(policy={"max_open_per_network": 1000, "release_delay_minutes": 600})
    petra = a_login("petra", "phone")
    cancel_by_office(an_appointment().id, now=LATER)
    db.session.execute(update(Cell).values(held_until=LATER + timedelta(hours=5)))
    db.session.commit()
    assert NINE not in citizens_starts(LATER)
    assert a_hold(petra, now=LATER).appointment.start == NINE
    assert_owned_exactly(LATER)


def test_a_number_is_known_however_it_was_written_down(petra: Actor) -> None:
    enter(petra, phone="+49 (0)5071 1234567")
    with pytest.raises(NeedsReason):
        enter(petra, name="Berta", phone="05071/1234567", start=NINE + timedelta(hours=1))


def test_another_clerk_takes_over_when_the_one_of_the_hold_falls_ill_meanwhile(petra: Actor) -> None:
    town = db.session.scalars(select(Municipality)).one()
    a_clerk(town, db.session.scalars(select(Office)).one(), "platz2")
    _raise_revision()
    held = a_hold(petra).appointment
    (clerk,) = db.session.scalars(select(AppointmentClerk.clerk_id).where(AppointmentClerk.appointment_id == held.id))
    db.session.add(Absence(clerk_id=clerk, start=MONDAY, end=MONDAY + timedelta(days=3)))
    _raise_revision()
    assert enter(petra).reference == held.reference
    assert db.session.scalars(select(AppointmentClerk.clerk_id)).one() != clerk
    assert_owned_exactly(LATER)


def test_nobody_but_its_holder_touches_a_held_time(petra: Actor) -> None:
    held = a_hold(petra)
    erna = a_login("erna", "manager")
    row = db.session.scalars(select(Row).where(Row.reference == held.appointment.reference)).one()
    for touch in (
        lambda: cancel_by_staff(erna, row.reference, CancelledBy.OFFICE, now=MONDAY),
        lambda: mark(row.reference, Verb.MISS, by=erna, now=MONDAY),
        lambda: call_instead(erna, row.id, now=MONDAY),
    ):
        with pytest.raises(NotFound):
            touch()
    assert solve_all(erna, [row.id], Means.CANCEL, now=MONDAY) == []
    assert enter(petra).status is Status.CONFIRMED
