"""Figures from real rows: holds and lapsed bookings are nobody's, walk-ins are, and nobody is named."""

from dataclasses import fields
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.cancel import cancel_by_office
from booking.actions.catalogues import catalogue_of
from booking.actions.figures import Figures, count_figures
from booking.actions.find_starts import find_starts
from booking.actions.hold_time import hold_time
from booking.actions.marks import mark
from booking.actions.walk_ins import take
from booking.errors import Invalid
from booking.extensions import db
from booking.rules.figures import Case, OfficeFigures, Outcome, Tally
from booking.rules.lifecycle import Verb
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, a_booking, an_appointment, an_order
from tests.counter import MINUTE, TUESDAY, WISHES, a_counter, booked, clerk, waiting
from tests.full_day import a_full_day

EVENING = NINE + timedelta(hours=10)


@pytest.fixture
def desk(context: AppContext) -> Actor:
    return a_counter()


def counted(days: tuple[date, date] = (TUESDAY, TUESDAY), now: object = EVENING) -> Figures:
    catalogue = catalogue_of("musterstadt")
    return count_figures(catalogue, catalogue.open_offices, days, now=now)  # type: ignore[arg-type]


def the_office(**options: object) -> OfficeFigures:
    (found,) = counted(**options).offices  # type: ignore[arg-type]
    return found


def test_a_day_is_counted_by_what_became_of_it(desk: Actor) -> None:
    references = [booked(NINE + n * 15 * MINUTE, n) for n in range(4)]
    mark(references[0], Verb.FINISH, by=desk, now=NINE)
    mark(references[1], Verb.MISS, by=desk, now=EVENING)
    cancelled = an_appointment(start=NINE + timedelta(hours=2), email="c@example.org")
    cancel_by_office(cancelled.id, now=NINE)
    taken = waiting(desk, NINE + 90 * MINUTE)
    take(taken, clerk("platz1"), by=desk, now=NINE + 95 * MINUTE)
    mark(taken, Verb.FINISH, by=desk, now=NINE + 100 * MINUTE)
    waiting(desk, NINE + timedelta(hours=2))
    total = the_office().total
    assert (total.booked, total.walk_ins, total.lead_days) == (5, 2, 1)
    assert total.outcomes == {
        Outcome.SERVED: 2,
        Outcome.NO_SHOW: 1,
        Outcome.UNMARKED: 2,
        Outcome.CANCELLED: 1,
        Outcome.OPEN: 1,
    }
    assert the_office().channels == {"online": 5, "walk-in": 2}


def test_what_nobody_confirmed_and_what_is_only_held_is_not_counted(desk: Actor) -> None:
    a_booking()
    hold_time(an_order(start=NINE + timedelta(hours=1), channel="phone"), by=desk, now=MONDAY)
    assert the_office(now=MONDAY).total.booked == 0
    assert the_office().total.booked == 0


def test_the_period_is_of_local_days_and_not_longer_than_a_year(desk: Actor) -> None:
    booked()
    booked(NINE + timedelta(days=1), 1)
    assert the_office().total.booked == 1
    assert the_office(days=(TUESDAY, TUESDAY + timedelta(days=1))).total.booked == 2
    assert the_office(days=(TUESDAY - timedelta(days=9), TUESDAY - timedelta(days=1))).total.booked == 0
    for days in ((TUESDAY, TUESDAY - timedelta(days=1)), (TUESDAY, TUESDAY + timedelta(days=400))):
        with pytest.raises(Invalid):
            counted(days)


def test_use_is_of_the_hours_that_were_open(desk: Actor) -> None:
    booked()
    use = the_office().use
    assert use[1, 9].taken == 15
    assert (use[1, 8].available, use[1, 9].available) == (60, 120)
    assert {weekday for weekday, _ in use} == {1}


def test_the_next_free_time_is_what_citizens_are_offered(desk: Actor) -> None:
    for n in range(2):
        booked(NINE, n)
    found = counted(now=MONDAY).next_free
    starts = find_starts("musterstadt", WISHES, now=MONDAY).offices[0]
    catalogue = catalogue_of("musterstadt")
    expected = (starts.starts[0] - MONDAY.timestamp()) // 86_400
    key = (catalogue.office("buergerbuero").id, catalogue.concern("personalausweis").id)
    assert found[key] == expected == 0
    db.session.execute(sa.text("DELETE FROM block"))
    db.session.execute(sa.text("UPDATE municipality SET revision = revision + 1"))
    db.session.commit()
    assert counted(now=MONDAY).next_free == {}


def test_figures_cost_the_same_queries_however_much_there_was(context: AppContext) -> None:
    a_full_day(clerks=3, each=20)
    assert the_office().total.booked == 60
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    catalogue = catalogue_of("musterstadt")
    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        count_figures(catalogue, catalogue.open_offices, (TUESDAY, TUESDAY), now=EVENING)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len([each for each in seen if each.lstrip().startswith("SELECT")]) == 7


def test_no_figure_is_of_a_clerk_or_a_login() -> None:
    names = {field.name for value in (Figures, OfficeFigures, Tally) for field in fields(value)}
    assert not {name for name in names if "clerk" in name or "login" in name or "name" in name}
    assert "name" not in {field.name for field in fields(Case)}
