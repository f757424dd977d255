"""Free times from what is kept clerk by clerk are those of the tables, whatever was done and however time went on."""

from datetime import datetime, time, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from booking.actions import keys, office_months
from booking.actions.book import book
from booking.actions.cancel import cancel
from booking.actions.confirm import confirm
from booking.actions.expire_pendings import expire_pendings
from booking.actions.find_starts import find_starts
from booking.actions.move import move
from booking.actions.resend import correct_address
from booking.errors import Refusal
from booking.extensions import db
from booking.models import Appointment as Row
from booking.models import Block, Cell, Clerk, Concern, ConcernOffice, Guard, Municipality, Office
from booking.models.stamps import ClerkStamp
from booking.rules.appointments import Appointment, Wish
from booking.rules.surges import CALM
from tests import databases
from tests.builders import HOURS, MONDAY, NINE, a_booking, a_clerk, a_municipality, an_office, an_order
from tests.direct import starts_from_the_tables

CARD, PAPER = Wish("personalausweis"), Wish("meldebescheinigung", 2)
THURSDAY = NINE + timedelta(days=2)  # far enough for a booking to lapse while its time can still be had
DELAY = 20  # minutes: freed times return at a moment of their own
doings = st.one_of(
    st.tuples(st.just("book"), st.integers(0, 40)),
    st.tuples(st.sampled_from(["confirm", "cancel", "correct", "expire", "guard", "wait"]), st.integers(0, 5)),
    st.tuples(st.just("move"), st.integers(0, 40)),
)
days = st.lists(st.tuples(doings, st.sampled_from([0, 0, 1, 7, 31, 25 * 60])), min_size=1, max_size=14)


class Day:
    """What citizens do with an office of three clerks, one of whom works at a second one too."""

    def __init__(self) -> None:
        self.now, self.booked = MONDAY, list[Appointment]()

    def do(self, what: str, which: int) -> None:
        try:
            getattr(self, what)(which)
        except Refusal:
            db.session.rollback()

    def book(self, which: int) -> None:
        start = THURSDAY + timedelta(minutes=5 * which)
        order = an_order(start=start, wishes=((CARD, PAPER)[which % 2],), email=f"{len(self.booked)}@example.org")
        self.booked.append(book(order, now=self.now))

    def confirm(self, which: int) -> None:
        confirm(self._one(which).token, now=self.now)

    def cancel(self, which: int) -> None:
        cancel(self._one(which).token, now=self.now)

    def correct(self, which: int) -> None:
        one = self._one(which)
        correct_address(one.reference, one.holder, f"again{which}@example.org", now=self.now)

    def move(self, which: int) -> None:
        move(self._one(which).token, THURSDAY + timedelta(minutes=5 * which), now=self.now)

    def expire(self, _which: int) -> None:
        expire_pendings(now=self.now)

    def guard(self, _which: int) -> None:
        """Begin abuse mode, as a booking does: the version of its office tells."""
        office = db.session.scalars(sa.select(Office.id).where(Office.slug == "buergerbuero")).one()
        db.session.merge(Guard(office_id=office, since=self.now, until=self.now + CALM))
        db.session.execute(sa.update(Office).where(Office.id == office).values(version=Office.version + 1))
        db.session.commit()

    def wait(self, _which: int) -> None:
        """Let time pass over what is kept: only a moment kept with it tells that some of it is free now."""

    def _one(self, which: int) -> Appointment:
        if not self.booked:
            raise Refusal
        return self.booked[which % len(self.booked)]


def an_office_of_three() -> None:
    """One of them alone handles certificates: where another is free as well, what one has taken changes nothing."""
    policy = {"max_open_per_network": 1000, "release_delay_minutes": DELAY, "confirm_minutes": 30}
    town = a_municipality(policy=policy)
    office = db.session.scalars(sa.select(Office)).one()
    card = db.session.scalars(sa.select(Concern).where(Concern.slug == CARD.concern)).one()
    a_clerk(town, office, "platz2", after_minutes=10, all_concerns=False, concerns=[card])
    shared = a_clerk(town, office, "platz3", all_concerns=False, concerns=[card])
    other = an_office(town, "rathaus")
    shared.blocks.append(Block(office_id=other.id, weekday=5, kind="online", **HOURS))
    town.revision += 1
    db.session.commit()


def kept_starts(wish: Wish, day: Day) -> tuple[int, ...]:
    found = find_starts("musterstadt", [wish], now=day.now, office="buergerbuero").offices[0].starts
    db.session.rollback()
    return found


