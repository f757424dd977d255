"""Calendar feeds: what they tell whom, when they are asked again, and that two readers understand them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import vobject
from flask.ctx import AppContext
from icalendar import Calendar

from booking.actions.cancel import cancel
from booking.actions.erase_expired import erase_expired
from booking.actions.manage_feeds import list_feeds, make_feed, revoke_feed
from booking.actions.move import move
from booking.actions.open_feed import open_feed
from booking.errors import Invalid, NotFound
from booking.extensions import db
from booking.models import Appointment, Audit, Block, Concern, Feed, Municipality, Office
from booking.rules.appointments import Appointment as Booked
from booking.rules.appointments import Wish
from booking.rules.roles import Actor
from tests.builders import MONDAY, NINE, a_booking, a_clerk, a_municipality, an_appointment, an_office
from tests.colleagues import a_login

pytestmark = pytest.mark.usefixtures("context")
LATER = NINE + timedelta(hours=1)


@pytest.fixture
def by() -> Actor:
    a_municipality()
    return a_login("leitung", "manager")


def office_id() -> int:
    return db.session.scalars(sa.select(Office.id).where(Office.slug == "buergerbuero")).one()


def a_feed(by: Actor, shows: str = "name", clerk: str = "") -> str:
    return make_feed(office_id(), clerk=clerk, shows=shows, by=by, now=MONDAY)


def body_of(secret: str, now: datetime = MONDAY) -> str:
    opened = open_feed(secret, is_known=lambda _etag: False, now=now)
    assert opened.body is not None
    return opened.body.decode()


def events_of(body: str) -> list[Any]:
    """Return the events as icalendar reads them, once vobject has read the same."""
    ours = Calendar.from_ical(body).walk("VEVENT")
    theirs: Any = vobject.readOne(body)
    others = getattr(theirs, "vevent_list", [])
    assert [str(event["UID"]) for event in ours] == [event.uid.value for event in others]
    assert [str(event["SUMMARY"]) for event in ours] == [event.summary.value for event in others]
    assert [event.start for event in ours] == [event.dtstart.value for event in others]  # type: ignore[attr-defined]
    assert [event.end for event in ours] == [event.dtend.value for event in others]  # type: ignore[attr-defined]
    return list(ours)


def event_of(body: str) -> Any:
    (event,) = events_of(body)
    return event


@contextmanager
def counted() -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement != "BEGIN":  # of SQLite's driver; it costs nothing
            said.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("shows", "title"),
    [
        ("busy", "Belegt"),
        ("concern", "2 × Personalausweis, Meldebescheinigung"),
        ("name", "Anna Beispiel: 2 × Personalausweis, Meldebescheinigung"),
    ],
)
def test_a_feed_shows_as_much_as_the_office_chose(by: Actor, shows: str, title: str) -> None:
    booked = an_appointment(wishes=(Wish("personalausweis", 2), Wish("meldebescheinigung")))
    event = event_of(body := body_of(a_feed(by, shows)))
    assert event["SUMMARY"] == title
    assert (event.start, event.end) == (booked.start, booked.end)
    assert "erfährt Wartefrei nicht" in event["DESCRIPTION"]
    assert ("Anna" in body) is (shows == "name")
    assert (booked.reference[:3] in body) is (shows != "busy")
    assert "anna@example.org" not in body


@pytest.mark.parametrize("shows", ["busy", "concern", "name"])
def test_a_discreet_concern_is_named_in_no_feed(by: Actor, shows: str) -> None:
    an_appointment(wishes=(Wish("personalausweis"), Wish("meldebescheinigung")))
    db.session.execute(sa.update(Concern).where(Concern.slug == "meldebescheinigung").values(discreet=True))
    db.session.execute(sa.update(Municipality).values(revision=Municipality.revision + 1))
    db.session.commit()
    body = body_of(a_feed(by, shows)).lower()
    assert "meldebescheinigung" not in body
    assert "personalausweis" not in body
    assert ("anliegen vertraulich" in body) is (shows != "busy")


def test_the_calendar_says_when_to_ask_again_and_in_which_zone(by: Actor) -> None:
    body = body_of(a_feed(by))
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n" in body
    assert "X-PUBLISHED-TTL:PT15M\r\n" in body
    assert "BYDAY=-1SU" in body
    assert "RDATE" not in body
    assert "\r\nNAME:Buergerbuero\r\n" in body
    assert "METHOD" not in body
    assert "NAME:Buergerbuero: platz1" in body_of(a_feed(by, clerk="platz1"))


def test_a_moved_appointment_stays_the_same_entry_with_a_higher_sequence(by: Actor) -> None:
    booked = an_appointment()
    secret = a_feed(by)
    before = event_of(body_of(secret))
    moved_at = MONDAY + timedelta(minutes=5)
    move(booked.token, start=LATER, office=None, now=moved_at)
    after = event_of(body_of(secret))
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["LAST-MODIFIED"].dt == after["DTSTAMP"].dt == moved_at
    assert before["DTSTAMP"].dt < moved_at
    assert after.start == LATER


def test_no_feed_carries_the_entry_of_the_citizens_calendar_or_of_another_feed(by: Actor) -> None:
    booked = an_appointment()
    uids = {str(event_of(body_of(a_feed(by, shows)))["UID"]) for shows in ("busy", "name")}
    assert len(uids) == 2
    assert booked.uid not in uids


def test_only_what_is_booked_stands_in_a_feed(by: Actor) -> None:
    secret = a_feed(by)
    booked = an_appointment()
    a_booking(start=LATER, email="zweite@example.org")
    assert event_of(body_of(secret)).start == NINE
    cancel(booked.token, now=MONDAY + timedelta(minutes=5))
    assert events_of(body_of(secret)) == []


def test_a_feed_ends_thirty_days_back(by: Actor) -> None:
    an_appointment()
    secret = a_feed(by)
    assert len(events_of(body_of(secret, NINE + timedelta(days=29)))) == 1
    assert events_of(body_of(secret, NINE + timedelta(days=31))) == []


def test_an_erased_appointment_is_in_no_feed(by: Actor) -> None:
    an_appointment()
    secret = a_feed(by)
    db.session.execute(sa.update(Municipality).values(retention={"past": 1}, revision=Municipality.revision + 1))
    db.session.commit()
    assert erase_expired(now=NINE + timedelta(days=3)) == 1
    assert events_of(body_of(secret, NINE + timedelta(days=3))) == []


def test_a_clerks_feed_tells_of_other_offices_only_that_the_time_is_taken(by: Actor) -> None:
    town = db.session.scalars(sa.select(Municipality)).one()
    other = an_office(town, "standesamt")
    second = a_clerk(town, db.session.scalars(sa.select(Office).where(Office.slug == "buergerbuero")).one(), "platz2")
    clerk = next(block.clerk_id for block in db.session.scalars(sa.select(Block)) if block.clerk_id != second.id)
    db.session.add(Block(clerk_id=clerk, office_id=other.id, weekday=1, kind="online", start=time(14), end=time(16)))
    town.revision += 1
    db.session.commit()
    an_appointment()
    elsewhere = an_appointment(start=LATER, email="zweite@example.org")
    db.session.execute(sa.update(Appointment).where(Appointment.id == elsewhere.id).values(office_id=other.id))
    db.session.commit()
    titles = [str(event["SUMMARY"]) for event in events_of(body_of(a_feed(by, clerk="platz1")))]
    titles += [str(event["SUMMARY"]) for event in events_of(body_of(a_feed(by, clerk="platz2")))]
    assert sorted(titles) == ["Anna Beispiel: Personalausweis", "Belegt"]


SPRING = (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC))
AUTUMN = (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC))


@pytest.mark.parametrize("span", [SPRING, AUTUMN])
def test_both_nights_of_the_clock_change_keep_their_instants(by: Actor, span: tuple[datetime, datetime]) -> None:
    booked: Booked = an_appointment()
    db.session.execute(sa.update(Appointment).where(Appointment.id == booked.id).values(start=span[0], end=span[1]))
    db.session.commit()
    event = event_of(body_of(a_feed(by)))
    assert (event.start.astimezone(UTC), event.end.astimezone(UTC)) == span


def test_a_question_about_nothing_new_costs_one_query(by: Actor) -> None:
    an_appointment()
    secret = a_feed(by)
    first = open_feed(secret, is_known=lambda _etag: False, now=MONDAY)
    with counted() as said:
        again = open_feed(secret, is_known=lambda etag: etag == first.etag, now=MONDAY + timedelta(hours=1))
    assert (again.etag, again.body) == (first.etag, None)
    assert len(said) == 1, said


def test_a_full_office_costs_as_many_queries_as_a_single_appointment(by: Actor) -> None:
    secret = a_feed(by)
    an_appointment()
    body_of(secret)  # the catalogue is read once
    with counted() as one:
        body_of(secret)
    for place in range(1, 8):
        an_appointment(start=NINE + place * timedelta(minutes=15), email=f"p{place}@example.org")
    with counted() as many:
        assert len(events_of(body_of(secret))) == 8
    assert len(many) == len(one) <= 4


@pytest.mark.parametrize("what", ["an appointment", "the catalogue", "midnight"])
def test_whatever_changes_the_feed_changes_its_etag(by: Actor, what: str) -> None:
    secret = a_feed(by)
    before = open_feed(secret, is_known=lambda _etag: False, now=MONDAY).etag
    now = MONDAY
    if what == "an appointment":
        an_appointment()
    elif what == "the catalogue":
        db.session.execute(sa.update(Municipality).values(revision=Municipality.revision + 1))
        db.session.commit()
    else:
        now += timedelta(days=1)
    assert open_feed(secret, is_known=lambda _etag: False, now=now).etag != before


def test_a_revoked_address_is_as_unknown_as_one_that_never_was(by: Actor) -> None:
    secret = a_feed(by)
    (line,) = list_feeds(office_id(), by=by)
    revoke_feed(line.id, office=office_id(), by=by, now=MONDAY)
    revoke_feed(line.id, office=office_id(), by=by, now=MONDAY)
    assert list_feeds(office_id(), by=by) == []
    for unknown in (secret, "never", "\udcff", ""):
        with pytest.raises(NotFound):
            body_of(unknown)
    verbs = db.session.scalars(sa.select(Audit.verb).order_by(Audit.id)).all()
    assert verbs == ["feed-made", "feed-revoked"]


def test_the_database_does_not_know_the_address(by: Actor) -> None:
    secret = a_feed(by)
    row = db.session.scalars(sa.select(Feed)).one()
    assert secret not in repr(vars(row))
    assert secret not in repr([vars(line) for line in db.session.scalars(sa.select(Audit))])


def test_a_stranger_makes_no_feed_and_revokes_none(by: Actor) -> None:
    a_feed(by)
    (line,) = list_feeds(office_id(), by=by)
    a_municipality("anderswo")
    stranger = a_login("fremd", "manager", town="anderswo")
    with pytest.raises(NotFound):
        make_feed(line.id, clerk="", shows="name", by=stranger, now=MONDAY)
    with pytest.raises(NotFound):
        revoke_feed(line.id, office=office_id_of("musterstadt"), by=stranger, now=MONDAY)


def office_id_of(town: str) -> int:
    asked = sa.select(Office.id).join(Municipality, Municipality.id == Office.municipality_id)
    return db.session.scalars(asked.where(Municipality.slug == town)).one()


@pytest.mark.parametrize("wrong", [{"shows": "everything"}, {"clerk": "platz9"}])
def test_a_feed_of_nothing_known_is_refused(by: Actor, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        a_feed(by, **wrong)


def test_a_feed_in_the_context_of_a_request_is_read_by_any_program(by: Actor, context: AppContext) -> None:
    secret = a_feed(by)
    an_appointment()
    answer = context.app.test_client().get(f"/feeds/{secret}.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in answer.headers
    again = context.app.test_client().get(f"/feeds/{secret}.ics", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    assert context.app.test_client().get("/feeds/never.ics").status_code == 404
