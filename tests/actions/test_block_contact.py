"""Cancel and block: who may, what it does to the citizen, and how it ends."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.block_contact import (
    Wish,
    block_of,
    blocks_of,
    cancel_and_block,
    cancel_and_block_all,
    lift_block,
)
from booking.actions.book import book
from booking.actions.confirm import confirm
from booking.actions.erase_expired import forget
from booking.actions.move import move
from booking.actions.resend import correct_address
from booking.actions.review import review
from booking.errors import BookByPhone, Forbidden, Invalid, NotFound
from booking.extensions import db
from booking.models import Appointment, Audit, Cell, ContactBlock, Kind, Letter, Login
from booking.rules.clusters import Sign
from booking.rules.lifecycle import Status
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment, an_order
from tests.colleagues import a_login

WISH = Wish("resale", 30)
LATER = MONDAY + timedelta(minutes=10)
QUARTER = timedelta(minutes=15)


@pytest.fixture
def boss(context: AppContext) -> Actor:
    a_municipality()
    return a_login("boss", "manager")


def letters() -> list[str]:
    return list(db.session.scalars(sa.select(Letter.kind).order_by(Letter.id)))


def test_the_appointment_is_cancelled_and_the_address_blocked(boss: Actor) -> None:
    found = an_appointment()
    assert cancel_and_block(boss, found.reference, WISH, now=LATER)
    row = db.session.scalars(sa.select(Appointment)).one()
    assert (row.status, row.cancelled_by) == (Status.CANCELLED, "office")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Cell).where(Cell.appointment_id == row.id)) == 0
    [block] = blocks_of(boss, now=LATER)
    assert (block.reason, block.by, block.until) == ("resale", "Boss", LATER + timedelta(days=30))
    assert letters()[-1] == Kind.CANCELLED_BY_OFFICE


def test_a_blocked_address_gets_a_letter_and_no_time_and_whoever_typed_it_is_not_told(boss: Actor) -> None:
    cancel_and_block(boss, an_appointment().reference, WISH, now=LATER)
    for spelling in ("anna@example.org", "Anna+two@example.org"):
        found = book(an_order(email=spelling), now=LATER)
        assert found.told_at(LATER) is Status.PENDING
        assert letters()[-1] == Kind.BY_PHONE
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Cell).where(Cell.appointment_id.is_not(None))) == 0


def test_nor_can_it_confirm_or_move_what_it_booked_before(boss: Actor) -> None:
    mine = an_appointment()
    pending = a_booking(start=NINE + timedelta(hours=1))
    cancel_and_block(boss, mine.reference, WISH, now=LATER)
    with pytest.raises(BookByPhone):
        confirm(pending.token, now=LATER)
    with pytest.raises(BookByPhone):
        move(pending.token, NINE + timedelta(hours=2), now=LATER)


def test_an_address_that_is_corrected_is_judged_anew(boss: Actor) -> None:
    cancel_and_block(boss, an_appointment().reference, WISH, now=LATER)
    found = book(an_order(), now=LATER)
    correct_address(found.reference, found.holder, "ben@example.org", now=LATER)
    assert letters()[-1] == Kind.ADDRESS_FIRST
    correct_address(found.reference, found.holder, "anna@example.org", now=LATER)
    assert letters()[-1] == Kind.BY_PHONE


def test_others_book_as_ever(boss: Actor) -> None:
    cancel_and_block(boss, an_appointment().reference, WISH, now=LATER)
    assert confirm(book(an_order(email="ben@example.org"), now=LATER).token, now=LATER).status is Status.CONFIRMED


def test_a_block_ends_by_itself_and_its_hash_is_deleted(boss: Actor) -> None:
    cancel_and_block(boss, an_appointment().reference, Wish("resale", 1), now=LATER)
    end = LATER + timedelta(days=1)
    assert blocks_of(boss, now=end) == []
    assert book(an_order(start=NINE + timedelta(days=2)), now=end).status is Status.PENDING
    forget(now=end)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ContactBlock)) == 0


def test_a_block_can_be_lifted(boss: Actor) -> None:
    cancel_and_block(boss, an_appointment().reference, WISH, now=LATER)
    [block] = blocks_of(boss, now=LATER)
    for _ in range(2):  # pressed twice
        lift_block(boss, block.id, now=LATER)
    assert book(an_order(), now=LATER).status is Status.PENDING
    verbs = db.session.scalars(sa.select(Audit.verb).order_by(Audit.id)).all()
    assert verbs == ["blocked", "cancelled", "block-lifted"]


def test_the_block_of_a_caller_is_found_by_the_address_however_it_is_spelled(boss: Actor) -> None:
    cancel_and_block(boss, an_appointment().reference, WISH, now=LATER)
    [block] = blocks_of(boss, now=LATER)
    assert block_of(boss, "Anna+x@Example.org", now=LATER) == block
    assert block_of(boss, "ben@example.org", now=LATER) is None
    assert block_of(boss, "anna@example.org", now=LATER + timedelta(days=30)) is None
    a_municipality("anderswo")
    assert block_of(a_login("stranger", "manager", town="anderswo"), "anna@example.org", now=LATER) is None


def test_who_has_no_display_name_is_named_by_their_login(boss: Actor) -> None:
    db.session.execute(sa.update(Login).values(display_name=""))
    db.session.commit()
    cancel_and_block(boss, an_appointment().reference, WISH, now=LATER)
    assert [block.by for block in blocks_of(boss, now=LATER)] == ["boss"]


def test_a_second_block_only_makes_it_longer(boss: Actor) -> None:
    found = an_appointment()
    for days in (30, 365, 90):
        cancel_and_block(boss, found.reference, Wish("hoarding", days), now=LATER)
    [block] = blocks_of(boss, now=LATER)
    assert block.until == LATER + timedelta(days=365)


@pytest.mark.parametrize(
    "wish", [Wish("", 30), Wish("spite", 30), Wish("no_shows", 30), Wish("resale", 0), Wish("resale", 366)]
)
def test_nobody_is_blocked_without_a_reason_or_for_more_than_a_year(boss: Actor, wish: Wish) -> None:
    found = an_appointment()
    with pytest.raises(Invalid):
        cancel_and_block(boss, found.reference, wish, now=LATER)
    assert db.session.scalar(sa.select(Appointment.status)) == Status.CONFIRMED


def test_the_desk_and_strangers_block_nobody(boss: Actor) -> None:
    found = an_appointment()
    a_municipality("anderswo")
    with pytest.raises(Forbidden):
        cancel_and_block(a_login("desk", "desk"), found.reference, WISH, now=LATER)
    stranger = a_login("stranger", "manager", town="anderswo")
    with pytest.raises(NotFound):
        cancel_and_block(stranger, found.reference, WISH, now=LATER)
    cancel_and_block(boss, found.reference, WISH, now=LATER)
    [block] = blocks_of(boss, now=LATER)
    lift_block(stranger, block.id, now=LATER)
    assert blocks_of(boss, now=LATER) == [block]
    assert blocks_of(stranger, now=LATER) == []


def test_another_town_neither_sees_nor_feels_a_block(boss: Actor) -> None:
    a_municipality("anderswo")
    before = a_booking(municipality="anderswo")
    cancel_and_block(boss, an_appointment().reference, WISH, now=LATER)
    assert confirm(before.token, now=LATER).status is Status.CONFIRMED
    a_booking(LATER, municipality="anderswo", start=NINE + QUARTER)
    assert letters()[-1] == Kind.VERIFY


def test_who_has_no_address_cannot_be_blocked(boss: Actor) -> None:
    found = an_appointment()
    db.session.execute(sa.update(Appointment).values(email="", contact=None))
    db.session.commit()
    with pytest.raises(Invalid):
        cancel_and_block(boss, found.reference, WISH, now=LATER)


def test_a_cluster_is_cancelled_and_blocked_at_once_and_what_is_gone_is_left_out(boss: Actor) -> None:
    references = [
        a_booking(start=NINE + number * QUARTER, email=f"max.muster{number}@example.org").reference
        for number in range(4)
    ]
    [found] = [each for each in review(boss, now=LATER).clusters if each.sign is Sign.PATTERN]
    assert sorted(member.reference for member in found.members if member.is_open) == sorted(references)
    assert cancel_and_block_all(boss, [*references, "NOWHERE"], WISH, now=LATER) == 4
    assert len(blocks_of(boss, now=LATER)) == 4
    assert db.session.scalars(sa.select(Appointment.status).distinct()).all() == [Status.CANCELLED]


def test_the_seconds_after_a_release_are_looked_at(boss: Actor) -> None:
    release = NINE.replace(hour=6)  # Tuesday, 07:00 in Berlin
    for number, letter in enumerate("abcd"):
        start = NINE + timedelta(days=1) + number * QUARTER
        a_booking(
            release + timedelta(milliseconds=900 * number), start=start, email=f"{letter}@example.org", name=letter * 3
        )
    found = {each.sign: len(each.members) for each in review(boss, now=release + QUARTER).clusters}
    assert found[Sign.RELEASE] == 4


def test_the_review_sees_nothing_of_another_municipality(boss: Actor) -> None:
    a_municipality("anderswo")
    for number in range(4):
        a_booking(municipality="anderswo", start=NINE + number * QUARTER, email=f"max.muster{number}@example.org")
    assert review(boss, now=LATER).looked_at == 0
