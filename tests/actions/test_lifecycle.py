"""What becomes of a booking: confirmed, late, moved, cancelled, sent again."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions import confirm as confirm_module
from booking.actions import send_letters as send_letters_module
from booking.actions.book import book
from booking.actions.cancel import cancel, cancel_by_office
from booking.actions.confirm import confirm, confirm_by_code
from booking.actions.erase_expired import erase_expired
from booking.actions.expire_pendings import expire_pendings
from booking.actions.find_appointment import find_by_holder, find_by_token
from booking.actions.find_starts import find_starts
from booking.actions.lost_link import send_link
from booking.actions.move import move
from booking.actions.outbox import claim, mark_rejected, mark_sent
from booking.actions.resend import correct_address, resend
from booking.actions.undo import undo
from booking.errors import (
    CodeLocked,
    ConfirmationExpired,
    LinkRevoked,
    NotFound,
    NotPossibleNow,
    OutsideWindow,
    RateLimited,
    StartTaken,
    TooManyAppointments,
    WrongCode,
)
from booking.extensions import db
from booking.models import (
    Answer,
    Appointment,
    Block,
    Cell,
    Claim,
    Clerk,
    Concern,
    ConcernOffice,
    DayCount,
    Kind,
    Letter,
    LetterStatus,
    Municipality,
    Office,
)
from booking.rules.appointments import Wish
from booking.rules.lifecycle import Status
from tests.builders import HOURS, MONDAY, NINE, a_booking, a_municipality, an_appointment, an_office, an_order

LATE = MONDAY + timedelta(hours=25)  # Tuesday 08:00 in Berlin: 24 hours after booking, an hour before NINE
SOON = timedelta(minutes=1)


def owned(appointment_id: int) -> list[int]:
    query = sa.select(Cell.moment).where(Cell.appointment_id == appointment_id).order_by(Cell.moment)
    return [moment - int(NINE.timestamp()) for moment in db.session.scalars(query)]


def letters() -> list[tuple[str, str | None, int | None, str]]:
    query = sa.select(Letter.kind, Letter.method, Letter.sequence, Letter.status).order_by(Letter.id)
    return [tuple(row) for row in db.session.execute(query)]


@pytest.fixture(autouse=True)
def town(context: AppContext) -> None:
    a_municipality()


def test_the_link_confirms_and_a_second_click_changes_nothing() -> None:
    booked = a_booking()
    confirmed = confirm(booked.token, now=MONDAY + SOON)
    assert confirmed.status is Status.CONFIRMED
    assert confirmed.confirm_by is None
    assert confirm(booked.token, now=MONDAY + 2 * SOON).status is Status.CONFIRMED
    assert letters() == [("verify", None, None, "superseded"), ("confirmed", "REQUEST", 0, "waiting")]


def test_a_late_confirmation_succeeds_while_the_time_is_free() -> None:
    booked = a_booking(start=NINE + timedelta(hours=2))
    expire_pendings(now=LATE)
    assert owned(booked.id) == []
    assert confirm(booked.token, now=LATE).status is Status.CONFIRMED
    assert len(owned(booked.id)) == 3


def test_a_late_confirmation_of_a_taken_time_names_the_nearest_free_ones() -> None:
    start = NINE + timedelta(hours=2)
    booked = a_booking(start=start)
    book(an_order(start=start, email="ben@example.org"), now=LATE)
    with pytest.raises(ConfirmationExpired) as refusal:
        confirm(booked.token, now=LATE)
    assert refusal.value.alternatives
    assert start not in refusal.value.alternatives
    found = move(booked.token, refusal.value.alternatives[0], now=LATE)
    assert found.status is Status.CONFIRMED


def test_nobody_confirms_what_has_begun() -> None:
    booked = a_booking()
    with pytest.raises(NotPossibleNow):
        confirm(booked.token, now=NINE)


def test_the_code_confirms_in_the_browser_that_booked() -> None:
    booked = a_booking()
    found = confirm_by_code(booked.reference, booked.holder, booked.code, now=MONDAY + SOON)
    assert found.status is Status.CONFIRMED


def test_the_sixth_code_is_not_even_looked_at_though_letters_were_sent_again() -> None:
    booked = a_booking()
    for step in range(5):
        with pytest.raises(WrongCode):
            confirm_by_code(booked.reference, booked.holder, "no", now=MONDAY + SOON)
        if step == 2:
            resend(booked.reference, booked.holder, now=MONDAY + SOON)
    with pytest.raises(CodeLocked):
        confirm_by_code(booked.reference, booked.holder, booked.code, now=MONDAY + SOON)
    assert confirm(booked.token, now=MONDAY + SOON).status is Status.CONFIRMED


def test_another_browser_s_holder_opens_nothing() -> None:
    mine = a_booking()
    stranger = a_booking(start=NINE + timedelta(hours=1), email="ben@example.org")
    for door in (find_by_holder, lambda ref, holder: resend(ref, holder, now=MONDAY)):
        with pytest.raises(NotFound):
            door(mine.reference, stranger.holder)


def test_a_forged_token_opens_nothing() -> None:
    mine, other = a_booking(), a_booking(start=NINE + timedelta(hours=1), email="ben@example.org")
    mixed = mine.token[:11] + other.token[11:]
    for token in (mixed, mine.token[:-1], "", "x" * 37, "ü" * 37, mine.token + "a"):
        with pytest.raises(NotFound):
            find_by_token(token)


def test_a_corrected_address_withdraws_what_went_to_the_wrong_one() -> None:
    booked = a_booking()
    corrected = correct_address(booked.reference, booked.holder, "anna@example.com", now=MONDAY + SOON)
    with pytest.raises(LinkRevoked):
        confirm(booked.token, now=MONDAY + SOON)
    with pytest.raises(WrongCode):
        confirm_by_code(booked.reference, booked.holder, booked.code, now=MONDAY + SOON)
    assert confirm(corrected.token, now=MONDAY + SOON).status is Status.CONFIRMED
    assert [kind for kind, *_ in letters()] == ["verify", "verify", "confirmed"]


def test_a_confirmed_address_cannot_be_corrected_by_the_browser() -> None:
    found = an_appointment()
    with pytest.raises(NotPossibleNow):
        correct_address(found.reference, found.holder, "else@example.com", now=MONDAY + 2 * SOON)


def test_letters_are_sent_again_five_times_in_all() -> None:
    booked = a_booking()
    for _ in range(4):
        resend(booked.reference, booked.holder, now=MONDAY + SOON)
    with pytest.raises(RateLimited):
        resend(booked.reference, booked.holder, now=MONDAY + SOON)


def test_moving_keeps_the_uid_and_raises_the_sequence() -> None:
    found = an_appointment()
    moved = move(found.token, NINE + timedelta(hours=1), now=MONDAY + 2 * SOON)
    assert (moved.uid, moved.sequence, moved.status) == (found.uid, 1, Status.CONFIRMED)
    assert owned(found.id) == [3600, 3900, 4200]
    assert letters()[-1][:3] == ("moved", "REQUEST", 1)


def test_an_appointment_may_move_over_itself() -> None:
    found = an_appointment()
    move(found.token, NINE + timedelta(minutes=5), now=MONDAY + 2 * SOON)
    assert owned(found.id) == [300, 600, 900]


def test_moving_to_where_it_is_changes_nothing() -> None:
    found = an_appointment()
    move(found.token, NINE, now=MONDAY + 2 * SOON)
    assert [kind for kind, *_ in letters()] == ["verify", "confirmed"]


def test_a_move_to_a_taken_time_leaves_everything_as_it_was() -> None:
    found = an_appointment()
    an_appointment(start=NINE + timedelta(hours=1), email="ben@example.org")
    before = letters()
    with pytest.raises(StartTaken) as refusal:
        move(found.token, NINE + timedelta(hours=1), now=MONDAY + 2 * SOON)
    assert refusal.value.alternatives
    assert owned(found.id) == [0, 300, 600]
    assert letters() == before


def test_a_move_beyond_the_window_is_refused() -> None:
    found = an_appointment()
    with pytest.raises(OutsideWindow):
        move(found.token, NINE + timedelta(days=35), now=MONDAY + 2 * SOON)


def test_moving_what_was_not_confirmed_confirms_it() -> None:
    booked = a_booking()
    moved = move(booked.token, NINE + timedelta(hours=1), now=MONDAY + SOON)
    assert moved.status is Status.CONFIRMED
    assert letters()[-1][:3] == ("confirmed", "REQUEST", 0)


def test_cancelling_frees_the_time_and_the_quota_place() -> None:
    found = an_appointment()
    cancelled = cancel(found.token, now=MONDAY + 2 * SOON)
    assert cancelled.status is Status.CANCELLED
    assert owned(found.id) == []
    assert db.session.scalars(sa.select(Claim)).all() == []
    assert letters()[-1][:3] == ("cancelled_by_citizen", "CANCEL", 1)
    assert cancel(found.token, now=MONDAY + 3 * SOON).sequence == 1


def test_nobody_gets_a_cancellation_of_what_was_never_confirmed() -> None:
    booked = a_booking()
    cancel(booked.token, now=MONDAY + SOON)
    assert letters() == [("verify", None, None, "superseded")]


def test_what_has_begun_cannot_be_cancelled_or_moved_by_its_link() -> None:
    found = an_appointment()
    with pytest.raises(NotPossibleNow):
        cancel(found.token, now=NINE)
    with pytest.raises(NotPossibleNow):
        move(found.token, NINE + timedelta(hours=2), now=NINE)


def test_the_office_cancels_with_a_letter_of_its_own() -> None:
    found = an_appointment()
    assert cancel_by_office(found.id, now=MONDAY + 2 * SOON).cancelled_by == "office"
    assert letters()[-1][:3] == ("cancelled_by_office", "CANCEL", 1)


def test_a_fourth_appointment_of_one_contact_is_refused_at_its_confirmation() -> None:
    for step in range(3):
        an_appointment(start=NINE + timedelta(minutes=30 * step), email=f"Anna+{step}@Example.org")
    fourth = a_booking(start=NINE + timedelta(minutes=120))
    with pytest.raises(TooManyAppointments):
        confirm(fourth.token, now=MONDAY + SOON)
    assert db.session.get_one(Appointment, fourth.id).status == Status.PENDING


def test_a_quota_place_is_free_again_when_its_appointment_is_over() -> None:
    for step in range(3):
        an_appointment(start=NINE + timedelta(minutes=30 * step))
    later = NINE + timedelta(days=1)
    fourth = book(an_order(start=later), now=NINE + timedelta(hours=2))
    assert confirm(fourth.token, now=NINE + timedelta(hours=2)).status is Status.CONFIRMED


def test_a_lost_link_goes_only_to_the_address_that_booked() -> None:
    found = an_appointment()
    send_link("musterstadt", found.reference, "ben@example.org", now=MONDAY + 2 * SOON)
    send_link("musterstadt", "XXXXXXX", "anna@example.org", now=MONDAY + 2 * SOON)
    assert "link" not in [kind for kind, *_ in letters()]
    typed = f"{found.reference[:3].lower()}-{found.reference[3:]}"
    for _ in range(3):
        send_link("musterstadt", typed, "Anna@Example.org", now=MONDAY + 2 * SOON)
    assert [kind for kind, *_ in letters()].count(Kind.LINK) == 1


def test_a_freed_time_is_offered_again_when_it_cannot_be_taken_back_any_more() -> None:
    found = an_appointment()
    wishes = (Wish("personalausweis"),)
    moment = int(NINE.timestamp())
    assert moment not in find_starts("musterstadt", wishes, now=MONDAY + SOON).offices[0].starts
    cancel(found.token, now=MONDAY + 2 * SOON)
    assert moment not in find_starts("musterstadt", wishes, now=MONDAY + 2 * SOON).offices[0].starts
    assert moment in find_starts("musterstadt", wishes, now=MONDAY + 3 * SOON).offices[0].starts


def test_an_unconfirmed_time_is_offered_again_when_its_hour_has_come_and_not_before() -> None:
    start = NINE + timedelta(days=2)
    booked = a_booking(start=start)
    wishes, moment = (Wish("personalausweis"),), int(start.timestamp())
    assert booked.confirm_by is not None
    before = find_starts("musterstadt", wishes, now=booked.confirm_by - timedelta(seconds=1))
    assert moment not in before.offices[0].starts
    assert before.valid_until == booked.confirm_by
    assert moment in find_starts("musterstadt", wishes, now=booked.confirm_by).offices[0].starts


def test_personal_data_is_erased_after_its_time_and_the_count_stays() -> None:
    found = an_appointment(answers={})
    assert erase_expired(now=NINE + timedelta(days=30)) == 0
    assert erase_expired(now=NINE + timedelta(days=31)) == 1
    assert db.session.scalars(sa.select(Appointment)).all() == []
    assert db.session.scalars(sa.select(Letter)).all() == []
    assert db.session.scalars(sa.select(Answer)).all() == []
    counted = db.session.scalars(sa.select(DayCount)).one()
    assert (counted.channel, counted.outcome, counted.appointments) == ("online", "unmarked", 1)
    with pytest.raises(NotFound):
        find_by_token(found.token)


def test_an_unconfirmed_booking_is_erased_after_a_day() -> None:
    a_booking()
    expire_pendings(now=LATE)
    assert erase_expired(now=LATE + timedelta(hours=23)) == 0
    assert erase_expired(now=LATE + timedelta(hours=25)) == 1


def hold_freed_times(minutes: int) -> None:
    town = db.session.scalars(sa.select(Municipality)).one()
    town.policy = {**town.policy, "release_delay_minutes": minutes}
    town.revision += 1
    db.session.commit()


def offered(now: datetime) -> tuple[int, ...]:
    return find_starts("musterstadt", (Wish("personalausweis"),), now=now).offices[0].starts


def test_a_freed_time_stays_hidden_until_its_release_moment() -> None:
    hold_freed_times(20)
    found = an_appointment()
    moment, freed = int(NINE.timestamp()), MONDAY + 2 * SOON
    cancel(found.token, now=freed)
    with pytest.raises(StartTaken):
        book(an_order(email="ben@example.org"), now=freed)
    (until,) = set(db.session.scalars(sa.select(Cell.held_until)))
    assert until is not None
    assert freed + SOON < until <= freed + timedelta(minutes=21)  # the delay begins when nobody can undo any more
    assert moment not in offered(until - timedelta(milliseconds=1))
    assert moment in offered(until)


def test_the_release_moment_is_drawn() -> None:
    hold_freed_times(1000)
    for step in range(4):
        found = an_appointment(start=NINE + timedelta(minutes=30 * step), email=f"{step}@example.org")
        cancel(found.token, now=MONDAY + 2 * SOON)
    assert len(set(db.session.scalars(sa.select(Cell.held_until)))) == 4


def test_a_lapsed_time_does_not_flap_whether_or_not_a_sweep_has_run() -> None:
    hold_freed_times(20)
    start = NINE + timedelta(days=2)
    booked = a_booking(start=start)
    lapse, moment = booked.confirm_by, int(start.timestamp())
    assert lapse is not None
    assert moment not in offered(lapse)
    with pytest.raises(StartTaken):
        book(an_order(start=start, email="ben@example.org"), now=lapse)
    expire_pendings(now=lapse + timedelta(seconds=10))
    (until,) = set(db.session.scalars(sa.select(Cell.held_until))) or {lapse}
    assert until is not None
    assert moment not in offered(until - timedelta(milliseconds=1)) or until <= lapse + timedelta(seconds=10)
    assert moment in offered(lapse + timedelta(minutes=20))


def test_a_lapsed_time_comes_back_without_any_sweep() -> None:
    hold_freed_times(20)
    start = NINE + timedelta(days=2)
    lapse = a_booking(start=start).confirm_by
    assert lapse is not None
    assert int(start.timestamp()) not in offered(lapse + timedelta(minutes=19))
    assert int(start.timestamp()) in offered(lapse + timedelta(minutes=20))
    assert book(an_order(start=start, email="ben@example.org"), now=lapse + timedelta(minutes=20))


def test_a_code_never_proves_an_address_that_was_corrected_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    booked = a_booking()
    real = confirm_module._code_is_right

    def and_then_corrected(reference: str, holder: str, code: str, now: datetime) -> bool:
        right = real(reference, holder, code, now)
        correct_address(reference, holder, "victim@example.org", now=now)
        return right

    monkeypatch.setattr(confirm_module, "_code_is_right", and_then_corrected)
    with pytest.raises(WrongCode):
        confirm_by_code(booked.reference, booked.holder, booked.code, now=MONDAY + SOON)
    assert db.session.get_one(Appointment, booked.id).status == Status.PENDING


def test_a_late_confirmation_keeps_its_own_length_though_the_catalogue_s_has_grown() -> None:
    start = NINE + timedelta(hours=2)
    late = a_booking(start=start)
    expire_pendings(now=LATE)
    book(an_order(start=start + timedelta(minutes=15), email="ben@example.org"), now=LATE)
    db.session.scalars(sa.select(Concern).where(Concern.slug == "personalausweis")).one().minutes = 30
    hold_freed_times(0)
    assert confirm(late.token, now=LATE).status is Status.CONFIRMED


def test_a_correction_keeps_the_lead_time_of_the_concern() -> None:
    db.session.scalars(sa.select(Concern).where(Concern.slug == "personalausweis")).one().lead_minutes = 24 * 60
    hold_freed_times(0)
    booked = a_booking(start=NINE + timedelta(minutes=30))
    corrected = correct_address(booked.reference, booked.holder, "neu@example.org", now=MONDAY + SOON)
    assert corrected.confirm_by == booked.confirm_by


def test_a_letter_to_the_wrong_address_does_not_start_the_clock_of_the_right_one() -> None:
    booked = a_booking(start=NINE + timedelta(days=2))
    on_its_way = claim(now=MONDAY)
    assert on_its_way is not None
    corrected = correct_address(booked.reference, booked.holder, "neu@example.org", now=MONDAY + SOON)
    mark_sent(on_its_way, now=MONDAY + SOON)
    assert db.session.get_one(Appointment, booked.id).confirm_by == corrected.confirm_by


def test_a_link_that_was_queued_for_the_wrong_address_never_leaves() -> None:
    booked = a_booking()
    send_link("musterstadt", booked.reference, "anna@example.org", now=MONDAY)
    correct_address(booked.reference, booked.holder, "victim@example.org", now=MONDAY + SOON)
    to = db.session.scalars(sa.select(Letter.address).where(Letter.status == LetterStatus.WAITING)).all()
    assert to == ["victim@example.org"]


def test_a_letter_on_its_way_to_the_wrong_address_is_not_written_with_the_new_link() -> None:
    booked = a_booking()
    on_its_way = claim(now=MONDAY)
    assert on_its_way is not None
    correct_address(booked.reference, booked.holder, "victim@example.org", now=MONDAY + SOON)
    assert send_letters_module._written(on_its_way, now=MONDAY + SOON) is None


def test_a_code_cannot_be_guessed_where_there_is_none() -> None:
    for step in range(3):
        a_booking(start=NINE + timedelta(minutes=30 * step))
    declined = a_booking(start=NINE + timedelta(minutes=120))
    with pytest.raises(WrongCode):
        confirm_by_code(declined.reference, declined.holder, declined.code, now=MONDAY + SOON)


def test_an_undeliverable_address_holds_a_time_no_longer_than_any_other() -> None:
    booked = a_booking(start=NINE + timedelta(days=2))
    letter = claim(now=MONDAY)
    assert letter is not None
    mark_rejected(letter, "550 no such user", now=MONDAY)
    assert db.session.get_one(Appointment, booked.id).confirm_by == MONDAY + timedelta(minutes=30)


def test_an_appointment_moves_twenty_times_a_day_and_no_more() -> None:
    found = an_appointment(start=NINE + timedelta(days=2))
    for step in range(20):
        start = NINE + timedelta(days=2, minutes=5 * (step % 2 + 1))
        move(found.token, start, now=MONDAY + (2 + 2 * step) * SOON)
    with pytest.raises(RateLimited) as refused:
        move(found.token, NINE + timedelta(days=2, hours=1), now=MONDAY + timedelta(hours=1))
    again = MONDAY + timedelta(hours=1, seconds=refused.value.retry_after)
    assert again == MONDAY + 2 * SOON + timedelta(days=1)
    assert move(found.token, NINE + timedelta(days=2, hours=1), now=again).sequence == 21


@pytest.mark.parametrize("is_firm", [True, False])
def test_what_was_cancelled_and_taken_back_often_can_still_be_moved(is_firm: bool) -> None:
    found = an_appointment() if is_firm else a_booking()
    for _ in range(10):
        gone = cancel(found.token, now=MONDAY + 2 * SOON)
        undo(found.token, step=gone.sequence, now=MONDAY + 2 * SOON)
    assert move(found.token, NINE + timedelta(hours=1), now=MONDAY + 2 * SOON).status is Status.CONFIRMED


def test_nobody_moves_into_a_closed_office() -> None:
    found = an_appointment()
    db.session.scalars(sa.select(Office)).one().active = False
    hold_freed_times(0)
    with pytest.raises(StartTaken):
        move(found.token, NINE + timedelta(hours=1), now=MONDAY + 2 * SOON)


@pytest.mark.parametrize("other", ["203.0.113.7:4711", "203.0.113.7"])
def test_a_port_makes_no_new_network(other: str) -> None:
    town = db.session.scalars(sa.select(Municipality)).one()
    town.policy = {"max_open_per_network": 1}
    hold_freed_times(0)
    a_booking(network="203.0.113.7")
    with pytest.raises(RateLimited):
        a_booking(start=NINE + timedelta(hours=1), email="ben@example.org", network=other)


def test_a_closed_municipality_is_erased_too() -> None:
    an_appointment()
    db.session.scalars(sa.select(Municipality)).one().active = False
    db.session.commit()
    assert erase_expired(now=NINE + timedelta(days=31)) == 1


def test_a_lapsed_booking_at_the_clerk_s_former_office_blocks_nobody() -> None:
    town = db.session.scalars(sa.select(Municipality)).one()
    elsewhere = an_office(town, "standesamt")
    for concern in db.session.scalars(sa.select(Concern)):
        concern.offices.append(ConcernOffice(office_id=elsewhere.id))
    there = elsewhere.id
    hold_freed_times(0)
    start = NINE + timedelta(days=2)
    lapse = a_booking(start=start).confirm_by
    assert lapse is not None
    clerk = db.session.scalars(sa.select(Clerk)).one()
    clerk.blocks = [Block(office_id=there, weekday=day, kind="online", **HOURS) for day in range(5)]
    hold_freed_times(0)
    assert book(an_order(office="standesamt", start=start, email="ben@example.org"), now=lapse)


def test_a_late_confirmation_may_take_its_time_back_while_it_is_hidden() -> None:
    hold_freed_times(20)
    booked = a_booking(start=NINE + timedelta(hours=2))
    expire_pendings(now=LATE)
    assert confirm(booked.token, now=LATE).status is Status.CONFIRMED
    assert len(owned(booked.id)) == 3


def test_a_mover_keeps_its_own_cells_but_takes_nobody_s_hidden_ones() -> None:
    hold_freed_times(20)
    mine = an_appointment()
    other = an_appointment(start=NINE + timedelta(hours=1), email="ben@example.org")
    cancel(other.token, now=MONDAY + 2 * SOON)
    with pytest.raises(StartTaken):
        move(mine.token, NINE + timedelta(hours=1), now=MONDAY + 3 * SOON)
    move(mine.token, NINE + timedelta(minutes=5), now=MONDAY + 3 * SOON)
    assert owned(mine.id) == [300, 600, 900]
