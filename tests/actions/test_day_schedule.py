"""What the counter sees of a day: every column, who waits, who is gone; and what that costs the database."""

from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.cancel import cancel, cancel_by_office
from booking.actions.day_schedule import day_schedule, day_version
from booking.actions.expire_pendings import expire_pendings
from booking.actions.find_appointment import find_by_token
from booking.actions.hold_time import hold_time
from booking.actions.marks import mark
from booking.actions.outbox import claim, mark_deferred, mark_rejected
from booking.actions.staff_sessions import PlaceState
from booking.errors import NotFound
from booking.extensions import db
from booking.models import Absence, Block, Clerk, Closure, Concern, Office
from booking.rules.appointments import Wish
from booking.rules.blocks import BlockKind
from booking.rules.days import Column
from booking.rules.lifecycle import Status, Verb
from booking.rules.roles import Actor
from booking.rules.spans import Span
from tests.builders import MONDAY, NINE, a_booking, a_concern, an_appointment, an_office, an_order
from tests.counter import MINUTE, TUESDAY, a_counter, booked, day_at, entry_of, the_town, waiting
from tests.full_day import a_full_day

HOUR = timedelta(hours=1)
HALF_PAST_EIGHT, NOON = NINE - 30 * MINUTE, NINE + 3 * HOUR


@pytest.fixture
def desk(context: AppContext) -> Actor:
    return a_counter()


def changed() -> None:
    """Tell that the catalogue has changed."""
    the_town().revision += 1
    db.session.commit()


def column(slug: str = "platz1") -> Column:
    return next(each for each in day_at().columns if each.clerk.slug == slug)