def begin_anew(context: AppContext, url: str) -> None:
    """Each example has its own town: nothing is known of those before it."""
    db.session.remove()
    databases.empty(url)
    for name in ("catalogues", "availability", office_months.MONTHS, office_months.OFFERS, keys.KEPT):
        context.app.extensions.pop(name, None)
    an_office_of_three()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@example([(("book", 1), 25 * 60)])  # lapses by itself
@example([(("book", 1), 0), (("cancel", 0), 5), (("book", 9), 31)])  # held back, then released
@example([(("book", 1), 25 * 60 - 1), (("guard", 0), 1), (("expire", 0), 31)])  # lapses in abuse mode
@example([(("book", 1), 25 * 60), (("guard", 0), 31), (("move", 0), 31)])  # abuse mode begins when it has lapsed
@example([(("book", 1), 0), (("wait", 0), 25 * 60)])  # as the first, when it is kept
@example([(("book", 1), 0), (("cancel", 0), 0), (("wait", 0), 31)])  # kept while it is held back
@example([(("book", 1), 24 * 60 + 5), (("wait", 0), 31)])  # kept when it has lapsed, and the policy holds it back
@example([(("book", 1), 24 * 60 + 25), (("guard", 0), 0), (("wait", 0), 5 * 60)])  # likewise, and abuse mode does
@example([(("wait", 0), 25 * 60 + 30), (("book", 1), 24 * 60 + 25), (("guard", 0), 0), (("wait", 0), 20)])  # till SOON
@given(days)
def test_kept_starts_are_those_of_the_tables(
    context: AppContext, engine_url: str, done: list[tuple[tuple[str, int], int]]
) -> None:
    begin_anew(context, engine_url)
    day = Day()
    for (what, which), minutes in done:
        for wish in (CARD, PAPER):
            kept_starts(wish, day)  # so that there is something kept which may be wrong
        day.do(what, which)
        day.now += timedelta(minutes=minutes)
        for wish in (CARD, PAPER):
            assert kept_starts(wish, day) == starts_from_the_tables(wish, day.now)


def test_other_hours_are_offered_by_a_worker_that_has_kept_the_former_ones(context: AppContext) -> None:
    """Of a clerk whom nobody has booked: whose time is taken is read anew anyhow."""
    town, day = a_municipality(), Day()
    before = kept_starts(CARD, day)
    db.session.execute(sa.update(Block).values(start=time(10)))
    db.session.execute(sa.update(Municipality).where(Municipality.id == town.id).values(revision=town.revision + 1))
    db.session.commit()
    now = kept_starts(CARD, day)
    assert now == starts_from_the_tables(CARD, day.now)
    assert now != before


def test_on_another_wall_clock_other_cells_belong_to_the_last_day(context: AppContext) -> None:
    town, day = a_municipality(), Day()
    day.now = MONDAY + timedelta(hours=12)  # Monday in both places, and late enough for the last day to be open
    db.session.execute(sa.update(Block).values(start=time(13), end=time(18)))
    last = find_starts("musterstadt", [CARD], now=day.now).offices[0].window.last
    five = datetime.combine(last, time(17), ZoneInfo("Pacific/Honolulu"))  # in the night after it in Berlin
    clerk = db.session.scalars(sa.select(Clerk.id)).one()
    taken = [int((five + timedelta(minutes=5 * step)).timestamp()) for step in range(-12, 12)]
    until = day.now + timedelta(days=90)
    db.session.execute(sa.insert(Cell), [{"clerk_id": clerk, "moment": at, "held_until": until} for at in taken])
    db.session.commit()
    kept_starts(CARD, day)
    changed = {"timezone": "Pacific/Honolulu", "revision": town.revision + 1}
    db.session.execute(sa.update(Municipality).where(Municipality.id == town.id).values(**changed))
    db.session.commit()
    now = kept_starts(CARD, day)
    assert now == starts_from_the_tables(CARD, day.now)
    assert not set(now) & set(taken)
    assert find_starts("musterstadt", [CARD], now=day.now).offices[0].window.last == last


def stamp_of(clerk: str) -> int | None:
    query = sa.select(ClerkStamp.stamp).join(Clerk, Clerk.id == ClerkStamp.clerk_id).where(Clerk.slug == clerk)
    return db.session.scalar(query)


