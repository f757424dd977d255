"""The call list: what is noted after a call, taken back, and put there because a letter failed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.actions.browse import open_catalogue
from booking.actions.call_list import Line, Press, call_instead, count_calls, list_calls, note_call
from booking.actions.cancel_by_staff import cancel_by_staff, undo_by_staff
from booking.actions.correct import Reachable, correct_contact
from booking.actions.erase_expired import erase_expired
from booking.actions.move_by_staff import Target, move_by_staff
from booking.actions.outbox import claim, mark_rejected, mark_sent
from booking.actions.relocate import Means, solve
from booking.errors import NotFound, StepStale
from booking.extensions import db
from booking.models import Call, Kind, Letter, Relocation
from booking.rules.lifecycle import CancelledBy
from booking.rules.roles import Actor
from tests.actions.stranding import falls_ill, relocation, row_of
from tests.builders import MONDAY, NINE, a_municipality, an_appointment
from tests.colleagues import a_login

pytestmark = pytest.mark.usefixtures("context")
NOW = MONDAY + timedelta(minutes=30)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def by() -> Actor:
    a_municipality()
    return a_login("erna", "desk")


@pytest.fixture
def moved(by: Actor) -> int:
    """Somebody without an e-mail address whom the office has moved from Tuesday to Wednesday."""
    found = an_appointment(phone="0170 1234567")
    row_of(found.id).email = ""
    falls_ill()
    solve(by, found.id, Means.RELOCATE, now=NOW)
    return found.id


def lines(now=NOW) -> list[Line]:
    catalogue = open_catalogue("musterstadt")
    return list_calls(catalogue, catalogue.office("buergerbuero"), now=now)


def test_a_line_says_whom_to_call_and_what(moved: int) -> None:
    (line,) = lines()
    assert (line.name, line.phone, line.news, line.tries) == ("Anna Beispiel", "0170 1234567", "moved", 0)
    assert f"{line.before:%d.%m. %H:%M} {line.start:%d.%m. %H:%M}" == "24.11. 09:00 25.11. 08:30"


def test_whoever_would_come_first_is_called_first(by: Actor) -> None:
    soon, later = (an_appointment(start=NINE + hours * HOUR, email=f"{hours}@example.org") for hours in (0, 2))
    for found, to in ((later, NINE + DAY), (soon, NINE + 2 * DAY)):
        row_of(found.id).email = ""
        db.session.commit()
        move_by_staff(by, found.reference, Target(to, "buergerbuero"), now=NOW)
    assert [line.reference for line in lines()] == [soon.reference, later.reference]


def test_whoever_was_reached_stands_below_whoever_was_not(by: Actor) -> None:
    soon, later = (an_appointment(start=NINE + hours * HOUR, email=f"{hours}@example.org") for hours in (0, 2))
    for found in (soon, later):
        row_of(found.id).email = ""
        db.session.commit()
        move_by_staff(by, found.reference, Target(row_of(found.id).start + DAY, "buergerbuero"), now=NOW)
    note_call(by, lines()[0].id, Press.REACHED, seen=0, now=NOW)
    assert [line.reference for line in lines()] == [later.reference, soon.reference]


def test_whoever_was_moved_forward_is_awaited_at_the_new_time(by: Actor) -> None:
    forward, back = (an_appointment(start=NINE + days * DAY, email=f"{days}@example.org") for days in (2, 1))
    for found, to in ((back, NINE + 3 * DAY), (forward, NINE)):
        row_of(found.id).email = ""
        db.session.commit()
        move_by_staff(by, found.reference, Target(to, "buergerbuero"), now=NOW)
    assert [line.reference for line in lines()] == [forward.reference, back.reference]


def test_tries_are_counted_until_somebody_is_reached(by: Actor, moved: int) -> None:
    call = lines()[0].id
    note_call(by, call, Press.NOT_REACHED, seen=0, now=NOW)
    assert [(line.tries, line.outcome) for line in lines()] == [(1, None)]
    note_call(by, call, Press.REACHED, seen=1, now=NOW + MINUTE)
    (line,) = lines(NOW + MINUTE)
    assert (line.tries, line.outcome, line.tried_at) == (2, "reached", NOW + MINUTE)
    assert count_calls(open_catalogue("musterstadt").office("buergerbuero")) == 0
    assert lines(NOW + timedelta(days=1)) == [], "what is settled leaves the list"


def test_who_was_reached_has_accepted_unless_that_was_a_wrong_press(by: Actor, moved: int) -> None:
    call = lines()[0].id
    note_call(by, call, Press.REACHED, seen=0, now=NOW)
    assert relocation(moved).answer == "accepted"
    note_call(by, call, Press.UNDO, seen=1, now=NOW + MINUTE)
    assert relocation(moved).answer is None


@pytest.mark.parametrize(("press", "seen"), [(Press.REACHED, 2), (Press.NOT_REACHED, 2), (Press.GIVE_UP, 1)])
def test_a_wrong_press_can_be_taken_back(by: Actor, moved: int, press: Press, seen: int) -> None:
    call = lines()[0].id
    note_call(by, call, Press.NOT_REACHED, seen=0, now=NOW)
    note_call(by, call, press, seen=1, now=NOW + MINUTE)
    note_call(by, call, Press.UNDO, seen=seen, now=NOW + 2 * MINUTE)
    assert [(line.tries, line.outcome, line.tried_at) for line in lines()] == [(1, None, NOW)]


def test_two_who_press_at_once_count_one_try(by: Actor, moved: int) -> None:
    call = lines()[0].id
    note_call(by, call, Press.NOT_REACHED, seen=0, now=NOW)
    with pytest.raises(StepStale):
        note_call(by, call, Press.NOT_REACHED, seen=0, now=NOW + MINUTE)
    note_call(by, call, Press.GIVE_UP, seen=1, now=NOW + MINUTE)
    with pytest.raises(StepStale):
        note_call(by, call, Press.REACHED, seen=1, now=NOW + MINUTE)
    assert [(line.tries, line.outcome) for line in lines()] == [(1, "given-up")]


@pytest.mark.parametrize("wished", CancelledBy)
def test_a_cancellation_taken_back_leaves_the_call_about_the_move(by: Actor, moved: int, wished: CancelledBy) -> None:
    found = row_of(moved).reference
    cancelled = cancel_by_staff(by, found, wished, now=NOW)
    undo_by_staff(by, found, step=cancelled.sequence, now=NOW)
    assert [line.news for line in lines()] == ["moved"]
    assert lines()[0].before is not None


def test_who_rings_first_and_chooses_another_time_is_not_called_any_more(by: Actor, moved: int) -> None:
    target = Target(NINE + timedelta(days=2), "buergerbuero", knows=True)
    move_by_staff(by, row_of(moved).reference, target, now=NOW)
    assert lines() == []


def test_whoever_staff_moved_hears_of_the_time_that_they_still_know_of(by: Actor) -> None:
    found = an_appointment(phone="0170 1234567")
    row_of(found.id).email = ""
    db.session.commit()
    for days in (1, 2):
        move_by_staff(by, found.reference, Target(NINE + timedelta(days=days), "buergerbuero"), now=NOW)
    (line,) = lines()
    assert (line.before, line.start) == (NINE, NINE + timedelta(days=2))


def test_there_is_nothing_to_take_back_before_the_first_try(by: Actor, moved: int) -> None:
    with pytest.raises(StepStale):
        note_call(by, lines()[0].id, Press.UNDO, seen=0, now=NOW)


def test_a_stranger_notes_nothing(by: Actor, moved: int) -> None:
    a_municipality("anderswo")
    stranger = a_login("fremd", "admin", town="anderswo")
    with pytest.raises(NotFound):
        note_call(stranger, lines()[0].id, Press.REACHED, seen=0, now=NOW)
    with pytest.raises(NotFound):
        call_instead(stranger, moved, now=NOW)


def test_whoever_is_stranded_can_be_called_instead_of_written_to(by: Actor) -> None:
    found = an_appointment()
    call_instead(by, found.id, now=NOW)
    assert lines() == [], "nothing is wrong with it"
    falls_ill()
    for _ in range(2):
        call_instead(by, found.id, now=NOW)
    assert [line.news for line in lines()] == ["stranded"]


@pytest.mark.parametrize(
    ("means", "kind", "news"),
    [(Means.RELOCATE, Kind.RELOCATED, "moved"), (Means.CANCEL, Kind.CANCELLED_BY_OFFICE, "cancelled")],
)
def test_a_letter_that_cannot_be_delivered_becomes_a_call(by: Actor, means: Means, kind: Kind, news: str) -> None:
    found = an_appointment()
    falls_ill()
    solve(by, found.id, means, now=NOW)
    while (letter := claim(now=NOW)) is not None:
        if letter.kind is kind:
            version = _version()
            mark_rejected(letter, "550 no such user", now=NOW)
            assert _version() > version, "lists that are open learn of it"
        else:
            mark_sent(letter, now=NOW)
    assert [(line.news, line.start.date() == NINE.date()) for line in lines()] == [(news, means is Means.CANCEL)]


@pytest.mark.parametrize(("knows", "calls"), [(False, ["moved"]), (True, [])], ids=["unasked", "agreed"])
def test_a_move_by_staff_that_no_letter_tells_becomes_a_call_unless_it_was_wished(
    by: Actor, knows: bool, calls: list[str]
) -> None:
    found = an_appointment()
    move_by_staff(by, found.reference, Target(NINE + timedelta(hours=1), "buergerbuero", knows=knows), now=NOW)
    while (letter := claim(now=NOW + 2 * MINUTE)) is not None:
        mark_rejected(letter, "550 no such user", now=NOW + 2 * MINUTE)
    assert [line.news for line in lines()] == calls


def test_a_failed_letter_about_what_the_citizen_did_is_no_call(by: Actor) -> None:
    an_appointment()
    while (letter := claim(now=NOW)) is not None:
        mark_rejected(letter, "550 no such user", now=NOW)
    assert lines() == []


def _relocated(by: Actor) -> str:
    found = an_appointment(phone="0170 1234567")
    falls_ill()
    solve(by, found.id, Means.RELOCATE, now=NOW)
    return found.reference


def _cancelled(by: Actor) -> str:
    found = an_appointment(phone="0170 1234567")
    return cancel_by_staff(by, found.reference, CancelledBy.OFFICE, now=NOW).reference


def _moved_unasked(by: Actor) -> str:
    found = an_appointment(phone="0170 1234567")
    target = Target(NINE + timedelta(hours=1), "buergerbuero")
    return move_by_staff(by, found.reference, target, now=NOW).reference


@pytest.mark.parametrize(
    ("decide", "kind", "news"),
    [
        (_relocated, Kind.RELOCATED, "moved"),
        (_cancelled, Kind.CANCELLED_BY_OFFICE, "cancelled"),
        (_moved_unasked, Kind.MOVED, "moved"),
    ],
)
@pytest.mark.parametrize("email", ["neu@example.org", ""])
def test_news_that_nobody_has_answered_follow_a_corrected_address_or_become_a_call(
    by: Actor, decide: Callable[[Actor], str], kind: Kind, news: str, email: str
) -> None:
    reference = decide(by)
    correct_contact(by, reference, Reachable("0170 1234567", email, "de"), now=NOW + MINUTE)
    on_their_way = select(Letter.kind, Letter.address).where(Letter.status == "waiting")
    found = [tuple(row) for row in db.session.execute(on_their_way)]
    assert found == ([(kind.value, email)] if email else [])
    assert [line.news for line in lines()] == ([] if email else [news])


def test_who_was_told_by_telephone_is_not_written_to_again(by: Actor, moved: int) -> None:
    note_call(by, lines()[0].id, Press.REACHED, seen=0, now=NOW)
    reference = row_of(moved).reference
    correct_contact(by, reference, Reachable("0170 1234567", "neu@example.org", "de"), now=NOW + MINUTE)
    written = select(Letter.kind).where(Letter.address == "neu@example.org")
    assert db.session.scalars(written).all() == ["confirmed"]


def test_calls_and_relocations_are_erased_with_their_appointment(by: Actor, moved: int) -> None:
    erase_expired(now=NOW + timedelta(days=60))
    assert db.session.scalars(select(Call)).all() == []
    assert db.session.scalars(select(Relocation)).all() == []


def _version() -> int:
    from booking.models import Office

    db.session.rollback()
    return db.session.scalars(select(Office.version)).one()
