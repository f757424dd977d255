"""The day schedule at its door: what its forms do, what a poll costs, what the waiting room may show."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from booking import clock
from booking.extensions import db
from booking.models import Absence, Answer, Appointment, AppointmentClerk, Block, Clerk, Municipality, Office
from tests.actions.stranding import falls_ill
from tests.builders import NINE, a_booking, an_appointment, an_office
from tests.colleagues import Colleague, a_colleague
from tests.counter import MINUTE, a_counter, clerk, the_town
from tests.full_day import a_full_day

BASE = "/staff/musterstadt.buergerbuero"
DAY = f"{BASE}/day/2026-11-24"
MARKS, WALK_IN, CHANGES = f"{DAY}/mark", f"{DAY}/walk-in", f"{DAY}/changes"
Now = Callable[[datetime], None]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    """Return what sets the clock; it begins at nine on a Tuesday."""
    told = [NINE]
    monkeypatch.setattr(clock, "now", lambda: told[-1])
    return told.append


@pytest.fixture
def erna(app: Flask, now: Now) -> Colleague:
    """Return somebody at the desk of a counter where Anna is booked at nine."""
    with app.app_context():
        a_counter()
        an_appointment()
    return a_colleague(app, "desk", office="buergerbuero")


def anna(app: Flask) -> Appointment:
    with app.app_context():
        booked = sa.select(Appointment).where(Appointment.start.is_not(None))
        return db.session.scalars(booked.order_by(Appointment.id)).first()


def anna_clerk(app: Flask) -> int:
    with app.app_context():
        return db.session.scalars(
            sa.select(AppointmentClerk.clerk_id).order_by(AppointmentClerk.appointment_id)
        ).first()


def version(page: str) -> str:
    found = re.search(r'data-version="([\d.]+)"', page)
    assert found
    return found[1]


def test_the_way_back_leads_to_the_day_as_somebody_looked_at_it(app: Flask, now: Now) -> None:
    with app.app_context():
        a_counter()
        an_office(the_town(), "archiv")
        the_town().revision += 1
        db.session.commit()
    erna = a_colleague(app, "desk")
    looked = f"{DAY}?keys=off&platz=platz2&view=list"
    assert "Set-Cookie" in erna.get(looked).headers
    assert "Set-Cookie" not in erna.get(looked).headers, "it was kept already"
    assert erna.get(f"{BASE}/").location == looked
    assert "?" not in erna.get("/staff/musterstadt.archiv/").location, "it is of one office"
    erna.get(DAY)
    assert erna.get(f"{BASE}/").location == DAY


def test_a_platz_is_taken_and_left_by_its_links_with_all_else_as_it_was(erna: Colleague) -> None:
    def follow(words: str) -> str:
        found = re.search(rf'href="([^"]+)">{words}<span class="kern-sr-only"> \(platz2\)', page)
        assert found, words
        return erna.get(html.unescape(found[1])).text

    reference = waits(erna)
    page = erna.get(f"{DAY}?view=list&keys=off").text
    page = follow("Hier sitze ich")
    assert "mein Platz" in page
    assert 'data-keys="off"' in page
    assert f"take:{reference}:platz1" not in page, "whoever sits there calls to there"
    page = follow("verlassen")
    assert "mein Platz" not in page
    assert 'data-keys="off"' in page
    assert f"take:{reference}:platz1" in page
    assert erna.get(f"{BASE}/").location == f"{DAY}?keys=off&view=list"


def test_a_platz_without_hours_that_day_is_nobodys(app: Flask, erna: Colleague) -> None:
    reference = waits(erna)
    with app.app_context():
        db.session.execute(sa.delete(Block).where(Block.clerk_id == clerk("platz2")))
        the_town().revision += 1
        db.session.commit()
    assert f"take:{reference}:platz1" in erna.get(f"{DAY}?platz=platz2").text


def test_two_presses_of_one_form_give_one_number(erna: Colleague) -> None:
    def fresh() -> dict[str, str]:
        found = re.search(r'name="key" value="([0-9a-f-]{36})"', erna.get(DAY).text)
        assert found
        return {"concern": "personalausweis", "key": found[1]}

    form = fresh()
    told = [erna.post(WALK_IN, sent).headers["Location"] for sent in (form, form, fresh())]
    assert [re.search(r"number=(\d+)", to)[1] for to in told] == ["1", "1", "2"]  # type: ignore[index]


def waits(by: Colleague) -> str:
    """Let somebody walk in; return the reference."""
    by.post(WALK_IN, {"concern": "personalausweis"})
    found = re.search(r"take:(\w+):", by.get(DAY).text)
    assert found
    return found[1]


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement != "BEGIN":  # SQLite's costs nothing, and PostgreSQL is asked without a transaction
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_an_office_s_address_leads_to_today(erna: Colleague) -> None:
    assert erna.get(f"{BASE}/").location == DAY
    assert erna.get(f"{BASE}/day?day=2026-12-24&view=list").location == f"{BASE}/day/2026-12-24?view=list"
    assert erna.get(f"{BASE}/day?day=gestern").location == DAY


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-12-25", "Feiertag: Erster Weihnachtstag"),
        ("2026-11-29", "An diesem Tag ist hier keine Sprechzeit."),
        ("2026-11-24", ""),
    ],
)
def test_a_day_without_hours_says_so(erna: Colleague, day: str, words: str) -> None:
    page = erna.get(f"{BASE}/day/{day}").text
    assert words in page
    assert bool(words) == ("Feiertag" in page or "keine Sprechzeit." in page)


def test_whose_platz_is_missing_is_one_step_away_from_being_helped(app: Flask, erna: Colleague, now: Now) -> None:
    assert "ohne Platz" not in erna.get(DAY).text
    with app.app_context():
        falls_ill()
    for page in (erna.get(DAY).text, erna.get(f"{CHANGES}?version=0.0").text):
        assert "Platz fehlt" in page
        assert re.findall(r'href="([^"]+)">(\d) Termin ohne Platz', page) == [(f"{BASE}/stranded#of-2026-11-24", "1")]
    assert 'id="of-2026-11-24"' in erna.get(f"{BASE}/stranded").text
    with app.app_context():
        row = db.session.scalars(sa.select(Appointment)).one()
        row.clerks.append(AppointmentClerk(clerk_id=clerk("platz2"), after_minutes=0))
        db.session.commit()
    assert "1 Termin ohne Platz" in erna.get(DAY).text, "who is with two clerks is drawn twice and counted once"
    now(NINE + timedelta(hours=1))  # who is over stands on the list no more
    assert "ohne Platz" not in erna.get(DAY).text


def test_a_desk_of_one_office_begins_the_day_there_and_others_choose(app: Flask, erna: Colleague) -> None:
    assert erna.get("/staff/start").location == f"{BASE}/"
    assert a_colleague(app, "phone", office="buergerbuero").get("/staff/start").location == "/staff/"
    with app.app_context():
        an_office(the_town(), "standesamt")
        the_town().revision += 1
        db.session.commit()
    assert a_colleague(app, "desk").get("/staff/start").location == "/staff/"
    assert a_colleague(app, "desk", office="standesamt").get("/staff/").text.count("st-place__name") == 1


def test_an_entry_says_everything_that_the_desk_needs(app: Flask, erna: Colleague) -> None:
    with app.app_context():
        row = db.session.scalars(sa.select(Appointment)).one()
        row.note, row.language, row.channel, row.mail_failure = "Kommt mit Hund", "uk", "phone", "550 no such user"
        row.answers = [Answer(question="personalausweis.kind", label={"de": "Für wen?"}, text="Für mein Kind")]
        db.session.commit()
    page = erna.get(DAY).text
    for words in (
        "Anna Beispiel",
        "Personalausweis",
        "Kommt mit Hund",
        "Ukrainisch",
        "Telefon",
        "E-Mail kam nicht an",
        "Für wen?: Für mein Kind",
    ):
        assert words in page


def test_an_entry_that_a_calendar_declined_says_so_while_that_time_holds(app: Flask, erna: Colleague) -> None:
    for sequence, shown in ((0, True), (1, False)):
        with app.app_context():
            row = db.session.scalars(sa.select(Appointment)).one()
            row.declined_at, row.declined_sequence, row.sequence = row.created_at, 0, sequence
            db.session.commit()
        assert ("Kalender: abgelehnt" in erna.get(DAY).text) is shown


def test_a_mark_leads_back_to_its_entry_and_offers_the_way_back(app: Flask, erna: Colleague) -> None:
    reference = anna(app).reference
    answer = erna.post(f"{MARKS}?view=list&platz=platz1", {"do": f"check_in:{reference}"})
    assert answer.location == f"{DAY}?view=list&platz=platz1&said=check_in&of={reference}#t-{reference}"
    page = erna.get(answer.location).text
    assert "<strong>Anna Beispiel</strong> (09:00) ist da" in page
    step = re.search(rf'value="(undo:{reference}:\d+)">Rückgängig<', page)
    assert step
    assert erna.post(MARKS, {"do": step[1]}).status_code == 302
    assert anna(app).status == "confirmed"


@pytest.mark.parametrize(
    ("verbs", "status"),
    [
        (["check_in", "call", "serve", "finish"], "served"),
        (["finish"], "served"),
        (["check_in", "miss"], "no_show"),
    ],
)
def test_the_buttons_lead_through_a_visit(app: Flask, erna: Colleague, verbs: list[str], status: str) -> None:
    for verb in verbs:
        assert erna.post(MARKS, {"do": f"{verb}:{anna(app).reference}"}).status_code == 302
    assert anna(app).status == status


def test_more_time_comes_in_fives(app: Flask, erna: Colleague) -> None:
    row = anna(app)
    erna.post(MARKS, {"do": f"serve:{row.reference}"})
    assert erna.post(MARKS, {"do": f"extend:{row.reference}:10"}).status_code == 302
    assert anna(app).end == row.end + timedelta(minutes=10)
    assert erna.post(MARKS, {"do": f"extend:{row.reference}:7"}).status_code == 422


@pytest.mark.parametrize(
    ("do", "status"),
    [
        ("check_in:XXXXXXX", 404),
        ("", 422),
        ("shout:{reference}", 422),
        ("undo:{reference}:99999999999999999999", 422),
        ("undo:{reference}:²", 422),
        ("take:{reference}:nowhere", 404),
        ("undo:{reference}:1", 409),
    ],
)
def test_what_cannot_be_done_is_said_on_the_day_itself(app: Flask, erna: Colleague, do: str, status: int) -> None:
    answer = erna.post(MARKS, {"do": do.format(reference=anna(app).reference)})
    assert answer.status_code == status
    assert "dy-told--bad" in answer.text
    assert 'id="board"' in answer.text
    assert anna(app).status == "confirmed"


def test_only_minutes_that_can_work_are_offered_and_else_who_is_next(app: Flask, erna: Colleague, now: Now) -> None:
    reference = anna(app).reference
    erna.post(MARKS, {"do": f"call:{reference}"})
    offered = rf'value="extend:{reference}:(\d+)"'
    assert re.findall(offered, erna.get(DAY).text) == ["5", "10", "15"]
    with app.app_context():
        for number in range(2):
            an_appointment(start=NINE + 25 * MINUTE, email=f"{number}@example.org", name="Kim Nguyen")
    assert re.findall(offered, erna.get(DAY).text) == ["5", "10"]
    now(NINE + 18 * MINUTE)
    assert re.findall(offered, erna.get(DAY).text) == ["5", "10"]
    now(NINE + 22 * MINUTE)
    assert re.findall(offered, erna.get(DAY).text) == ["5"]
    now(NINE + 26 * MINUTE)
    page = erna.get(DAY).text
    assert not re.findall(offered, page)
    assert "Verlängern geht nicht: Um 09:25 Uhr ist Kim Nguyen dran" in page


def test_nobody_is_missing_before_their_time_and_the_menu_says_so(erna: Colleague, now: Now) -> None:
    now(NINE - MINUTE)
    assert 'data-no="n">Nicht erschienen: erst ab 09:00 Uhr<' in erna.get(DAY).text
    now(NINE)
    assert 'data-no="n"' not in erna.get(DAY).text


def test_a_platz_that_is_absent_now_takes_nobody_by_chance(app: Flask, erna: Colleague, now: Now) -> None:
    begins, ends = NINE + 30 * MINUTE, NINE + 60 * MINUTE
    with app.app_context():
        platz2 = db.session.scalars(sa.select(Clerk).where(Clerk.slug == "platz2")).one()
        db.session.add(Absence(clerk_id=platz2.id, start=begins, end=ends))
        the_town().revision += 1
        db.session.commit()
    reference = waits(erna)
    seen = version(erna.get(DAY).text)
    for moment, offered in ((begins - MINUTE, True), (begins, False), (ends, True)):
        now(moment)
        page = erna.get(DAY).text
        assert (f"take:{reference}:platz2" in page) is offered
        assert ("platz2 ist als abwesend eingetragen" in page) is not offered
        assert f"take:{reference}:platz1" in page
    now(begins)
    assert erna.get(CHANGES, query_string={"version": seen}).status_code == 200
    assert f"take:{reference}:platz2" in erna.get(f"{DAY}?platz=platz2").text  # who sits there is there
    page = erna.post(MARKS, {"do": f"take:{reference}:platz2"}, follow_redirects=True).text
    assert "aufgerufen: platz2 (als abwesend eingetragen)" in page


def test_why_a_platz_is_busy_is_said_with_a_number_that_can_be_read_out(app: Flask, erna: Colleague) -> None:
    with app.app_context():
        an_appointment(email="kim@example.org")
    spoken = f"{anna(app).reference[:3]}-{anna(app).reference[3:]}"
    with app.app_context():
        platz = db.session.get_one(Clerk, anna_clerk(app)).slug
    page = erna.post(MARKS, {"do": f"take:{waits(erna)}:{platz}"}).text
    assert f"<strong>Nr. 1</strong> kann nicht zu {platz}: " in page
    assert f"Bis 09:15 Uhr ist dort Anna Beispiel ({spoken}) eingetragen und noch nicht da." in page


def test_a_platz_that_does_not_handle_a_concern_says_which(app: Flask, erna: Colleague) -> None:
    reference = waits(erna)
    with app.app_context():
        db.session.execute(sa.update(Clerk).where(Clerk.slug == "platz2").values(all_concerns=False))
        db.session.execute(sa.update(Municipality).values(revision=Municipality.revision + 1))
        db.session.commit()
    page = erna.post(MARKS, {"do": f"take:{reference}:platz2"}).text
    assert "Dieser Platz bearbeitet nicht: Personalausweis." in page


def test_a_walk_in_gets_a_number_and_is_taken_to_a_platz(erna: Colleague) -> None:
    answer = erna.post(WALK_IN, {"concern": "personalausweis", "quantity": "2", "name": "Kim Nguyen"})
    assert answer.location == f"{DAY}?said=arrive&number=1#said"
    page = erna.get(answer.location).text
    assert '<strong class="dy-big">1</strong>' in page
    assert "Kim Nguyen" in page
    ticket = re.findall(r'href="([^"]+)">Zum Drucken', page)[0]
    assert 'pr-number">1<' in erna.get(ticket).text
    assert "Kim Nguyen" not in erna.get(ticket).text
    reference = waits(erna)
    page = erna.post(MARKS, {"do": f"take:{reference}:platz2"}, follow_redirects=True).text
    assert "aufgerufen: platz2" in page


def test_a_walk_in_entered_on_another_days_page_waits_today(erna: Colleague) -> None:
    other = DAY.replace("11-24", "11-26")
    answer = erna.post(f"{other}/walk-in", {"concern": "personalausweis"})
    assert answer.location == f"{DAY}?said=arrive&number=1#said"


def test_no_number_is_shown_that_nobody_got(erna: Colleague) -> None:
    assert "Wartenummer <strong" not in erna.get(f"{DAY}?said=arrive&number=99").text


@pytest.mark.parametrize("form", [{"concern": "nothing"}, {}, {"concern": "personalausweis", "quantity": "0"}])
def test_a_walk_in_without_a_concern_gets_no_number(app: Flask, erna: Colleague, form: dict[str, str]) -> None:
    answer = erna.post(WALK_IN, form)
    assert answer.status_code in {404, 422}
    assert "dy-told--bad" in answer.text


def test_the_day_of_another_office_stays_closed(app: Flask, erna: Colleague) -> None:
    with app.app_context():
        an_office(the_town(), "standesamt")
        the_town().revision += 1
        db.session.commit()
    stranger = a_colleague(app, "desk", office="standesamt")
    for path in (DAY, CHANGES, f"{BASE}/waiting-room", f"{BASE}/waiting-room/changes"):
        assert stranger.get(path).status_code == 403
    assert stranger.post(MARKS, {"do": f"finish:{anna(app).reference}"}).status_code == 403
    own = DAY.replace("buergerbuero", "standesamt")
    assert stranger.post(f"{own}/mark", {"do": f"finish:{anna(app).reference}"}).status_code == 404
    assert anna(app).status == "confirmed"


@pytest.mark.parametrize(("page", "poll"), [(DAY, CHANGES), (f"{BASE}/waiting-room", f"{BASE}/waiting-room/changes")])
def test_nothing_new_costs_one_query_session_check_included(app: Flask, erna: Colleague, page: str, poll: str) -> None:
    asked = {"version": version(erna.get(page).text)}
    with counted(app) as seen:
        answer = erna.get(poll, query_string=asked, headers={"X-Poll": "1"})
    assert (answer.status_code, answer.data) == (204, b"")
    assert len(seen) == 1
    erna.post(MARKS, {"do": f"check_in:{anna(app).reference}"})
    answer = erna.get(poll, query_string=asked)
    assert answer.status_code == 200
    assert version(answer.text) != asked["version"]
    assert "<html" not in answer.text


@pytest.mark.parametrize("asked", ["", "1", "1.1.x", "9.9.9999999999", "..", "²"])
def test_an_unknown_version_is_answered_with_the_board(erna: Colleague, asked: str) -> None:
    assert erna.get(CHANGES, query_string={"version": asked}).status_code == 200


def test_a_change_of_the_catalogue_is_seen(app: Flask, erna: Colleague) -> None:
    asked = {"version": version(erna.get(DAY).text)}
    with app.app_context():
        the_town().revision += 1
        db.session.commit()
    assert erna.get(CHANGES, query_string=asked).status_code == 200


@pytest.mark.parametrize(
    ("shown", "begins"),
    [(NINE - timedelta(hours=1), NINE), (NINE + timedelta(hours=1), NINE.replace(hour=23))],
    ids=["a start, after which somebody may be missing", "midnight, after which nothing is undone"],
)
def test_the_board_changes_by_itself_at(
    app: Flask, erna: Colleague, now: Now, shown: datetime, begins: datetime
) -> None:
    now(shown)
    with app.app_context():
        asked = {"version": version(a_colleague(app, "desk", name="früh").get(DAY).text)}
    for moment, status in ((begins - MINUTE, 204), (begins, 200)):
        now(moment)
        assert a_colleague(app, "desk").get(CHANGES, query_string=asked).status_code == status


def test_an_unconfirmed_booking_disappears_when_it_lapses(app: Flask, erna: Colleague, now: Now) -> None:
    """Without the help of any job."""
    with app.app_context():
        lapses = a_booking(NINE, start=NINE + timedelta(hours=2), email="kim@example.org", name="Kim Nguyen").confirm_by
    page = erna.get(DAY).text
    assert "Kim Nguyen" in page
    for moment, status in ((lapses - MINUTE, 204), (lapses, 200)):
        now(moment)
        answer = a_colleague(app, "desk").get(CHANGES, query_string={"version": version(page)})
        assert answer.status_code == status
    assert "Kim Nguyen" not in answer.text


def test_a_page_costs_the_same_queries_however_full_the_day_is(app: Flask, now: Now) -> None:
    counts = []
    for clerks, each in ((2, 3), (10, 20)):
        with app.app_context():
            for table in reversed(db.metadata.sorted_tables):
                db.session.execute(table.delete())
            db.session.commit()
            app.extensions.pop("catalogues", None)
            a_full_day(clerks, each)
        erna = a_colleague(app, "desk")
        erna.get(DAY)
        with counted(app) as seen:
            assert erna.get(DAY).text.count('class="dy-entry ') >= clerks * each - clerks
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 10


def test_the_waiting_room_shows_numbers_and_never_a_name(app: Flask, erna: Colleague) -> None:
    screen = f"{BASE}/waiting-room"
    assert "niemand aufgerufen" in erna.get(screen).text
    reference = anna(app).reference
    for verb in ("check_in", "call"):
        erna.post(MARKS, {"do": f"{verb}:{reference}"})
    erna.post(MARKS, {"do": f"take:{waits(erna)}:platz2"})
    page = erna.get(screen).text
    assert "Anna" not in page
    assert "Personalausweis" not in page
    assert re.findall(r'wr-number">(\d+)<', page) == ["2", "1"]  # the latest call first, or equal ones as they came
    assert re.findall(r'wr-where">(\w+)<', page) == ["platz2", "platz1"]


def test_the_waiting_room_names_a_platz_shortly_and_unmistakably(app: Flask, erna: Colleague) -> None:
    def where(names: list[str]) -> str:
        with app.app_context():
            for row, name in zip(db.session.scalars(sa.select(Clerk).order_by(Clerk.id)), names, strict=True):
                row.name = {"de": name}
            the_town().revision += 1
            db.session.commit()
        return re.findall(r'wr-where">([^<]+)<', erna.get(f"{BASE}/waiting-room").text)[0]

    erna.post(MARKS, {"do": f"call:{anna(app).reference}"})
    assert where(["Bürgerbüro Platz 1 (Springer)", "Bürgerbüro Platz 2"]) == "Platz\xa01"
    assert where(["Bürgerbüro Platz 1", "Standesamt Platz 1"]) == "Bürgerbüro Platz 1"
    assert where(["Frau Köneke", "Herr Thiele"]) == "Frau Köneke"


def test_where_nobody_gets_a_number_people_are_called_by_reference(app: Flask, erna: Colleague) -> None:
    with app.app_context():
        db.session.execute(sa.update(Office).values(uses_check_in=False))
        the_town().revision += 1
        db.session.commit()
    reference = anna(app).reference
    page = erna.get(DAY).text
    assert "Ist da</button>" not in page
    erna.post(MARKS, {"do": f"call:{reference}"})
    assert f"{reference[:3]}-{reference[3:]}" in erna.get(f"{BASE}/waiting-room").text


def test_the_page_never_says_a_platz_or_a_view_that_is_none(erna: Colleague) -> None:
    page = erna.get(f"{DAY}?platz=%22%3E%3Cb%3E&view=x&keys=x&said=x&of=x&number=x").text
    assert "<b>" not in page
    assert "dy--plan" in page


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2027-03-28", 23), ("2026-11-24", 24)])
def test_the_axis_has_the_hours_that_the_day_has(app: Flask, erna: Colleague, day: str, hours: int) -> None:
    on = date.fromisoformat(day)
    with app.app_context():
        for clerk in db.session.scalars(sa.select(Clerk)):
            early = Block(office_id=clerk.blocks[0].office_id, date=on, kind="online", start=time(0), end=time(1))
            late = Block(office_id=clerk.blocks[0].office_id, date=on, kind="staff", start=time(22), end=time(23, 55))
            clerk.blocks += [early, late]
        the_town().revision += 1
        db.session.commit()
    page = erna.get(f"{BASE}/day/{day}").text
    ticks = re.findall(r'dy-tick r-(\d+)[^"]*"><span>([^<]+)<', page)
    assert f"steps-{hours * 12}" in page
    assert [int(row) for row, _ in ticks] == [1 + 12 * place for place in range(hours)]
    names = [words for _, words in ticks]
    assert len(set(names)) == hours
    assert ("02:00 B" in names) is (hours == 25)
    assert ("02:00" in names) is (hours != 23)