def selects(day: date = TUESDAY) -> int:
    """Count the SELECTs of one day."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    day_schedule("musterstadt", "buergerbuero", day, now=NINE)  # the catalogue is kept from now on
    db.session.rollback()
    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        day_schedule("musterstadt", "buergerbuero", day, now=NINE)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return len([statement for statement in seen if statement.lstrip().startswith("SELECT")])


def test_a_day_costs_seven_queries_however_full_it_is(context: AppContext) -> None:
    a_full_day(clerks=4, each=20)
    full = selects()
    assert len(day_at().entries) == 80
    assert (full, selects(MONDAY.date())) == (7, 7)


def test_a_column_shows_who_comes_and_what_is_free(desk: Actor) -> None:
    found = booked()
    at = column(day_at().columns[0].clerk.slug)
    taken = next(each for each in day_at().columns if each.entries)
    assert [entry.reference for entry in taken.entries] == [found]
    assert taken.free == (Span(HALF_PAST_EIGHT, NINE), Span(NINE + 15 * MINUTE, NOON))
    assert [(block.kind, block.span) for block in at.blocks] == [(BlockKind.ONLINE, Span(HALF_PAST_EIGHT, NOON))]


def test_an_entry_tells_everything_the_counter_needs(desk: Actor) -> None:
    asked = {"id": "kind", "label": {"de": "Für wen?"}, "required": False, "max_length": 100}
    for concern in db.session.scalars(sa.select(Concern)):
        concern.questions, concern.discreet = [asked], concern.slug == "personalausweis"
    changed()
    found = an_appointment(phone="05071 1234", answers={"personalausweis.kind": "Für mein Kind"}, language="en")
    db.session.execute(sa.text("UPDATE appointment SET note = 'Rollstuhl'"))
    db.session.commit()
    entry = entry_of(found.reference)
    assert (entry.name, entry.email, entry.phone) == ("Anna Beispiel", "anna@example.org", "05071 1234")
    assert (entry.channel, entry.language, entry.note) == ("online", "en", "Rollstuhl")
    assert [(purpose.name["de"], purpose.quantity) for purpose in entry.concerns] == [("Personalausweis", 1)]
    assert entry.is_discreet
    assert entry.answers == (({"de": "Für wen?"}, "Für mein Kind"),)
    assert (entry.is_undeliverable, entry.is_hold, entry.is_stranded, entry.undo) == (False, False, False, None)


def test_unconfirmed_bookings_are_shown_until_their_time_is_over(desk: Actor) -> None:
    found = a_booking()
    assert entry_of(found.reference, MONDAY).status is Status.PENDING
    assert entry_of(found.reference, MONDAY).steps == ()
    assert found.confirm_by is not None
    assert day_at(found.confirm_by).entries == []
    expire_pendings(now=found.confirm_by)
    assert (day_at().entries, day_at().gone) == ([], ())


def test_a_time_held_at_the_phone_is_shown_without_a_person(desk: Actor) -> None:
    hold_time(an_order(name="Nobody yet", channel="phone"), by=desk, now=MONDAY)
    (entry,) = day_at(MONDAY).entries
    assert (entry.is_hold, entry.name, entry.email, entry.steps) == (True, "", "", ())
    assert day_at(MONDAY + 4 * MINUTE).entries == []


def test_who_cancelled_and_who_did_not_come_can_still_be_read(desk: Actor) -> None:
    away, late = an_appointment(), booked(NINE + HOUR, 1)
    cancel(away.token, now=MONDAY + HOUR)
    mark(late, Verb.MISS, by=desk, now=NINE + 2 * HOUR)
    day = day_at(NINE + 2 * HOUR)
    assert day.entries == []
    assert {(entry.reference, entry.status) for entry in day.gone} == {
        (away.reference, Status.CANCELLED),
        (late, Status.NO_SHOW),
    }
    undone = {entry.reference: entry.undo and entry.undo.verb for entry in day.gone}
    assert undone == {away.reference: None, late: Verb.MISS}


def test_a_shared_clerk_s_time_elsewhere_is_taken_without_saying_by_whom(desk: Actor) -> None:
    town = the_town()
    other = an_office(town, "standesamt", name={"de": "Standesamt"})
    a_concern(town, other, "vaterschaft", minutes=30)
    shared = db.session.scalars(sa.select(Clerk).where(Clerk.slug == "platz1")).one()
    shared.blocks.append(Block(office_id=other.id, weekday=1, kind="online", start=time(13), end=time(15)))
    changed()
    an_appointment(office="standesamt", start=NINE + 5 * HOUR, wishes=(Wish("vaterschaft"),))
    (taken,) = column().elsewhere
    assert (taken.office, taken.span) == ({"de": "Standesamt"}, Span(NINE + 5 * HOUR, NINE + 5.5 * HOUR))
    assert day_at().entries == []
    assert column().blocks == column("platz2").blocks


def test_an_absence_strands_and_takes_the_time_away(desk: Actor) -> None:
    found = booked()
    at = entry_of(found).clerks[0]
    db.session.add(Absence(clerk_id=at, start=NINE - HOUR, end=NINE + HOUR))
    changed()
    assert entry_of(found).is_stranded
    mine = next(each for each in day_at().columns if each.clerk.id == at)
    assert mine.free == (Span(NINE + HOUR, NOON),)
    assert mine.absences == (Span(NINE - HOUR, NINE + HOUR),)
    mark(found, Verb.CALL, by=desk, now=NINE)
    assert not entry_of(found).is_stranded


def test_a_closure_strands_and_is_told(desk: Actor) -> None:
    found = booked()
    db.session.add(Closure(municipality_id=the_town().id, first=TUESDAY, last=TUESDAY, name={"de": "Umzug"}))
    changed()
    assert entry_of(found).is_stranded
    assert day_at().closures != ()
    assert {each.free for each in day_at().columns} == {()}


def test_a_clerk_who_is_gone_keeps_a_column_while_somebody_is_booked_with_it(desk: Actor) -> None:
    found = booked()
    at = entry_of(found).clerks[0]
    db.session.execute(sa.update(Clerk).where(Clerk.id == at).values(active=False))
    changed()
    left = next(each for each in day_at().columns if each.clerk.id == at)
    assert ([entry.reference for entry in left.entries], left.blocks) == ([found], ())
    assert entry_of(found).is_stranded


def test_clerks_who_do_not_work_on_a_day_have_no_column(desk: Actor) -> None:
    sunday = TUESDAY + timedelta(days=5)
    assert len(day_at().columns) == 2
    assert day_schedule("musterstadt", "buergerbuero", sunday, now=NINE).columns == ()


def test_a_letter_that_fails_for_good_is_news_for_the_day_page(desk: Actor) -> None:
    found = an_appointment()
    for _ in range(2):
        letter = claim(now=MONDAY + HOUR)
        if letter is None or letter.kind.value == "confirmed":
            break
        mark_rejected(letter, "550 no such user", now=MONDAY + HOUR)
    before = day_at().version
    assert letter is not None
    mark_deferred(letter, "450 later", now=MONDAY + HOUR)
    assert day_at().version == before
    mark_rejected(letter, "550 no such user", now=MONDAY + 2 * HOUR)
    assert day_at().version != before
    assert entry_of(found.reference).is_undeliverable


def test_the_version_is_that_of_the_page_and_moves_with_the_catalogue_too(desk: Actor) -> None:
    town, office = the_town(), db.session.scalars(sa.select(Office)).one()
    assert day_at().version == day_version(PlaceState(office.id, office.version, town.revision))
    before = day_at().version
    changed()
    assert day_at().version != before


def test_a_day_begins_and_ends_at_local_midnight(desk: Actor) -> None:
    late = NINE + timedelta(hours=14, minutes=30)  # 23:30 in Berlin, 22:30 in UTC
    found = waiting(desk, late)
    tomorrow = NINE + timedelta(hours=16)  # 01:00 in Berlin
    assert [entry.reference for entry in day_at(late).waiting] == [found]
    next_day = day_schedule("musterstadt", "buergerbuero", TUESDAY + timedelta(days=1), now=tomorrow)
    assert next_day.waiting == ()


def test_what_has_become_a_walk_in_or_is_marked_breaks_no_link(desk: Actor) -> None:
    found = an_appointment()
    for verb in (Verb.CHECK_IN, Verb.CALL, Verb.SERVE, Verb.FINISH):
        mark(found.reference, verb, by=desk, now=NINE)
        assert find_by_token(found.token).reference == found.reference
    cancelled = an_appointment(start=NINE + HOUR, email="b@example.org")
    cancel_by_office(cancelled.id, now=NINE)
    assert find_by_token(cancelled.token).status is Status.CANCELLED


@pytest.mark.parametrize(("town", "office"), [("nirgendwo", "buergerbuero"), ("musterstadt", "nirgends")])
def test_there_is_no_day_of_an_office_that_is_not_there(desk: Actor, town: str, office: str) -> None:
    with pytest.raises(NotFound):
        day_schedule(town, office, TUESDAY, now=NINE)
