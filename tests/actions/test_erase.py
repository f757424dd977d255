"""Erasing leaves counts and nobody's row; the figures are the same before and after; a sweep shows what it did."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.ctx import AppContext

from booking.actions import erase_expired as erase_expired_module
from booking.actions import expire_pendings as expire_module
from booking.actions.cancel import cancel_by_office
from booking.actions.catalogues import catalogue_of
from booking.actions.erase import Why, columns_at, erase
from booking.actions.erase_expired import Swept, erase_expired, forget, overdue, sweep
from booking.actions.expire_pendings import expire_pendings
from booking.actions.figures import count_figures
from booking.actions.locking import lock_appointment
from booking.actions.marks import mark
from booking.actions.one_by_one import one_by_one
from booking.actions.sweeps import KEPT
from booking.actions.transaction import Rerun
from booking.actions.walk_ins import take
from booking.errors import Unavailable
from booking.extensions import Base, db
from booking.models import Appointment, Cell, DayCount, Letter, Office
from booking.models import Sweep as Row
from booking.rules.appointments import Wish
from booking.rules.catalogue import Catalogue
from booking.rules.figures import OfficeFigures
from booking.rules.lifecycle import Verb
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment
from tests.counter import MINUTE, TUESDAY, a_counter, booked, clerk, waiting

AFTER = NINE + timedelta(days=31)
BOTH = (Wish("personalausweis", 2), Wish("meldebescheinigung"))


@pytest.fixture
def desk(context: AppContext) -> Actor:
    return a_counter()


def figures(now: datetime = AFTER, days: tuple[date, date] = (TUESDAY, TUESDAY)) -> OfficeFigures:
    catalogue = catalogue_of("musterstadt")
    (found,) = count_figures(catalogue, catalogue.open_offices, days, now=now).offices
    return found


def a_mixed_day(desk: Actor) -> None:
    """Served, missed, unmarked, cancelled, for two concerns, by telephone, without an appointment; one unconfirmed."""
    references = [booked(NINE + n * 15 * MINUTE, n) for n in range(3)]
    mark(references[0], Verb.FINISH, by=desk, now=NINE)
    mark(references[1], Verb.MISS, by=desk, now=NINE + timedelta(hours=10))
    an_appointment(start=NINE + timedelta(hours=1), email="two@example.org", wishes=BOTH)
    an_appointment(MONDAY - timedelta(days=4), start=NINE + timedelta(hours=2), email="d@example.org")
    cancelled = an_appointment(start=NINE + timedelta(hours=2, minutes=30), email="c@example.org")
    cancel_by_office(cancelled.id, now=NINE)
    taken = waiting(desk, NINE + 90 * MINUTE)
    take(taken, clerk("platz1"), by=desk, now=NINE + 95 * MINUTE)
    mark(taken, Verb.FINISH, by=desk, now=NINE + 100 * MINUTE)
    waiting(desk, NINE + timedelta(hours=2))
    a_booking(start=NINE + timedelta(days=1), email="never@example.org")
    expire_pendings(now=NINE + timedelta(days=2))


def rows_that_refer_to_appointments() -> int:
    tables = [
        column.table
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name == "appointment" for key in column.foreign_keys) and table.name != "cell"
    ]
    return sum(db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables)


def test_the_figures_are_the_same_before_and_after_a_sweep(desk: Actor) -> None:
    a_mixed_day(desk)
    before = figures()
    assert erase_expired(now=AFTER) == 9
    assert figures() == before
    assert before.total.booked == 6
    assert before.total.lead_days == 1


def test_no_row_of_a_person_remains(desk: Actor) -> None:
    a_mixed_day(desk)
    assert rows_that_refer_to_appointments()
    erase_expired(now=AFTER)
    assert rows_that_refer_to_appointments() == 0
    assert db.session.scalar(sa.select(sa.func.count(Appointment.id))) == 0
    assert db.session.scalar(sa.select(sa.func.count()).where(Cell.appointment_id.is_not(None))) == 0


def test_half_erased_days_are_counted_once(desk: Actor) -> None:
    for n in range(6):
        booked(NINE + n * 15 * MINUTE, n)
    before = figures()
    halfway = NINE + timedelta(days=30, minutes=46)
    assert erase_expired(now=halfway) == 3
    assert figures() == before
    assert erase_expired(now=AFTER) == 3
    assert figures() == before


def test_what_nobody_confirmed_is_counted_and_shown_in_no_figure(desk: Actor) -> None:
    a_booking()
    expire_pendings(now=NINE)
    erase_expired(now=AFTER)
    assert db.session.scalars(sa.select(DayCount.outcome)).all() == ["unconfirmed"]
    assert (figures().total.booked, figures().channels) == (0, {})


def test_what_nobody_confirmed_goes_a_day_after_it_lapsed_though_no_other_job_ran(desk: Actor) -> None:
    lapsed = a_booking().confirm_by
    assert lapsed is not None
    day, moment = timedelta(days=1), timedelta(seconds=1)
    assert overdue(now=lapsed + day) == [Swept("musterstadt", Why())]
    assert erase_expired(now=lapsed + day) == 0
    assert overdue(now=lapsed + day + moment) == [Swept("musterstadt", Why(unconfirmed=1))]
    assert sweep(now=lapsed + day + moment) == [Swept("musterstadt", Why(unconfirmed=1))]
    assert db.session.scalar(sa.select(sa.func.count(Appointment.id))) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Cell)) == 0
    assert db.session.scalars(sa.select(DayCount.outcome)).all() == ["unconfirmed"]


def test_a_day_begins_when_it_lapsed_and_not_when_a_job_noticed(desk: Actor) -> None:
    lapsed = a_booking().confirm_by
    assert lapsed is not None
    expire_pendings(now=lapsed + timedelta(hours=20))
    assert erase_expired(now=lapsed + timedelta(days=1)) == 0
    assert erase_expired(now=lapsed + timedelta(days=1, seconds=1)) == 1


def test_what_was_cancelled_goes_a_week_later(desk: Actor) -> None:
    found = an_appointment(start=NINE + timedelta(days=2))
    cancel_by_office(found.id, now=NINE)
    assert erase_expired(now=NINE + timedelta(days=7)) == 0
    assert erase_expired(now=NINE + timedelta(days=7, seconds=1)) == 1


def test_what_was_cancelled_before_anybody_confirmed_it_is_in_no_figure(desk: Actor) -> None:
    found = a_booking()
    cancel_by_office(found.id, now=MONDAY + MINUTE)
    erase_expired(now=AFTER)
    assert db.session.scalars(sa.select(DayCount.outcome)).all() == ["unconfirmed"]
    assert figures().total.booked == 0


def test_what_is_confirmed_while_the_sweep_waits_for_the_lock_stays(
    desk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = a_booking(start=NINE + timedelta(days=3))
    due = a_booking(start=NINE + timedelta(minutes=30), email="never@example.org")
    expire_pendings(now=NINE + timedelta(days=1))

    def confirmed_meanwhile(catalogue: Catalogue, _offices: object) -> Catalogue:
        firm = {"status": "confirmed", "confirmed_at": MONDAY, "confirm_by": None}
        db.session.execute(sa.update(Appointment).where(Appointment.reference == late.reference).values(**firm))
        return catalogue

    monkeypatch.setattr("booking.actions.erase_expired.lock_offices", confirmed_meanwhile)
    assert erase_expired(now=NINE + timedelta(days=2, hours=23)) == 1
    left = db.session.scalars(sa.select(Appointment.reference)).all()
    assert left == [late.reference] != [due.reference]


def test_who_came_for_two_concerns_is_one_appointment_and_two_mentions(desk: Actor) -> None:
    an_appointment(wishes=BOTH)
    erase_expired(now=AFTER)
    rows = db.session.scalars(sa.select(DayCount)).all()
    assert sorted((row.mentions, row.appointments) for row in rows) == [(1, 0), (1, 1)]


def test_service_times_are_not_kept(desk: Actor) -> None:
    """Of the clerks who served nothing stays, so nobody could tell whether they were enough to hide one in."""
    kept = {
        column.name for name in ("day_count", "lead_count", "hour_count") for column in Base.metadata.tables[name].c
    }
    assert not {name for name in kept if "clerk" in name or "login" in name or "service" in name}


def test_a_sweep_notes_when_it_erased_how_many_of_what_where(desk: Actor) -> None:
    a_mixed_day(desk)
    assert sweep(now=AFTER) == [Swept("musterstadt", Why(unconfirmed=1, cancelled=1, past=7))]
    row = db.session.scalars(sa.select(Row)).one()
    assert (row.at, row.unconfirmed, row.cancelled, row.past, row.requested) == (AFTER, 1, 1, 7, 0)


def test_a_sweep_that_found_nothing_notes_nothing(desk: Actor) -> None:
    booked()
    sweep(now=NINE)
    assert db.session.scalars(sa.select(Row)).all() == []


def test_what_sweeps_did_is_told_for_a_year(desk: Actor) -> None:
    booked()
    sweep(now=AFTER)
    for now, told in ((AFTER + KEPT, 1), (AFTER + KEPT + MINUTE, 0)):
        forget(now=now)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Row)) == told


def test_a_sweep_of_several_batches_is_one_sweep(desk: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("booking.actions.erase_expired.BATCH", 2)
    for n in range(5):
        booked(NINE + n * 15 * MINUTE, n)
    assert erase_expired(now=AFTER) == 5
    assert db.session.scalars(sa.select(Row.past)).all() == [5]
    assert figures().total.booked == 5


def test_what_is_overdue_can_be_told_without_erasing_it(desk: Actor) -> None:
    booked()
    assert overdue(now=AFTER) == [Swept("musterstadt", Why(past=1))]
    assert overdue(now=AFTER, since=timedelta(days=2)) == [Swept("musterstadt", Why())]
    assert db.session.scalar(sa.select(sa.func.count(Appointment.id))) == 1


def test_each_municipality_has_its_own_deadlines(desk: Actor) -> None:
    town = a_municipality("anderswo", retention={"past": 2})
    booked()
    an_appointment(municipality=town.slug)
    assert sweep(now=NINE + timedelta(days=3)) == [Swept("anderswo", Why(past=1)), Swept("musterstadt", Why())]


def test_a_town_at_which_the_sweep_fails_does_not_stop_it_at_the_others(
    desk: Actor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    town = a_municipality("anderswo")
    booked()
    an_appointment(municipality=town.slug)
    broken, usual = town.id, erase_expired_module.catalogue_by_id

    def fails_at_one(municipality: int) -> Catalogue:
        if municipality == broken:
            raise ValueError("a row that nobody foresaw")
        return usual(municipality)

    monkeypatch.setattr(erase_expired_module, "catalogue_by_id", fails_at_one)
    with pytest.raises(ExceptionGroup):
        sweep(now=AFTER)
    assert db.session.scalars(sa.select(Appointment.municipality_id)).all() == [broken]
    assert "anderswo" in caplog.text


def test_an_office_at_which_expiring_fails_does_not_stop_it_at_the_others(
    desk: Actor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    town = a_municipality("anderswo")
    kept = a_booking(municipality=town.slug)
    lapsed = a_booking(email="never@example.org")
    broken, usual = town.id, expire_module.catalogue_by_id

    def fails_at_one(municipality: int) -> Catalogue:
        if municipality == broken:
            raise ValueError("a row that nobody foresaw")
        return usual(municipality)

    monkeypatch.setattr(expire_module, "catalogue_by_id", fails_at_one)
    for _ in range(2):
        with pytest.raises(ExceptionGroup):
            expire_pendings(now=NINE)
    found = db.session.execute(sa.select(Appointment.reference, Appointment.status))
    assert {(reference, status) for reference, status in found} == {
        (kept.reference, "pending"),
        (lapsed.reference, "expired"),
    }
    assert f"({broken}, " in caplog.text


def test_a_database_that_is_away_is_not_asked_once_more_for_every_office() -> None:
    asked: list[int] = []

    def away(office: int) -> None:
        asked.append(office)
        raise Unavailable

    with pytest.raises(Unavailable):
        list(one_by_one([1, 2, 3], away))
    assert asked == [1]


def test_what_an_older_version_has_only_blanked_is_counted_and_deleted(desk: Actor) -> None:
    booked()
    db.session.execute(sa.update(Appointment).values(name="", email="", erased_at=NINE))
    db.session.commit()
    assert erase_expired(now=NINE + timedelta(days=2)) == 1
    assert figures().total.booked == 1


def test_pages_kept_in_browsers_are_stale_after_a_sweep(desk: Actor) -> None:
    booked()
    before = db.session.scalar(sa.select(Office.version))
    db.session.rollback()
    erase_expired(now=AFTER)
    assert db.session.scalar(sa.select(Office.version)) != before


def test_a_letter_that_was_being_sent_while_its_appointment_was_erased_marks_no_other(desk: Actor) -> None:
    """SQLite gives the highest id once more: the next letter may have the erased one's."""
    from booking.actions.outbox import claim, mark_sent

    booked()
    db.session.execute(sa.update(Letter).values(status="sent"))
    cancelled = an_appointment(start=NINE + timedelta(hours=1), email="c@example.org")
    cancel_by_office(cancelled.id, now=NINE)
    letter = claim(now=AFTER)
    assert letter is not None
    erase_expired(now=AFTER)
    other = a_booking(AFTER, start=AFTER + timedelta(days=6))
    db.session.execute(sa.update(Letter).values(id=letter.id))
    db.session.commit()
    mark_sent(letter, now=AFTER)
    assert db.session.scalars(sa.select(Letter.status).where(Letter.appointment_id == other.id)).all() == ["waiting"]