def test_nobody_can_take_a_clerks_time_without_leaving_a_trace(context: AppContext) -> None:
    an_office_of_three()
    first = db.session.scalars(sa.select(Clerk).where(Clerk.slug == "platz2")).one()
    assert stamp_of("platz2") is None
    db.session.execute(sa.insert(Cell).values(clerk_id=first.id, moment=int(NINE.timestamp()), held_until=NINE))
    inserted = stamp_of("platz2")
    db.session.execute(sa.update(Cell).values(held_until=MONDAY))
    updated = stamp_of("platz2")
    db.session.execute(sa.delete(Cell))
    deleted = stamp_of("platz2")
    assert inserted is not None
    assert updated is not None
    assert deleted is not None
    assert inserted < updated < deleted
    assert stamp_of("platz1") is None


def test_a_shorter_time_to_confirm_is_a_change_though_no_cell_is_touched(context: AppContext) -> None:
    an_office_of_three()
    a_booking(start=NINE)
    clerk = db.session.scalars(sa.select(Clerk.slug).join(Cell, Cell.clerk_id == Clerk.id)).first() or ""
    before = stamp_of(clerk)
    db.session.execute(sa.update(Row).values(confirm_by=MONDAY + timedelta(minutes=5)))
    assert before is not None
    assert (stamp_of(clerk) or 0) > before


def test_only_the_clerk_whose_time_has_changed_is_read_again(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[int]] = []
    usual = office_months.read_taken

    def noting(connection: sa.Connection, office: int, clerks: list[int], *rest: Any, **more: Any) -> Any:
        read.append(list(clerks))
        return usual(connection, office, clerks, *rest, **more)

    monkeypatch.setattr(office_months, "read_taken", noting)
    an_office_of_three()
    for place in range(3):
        a_booking(start=NINE, email=f"{place}@example.org")
    day = Day()
    kept_starts(CARD, day)
    kept_starts(CARD, day)
    a_booking(start=NINE + timedelta(minutes=60))
    kept_starts(CARD, day)
    assert [len(clerks) for clerks in read] == [3, 1]


def test_of_many_offices_only_the_one_that_has_changed_is_reckoned_anew(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    reckoned: list[str] = []
    module = import_module("booking.actions.find_starts")
    usual = module.month_of

    def noting(catalogue: Any, visit: Any, *rest: Any, **more: Any) -> Any:
        reckoned.append(visit.office.slug)
        return usual(catalogue, visit, *rest, **more)

    monkeypatch.setattr(module, "month_of", noting)
    town = a_municipality()
    other = an_office(town, "rathaus")
    a_clerk(town, other, "platz2")
    concern = db.session.scalars(sa.select(Concern).where(Concern.slug == CARD.concern)).one()
    concern.offices.append(ConcernOffice(office_id=other.id))
    town.revision += 1
    db.session.commit()
    for _ in range(2):
        find_starts("musterstadt", [CARD], now=MONDAY)
    a_booking(start=NINE)
    reckoned.clear()
    found = find_starts("musterstadt", [CARD], now=MONDAY)
    assert reckoned == ["buergerbuero"]
    assert [at.office.slug for at in found.offices] == ["buergerbuero", "rathaus"]
    reckoned.clear()
    find_starts("musterstadt", [CARD], now=found.valid_until)
    assert reckoned  # what has run out is not used, whoever has touched it


def test_what_was_made_last_is_kept_when_there_is_no_room() -> None:
    kept: dict[object, Any] = {}
    for question in ("popular", "odd", "popular", "odder"):
        office_months.keep_latest(kept, question, question.upper(), most=2)
    assert kept == {"popular": "POPULAR", "odder": "ODDER"}


def test_an_office_that_never_comes_to_rest_is_read_in_one_statement(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_office_of_three()
    a_booking(start=NINE)
    looks: list[int] = []
    usual = office_months.read_taken

    def restless(*asked: Any, **more: Any) -> Any:
        look = usual(*asked, **more)
        looks.append(len(look.of_clerks))
        raised = {clerk: taken._replace(stamp=taken.stamp - 1) for clerk, taken in look.of_clerks.items()}
        return look if len(looks) > office_months.CALM else look._replace(version=-1, of_clerks=raised)

    monkeypatch.setattr(office_months, "read_taken", restless)
    day = Day()
    assert kept_starts(CARD, day) == starts_from_the_tables(CARD, day.now)
    assert len(looks) == office_months.CALM + 1
