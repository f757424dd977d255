"""One appointment's page: what the desk sees and does, what a caller's find shows, and what strangers get."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from booking import clock
from booking.extensions import db
from booking.models import Appointment, Audit, Clerk, Letter, Municipality
from tests.builders import MONDAY, NINE, a_clerk, a_municipality, an_appointment, an_office
from tests.colleagues import Colleague, a_colleague

PLACE = "musterstadt.buergerbuero"
LATER = MONDAY + timedelta(hours=1)
TEN = NINE + timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


@pytest.fixture
def reference(app: Flask) -> str:
    with app.app_context():
        row = a_municipality()
        office = row_office(row)
        a_clerk(row, office, "platz2", name={"de": "Platz 2"})
        an_office(row, "standesamt")
        row.revision += 1
        db.session.commit()
        found = an_appointment(phone="05071 809-11")
        a_municipality("anderswo")
        return found.reference


def row_office(row: Municipality) -> Any:
    from booking.models import Office

    return db.session.scalars(sa.select(Office).where(Office.municipality_id == row.id).order_by(Office.id)).first()


def page(reference: str, step: str = "") -> str:
    return f"/staff/{PLACE}/appointments/{reference}{step}"


def stored(app: Flask, reference: str) -> Appointment:
    with app.app_context():
        return db.session.scalars(sa.select(Appointment).where(Appointment.reference == reference)).one()


def handle_of(by: Colleague, **said: str) -> str:
    answer = by.post("/staff/find", said)
    assert answer.status_code == 302, answer.text
    assert "/staff/found/" in answer.location
    return answer.location


def test_the_desk_sees_everything(app: Flask, reference: str) -> None:
    answer = a_colleague(app, "desk").get(page(reference))
    assert answer.status_code == 200
    for words in ("Anna Beispiel", "anna@example.org", "05071 809-11", "Personalausweis", "Bestätigung", "online"):
        assert words in answer.text
    assert "Wer hat was getan" not in answer.text


def test_the_desk_sees_what_came_back_and_what_the_calendar_answered(app: Flask, reference: str) -> None:
    desk = a_colleague(app, "desk")
    assert "abgelehnt" not in desk.get(page(reference)).text
    with app.app_context():
        row = db.session.scalars(sa.select(Appointment).where(Appointment.reference == reference)).one()
        row.mail_failure, row.declined_at, row.declined_sequence = "5.1.1 no such mailbox", LATER, row.sequence
        db.session.commit()
    shown = desk.get(page(reference)).text
    assert "E-Mail kam nicht an: 5.1.1 no such mailbox" in shown
    assert "<dt>Kalender</dt>" in shown
    assert "Abgesagt ist der Termin damit nicht." in shown


@pytest.mark.parametrize("typed", ["beispiel", "reference", "spoken"])
def test_one_find_opens_its_page_and_nothing_typed_stands_in_an_address(app: Flask, reference: str, typed: str) -> None:
    words = {"reference": reference, "spoken": " ".join(reference.lower())}.get(typed, typed)
    answer = a_colleague(app, "desk").post(f"/staff/{PLACE}/find", {"words": words})
    assert answer.location == page(reference)


def test_a_search_for_people_is_no_address(app: Flask, reference: str) -> None:
    answer = a_colleague(app, "desk").get(f"/staff/{PLACE}/find?words=beispiel")
    assert answer.status_code == 200
    assert "Anna" not in answer.text


def test_several_finds_are_listed(app: Flask, reference: str) -> None:
    with app.app_context():
        an_appointment(start=TEN, name="Bernd Beispiel", email="b@example.org")
    answer = a_colleague(app, "desk").post(f"/staff/{PLACE}/find", {"words": "beispiel"})
    assert "2 Treffer" in answer.text
    assert answer.text.index("Anna") < answer.text.index("Bernd")


def test_a_move_goes_back_to_the_day_with_the_way_back(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    answer = by.post(page(reference, "/move"), {"to": f"buergerbuero|{TEN.isoformat()}|"})
    assert answer.location == f"/staff/{PLACE}/day/2026-11-24?did=moved:{PLACE}:{reference}:1"
    assert stored(app, reference).start == TEN
    told = by.get(page(reference) + f"?did=moved:{PLACE}:{reference}:1")
    assert "ist verlegt" in told.text
    assert by.post(page(reference, "/undo"), {"step": "1", "back": "/staff/"}).location.startswith("/staff/?did=undone")
    assert stored(app, reference).start == NINE


def test_another_platz_and_another_time_are_chosen_at_once(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    with app.app_context():
        other = db.session.scalars(sa.select(Clerk).where(Clerk.slug == "platz2")).one().id
    usual = by.get(page(reference, "/move")).text
    assert f'value="buergerbuero|{TEN.astimezone(BERLIN).isoformat()}|"' in usual  # the simple case is one press
    assert '<option value="platz2">' in usual
    chosen = by.get(page(reference, "/move?platz=platz2&day=2026-11-24")).text
    to = f"buergerbuero|{TEN.astimezone(BERLIN).isoformat()}|{other}"
    assert f'value="{to}"' in chosen
    assert "platz=platz2" in chosen.partition('aria-label="Woche wechseln"')[2]  # the next week is that clerk's, too
    assert by.post(page(reference, "/move"), {"to": to}).status_code == 302
    with app.app_context():
        row = db.session.scalars(sa.select(Appointment).where(Appointment.reference == reference)).one()
        assert (row.start, [at.clerk_id for at in row.clerks]) == (TEN, [other])


def test_a_refused_platz_names_who_stays_who_is_there_and_what_can_be_done(app: Flask, reference: str) -> None:
    with app.app_context():
        there = an_appointment(name="Bernd Brot", email="b@example.org").reference
        other = db.session.scalars(sa.select(Clerk).where(Clerk.slug == "platz2")).one().id
    to = {"to": f"buergerbuero|{NINE.isoformat()}|{other}", "platz": "platz2"}
    refused = a_colleague(app, "desk").post(page(reference, "/move"), to)
    assert refused.status_code == 409
    said = refused.text.partition('role="alert"')[2].partition("</div>")[0]
    assert f"Platz 2 hat ab 09:00 Uhr Bernd Brot ({there[:3]}-{there[3:]})." in said
    assert "<strong>Anna Beispiel</strong> bleibt, wo der Termin war: Dienstag, 24. November 2026, 09:00" in said
    assert re.findall(r'name="to" value="[^"|]+\|[^"|]+\|(\d*)"', refused.text)[0] == str(other)  # the nearest, there


def test_what_was_done_is_told_with_name_new_time_and_how_they_hear_of_it(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    told = by.get(by.post(page(reference, "/move"), {"to": f"buergerbuero|{TEN.isoformat()}|"}).location).text
    assert "<strong>Anna Beispiel</strong> ist verlegt" in told
    assert f'href="/staff/{PLACE}/day/2026-11-24">Di., 24. Nov., 10:00' in told
    assert "Die E-Mail dazu wird erst in einer Minute verschickt." in told
    assert "Anrufliste</a>." not in told
    by.post(page(reference, "/contact"), {"phone": "05071 1", "email": "", "language": "de"})
    told = by.get(by.post(page(reference, "/move"), {"to": f"buergerbuero|{NINE.isoformat()}|"}).location).text
    assert f'Die Person steht auf der <a class="kern-link" href="/staff/{PLACE}/calls">Anrufliste</a>.' in told
    assert "E-Mail dazu" not in told


def test_what_was_done_names_nobody_to_whom_they_are_no_business(app: Flask, reference: str) -> None:
    told = f"?did=moved:{PLACE}:{reference}:1"
    for role, membership in (("phone", {}), ("desk", {"office": "standesamt"}), ("admin", {"town": "anderswo"})):
        shown = a_colleague(app, role, **membership).get("/staff/" + told)
        assert "ist verlegt" in shown.text, role
        assert "Anna" not in shown.text, role


def test_the_menu_shows_every_start_of_a_day_and_says_where_nothing_is_free(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    week = by.get(page(reference, "/move") + "?day=2026-11-25").text
    assert "Nichts frei: Sa., 28. Nov.; So., 29. Nov." in week
    assert "?day=2026-11-26&amp;whole=1" in week
    whole = by.get(page(reference, "/move") + "?day=2026-11-26&whole=1").text
    starts = set(re.findall(r"buergerbuero\|2026-11-26T(\d\d:\d\d)", whole))
    assert {"08:30", "08:35", "08:40", "08:45"} <= starts
    assert "2026-11-27T" not in whole
    nothing = by.get(page(reference, "/move") + "?day=2026-11-28&whole=1").text
    assert "Am Sa., 28. Nov. ist hier nichts frei." in " ".join(nothing.split())


def test_the_menu_moves_where_its_buttons_say(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    menu = by.get(page(reference, "/move") + "?day=2026-11-25").text
    to = re.findall(r'name="to" value="([^"]+)"', menu)
    assert len(to) > 5
    assert by.post(page(reference, "/move"), {"to": to[0]}).status_code == 302  # another clerk
    assert stored(app, reference).sequence == 0
    assert by.post(page(reference, "/move"), {"to": to[-1]}).status_code == 302
    assert stored(app, reference).sequence == 1


def test_the_menu_begins_at_the_own_day(app: Flask, reference: str) -> None:
    menu = a_colleague(app, "desk").get(page(reference, "/move")).text
    assert re.search(r'id="from-day" name="day" type="date" value="2026-11-24"', menu)
    assert '?day=2026-11-23">Frühere Tage' in menu


def test_a_taken_time_shows_the_nearest_ones(app: Flask, reference: str) -> None:
    with app.app_context():
        for number in range(2):
            an_appointment(start=TEN, email=f"{number}@example.org")
    answer = a_colleague(app, "desk").post(page(reference, "/move"), {"to": f"buergerbuero|{TEN.isoformat()}|"})
    assert answer.status_code == 409
    assert "nächstgelegenen" in answer.text


def test_outside_the_hours_needs_a_reason_and_keeps_what_was_typed(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    clerk = re.search(r'<option value="(\d+)"', by.get(page(reference, "/move")).text.split('id="clerk"')[1])
    assert clerk
    form = {"outside": "1", "office": "buergerbuero", "clerk": clerk[1], "day": "2026-11-24", "time": "18:00"}
    refused = by.post(page(reference, "/move"), form)
    assert refused.status_code == 409
    assert 'value="18:00"' in refused.text
    assert by.post(page(reference, "/move"), {**form, "time": "24:99"}).status_code == 422
    assert by.post(page(reference, "/move"), {**form, "reason": "agreed"}).status_code == 302
    assert stored(app, reference).start == datetime.fromisoformat("2026-11-24T18:00+01:00")


def test_a_cancellation_asks_who_wishes_it(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    asked = by.get(page(reference, "/cancel")).text.partition("Wer sagt ab?")[2]
    assert re.findall(r'type="radio".*>([^<]+)</label>', asked) == [
        "Die Bürgerin oder der Bürger",
        "Das Amt, mit einer Entschuldigung",
    ]
    assert by.post(page(reference, "/cancel")).status_code == 422
    assert stored(app, reference).status == "confirmed"
    for _ in range(2):  # pressed twice
        assert by.post(page(reference, "/cancel"), {"wished": "office"}).status_code == 302
    with app.app_context():
        assert db.session.scalars(sa.select(Letter.kind).order_by(Letter.id.desc())).first() == "cancelled_by_office"


def test_a_name_without_a_letter_is_refused_and_stays_in_its_field(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    answer = by.post(page(reference, "/name"), {"name": "123"})
    assert answer.status_code == 422
    assert 'value="123"' in answer.text
    assert by.post(page(reference, "/name"), {"name": "Anna Beispiél"}).location.startswith(page(reference))
    assert stored(app, reference).name == "Anna Beispiél"


def test_contact_data_may_be_taken_away_but_not_all(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    nothing = {"phone": "", "email": "", "language": "de"}
    assert by.post(page(reference, "/contact"), nothing).status_code == 422
    assert by.post(page(reference, "/contact"), {**nothing, "phone": "05071 1"}).status_code == 302
    assert (stored(app, reference).phone, stored(app, reference).email) == ("05071 1", "")


def test_two_notes_at_once_lose_neither(app: Flask, reference: str) -> None:
    one, other = a_colleague(app, "desk"), a_colleague(app, "desk")
    seen = re.search(r'name="seen" value="([^"]*)"', one.get(page(reference)).text)
    assert seen
    one.post(page(reference, "/note"), {"note": "Rollstuhl", "seen": seen[1]})
    answer = other.post(page(reference, "/note"), {"note": "Hund", "seen": seen[1]})
    assert answer.status_code == 409
    assert "Rollstuhl" in answer.text
    assert "Hund" in answer.text
    newer = re.search(r'name="seen" value="([^"]*)"', answer.text)
    assert newer
    assert other.post(page(reference, "/note"), {"note": "Rollstuhl, Hund", "seen": newer[1]}).status_code == 302
    assert stored(app, reference).note == "Rollstuhl, Hund"


def test_a_letter_sent_again_too_soon_is_refused_on_the_page(
    app: Flask, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = a_colleague(app, "desk")
    first = by.post(page(reference, "/resend"))
    monkeypatch.setattr(clock, "now", lambda: LATER + timedelta(minutes=1))
    again = by.post(page(reference, "/resend"))
    assert (first.status_code, again.status_code) == (302, 429)


def test_a_walk_in_has_a_page_without_a_time(app: Flask, reference: str) -> None:
    with app.app_context():
        values = {"start": None, "end": None, "number": 7, "arrived_at": LATER, "status": "checked_in"}
        db.session.execute(sa.update(Appointment).values(values))
        db.session.commit()
    by = a_colleague(app, "desk")
    answer = by.get(page(reference))
    assert answer.status_code == 200
    assert "Ohne Termin" in answer.text
    assert by.get(page(reference, "/move")).status_code == 200
    assert by.post(page(reference, "/cancel"), {"wished": "office"}).status_code in {302, 409}


def test_a_step_leads_nowhere_but_to_our_own_pages(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    for back in ("https://example.org/", "//example.org/staff/", "/citizen"):
        answer = by.post(page(reference, "/name"), {"name": f"Anna {len(back)} B", "back": back})
        assert answer.location.startswith(page(reference)), back


def test_only_an_admin_sees_who_did_what(app: Flask, reference: str) -> None:
    a_colleague(app, "desk", name="erna").post(page(reference, "/name"), {"name": "Anna B"})
    text = a_colleague(app, "admin").get(page(reference)).text
    assert "Erna (Schalter) hat den Namen berichtigt" in text.split("Wer hat was getan")[1]
    assert "Erna" not in a_colleague(app, "manager").get(page(reference)).text


# --- on the phone


def test_a_caller_is_read_back_enough_and_no_more(app: Flask, reference: str) -> None:
    with app.app_context():
        db.session.execute(sa.update(Appointment).values(note="mag Hunde"))
        db.session.commit()
    by = a_colleague(app, "phone")
    found = handle_of(by, reference=reference)
    text = by.get(found).text
    assert "Anna Beispiel" in text
    assert "Ausweis" in text  # to be read aloud
    for hidden in ("mag Hunde", "Notiz", "Verlauf", "Zum Tagesplan"):
        assert hidden not in text, hidden
    with app.app_context():
        assert db.session.scalars(sa.select(Audit.verb)).all() == ["found"]


def test_a_caller_may_be_moved_cancelled_and_corrected_but_not_noted(app: Flask, reference: str) -> None:
    by = a_colleague(app, "phone")
    found = handle_of(by, name="Beispiel", contact="+49 5071 80911")
    assert by.get(f"{found}/move").status_code == 200
    moved = by.post(f"{found}/move", {"to": f"buergerbuero|{TEN.isoformat()}|"})
    assert moved.location.startswith(f"{found}?did=moved")
    assert "Rückgängig" in by.get(moved.location).text
    assert by.post(f"{found}/undo", {"step": "1"}).status_code == 302
    assert by.post(f"{found}/name", {"name": "Anna Beispiél"}).status_code == 302
    assert by.post(f"{found}/note", {"note": "x", "seen": ""}).status_code == 403
    assert by.post(f"{found}/cancel", {"wished": "citizen"}).status_code == 302
    assert stored(app, reference).status == "cancelled"


def test_whoever_is_on_the_phone_is_taken_for_informed(app: Flask, reference: str) -> None:
    with app.app_context():
        db.session.execute(sa.update(Appointment).values(email=""))
        db.session.commit()
    by = a_colleague(app, "phone")
    found = handle_of(by, reference=reference)
    tick = r'name="knows" type="checkbox" value="1"( checked)?'
    assert re.findall(tick, by.get(f"{found}/move").text) == [" checked"] * 2
    assert re.findall(tick, a_colleague(app, "desk").get(page(reference, "/move")).text) == [""] * 2
    refused = by.post(f"{found}/move", {"to": "buergerbuero|2026-11-24T03:00+01:00|"})
    assert re.findall(tick, refused.text) == [""] * 2, "what was unticked stays so"


def test_a_find_outlives_a_change_of_the_key(app: Flask, reference: str) -> None:
    by = a_colleague(app, "phone")
    found = handle_of(by, reference=reference)
    former = app.config["SECRET_KEY"]
    app.config.update(SECRET_KEY="another key of more than thirty-two characters", SECRET_KEY_FALLBACKS=[former])
    assert by.get(found).status_code == 200


def test_a_find_opens_for_the_login_that_found_it_and_for_half_an_hour(
    app: Flask, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    by, other = a_colleague(app, "phone"), a_colleague(app, "phone")
    found = handle_of(by, reference=reference)
    assert by.get(found).status_code == 200
    assert other.get(found).status_code == 404
    assert by.get(found[:-1]).status_code == 404
    from itsdangerous import TimestampSigner

    by_now = TimestampSigner.get_timestamp  # cookies were signed by the machine's clock, not by ours
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda signer: by_now(signer) + 10**6)
    aged = handle_of(by, reference=reference)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda signer: by_now(signer) + 10**6 + 30 * 60 + 1)
    assert by.get(aged).status_code == 404


def test_unknown_and_half_known_are_answered_alike(app: Flask, reference: str) -> None:
    by = a_colleague(app, "phone")
    said = [
        {"reference": "AAAAAAA"},
        {"name": "Beispiel", "contact": "niemand@example.org"},
        {"name": "Niemand", "contact": "anna@example.org"},
    ]
    answers = [by.post("/staff/find", each) for each in said]
    assert {answer.status_code for answer in answers} == {200}
    assert all("Nichts gefunden" in answer.text for answer in answers)


DESK = ["", "/move", "/cancel"]
ROLES: list[tuple[str, dict[str, Any], int]] = [
    ("desk", {}, 200),
    ("manager", {}, 200),
    ("admin", {}, 200),
    ("desk", {"office": "buergerbuero"}, 200),
    ("phone", {}, 403),  # must not walk through references
    ("desk", {"office": "standesamt"}, 403),
    ("admin", {"town": "anderswo"}, 404),
]


@pytest.mark.parametrize(("role", "membership", "status"), ROLES)
def test_who_opens_an_appointment_by_its_address(
    app: Flask, reference: str, role: str, membership: dict[str, Any], status: int
) -> None:
    by = a_colleague(app, role, **membership)
    assert {by.get(page(reference, step)).status_code for step in DESK} == {status}
    answer = by.post(page(reference, "/name"), {"name": "Jemand Anders"})
    assert answer.status_code == (302 if status == 200 else status)


def test_an_appointment_of_another_office_is_not_at_this_one(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    assert by.get(f"/staff/musterstadt.standesamt/appointments/{reference}").status_code == 404


def test_whoever_only_books_finds_nobody(app: Flask, reference: str) -> None:
    by = a_colleague(app, "phone", books_only=True)
    assert "Mit Ihrer Rolle tragen Sie neue Termine ein" in by.get("/staff/find").text
    assert by.post("/staff/find", {"reference": reference}).status_code == 200


def test_no_step_without_a_post(app: Flask, reference: str) -> None:
    by = a_colleague(app, "desk")
    answers: list[TestResponse] = [
        by.get(page(reference, f"/{verb}") + f"?name={quote('X Y')}") for verb in ("name", "undo", "note", "resend")
    ]
    assert {answer.status_code for answer in answers} == {405}