def test_the_command_erases_and_says_what(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        a_municipality()
        an_appointment()
    monkeypatch.setattr("booking.clock.now", lambda: AFTER)
    run = app.test_cli_runner().invoke
    dry = run(args=("erase", "--dry-run")).output
    assert "musterstadt: 0 unconfirmed, 0 cancelled, 1 past" in dry
    assert "Nothing was erased" in dry
    assert "1 past" in run(args=("erase",)).output
    assert "0 past" in run(args=("erase",)).output


def test_whoever_comes_too_late_for_an_erased_appointment_looks_again_and_finds_nothing(
    desk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the lock may be gone under it: that is a stale view, not a fault of ours."""
    booked()
    row = db.session.scalars(sa.select(Appointment)).one()

    def erased_meanwhile(catalogue: Catalogue, _offices: object) -> Catalogue:
        erase(catalogue, [row.id], Why(requested=1), now=NINE)
        return catalogue

    monkeypatch.setattr("booking.actions.locking.lock_offices", erased_meanwhile)
    with pytest.raises(Rerun):
        lock_appointment(row)
    db.session.rollback()


def test_every_key_that_leads_to_an_appointment_has_an_index() -> None:
    """Else each of ten thousand deletions reads the whole of that table."""
    for column in columns_at(Base.metadata.tables["appointment"]):
        table = column.table
        uniques = [each for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
        leading = [next(iter(each.columns)) for each in (table.primary_key, *table.indexes, *uniques)]
        assert column in leading, f"{table.name}.{column.name}"
