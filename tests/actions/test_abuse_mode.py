"""Abuse mode: it begins when an office is booked far more than usual, asks for proof of work, and ends by itself."""

import base64
import json
import logging
import re
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from booking.actions import proofs
from booking.actions.book import book
from booking.actions.confirm import confirm
from booking.actions.erase_expired import forget
from booking.actions.expire_pendings import expire_pendings
from booking.actions.find_starts import find_starts
from booking.errors import ProofRequired, StartTaken
from booking.extensions import db
from booking.models import Appointment, Cell, Concern, ConcernOffice, Guard, Kind, Letter, Office, Traffic, UsedProof
from booking.rules.appointments import Wish
from booking.rules.lifecycle import Status
from booking.rules.surges import CALM, WEEK, hour_of
from tests.builders import MONDAY, NINE, a_booking, a_clerk, a_municipality, an_office, an_order
from tests.proving import solve

pytestmark = pytest.mark.usefixtures("context")

FLOOR = 3
BUSY = {"max_open_per_network": 1000, "max_open_per_contact": 1000, "proof_above": FLOOR}


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the work costs is measured elsewhere: here it costs nothing."""
    monkeypatch.setattr(proofs, "COST", 1)


def starts() -> Any:
    found = find_starts("musterstadt", [Wish("personalausweis")], now=MONDAY).offices[0].starts
    return iter([MONDAY.fromtimestamp(start, MONDAY.tzinfo) for start in found[2:]])


def fill(number: int, now: Any = MONDAY) -> None:
    free = starts()
    for _ in range(number):
        a_booking(now, start=next(free))


def ends() -> list[datetime]:
    return [end for end in db.session.scalars(sa.select(Appointment.confirm_by)) if end]


def refused(now: Any = MONDAY, **fields: Any) -> dict[str, Any]:
    with pytest.raises(ProofRequired) as refusal:
        book(an_order(**fields), now=now)
    return refusal.value.challenge


def test_up_to_the_floor_nobody_has_to_prove_anything() -> None:
    a_municipality(policy=BUSY)
    fill(FLOOR + 1)
    assert db.session.scalar(sa.select(Traffic.booked)) == FLOOR + 1


def test_above_it_a_booking_needs_a_proof() -> None:
    a_municipality(policy=BUSY)
    fill(FLOOR + 1)
    found = book(an_order(proof=solve(refused())), now=MONDAY)
    assert found.status is Status.PENDING


def test_what_is_usual_at_this_hour_of_the_week_is_no_abuse() -> None:
    a_municipality(policy=BUSY)
    office = db.session.scalar(sa.text("SELECT id FROM office"))
    hour = hour_of(MONDAY)
    db.session.add_all(Traffic(office_id=office, hour=hour - week * WEEK, booked=3, lapsed=0) for week in range(1, 9))
    db.session.commit()
    fill(3 * 3 + 1)
    refused()


def test_a_refused_booking_writes_nothing() -> None:
    a_municipality(policy=BUSY)
    fill(FLOOR + 1)
    before = [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Appointment, Cell, Letter)]
    refused()
    after = [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Appointment, Cell, Letter)]
    assert after == before


def test_it_ends_by_itself_though_no_job_runs(caplog: pytest.LogCaptureFixture) -> None:
    a_municipality(policy=BUSY)
    with caplog.at_level(logging.WARNING):
        fill(FLOOR + 1)
    assert "abuse mode begins" in caplog.text
    refused(MONDAY + CALM - timedelta(seconds=1))
    assert book(an_order(), now=MONDAY + CALM).status is Status.PENDING


def test_it_goes_on_while_the_hour_holds_more_than_half_of_the_limit() -> None:
    a_municipality(policy=BUSY)
    fill(FLOOR + 1)
    later = MONDAY + CALM - timedelta(minutes=1)
    book(an_order(proof=solve(refused(later))), now=later)
    refused(MONDAY + CALM + timedelta(minutes=10), start=next(starts()))
    since, until = db.session.execute(sa.select(Guard.since, Guard.until)).one()
    assert (since, until) == (MONDAY, later + CALM)


def test_bookings_that_nobody_confirms_begin_it_too() -> None:
    a_municipality(policy=BUSY | {"proof_above": 4, "confirm_minutes": 5})
    fill(3)
    lapsed = max(ends())
    expire_pendings(now=lapsed)
    assert db.session.scalar(sa.select(sa.func.sum(Traffic.lapsed))) == 3
    refused(lapsed, start=NINE + timedelta(days=7))


def test_what_lapsed_while_no_job_ran_is_counted_when_it_lapsed_and_is_no_rush_when_one_runs_again() -> None:
    a_municipality(policy=BUSY | {"proof_above": 4, "confirm_minutes": 5})
    fill(3)
    hours = Counter(map(hour_of, ends()))
    expire_pendings(now=MONDAY + timedelta(hours=60))
    counted = db.session.execute(sa.select(Traffic.hour, Traffic.lapsed).where(Traffic.lapsed > 0))
    assert {at: number for at, number in counted} == hours  # noqa: C416 - no tuples to mypy
    assert db.session.scalars(sa.select(Guard.until)).all() == []


def test_what_takes_no_time_does_not_keep_it_on() -> None:
    """A letter that proves an address costs nobody a place: else a program could hold the mode on for nothing."""
    a_municipality(policy=BUSY)
    fill(FLOOR + 1)
    before = db.session.scalar(sa.select(Traffic.booked))
    later = MONDAY + CALM - timedelta(minutes=1)
    for place in range(FLOOR + 1):
        book(an_order(by_letter=True, email=f"{place}@example.org", start=next(starts())), now=later)
    assert db.session.scalar(sa.select(Traffic.booked)) == before
    assert db.session.scalar(sa.select(Guard.until)) == MONDAY + CALM


def test_another_office_is_not_concerned() -> None:
    row = a_municipality(policy=BUSY)
    an_office(row, "standesamt")
    db.session.commit()
    fill(FLOOR + 1)
    offices = db.session.scalars(sa.select(Guard.office_id)).all()
    assert len(offices) == 1


def test_what_is_usual_at_one_office_is_not_usual_at_another() -> None:
    row = a_municipality(policy=BUSY)
    other = an_office(row, "standesamt")
    concern = db.session.scalars(sa.select(Concern).where(Concern.slug == "personalausweis")).one()
    concern.offices.append(ConcernOffice(office_id=other.id))
    a_clerk(row, other, "platz2")
    busy = db.session.scalars(sa.select(Office.id).where(Office.slug == "buergerbuero")).one()
    hour = hour_of(MONDAY)
    db.session.add_all(Traffic(office_id=busy, hour=hour - week * WEEK, booked=9, lapsed=0) for week in range(1, 9))
    db.session.commit()
    fill(FLOOR + 1)
    free = starts()
    for _ in range(FLOOR + 1):
        a_booking(office="standesamt", start=next(free))
    assert db.session.scalars(sa.select(Guard.office_id)).all() == [other.id]


def test_at_zero_every_booking_needs_a_proof() -> None:
    a_municipality(policy=BUSY | {"proof_above": 0})
    assert book(an_order(proof=solve(refused())), now=MONDAY).status is Status.PENDING


ALWAYS = BUSY | {"proof_above": 0}


def test_a_proof_books_once() -> None:
    a_municipality(policy=ALWAYS)
    proof = solve(refused())
    free = starts()
    book(an_order(proof=proof, start=next(free)), now=MONDAY)
    refused(proof=proof, start=next(free))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(UsedProof)) == 1


def test_a_proof_whose_booking_failed_may_book_another_time() -> None:
    a_municipality(policy=ALWAYS)
    book(an_order(proof=solve(refused())), now=MONDAY)
    proof = solve(refused())
    with pytest.raises(StartTaken):
        book(an_order(proof=proof), now=MONDAY)
    assert book(an_order(proof=proof, start=next(starts())), now=MONDAY).status is Status.PENDING


def test_a_proof_of_another_office_is_worth_nothing() -> None:
    a_municipality(policy=ALWAYS)
    a_municipality("anderswo", policy=ALWAYS)
    refused(proof=solve(refused(municipality="anderswo")))


def test_a_proof_lapses() -> None:
    a_municipality(policy=ALWAYS)
    proof = solve(refused())
    refused(MONDAY + proofs.LIVES, proof=proof)
    assert book(an_order(proof=proof), now=MONDAY + proofs.LIVES - timedelta(seconds=1))


def forged(proof: str, **data: Any) -> str:
    body = json.loads(base64.b64decode(proof))
    body["challenge"]["parameters"]["data"] |= data
    return base64.b64encode(json.dumps(body).encode()).decode()


@pytest.mark.parametrize(
    "broken",
    [
        lambda proof: forged(proof, until=4_000_000_000),
        lambda proof: forged(proof, office="musterstadt/standesamt"),
        lambda proof: proof[:-20],
        lambda _proof: "x",
        lambda _proof: base64.b64encode(b"[]").decode(),
        lambda _proof: base64.b64encode(b'{"challenge": 1, "solution": {}}').decode(),
        lambda _proof: "ä" * 50,
        lambda proof: proof + " " * 5000,
    ],
    ids=["later", "elsewhere", "cut", "short", "a list", "no object", "no Base64", "long"],
)
def test_a_proof_that_was_tampered_with_is_worth_nothing(broken: Any) -> None:
    a_municipality(policy=ALWAYS)
    refused(proof=broken(solve(refused())))


def test_a_wrong_solution_is_worth_nothing() -> None:
    a_municipality(policy=ALWAYS)
    body = json.loads(base64.b64decode(solve(refused())))
    body["solution"]["derivedKey"] = "00" * 32
    refused(proof=base64.b64encode(json.dumps(body).encode()).decode())


def test_a_key_that_is_being_replaced_still_checks_what_it_signed(app: Any) -> None:
    a_municipality(policy=ALWAYS)
    proof = solve(refused())
    app.config["SECRET_KEY_FALLBACKS"] = [app.config["SECRET_KEY"]]
    app.config["SECRET_KEY"] = "another key that only this test knows of"
    assert book(an_order(proof=proof), now=MONDAY).status is Status.PENDING


def test_used_proofs_and_old_counts_are_dropped() -> None:
    a_municipality(policy=ALWAYS)
    book(an_order(proof=solve(refused())), now=MONDAY)
    forget(now=MONDAY + proofs.LIVES - timedelta(seconds=1))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(UsedProof)) == 1
    forget(now=MONDAY + timedelta(weeks=10))
    assert db.session.scalar(sa.select(sa.func.count()).select_from(UsedProof)) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Traffic)) == 0


def test_without_a_script_the_address_is_proven_before_any_time_is_taken() -> None:
    a_municipality(policy=ALWAYS)
    found = book(an_order(by_letter=True), now=MONDAY)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Cell)) == 0
    assert db.session.scalars(sa.select(Letter.kind)).all() == [Kind.ADDRESS_FIRST]
    assert confirm(found.token, now=MONDAY + timedelta(minutes=5)).status is Status.CONFIRMED
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Cell)) == 3


def test_outside_abuse_mode_nobody_needs_the_letter_first() -> None:
    a_municipality()
    assert book(an_order(by_letter=True), now=MONDAY).status is Status.PENDING


def test_the_fourth_letter_to_an_address_is_the_one_about_too_many() -> None:
    a_municipality(policy=ALWAYS | {"max_open_per_contact": 1})
    book(an_order(by_letter=True), now=MONDAY)
    book(an_order(by_letter=True), now=MONDAY)
    kinds = db.session.scalars(sa.select(Letter.kind).order_by(Letter.id)).all()
    assert kinds == [Kind.ADDRESS_FIRST, Kind.TOO_MANY]


def test_while_nothing_is_wrong_a_booking_pays_one_statement(app: Any) -> None:
    a_municipality()
    a_booking()
    free = next(starts())
    said: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: said.append(statement))
    a_booking(start=free)
    ours = [one.split()[0] for one in said if re.search(r"\b(traffic|guard|used_proof|contact_block)\b", one)]
    assert ours == ["SELECT", "SELECT", "INSERT"]  # the two that every booking makes anyway, and the count


def test_once_it_has_ended_it_takes_the_whole_limit_to_begin_again() -> None:
    a_municipality(policy=BUSY)
    fill(FLOOR + 1)
    later = MONDAY + timedelta(hours=1)
    free = starts()
    for _ in range(FLOOR):
        assert book(an_order(start=next(free)), now=later).status is Status.PENDING
    assert db.session.scalar(sa.select(Guard.until)) == MONDAY + CALM
