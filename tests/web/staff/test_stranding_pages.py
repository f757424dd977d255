"""The pages of the work list, the call list and the notices: who gets in, what a form does, what a citizen sees."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from booking import clock
from booking.extensions import db
from booking.models import Absence, Appointment, Call, Office
from tests.actions.stranding import change_catalogue, falls_ill, letters, row_of
from tests.builders import MONDAY, NINE, a_municipality, an_appointment
from tests.colleagues import Colleague, a_colleague

PLACE = "/staff/musterstadt.buergerbuero"
NOW = MONDAY + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def half_past_seven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def ids(app: Flask) -> list[int]:
    """Anna at nine, and Berta half an hour later, who has no e-mail; their clerk has fallen ill."""
    with app.app_context():
        a_municipality()
        found = [an_appointment().id, an_appointment(start=NINE + timedelta(minutes=30), email="b@example.org").id]
        row = row_of(found[1])
        row.email, row.name, row.phone = "", "Berta Beispiel", "0170 1234567"
        db.session.scalars(select(Office)).one().name = {"de": "Bürgerbüro"}
        db.session.commit()
        falls_ill()
    return found


@pytest.fixture
def erna(app: Flask, ids: list[int]) -> Colleague:
    return a_colleague(app, "desk", now=NOW)


def calls(app: Flask) -> list[tuple[int, str, str | None]]:
    with app.app_context():
        return [(call.tries, call.news, call.outcome) for call in db.session.scalars(select(Call))]


def test_the_list_says_who_when_why_and_how_to_reach_them(erna: Colleague) -> None:
    page = erna.get(f"{PLACE}/stranded").text
    for words in (
        "Dienstag, 24. November 2026: 2 Termine",
        "Anna Beispiel",
        "Berta Beispiel",
        "Der Platz ist nicht besetzt",
    ):
        assert words in page
    assert "0170 1234567" in page


def test_the_preview_changes_nothing_and_solving_does_what_it_said(app: Flask, erna: Colleague, ids: list[int]) -> None:
    chosen = {"means": "relocate", "appointment": ids}
    shown = erna.post(f"{PLACE}/stranded/preview", chosen).text
    assert "Noch ist nichts geschehen" in shown
    times = re.findall(r"Neue Zeit: <strong>([^<]+)", shown)
    assert len(times) == 2
    with app.app_context():
        assert letters(ids[0]) == []
    done = erna.post(f"{PLACE}/stranded/solve", chosen).text
    assert re.findall(r"Neue Zeit: <strong>([^<]+)", done) == times
    assert "2 Termine sind erledigt." in done
    with app.app_context():
        assert letters(ids[0]) == [("relocated", 1)]
    assert calls(app) == [(0, "moved", None)]
    after = erna.get(f"{PLACE}/stranded").text
    assert "Kein Termin fällt aus" in after
    assert "Verlegt, noch nicht bestätigt" in after


def test_the_day_and_the_appointment_say_once_that_the_office_moved_it(
    app: Flask, erna: Colleague, ids: list[int]
) -> None:
    erna.post(f"{PLACE}/stranded/solve", {"means": "relocate", "appointment": [ids[0]]})
    with app.app_context():
        row = row_of(ids[0])
        reference, day = row.reference, row.start.date()
    assert erna.get(f"{PLACE}/day/{day}").text.count("noch nicht bestätigt</span>") == 1
    assert "<li>Vom Amt verlegt – wird noch verschickt" in erna.get(f"{PLACE}/appointments/{reference}").text


def test_only_what_is_ticked_is_done(app: Flask, erna: Colleague, ids: list[int]) -> None:
    erna.post(f"{PLACE}/stranded/solve", {"means": "cancel", "appointment": [ids[0], "x", "-1", "9" * 30, "٣"]})
    with app.app_context():
        assert [row_of(appointment).status for appointment in ids] == ["cancelled", "confirmed"]
    assert erna.post(f"{PLACE}/stranded/preview", {"means": "cancel"}).location == f"{PLACE}/stranded"
    assert erna.post(f"{PLACE}/stranded/solve", {"means": "delete", "appointment": ids}).status_code == 404


def test_looking_at_any_of_it_writes_nothing(app: Flask, erna: Colleague) -> None:
    for path in ("stranded", "calls", "notices"):
        assert erna.get(f"{PLACE}/{path}").status_code == 200
    with app.app_context():
        assert db.session.scalars(select(Appointment.sequence)).all() == [0, 0]
    for path in ("stranded/preview", "stranded/solve", "stranded/call", "calls/1", "notices/1/delete"):
        assert erna.client.get(f"{PLACE}/{path}").status_code in {404, 405}, path


def test_an_open_list_learns_of_changes_and_asks_cheaply_until_then(app: Flask, erna: Colleague) -> None:
    page = erna.get(f"{PLACE}/stranded").text
    version = re.search(r'data-version="([^"]+)"', page)
    assert version is not None
    assert erna.get(f"{PLACE}/stranded/changes?version={version[1]}").status_code == 204
    assert erna.get(f"{PLACE}/calls/changes?version={version[1]}").status_code == 204
    with app.app_context():
        for away in db.session.scalars(select(Absence)):
            db.session.delete(away)
        falls_ill(start=NINE + timedelta(days=9), end=NINE + timedelta(days=10))
    fresh = erna.get(f"{PLACE}/stranded/changes?version={version[1]}")
    assert "Kein Termin fällt aus" in fresh.text
    assert "<html" not in fresh.text


def test_the_call_list_counts_tries_and_takes_back(app: Flask, erna: Colleague, ids: list[int]) -> None:
    erna.post(f"{PLACE}/stranded/solve", {"means": "relocate", "appointment": ids})
    page = erna.get(f"{PLACE}/calls").text
    assert "0170 1234567" in page
    assert "mussten wir leider verlegen" in page
    address = re.search(rf'action="({PLACE}/calls/\d+)#said"', page)
    assert address is not None
    assert erna.post(address[1], {"press": "not-reached", "seen": 0}).status_code == 302
    stale = erna.post(address[1], {"press": "reached", "seen": 0})
    assert stale.status_code == 409
    assert 'role="alert"' in stale.text
    erna.post(address[1], {"press": "reached", "seen": 1})
    assert calls(app) == [(2, "moved", "reached")]
    assert "erreicht, 07:30" in erna.get(f"{PLACE}/calls").text
    erna.post(address[1], {"press": "undo", "seen": 2})
    assert calls(app) == [(1, "moved", None)]
    assert erna.post(address[1], {"press": "shout", "seen": 1}).status_code == 404


def test_what_is_said_on_the_telephone_can_be_read_aloud(app: Flask, erna: Colleague, ids: list[int]) -> None:
    with app.app_context():
        office = db.session.scalars(select(Office)).one()
        office.name = {"de": "Bürgerbüro (einschließlich Kfz-Zulassung)"}
        reference = row_of(ids[1]).reference
        change_catalogue()
    start = (NINE + timedelta(days=1)).isoformat()
    erna.post(f"{PLACE}/appointments/{reference}/move", {"to": f"buergerbuero|{start}|"})
    said = re.search("Das sagen Sie: „([^“]+)“", erna.get(f"{PLACE}/calls").text)
    assert said
    assert said[1].replace("\N{NO-BREAK SPACE}", " ") == (
        "Ihren Termin am Dienstag, 24. November 2026, 09:30 Uhr mussten wir leider verlegen. "
        "Er ist jetzt am Mittwoch, 25. November 2026, 09:00 Uhr (Bürgerbüro). Passt Ihnen das?"
    )


def test_whose_time_is_near_is_to_be_called_as_well(
    app: Flask, erna: Colleague, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NINE - timedelta(minutes=10))
    with app.app_context():
        row_of(ids[0]).phone = "0171 7654321"
        db.session.commit()
    near = a_colleague(app, "desk", now=clock.now())
    assert "beginnt in 10 Minuten: bitte auch anrufen" in near.get(f"{PLACE}/stranded").text
    shown = near.post(f"{PLACE}/stranded/preview", {"means": "relocate", "appointment": ids}).text
    assert shown.count("beginnt in 10 Minuten: bitte auch anrufen") == 1  # the other one is called anyway
    near.post(f"{PLACE}/stranded/solve", {"means": "relocate", "appointment": ids})
    assert len(calls(app)) == 2


def test_who_has_no_number_either_is_said_so(app: Flask, erna: Colleague, ids: list[int]) -> None:
    with app.app_context():
        row_of(ids[1]).phone = ""
        db.session.commit()
    erna.post(f"{PLACE}/stranded/solve", {"means": "cancel", "appointment": ids})
    assert "Keine Nummer, kein Weg" in erna.get(f"{PLACE}/calls").text


def test_a_stranger_learns_nothing_and_phone_staff_are_refused(app: Flask, ids: list[int]) -> None:
    with app.app_context():
        a_municipality("anderswo")
    stranger = a_colleague(app, "manager", town="anderswo", now=NOW)
    phone = a_colleague(app, "phone", now=NOW)
    for path in ("stranded", "stranded/changes", "calls", "calls/changes", "notices"):
        assert stranger.get(f"{PLACE}/{path}").status_code == 404, path
        assert phone.get(f"{PLACE}/{path}").status_code == 403, path


def test_a_notice_is_suggested_written_and_read_by_citizens(app: Flask, erna: Colleague) -> None:
    form = erna.get(f"{PLACE}/notices?day=2026-11-24").text
    words = "Am Dienstag, 24. November, fallen im Bürgerbüro Termine aus. Wir melden uns bei allen."
    assert words in form
    typed = {"text-de": words, "text-en": "", "first": "2026-11-23", "last": "2026-11-24"}
    assert erna.post(f"{PLACE}/notices", typed).status_code == 302
    citizen = app.test_client()
    for path in ("", "checklist?concern=personalausweis"):
        assert words in citizen.get(f"/musterstadt/{path}").text
    english = citizen.get("/musterstadt/?lang=en").text
    assert f'<span lang="de" dir="ltr">{words}</span>' in english
    refused = erna.post(f"{PLACE}/notices", typed | {"text-de": "", "last": "gestern"})
    assert refused.status_code == 422
    assert "Das ist kein Datum" in refused.text


def test_a_notice_is_plain_text(app: Flask, erna: Colleague) -> None:
    typed = {"text-de": "<b>Fett</b> & {{ 7 * 7 }}", "first": "2026-11-23", "last": "2026-11-24"}
    erna.post(f"{PLACE}/notices", typed)
    page = app.test_client().get("/musterstadt/").text
    assert "&lt;b&gt;Fett&lt;/b&gt; &amp; {{ 7 * 7 }}" in page
