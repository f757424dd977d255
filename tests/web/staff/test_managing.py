"""Running an office: who may, what a form says, and that nothing typed is lost."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from booking import clock
from booking.actions.blocks import blocks_of
from booking.actions.browse import open_catalogue
from booking.actions.find_starts import find_starts
from booking.extensions import db
from booking.models import Absence
from booking.rules.appointments import Wish
from tests.builders import NINE, a_municipality, an_appointment, an_office
from tests.colleagues import Colleague, a_colleague

HERE = "/staff/musterstadt.buergerbuero"


@pytest.fixture
def town(app: Flask) -> Flask:
    with app.app_context():
        an_office(a_municipality(), "standesamt")
        db.session.commit()
    return app


@pytest.fixture
def mia(town: Flask) -> Colleague:
    return a_colleague(town, "manager", name="mia")


@pytest.mark.parametrize("role", ["desk", "phone"])
def test_neither_desk_nor_phone_runs_an_office(town: Flask, role: str) -> None:
    colleague = a_colleague(town, role)
    assert colleague.get(f"{HERE}/absences").status_code == 403
    assert colleague.post(f"{HERE}/absences/now", {"clerk": "platz1"}).status_code == 403


def test_who_manages_one_office_does_not_see_the_pages_of_another(town: Flask) -> None:
    head = a_colleague(town, "manager", office="standesamt")
    assert head.get("/staff/musterstadt.standesamt/absences").status_code == 200
    assert head.get(f"{HERE}/absences").status_code == 403


def test_one_button_lets_a_clerk_be_away_from_now_on(mia: Colleague, town: Flask) -> None:
    answer = mia.post(f"{HERE}/absences/now", {"clerk": "platz1", "until": "today"}, follow_redirects=True)
    assert "Die Abwesenheit ist eingetragen." in answer.text
    assert "Ab jetzt wieder da" in answer.text
    with town.app_context():
        (row,) = db.session.scalars(db.select(Absence)).all()
        assert row.start <= clock.now() < row.end


def test_a_faulty_date_loses_nothing_that_was_typed(mia: Colleague) -> None:
    typed = {"clerk": "platz1", "first": "2026-13-01", "last": "2027-01-04", "start": "09:30"}
    answer = mia.post(f"{HERE}/absences", typed)
    assert answer.status_code == 422
    assert "Das ist kein Datum." in answer.text
    for kept in ('value="platz1" checked', 'value="2027-01-04"', 'value="09:30"'):
        assert kept in answer.text


def test_days_of_absence_read_as_people_say_them(mia: Colleague) -> None:
    day = clock.now().date() + timedelta(days=9)
    mia.post(f"{HERE}/absences", {"clerk": "platz1", "first": str(day), "last": str(day + timedelta(days=1))})
    page = mia.get(f"{HERE}/absences").text
    assert f"{day.day}. " in page
    assert "Löschen" in page


PAGES = ["absences", "times", "times/platz1", "times/platz1/day", "closures", "clerks", "clerks/platz1", "clerks/new"]
PAGES += ["office", "why"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_an_office_opens_for_who_manages_it(mia: Colleague, page: str) -> None:
    assert mia.get(f"{HERE}/{page}").status_code == 200


@pytest.mark.parametrize("page", ["closures", "rules"])
def test_the_rules_of_the_town_are_not_for_who_manages_one_office(town: Flask, mia: Colleague, page: str) -> None:
    assert mia.get(f"/staff/musterstadt/{page}").status_code == 200
    assert a_colleague(town, "manager", office="standesamt").get(f"/staff/musterstadt/{page}").status_code == 403


def test_a_block_for_several_weekdays_is_entered_at_once(mia: Colleague) -> None:
    typed = {"how": "save", "weekday": ["mon", "tue"], "start": "13:00", "end": "16:00", "kind": "online"}
    answer = mia.post(f"{HERE}/times/platz1", typed, follow_redirects=True)
    assert "Die Sprechzeiten sind gespeichert" in answer.text
    assert answer.text.count("13:00–16:00") == 2


def test_an_overlap_is_said_beside_the_field_and_nothing_is_lost(mia: Colleague) -> None:
    typed = {
        "how": "save",
        "weekday": "mon",
        "start": "11:00",
        "end": "13:00",
        "kind": "staff",
        "valid_to": "2027-12-31",
    }
    answer = mia.post(f"{HERE}/times/platz1", typed)
    assert answer.status_code == 422
    assert "überschneidet sich mit einer anderen Sprechzeit dieses Platzes (08:30-12:00 Uhr)" in answer.text
    for kept in ('value="mon" checked', 'value="11:00"', 'value="staff" selected', 'value="2027-12-31"'):
        assert kept in answer.text


def test_hours_are_removed_by_no_word_but_remove(mia: Colleague, town: Flask) -> None:
    with town.app_context():
        before = [one.id for one in blocks_of(mia.actor, "platz1")]
    for how in ("", "removed", "delete"):
        assert mia.post(f"{HERE}/times/platz1", {"how": how, "block": before[0]}).status_code == 422
    with town.app_context():
        assert [one.id for one in blocks_of(mia.actor, "platz1")] == before


def test_removing_hours_that_strand_somebody_is_asked_once_more(mia: Colleague, town: Flask) -> None:
    with town.app_context():
        booked = an_appointment(now=clock.now(), start=next_free(town))
        blocks = [one.id for one in blocks_of(mia.actor, "platz1")]
    asked = [mia.post(f"{HERE}/times/platz1", {"how": "remove", "block": block}) for block in blocks]
    (warned,) = [answer for answer in asked if answer.status_code == 409]
    assert "Betrifft einen Termin" in warned.text
    assert f"Anna Beispiel, {booked.reference[:3]}-{booked.reference[3:]}</a>" in warned.text
    assert f'href="{HERE}/appointments/{booked.reference}"' in warned.text
    block = warned.text.split('name="block" value="')[1].split('"')[0]
    done = mia.post(f"{HERE}/times/platz1", {"how": "remove", "block": block, "accepts": "1"}, follow_redirects=True)
    assert "Ein Termin ist betroffen." in done.text
    assert "/staff/musterstadt.buergerbuero/stranded" in done.text


@pytest.mark.parametrize("where", [HERE, "/staff/musterstadt"])
def test_a_closure_that_strands_somebody_is_asked_once_more(mia: Colleague, town: Flask, where: str) -> None:
    with town.app_context():
        booked = an_appointment(now=clock.now(), start=next_free(town))
    typed = {"name": "Betriebsausflug", "first": f"{booked.start:%Y-%m-%d}"}
    asked = mia.post(f"{where}/closures", typed)
    assert asked.status_code == 409
    assert "Betrifft einen Termin" in asked.text
    assert f"Anna Beispiel, {booked.reference[:3]}-{booked.reference[3:]}</a>" in asked.text
    assert 'value="Betriebsausflug"' in asked.text
    assert "Keine Schließung ist eingetragen." in asked.text
    done = mia.post(f"{where}/closures", {**typed, "accepts": "1"}, follow_redirects=True)
    assert "Ein Termin ist betroffen." in done.text


def test_an_absence_that_strands_somebody_is_asked_once_more_and_leads_to_them(mia: Colleague, town: Flask) -> None:
    with town.app_context():
        booked = an_appointment(now=clock.now(), start=next_free(town))
    typed = {"clerk": "platz1", "first": f"{booked.start:%Y-%m-%d}"}
    asked = mia.post(f"{HERE}/absences", typed)
    assert asked.status_code == 409
    assert f"Anna Beispiel, {booked.reference[:3]}-{booked.reference[3:]}</a>" in asked.text
    assert "Es ist keine Abwesenheit eingetragen." in asked.text
    done = mia.post(f"{HERE}/absences", {**typed, "accepts": "1"})
    assert done.location == f"{HERE}/stranded?done=entered"
    page = mia.get(done.location).text
    assert "Die Abwesenheit ist eingetragen." in page
    assert "Anna Beispiel" in page


@pytest.mark.parametrize(
    ("until", "asks"), [("today", ""), ("tomorrow", "ab jetzt bis morgen Abend"), ("week", "ab jetzt bis Sonntag")]
)
def test_one_button_asks_about_more_days_than_today(
    mia: Colleague, town: Flask, monkeypatch: pytest.MonkeyPatch, until: str, asks: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NINE - timedelta(hours=1))
    with town.app_context():
        an_appointment()
    early = a_colleague(town, "manager", now=clock.now())
    typed = {"clerk": "platz1", "until": until}
    answer = early.post(f"{HERE}/absences/now", typed)
    assert answer.status_code == (409 if asks else 302)
    assert ("Betrifft einen Termin" in answer.text) is bool(asks)
    assert f"platz1: {asks} nicht da" in answer.text or not asks
    done = early.post(f"{HERE}/absences/now", {**typed, "accepts": "1"}) if asks else answer
    assert done.location == f"{HERE}/stranded?done=entered"


def test_hours_can_change_from_a_later_day_on(mia: Colleague, town: Flask) -> None:
    later = clock.now().date() + timedelta(days=60)
    with town.app_context():
        block = next(one.id for one in blocks_of(mia.actor, "platz1") if one.entry.get("weekday") == "mon")
    typed = {"how": "save", "weekday": "mon", "start": "14:00", "end": "15:00", "kind": "online"}
    answer = mia.post(f"{HERE}/times/platz1", {**typed, "block": block, "since": str(later)}, follow_redirects=True)
    monday = answer.text.split("Montag</h3>")[1].split("Dienstag</h3>")[0]
    assert "08:30–12:00" in monday
    assert f"ab {later:%d.%m.%Y}" in monday


def test_a_day_can_be_different_and_like_every_week_again(mia: Colleague) -> None:
    day = clock.now().date() + timedelta(days=8)
    typed = {"how": "save", "day": str(day), "start0": "17:00", "end0": "19:00", "kind0": "online"}
    answer = mia.post(f"{HERE}/times/platz1/day", typed, follow_redirects=True)
    assert "17:00–19:00" in answer.text
    again = mia.post(f"{HERE}/times/platz1/day", {"how": "weekly", "day": str(day)}, follow_redirects=True)
    assert "17:00–19:00" not in again.text


def test_a_day_says_how_it_is_in_other_weeks(mia: Colleague) -> None:
    page = mia.get(f"{HERE}/times/platz1/day?day=2026-11-24").text
    assert "So ist dieser Wochentag auch sonst" in page
    assert "In anderen Wochen ist hier keine Sprechzeit" in mia.get(f"{HERE}/times/platz1/day?day=2026-11-28").text
    assert "Diesen Tag bearbeiten" in mia.get(f"{HERE}/times").text


def test_a_closure_with_hours_every_year_reads_as_people_say_it(mia: Colleague) -> None:
    typed = {"name": "Heiligabend", "first": "2027-12-24", "yearly": "1", "start": "12:00"}
    answer = mia.post(f"{HERE}/closures", typed, follow_redirects=True)
    assert "jedes Jahr am 24. Dezember, 12:00\N{NO-BREAK SPACE}Uhr bis Tagesende" in answer.text


def test_a_holiday_that_is_worked_on_and_a_local_one_are_saved(mia: Colleague) -> None:
    typed = {"worked": "Reformationstag", "holiday": "Schützenfest", "holiday_day": "2027-06-14"}
    page = mia.post("/staff/musterstadt/holidays", typed, follow_redirects=True).text
    assert "Schützenfest" in page
    assert 'value="Reformationstag" checked' in page


def test_who_can_do_what_is_ticked_in_a_table(mia: Colleague, town: Flask) -> None:
    mia.post(f"{HERE}/clerks", {"can": ["platz1:personalausweis"]})
    with town.app_context():
        (clerk,) = open_catalogue("musterstadt").clerks
        assert clerk.concerns is not None
        assert len(clerk.concerns) == 1
    assert "Jeder Platz braucht mindestens ein Anliegen" in mia.post(f"{HERE}/clerks", {}).text


def test_a_new_clerk_gets_a_name_and_then_hours(mia: Colleague) -> None:
    answer = mia.post(f"{HERE}/clerks/new", {"name": "Platz 2 (Süd)", "after_minutes": "5"})
    assert answer.status_code == 302
    assert answer.location == f"{HERE}/times/platz-2-sued"
    assert mia.post(f"{HERE}/clerks/new", {"name": "New"}).location == f"{HERE}/times/new-2"
    assert mia.post(f"{HERE}/clerks/new", {"name": ""}).status_code == 422


def test_an_office_differs_only_in_what_was_typed(mia: Colleague, town: Flask) -> None:
    assert mia.post(f"{HERE}/rules", {"horizon_days": "14"}).status_code == 302
    with town.app_context():
        policy = open_catalogue("musterstadt").office("buergerbuero").policy
        assert (policy.horizon_days, policy.lead_minutes) == (14, 60)
    wrong = mia.post(f"{HERE}/rules", {"horizon_days": "9999"})
    assert wrong.status_code == 422
    assert "Der größte erlaubte Wert ist 730." in wrong.text
    assert 'value="9999"' in wrong.text


def test_office_data_is_saved_with_its_translations(mia: Colleague, town: Flask) -> None:
    typed = {
        "name": "Bürgerbüro",
        "name.en": "Citizens' office",
        "street": "Markt 2",
        "postal_code": "29690",
        "city": "Musterstadt",
        "phone": "05071 1234",
        "email": "buero@example.org",
        "hours_mon": "08:30 – 12:00, 14:00-18:00",
        "payment": ["cash", "girocard"],
    }
    assert mia.post(f"{HERE}/office", typed).status_code == 302
    with town.app_context():
        office = open_catalogue("musterstadt").office("buergerbuero")
        assert office.name == {"de": "Bürgerbüro", "en": "Citizens' office"}
        assert len(office.opening_hours[0]) == 2
    wrong = mia.post(f"{HERE}/office", {**typed, "postal_code": "1"})
    assert "Eine Postleitzahl hat fünf Ziffern." in wrong.text
    assert "Citizens&#39; office" in wrong.text


def test_retention_is_changed_by_admins_alone(mia: Colleague, town: Flask) -> None:
    days = {"unconfirmed": "1", "cancelled": "7", "past": "60", "audit": "365"}
    ada = a_colleague(town, "admin")
    assert "Wann Daten gelöscht werden" not in mia.get("/staff/musterstadt/rules").text
    assert mia.post("/staff/musterstadt/retention", days).status_code == 403
    assert ada.post("/staff/musterstadt/retention", {**days, "past": "99999"}).status_code == 422


@pytest.mark.parametrize("role", ["desk", "phone", "manager"])
def test_everybody_who_books_is_told_why_nothing_is_free(town: Flask, role: str) -> None:
    page = a_colleague(town, role).get(f"{HERE}/why?concern=personalausweis&day=2026-11-28").text
    assert "Hat an diesem Tag hier keine Sprechzeit." in page or "An diesem Tag kann" in page


def next_free(app: Flask) -> datetime:
    found = find_starts("musterstadt", [Wish("personalausweis")], now=clock.now())
    return datetime.fromtimestamp(found.offices[0].starts[-1], UTC)
