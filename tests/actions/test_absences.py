"""Who is away is booked no more from the very moment on; nobody is dropped, and no reason is kept."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.absences import Times, absences_of, end_absence, enter_absence
from booking.actions.browse import open_catalogue
from booking.actions.erase_expired import erase_expired
from booking.actions.find_starts import find_starts
from booking.errors import Invalid, NotFound, SharedClerk, StartTaken
from booking.extensions import db
from booking.models import Absence, Audit, Block, Clerk, Municipality, Office
from booking.rules.appointments import Wish
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, a_booking, a_clerk, a_municipality, an_appointment, an_office
from tests.colleagues import a_login

TUESDAY = date(2026, 11, 24)


@pytest.fixture
def town(context: AppContext) -> Municipality:
    return a_municipality()


@pytest.fixture
def manager(town: Municipality) -> Actor:
    return a_login("mia", "manager")


def free(day: date, now: datetime = MONDAY) -> int:
    found = find_starts("musterstadt", [Wish("personalausweis")], now=now)
    zone = found.catalogue.zone
    return sum(datetime.fromtimestamp(at, zone).date() == day for at in found.offices[0].starts)


def versions() -> tuple[int, int]:
    return (
        db.session.scalars(sa.select(Municipality.revision)).one(),
        db.session.scalars(sa.select(sa.func.min(Office.version))).one(),
    )


def test_an_absence_takes_the_times_away_though_they_were_kept(manager: Actor) -> None:
    assert free(TUESDAY)
    before = versions()
    enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)
    assert free(TUESDAY) == 0
    assert free(TUESDAY + timedelta(days=1))
    assert all(after > old for after, old in zip(versions(), before, strict=True))


def test_who_is_choosing_while_the_clerk_falls_ill_gets_the_nearest_other_times(manager: Actor) -> None:
    enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)
    with pytest.raises(StartTaken):
        a_booking()


def test_what_an_absence_strands_is_told_and_stays(manager: Actor) -> None:
    booked = an_appointment()
    stranded = enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)
    assert [one.reference for one in stranded] == [booked.reference]
    again = enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY + timedelta(days=1)), now=MONDAY)
    assert again == ()


def test_a_part_of_a_day_leaves_the_rest(manager: Actor) -> None:
    an_appointment()
    stranded = enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY, time(10), time(12)), now=MONDAY)
    assert stranded == ()
    assert 0 < free(TUESDAY) < free(TUESDAY + timedelta(days=1))


def test_pressing_twice_enters_one_absence(manager: Actor) -> None:
    for _ in range(2):
        enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)
    assert len(db.session.scalars(sa.select(Absence)).all()) == 1


def test_past_absences_are_erased_with_the_appointments_of_their_days(manager: Actor) -> None:
    enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)
    enter_absence(manager, ["platz1"], Times(TUESDAY + timedelta(days=9), TUESDAY + timedelta(days=9)), now=MONDAY)
    for days, left in ((30, 2), (32, 1)):  # the municipality keeps what is past for thirty days
        erase_expired(now=NINE + timedelta(days=days))
        assert db.session.scalar(sa.select(sa.func.count(Absence.id))) == left


def test_whoever_is_back_early_can_be_booked_again(manager: Actor) -> None:
    enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY + timedelta(days=1)), now=MONDAY)
    (away,) = absences_of(open_catalogue("musterstadt"), [clerk_id()], now=MONDAY)
    end_absence(manager, away.id, now=NINE)
    assert free(TUESDAY, NINE)
    assert absences_of(open_catalogue("musterstadt"), [clerk_id()], now=NINE) == []


def test_an_absence_that_has_not_begun_is_deleted(manager: Actor) -> None:
    enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)
    (away,) = absences_of(open_catalogue("musterstadt"), [clerk_id()], now=MONDAY)
    end_absence(manager, away.id, now=MONDAY)
    assert db.session.scalars(sa.select(Absence)).all() == []


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (TUESDAY, 24)],
    ids=["summer time begins", "summer time ends", "an ordinary day"],
)
def test_a_whole_day_is_as_long_as_its_clocks_say(manager: Actor, day: date, hours: int) -> None:
    enter_absence(manager, ["platz1"], Times(day, day), now=datetime(2026, 1, 5, tzinfo=UTC))
    row = db.session.scalars(sa.select(Absence)).one()
    assert row.end - row.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("times", "field", "fault"),
    [
        (Times(TUESDAY, TUESDAY - timedelta(days=1)), "/last", "before-first"),
        (Times(TUESDAY, TUESDAY, time(12), time(10)), "/end", "before-start"),
        (Times(date(2025, 11, 24), date(2025, 11, 24)), "/last", "over"),
    ],
)
def test_impossible_times_are_refused_beside_their_field(manager: Actor, times: Times, field: str, fault: str) -> None:
    with pytest.raises(Invalid) as refused:
        enter_absence(manager, ["platz1"], times, now=MONDAY)
    assert [(one.pointer, one.key) for one in refused.value.faults] == [(field, fault)]


def test_a_stranger_cannot_touch_the_times_of_this_town(manager: Actor) -> None:
    a_municipality("anderswo")
    stranger = a_login("sven", "admin", town="anderswo")
    with pytest.raises(NotFound):
        enter_absence(stranger, ["platz9"], Times(TUESDAY, TUESDAY), now=MONDAY)
    enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)
    absence = db.session.scalars(sa.select(Absence.id)).one()
    with pytest.raises(NotFound):
        end_absence(stranger, absence, now=MONDAY)


def test_a_clerk_whose_name_no_database_can_hold_is_not_found(manager: Actor) -> None:
    with pytest.raises(NotFound):
        enter_absence(manager, ["platz1\x00"], Times(TUESDAY, TUESDAY), now=MONDAY)


def test_who_manages_one_office_leaves_the_clerks_of_another_alone(town: Municipality) -> None:
    registry = an_office(town, "standesamt")
    a_clerk(town, registry, "platz2")
    db.session.commit()
    head = a_login("rita", "manager", office="standesamt")
    enter_absence(head, ["platz2"], Times(TUESDAY, TUESDAY), now=MONDAY)
    with pytest.raises(NotFound):
        enter_absence(head, ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)


def test_a_clerk_of_two_offices_needs_rights_for_both(town: Municipality) -> None:
    registry = an_office(town, "standesamt")
    shared = db.session.scalars(sa.select(Clerk)).one()
    shared.blocks.append(Block(office_id=registry.id, weekday=0, start=time(13), end=time(16), kind="online"))
    db.session.commit()
    with pytest.raises(SharedClerk):
        enter_absence(a_login("rita", "manager", office="standesamt"), ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)
    enter_absence(a_login("mia", "manager"), ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)


def test_hours_at_another_office_that_are_over_bind_nobody(town: Municipality) -> None:
    registry = an_office(town, "standesamt")
    former = a_clerk(town, registry, "platz2")
    here = db.session.scalars(sa.select(Office.id).where(Office.slug == "buergerbuero")).one()
    over = {"valid_to": TUESDAY - timedelta(days=2), "kind": "online"}
    former.blocks.append(Block(office_id=here, weekday=0, start=time(13), end=time(16), **over))
    db.session.commit()
    head = a_login("rita", "manager", office="standesamt")
    enter_absence(head, ["platz2"], Times(TUESDAY, TUESDAY), now=MONDAY)
    assert len(db.session.scalars(sa.select(Absence)).all()) == 1


def test_the_audit_says_who_but_not_when_somebody_was_away(manager: Actor) -> None:
    enter_absence(manager, ["platz1"], Times(TUESDAY, TUESDAY), now=MONDAY)
    row = db.session.scalars(sa.select(Audit)).one()
    assert (row.verb, row.subject, row.login_id) == ("absence-entered", "clerk platz1", manager.login)
    assert row.details.keys() == {"absence"}


def clerk_id() -> int:
    return db.session.scalars(sa.select(Clerk.id).where(Clerk.slug == "platz1").order_by(Clerk.id)).first() or 0
