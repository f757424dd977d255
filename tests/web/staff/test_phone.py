"""The phone page over HTTP, as a browser without scripts sees it: search, times, hold, booking, read-back."""

import re
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from booking import clock
from booking.actions.find_for_staff import MOST_VAIN
from booking.extensions import db
from booking.models import Appointment, Block, Concern, ConcernDocument, Hold, Municipality
from tests.builders import HOURS, a_booking, a_clerk, a_municipality, an_office
from tests.colleagues import Colleague, a_colleague, anonymous

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
CALLER = {"name": "Anna Beispiel", "phone": "05071 1234567"}


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def petra(app: Flask) -> Colleague:
    with app.app_context():
        a_municipality()
    return a_colleague(app, "phone")


def call(who: Colleague, path: str = "", **fields: Any) -> TestResponse:
    return who.post(f"/staff/phone{path}", {"town": "musterstadt", "concern": "personalausweis:1", **fields})


def times(page: TestResponse) -> list[str]:
    return [unescape(value) for value in re.findall(r'name="time" value="([^"]+)"', page.text)]


def hidden(page: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return unescape(found[1])


def count(app: Flask, table: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_what_each_brings_is_read_aloud_in_the_concern_s_own_words(app: Flask, petra: Colleague) -> None:
    with app.app_context():
        db.session.execute(update(ConcernDocument).values(per_unit=True))
        db.session.execute(update(Concern).values(unit={"de": "Person"}))
        db.session.execute(update(Municipality).values(revision=Municipality.revision + 1))
        db.session.commit()
    assert "je Person einmal, zusammen 3" in call(petra, concern="personalausweis:3").text


def test_words_lead_to_a_concern_and_its_next_times(petra: Colleague) -> None:
    found = petra.post("/staff/phone", {"town": "musterstadt", "q": "ausweis"})
    assert 'name="add" value="personalausweis"' in found.text
    added = petra.post("/staff/phone", {"town": "musterstadt", "add": "personalausweis"})
    assert times(added)[0] == "buergerbuero|2026-11-23T08:30:00+01:00"
    assert len(times(added)) == 9
    assert "Ausweis" in added.text


def test_enter_takes_the_likeliest_concern(petra: Colleague) -> None:
    page = petra.post("/staff/phone", {"town": "musterstadt", "q": "personalausw", "first": "1"})
    assert 'name="concern" value="personalausweis:1"' in page.text


def test_enter_takes_nothing_that_was_found_in_mid_word(petra: Colleague) -> None:
    page = petra.post("/staff/phone", {"town": "musterstadt", "q": "sonalaus", "first": "1"})
    assert 'name="add" value="personalausweis"' in page.text
    assert 'name="concern"' not in page.text
    assert 'value="sonalaus"' in page.text


def test_the_number_of_persons_makes_the_visit_longer(petra: Colleague) -> None:
    page = call(petra, more="personalausweis")
    assert hidden(page, "concern") == "personalausweis:2"
    assert hidden(call(petra, less="personalausweis", concern="personalausweis:3"), "concern") == "personalausweis:2"
    assert 'name="concern"' not in call(petra, remove="personalausweis").text


def test_times_follow_the_filters(petra: Colleague) -> None:
    assert all("T08:" in time or "T09:" in time or "T1" in time for time in times(call(petra, part="morning")))
    assert times(call(petra, part="afternoon")) == []
    wednesdays = times(call(petra, weekday="2"))
    assert wednesdays
    assert {datetime.fromisoformat(time.partition("|")[2]).weekday() for time in wednesdays} == {2}
    first = times(call(petra))
    assert times(call(petra, later=first[-1].partition("|")[2]))[0] > first[-1]


def test_the_days_to_choose_from_are_those_on_which_an_office_in_reach_has_blocks(app: Flask, petra: Colleague) -> None:
    def days(who: Colleague) -> list[str]:
        return re.findall(r'name="weekday" value="(\d)"', call(who).text)

    assert days(petra) == ["0", "1", "2", "3", "4"]
    with app.app_context():
        town = db.session.scalars(select(Municipality)).one()
        office = an_office(town, "standesamt")
        hours = {"office_id": office.id, "kind": "online", **HOURS}
        a_clerk(town, office, "platz9").blocks = [
            Block(date=date(2026, 11, 29), **hours),  # one Sunday
            Block(date=date(2026, 11, 21), **hours),  # a Saturday that is over
            Block(weekday=5, valid_to=date(2026, 11, 22), **hours),  # Saturdays were given up
        ]
        town.revision += 1
        db.session.commit()
    assert days(petra) == ["0", "1", "2", "3", "4", "6"]
    assert days(a_colleague(app, "phone", office="standesamt")) == ["6"]
    assert days(a_colleague(app, "desk", office="buergerbuero")) == ["0", "1", "2", "3", "4"]


def test_a_call_from_hold_to_read_back(app: Flask, petra: Colleague) -> None:
    chosen = times(call(petra))[0]
    held = call(petra, "/hold", time=chosen)
    assert "Gehalten bis" in held.text
    assert count(app, Hold) == 1
    done = call(petra, "/book", time=chosen, key=hidden(held, "key"), **CALLER)
    with app.app_context():
        row = db.session.scalars(select(Appointment)).one()
    assert (row.status, row.name, row.channel) == ("confirmed", "Anna Beispiel", "phone")
    assert f"{row.reference[:3]}-{row.reference[3:]}" in done.text
    assert "Montag, 23. November 2026, 08:30" in done.text
    assert "Am Markt 1, 29690 Musterstadt" in done.text


def test_escape_frees_the_time_and_keeps_what_was_typed(app: Flask, petra: Colleague) -> None:
    chosen = times(call(petra))[0]
    call(petra, "/hold", time=chosen)
    page = call(petra, "/free", time=chosen, **CALLER)
    assert count(app, Hold) == count(app, Appointment) == 0
    assert hidden(page, "name") == "Anna Beispiel"
    assert times(page)[0] == chosen


def test_a_time_that_somebody_took_meanwhile_costs_nothing_typed(app: Flask, petra: Colleague) -> None:
    chosen = times(call(petra))[0]
    call(petra, "/hold", time=chosen)
    with app.app_context():
        from booking.actions.hold_time import free_hold

        free_hold(petra.actor.login)
        a_booking(now=NOW, start=datetime.fromisoformat(chosen.partition("|")[2]).astimezone(UTC))
    page = call(petra, "/book", time=chosen, **CALLER)
    assert page.status_code == 409
    assert "Am nächsten daran liegen" in page.text
    assert hidden(page, "phone") == "05071 1234567"
    assert chosen not in times(page)


def test_faults_stand_beside_their_fields_and_the_time_stays_held(app: Flask, petra: Colleague) -> None:
    chosen = times(call(petra))[0]
    call(petra, "/hold", time=chosen)
    page = call(petra, "/book", time=chosen, name="Anna")
    assert page.status_code == 422
    assert "Eines von beiden genügt" in page.text
    assert 'id="phone-error"' in page.text
    assert count(app, Hold) == 1


def test_a_slip_in_the_address_is_asked_about_once(app: Flask, petra: Colleague) -> None:
    chosen = times(call(petra))[0]
    typed = {"name": "Anna", "email": "anna@gmial.com", "time": chosen}
    asked = call(petra, "/book", **typed)
    assert "anna@gmail.com nehmen" in asked.text
    assert count(app, Appointment) == 0
    assert "eingetragen" in call(petra, "/book", **typed, doubted=hidden(asked, "doubted")).text


def test_what_is_unusual_is_asked_for_its_reason(app: Flask, petra: Colleague) -> None:
    call(petra, "/book", time=times(call(petra))[0], **CALLER)
    again = {"time": times(call(petra))[0], **CALLER}
    asked = call(petra, "/book", **again)
    assert asked.status_code == 409
    assert 'name="reason.already-booked"' in asked.text
    assert count(app, Appointment) == 1
    refused = call(petra, "/book", **again, **{"reason.already-booked": "no-reason"})
    assert re.search(r'aria-describedby="(reason.already-booked-error)"[\s\S]+id="\1"', refused.text)
    done = call(petra, "/book", **again, **{"reason.already-booked": "other-matter"})
    assert "Termin ist eingetragen" in done.text


def test_whoever_lacks_a_reason_too_often_is_told_so_and_loses_nothing(
    app: Flask, petra: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = {"extra": "1", "extra_day": "2026-11-24", "extra_time": "18:00", "extra_clerk": "buergerbuero.platz1"}
    held = call(petra, "/hold", **extra)
    assert 'name="reason.outside-blocks"' in held.text
    typed = {"time": hidden(held, "time"), "clerk": hidden(held, "clerk"), "reason.outside-blocks": "", **CALLER}
    for second in range(MOST_VAIN):
        monkeypatch.setattr(clock, "now", lambda second=second: NOW + timedelta(seconds=second))
        assert call(petra, "/book", **typed).status_code == 409
    refused = call(petra, "/book", **typed)
    assert refused.status_code == 429
    assert "ohne den nötigen Grund" in refused.text
    assert (hidden(refused, "time"), hidden(refused, "clerk")) == (typed["time"], typed["clerk"])
    assert f'value="{CALLER["name"]}"' in refused.text
    assert f'value="{CALLER["phone"]}"' in refused.text
    assert 'name="reason.outside-blocks"' in refused.text
    assert "eingetragen" in call(petra, "/book", **typed | {"reason.outside-blocks": "agreed"}).text


def test_a_chosen_reason_stays_when_something_else_is_wrong(app: Flask, petra: Colleague) -> None:
    call(petra, "/book", time=times(call(petra))[0], **CALLER)
    again = {"time": times(call(petra))[0], "name": "Anna", "phone": "", "reason.already-booked": "other-matter"}
    assert 'value="other-matter" selected' in call(petra, "/book", **again).text


def test_an_extra_time_names_its_clerk_and_its_reason(app: Flask, petra: Colleague) -> None:
    extra = {"extra": "1", "extra_day": "2026-11-24", "extra_time": "18:00", "extra_clerk": "buergerbuero.platz1"}
    held = call(petra, "/hold", **extra)
    assert 'name="reason.outside-blocks"' in held.text
    chosen = {"time": hidden(held, "time"), "clerk": hidden(held, "clerk"), **CALLER}
    assert call(petra, "/book", **chosen).status_code == 409
    assert "eingetragen" in call(petra, "/book", **chosen, **{"reason.outside-blocks": "agreed"}).text


def test_the_desk_books_for_its_own_office_as_the_desk(app: Flask, petra: Colleague) -> None:
    erna = a_colleague(app, "desk", office="buergerbuero")
    chosen = times(call(erna))[0]
    held = call(erna, "/hold", time=chosen)
    assert '<option value="desk" selected>' in held.text


def test_an_office_of_another_municipality_is_refused(app: Flask, petra: Colleague) -> None:
    with app.app_context():
        a_municipality("anderswo")
    stranger = a_colleague(app, "phone", town="anderswo")
    chosen = times(call(petra))[0]
    assert call(stranger, "/hold", time=chosen).status_code == 404
    assert call(stranger, "/book", time=chosen, **CALLER).status_code == 404
    assert "personalausweis" not in call(stranger).text
    assert count(app, Appointment) == 0


def test_a_districts_team_is_asked_for_the_place_of_residence_first(app: Flask, petra: Colleague) -> None:
    with app.app_context():
        from booking.models import Membership, Municipality

        other = a_municipality("anderswo", name={"de": "Samtgemeinde Anderswo"})
        db.session.add(Membership(login_id=petra.actor.login, municipality_id=other.id, role="phone"))
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(Municipality)) == 2
    page = petra.get("/staff/phone")
    assert "Wo wohnt die Person?" in page.text
    narrowed = petra.post("/staff/phone", {"where": "ander"})
    assert re.findall(r'name="town" value="(\w+)"', narrowed.text) == ["anderswo"]
    assert "Worum geht es?" in petra.post("/staff/phone", {"town": "anderswo"}).text


def test_nobody_uses_the_page_without_a_login(app: Flask, petra: Colleague) -> None:
    assert anonymous(app).get("/staff/phone").status_code == 302
    assert petra.client.post("/staff/phone/book", data=CALLER).status_code == 400


def test_looking_changes_nothing(app: Flask, petra: Colleague) -> None:
    petra.get("/staff/phone")
    call(petra, q="ausweis")
    assert count(app, Appointment) == count(app, Hold) == 0
    assert petra.get("/staff/phone/hold").status_code == 405
    assert NOW + timedelta(minutes=3) > NOW


def test_what_does_not_go_together_stays_chosen_and_is_said(app: Flask, petra: Colleague) -> None:
    with app.app_context():
        from booking.models import Concern, ConcernOffice, Municipality
        from tests.builders import an_office

        town = db.session.scalars(select(Municipality)).one()
        elsewhere = an_office(town, "standesamt")
        wedding = Concern(municipality_id=town.id, slug="trauung", name={"de": "Trauung"}, minutes=30, max_quantity=1)
        wedding.offices.append(ConcernOffice(office_id=elsewhere.id))
        db.session.add(wedding)
        town.revision += 1
        db.session.commit()
    page = call(petra, add="trauung")
    assert page.status_code == 422
    assert re.findall(r'name="concern" value="(\w+):1"', page.text) == ["personalausweis", "trauung"]
    assert 'role="alert"' in page.text


def test_whoever_only_books_is_not_led_to_other_peoples_appointments(app: Flask, petra: Colleague) -> None:
    booker = a_colleague(app, "phone", books_only=True)
    for who, may_find in ((petra, True), (booker, False)):
        name = {"name": "Bert", "phone": f"05071 20000{int(may_find)}"}
        call(who, "/book", time=times(call(who))[0], **name)
        asked = call(who, "/book", time=times(call(who))[0], **name)
        assert asked.status_code == 409
        assert ("Den Termin suchen" in asked.text) == may_find


def test_a_desk_may_print_the_slip(app: Flask, petra: Colleague) -> None:
    erna = a_colleague(app, "desk")
    assert "Terminzettel drucken" in call(erna, "/book", time=times(call(erna))[0], **CALLER).text
    named = {"name": "Bert", "phone": "05071 7654321"}
    assert "Terminzettel drucken" not in call(petra, "/book", time=times(call(petra))[0], **named).text


@pytest.mark.parametrize(("role", "books_only", "leads"), [("phone", False, 1), ("desk", False, 1), ("phone", True, 0)])
def test_what_the_read_back_shows_to_be_wrong_is_mended_from_there(
    app: Flask, petra: Colleague, role: str, books_only: bool, leads: int
) -> None:
    who = a_colleague(app, role, books_only=books_only)
    read = call(who, "/book", time=times(call(who))[0], **CALLER).text
    ways = re.findall(r'href="([^"]+)"><span class="kern-label">Berichtigen oder verlegen', read)
    assert len(ways) == leads
    for way in ways:
        assert CALLER["name"] in who.get(way).text
        assert who.post(f"{way}/name", {"name": "Anna Beispiél"}).status_code == 302


def test_who_opens_the_link_is_asked_once_whether_the_address_is_theirs(app: Flask, petra: Colleague) -> None:
    call(petra, "/book", time=times(call(petra))[0], name="Anna Beispiel", email="anna@example.org")
    with app.app_context():
        from booking.actions.keys import keyring
        from booking.rules.secrets import token_of

        row = db.session.scalars(select(Appointment)).one()
        link = f"/t/{token_of(row.reference, row.generation, keyring())}"
    citizen = anonymous(app)
    assert "Ja, das ist mein Termin" in citizen.get(link).text
    assert "Ja, das ist mein Termin" in citizen.get(link).text
    assert citizen.post(f"{link}/confirm").status_code == 303
    assert "Ja, das ist mein Termin" not in citizen.get(link).text


def test_a_desk_is_offered_the_times_of_its_own_office_only(app: Flask, petra: Colleague) -> None:
    with app.app_context():
        from tests.concurrency.test_actions import open_second_office

        open_second_office(shared=False)
    erna = a_colleague(app, "desk", office="buergerbuero")
    assert {time.partition("|")[0] for time in times(call(petra, weekday="1"))} == {"buergerbuero", "standesamt"}
    assert {time.partition("|")[0] for time in times(call(erna, weekday="1"))} == {"buergerbuero"}
    elsewhere = times(call(petra))[0].replace("buergerbuero", "standesamt")
    assert call(erna, "/hold", time=elsewhere).status_code == 404


def test_where_nothing_is_free_the_page_leads_to_the_reasons(petra: Colleague) -> None:
    page = call(petra, weekday="5")  # nobody works on Saturdays
    assert times(page) == []
    way = re.search(r'href="(/staff/musterstadt\.buergerbuero/why\?concern=personalausweis:1[^"]*)"', page.text)
    assert way, page.text
    assert "Warum ist nichts frei?" in petra.get(way[1].replace("&amp;", "&")).text


def test_a_day_passed_over_is_told_and_staff_can_see_all_of_it(app: Flask, petra: Colleague) -> None:
    with app.app_context():
        from booking.models import Block, Municipality

        wednesday = db.session.scalars(select(Block).where(Block.weekday == 2)).one()
        wednesday.end = time(8, 50)  # a quarter of an hour fits, and leaves five minutes for nobody
        db.session.scalars(select(Municipality)).one().revision += 1
        db.session.commit()
    page = call(petra, weekday="2")
    assert times(page) == []
    assert "Mi., 25. Nov.: frei nur mit einer Lücke daneben" in page.text
    everything = call(petra, weekday="2", every="2026-11-25")
    assert times(everything) == [f"buergerbuero|2026-11-25T08:{minute}:00+01:00" for minute in (30, 35)]
    assert call(petra, "/hold", time=times(everything)[0]).status_code == 200
    assert "Sa., 28. Nov., nachmittags: nichts frei" in call(petra, weekday="5", part="afternoon").text
    assert "nichts frei" not in call(petra).text


def test_all_times_of_a_day_are_more_than_the_gapless_ones(petra: Colleague) -> None:
    page = call(petra, every="2026-11-25", part="afternoon", weekday="5")
    assert len(times(page)) == len(range(8 * 60 + 30, 12 * 60 - 15 + 1, 5))
    assert "Alle Zeiten am Mi., 25. Nov." in page.text
    assert page.text.count('data-key="9"') == 1


def test_a_possible_duplicate_is_named_to_whoever_may_find_it(app: Flask, petra: Colleague) -> None:
    call(petra, "/book", time=times(call(petra))[0], **CALLER)
    again = {"time": times(call(petra))[0], **CALLER}
    asked = call(petra, "/book", **again).text
    assert "Die Person hat vielleicht schon einen Termin." in asked
    assert "ungewöhnlich" not in asked
    assert "<strong>Mo., 23. Nov., 08:30\N{NO-BREAK SPACE}Uhr</strong>, Personalausweis" in asked
    assert "Schon eingetragen" not in call(petra, "/book", **again | {"name": "Bert Fremd"}).text
    booker = a_colleague(app, "phone", books_only=True)
    assert "Schon eingetragen" not in call(booker, "/book", **again).text
    with app.app_context():
        from booking.models import Concern, Municipality

        db.session.scalars(select(Concern).where(Concern.slug == "personalausweis")).one().discreet = True
        db.session.scalars(select(Municipality)).one().revision += 1
        db.session.commit()
    assert "08:30\N{NO-BREAK SPACE}Uhr</strong>, Anliegen vertraulich" in call(petra, "/book", **again).text


def test_the_search_for_a_duplicate_takes_name_and_number_along_in_a_body(petra: Colleague) -> None:
    call(petra, "/book", time=times(call(petra))[0], **CALLER)
    asked = call(petra, "/book", time=times(call(petra))[0], **CALLER)
    assert hidden(asked, "contact") == CALLER["phone"]
    assert 'formaction="/staff/find" formtarget="_blank"' in asked.text
    found = petra.post("/staff/find", CALLER | {"contact": hidden(asked, "contact")})
    assert found.status_code == 302
    assert CALLER["name"] not in found.location


def test_the_search_is_ready_to_type_and_says_what_to_check(petra: Colleague) -> None:
    begun = petra.get("/staff/find").text
    assert re.search(r'<input[^>]*id="reference"[^>]* autofocus', begun)
    assert begun.count("autofocus") == 1
    page = petra.post("/staff/find", {"name": "Anna", "contact": "05071 999999"}).text
    assert "wie er in der E-Mail zum Termin steht" in page
    assert re.search(r'<input[^>]*id="name"[^>]* autofocus', page)
    assert "noch einmal buchstabieren" in petra.post("/staff/find", {"reference": "ABC2346"}).text
