"""Sprechzeiten: changed under the rules of a catalogue file, at once, and nobody is stranded unawares."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.blocks import Slot, blocks_of, remove_block, save_blocks, save_day
from booking.actions.find_starts import find_starts
from booking.errors import Invalid, NotFound, SharedClerk, Strands
from booking.extensions import db
from booking.models import Block, Clerk, Municipality, Office
from booking.rules.appointments import Wish
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, a_clerk, a_municipality, an_appointment, an_office
from tests.colleagues import a_login

TUESDAY = date(2026, 11, 24)
AFTERNOON = {"office": "buergerbuero", "weekday": "tue", "hours": "13:00-16:00", "kind": "online"}


@pytest.fixture
def town(context: AppContext) -> Municipality:
    return a_municipality()


@pytest.fixture
def manager(town: Municipality) -> Actor:
    return a_login("mia", "manager")


def free(day: date) -> int:
    found = find_starts("musterstadt", [Wish("personalausweis")], now=MONDAY)
    zone = found.catalogue.zone
    return sum(datetime.fromtimestamp(at, zone).date() == day for at in found.offices[0].starts)


def tuesdays(by: Actor) -> int:
    return next(one.id for one in blocks_of(by, "platz1") if one.entry.get("weekday") == "tue")


def add(by: Actor, clerk: str = "platz1", **fields: Any) -> None:
    entry = {key: value for key, value in {**AFTERNOON, **fields}.items() if value is not None}
    save_blocks(by, Slot(clerk), [entry], since=None, now=MONDAY)


def faults(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.key) for fault in refused.value.faults]


def test_a_new_block_is_offered_at_once_though_answers_were_kept(manager: Actor) -> None:
    before = free(TUESDAY)
    add(manager)
    assert free(TUESDAY) > before
    assert free(TUESDAY + timedelta(days=1)) == before


def test_a_block_kept_for_staff_is_not_offered_to_citizens(manager: Actor) -> None:
    before = free(TUESDAY)
    add(manager, kind="staff")
    assert free(TUESDAY) == before


@pytest.mark.parametrize(
    "clash",
    [
        {"hours": "11:55-14:00"},
        {"hours": "08:00-16:00", "every_weeks": 2, "valid_from": "2027-01-05"},
        {"hours": "09:00-09:05", "kind": "walk-in", "valid_from": "2026-12-01", "valid_to": "2026-12-31"},
    ],
)
def test_a_clerk_is_in_one_place_at_a_time(manager: Actor, clash: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        add(manager, **clash)
    assert faults(refused) == [("/0/hours", "overlaps")]
    assert refused.value.faults[0].values == {"hours": "08:30-12:00"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"hours": "12:02-13:00"}, ("/0/hours", "hours")),
        ({"hours": "14:00-13:00"}, ("/0/hours", "hours")),
        ({"kind": "sometimes"}, ("/0/kind", "choose")),
        ({"office": "nowhere"}, ("/0/office", "choose")),
        ({"concerns": ["nothing"]}, ("/0/concerns", "choose")),
        ({"every_weeks": 60, "valid_from": "2026-12-01"}, ("/0/every_weeks", "at-most")),
        ({"valid_from": "2026-12-01", "valid_to": "2026-11-30"}, ("/0/valid_to", "before-first")),
    ],
)
def test_what_a_file_could_not_say_is_refused_beside_its_field(
    manager: Actor, fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        add(manager, **fields)
    assert faults(refused) == [expected]


def test_ending_a_block_asks_before_it_strands_anybody(manager: Actor) -> None:
    booked = an_appointment()
    with pytest.raises(Strands) as refused:
        remove_block(manager, Slot("platz1", tuesdays(manager)), since=TUESDAY, now=MONDAY)
    assert refused.value.references == (booked.reference,)
    assert free(TUESDAY)
    stranded = remove_block(manager, Slot("platz1", tuesdays(manager)), since=TUESDAY, now=MONDAY, accepts=1)
    assert [one.reference for one in stranded] == [booked.reference]
    assert free(TUESDAY) == 0


def test_more_stranded_than_were_shown_are_shown_again(manager: Actor) -> None:
    an_appointment()
    an_appointment(start=NINE + timedelta(hours=1), email="bernd@example.org")
    slot = Slot("platz1", tuesdays(manager))
    with pytest.raises(Strands) as refused:
        remove_block(manager, slot, since=None, now=MONDAY, accepts=1)
    assert len(refused.value.references) == 2
    assert len(remove_block(manager, slot, since=None, now=MONDAY, accepts=2)) == 2


def test_a_block_that_ends_serves_until_the_day_before(manager: Actor) -> None:
    remove_block(manager, Slot("platz1", tuesdays(manager)), since=TUESDAY + timedelta(days=7), now=MONDAY)
    assert free(TUESDAY)
    assert free(TUESDAY + timedelta(days=7)) == 0


def test_a_change_from_a_day_on_leaves_the_weeks_before_as_they_were(manager: Actor) -> None:
    before = free(TUESDAY)
    since = TUESDAY + timedelta(days=7)
    entry = {**AFTERNOON, "hours": "08:30-10:00"}
    save_blocks(manager, Slot("platz1", tuesdays(manager)), [entry], since=since, now=MONDAY)
    assert free(TUESDAY) == before
    assert 0 < free(since) < before


def test_another_day_takes_the_place_of_all_weekly_hours_and_gives_them_back(manager: Actor) -> None:
    before = free(TUESDAY)
    entries = [{"office": "buergerbuero", "hours": "14:00-15:00", "kind": "online"}]
    save_day(manager, "platz1", TUESDAY, entries, now=MONDAY)
    assert 0 < free(TUESDAY) < before
    save_day(manager, "platz1", TUESDAY, [], now=MONDAY)
    assert free(TUESDAY) == before


def test_an_extra_saturday_can_be_booked(manager: Actor) -> None:
    saturday = date(2026, 11, 28)
    save_day(
        manager, "platz1", saturday, [{"office": "buergerbuero", "hours": "09:00-12:00", "kind": "online"}], now=MONDAY
    )
    assert free(saturday)


def test_two_hours_of_one_day_cannot_overlap(manager: Actor) -> None:
    hours = [{"office": "buergerbuero", "hours": times, "kind": "online"} for times in ("08:00-10:00", "09:00-11:00")]
    with pytest.raises(Invalid) as refused:
        save_day(manager, "platz1", TUESDAY, hours, now=MONDAY)
    assert faults(refused) == [("/1/hours", "overlaps")]


def test_a_block_of_another_clerk_is_not_found(manager: Actor, town: Municipality) -> None:
    office = db.session.scalars(sa.select(Office)).one()
    a_clerk(town, office, "platz2")
    db.session.commit()
    with pytest.raises(NotFound):
        remove_block(manager, Slot("platz2", tuesdays(manager)), since=None, now=MONDAY)


def test_who_manages_one_office_gives_nobody_hours_at_another(town: Municipality) -> None:
    registry = an_office(town, "standesamt")
    a_clerk(town, registry, "platz2")
    db.session.commit()
    head = a_login("rita", "manager", office="standesamt")
    with pytest.raises(Invalid) as refused:
        add(head, "platz2")
    assert faults(refused) == [("/0/office", "choose")]
    add(head, "platz2", office="standesamt")
    with pytest.raises(NotFound):
        add(head, "platz1", office="standesamt")


def test_the_hours_of_a_clerk_of_two_offices_need_rights_for_both(town: Municipality) -> None:
    registry = an_office(town, "standesamt")
    shared = db.session.scalars(sa.select(Clerk)).one()
    shared.blocks.append(Block(office_id=registry.id, weekday=0, start=time(13), end=time(16), kind="online"))
    db.session.commit()
    with pytest.raises(SharedClerk):
        add(a_login("rita", "manager", office="standesamt"), office="standesamt")
    add(a_login("mia", "manager"))


def test_a_stranger_finds_no_clerk_of_this_town(town: Municipality) -> None:
    a_municipality("anderswo")
    a_clerk(town, db.session.scalars(sa.select(Office).where(Office.municipality_id == town.id)).one(), "platz7")
    db.session.commit()
    with pytest.raises(NotFound):
        add(a_login("sven", "admin", town="anderswo"), "platz7")
