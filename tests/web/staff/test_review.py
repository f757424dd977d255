"""The pages against abuse: for managers only, without a plain address, nothing without a question."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from booking import clock
from booking.extensions import db
from booking.models import Appointment, Audit, ContactBlock, Guard, Kind, Municipality, Office
from booking.web.staff.audit_words import LETTERS
from tests.builders import MONDAY, NINE, a_booking, a_municipality
from tests.colleagues import Colleague, a_colleague

PAGE = "/staff/musterstadt/review"
NAMED = "max.muster"


@pytest.fixture
def boss(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Colleague:
    monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(minutes=10))
    with app.app_context():
        a_municipality()
        for number in range(4):
            a_booking(
                start=NINE + number * timedelta(minutes=15), email=f"{NAMED}{number}@example.org", name="Max Muster"
            )
    return a_colleague(app, "manager", now=MONDAY + timedelta(minutes=10))


def references(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Appointment.reference).order_by(Appointment.id)))


def test_clusters_are_shown_by_their_beginnings_and_nothing_is_ticked(boss: Colleague) -> None:
    page = boss.get(PAGE).text
    assert "Adressen, die sich nur in Ziffern unterscheiden: 4 Buchungen" in page
    assert "m…3@e….org" in page
    assert NAMED not in page
    assert "Max Must…" in page
    assert "Max Muster" not in page
    assert "Personalausweis" in page
    assert 'data-label="Stand">noch nicht bestätigt<' in page
    assert " checked" not in page


def test_it_asks_before_it_does_anything(app: Flask, boss: Colleague) -> None:
    chosen = references(app)[:3]
    asked = boss.post(f"{PAGE}/ask", {"reference": chosen})
    assert "3 Buchungen absagen und ihre Adressen sperren?" in asked.text
    assert asked.text.count(": Max Must…, Di., 24. Nov.") == 3
    with app.app_context():
        assert set(db.session.scalars(sa.select(Appointment.status))) == {"pending"}
    unreasoned = boss.post(f"{PAGE}/block", {"reference": chosen, "reason": "", "days": "90"})
    assert unreasoned.status_code == 422
    done = boss.post(f"{PAGE}/block", {"reference": chosen, "reason": "program", "days": "90"}, follow_redirects=True)
    assert "Abgesagt wurden 3 Termine" in done.text
    with app.app_context():
        assert sorted(db.session.scalars(sa.select(Appointment.status))) == ["cancelled"] * 3 + ["pending"]


def test_of_what_cannot_be_cancelled_the_list_tells_why(
    app: Flask, boss: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = references(app)
    with app.app_context():
        for reference, status in zip(chosen, ("cancelled", "confirmed", "no_show", "expired"), strict=True):
            row = sa.update(Appointment).where(Appointment.reference == reference)
            db.session.execute(row.values(status=status, cancelled_by="office" if status == "cancelled" else None))
        db.session.commit()
    first = 'data-label="Stand">'
    assert f"{first}gebucht<" in boss.get(PAGE).text
    monkeypatch.setattr(clock, "now", lambda: NINE + timedelta(hours=2))
    later = a_colleague(app, "manager", now=NINE + timedelta(hours=2))
    page = later.get(PAGE).text
    for words in ("abgesagt", "vorbei", "nicht erschienen", "nicht bestätigt, verfallen"):
        assert f"{first}{words}<" in page
    asked = later.post(f"{PAGE}/ask", {"reference": chosen[:1]}).text
    assert "(abgesagt: nur die Adresse wird gesperrt)" in asked


def test_one_booking_is_spoken_of_as_one(app: Flask, boss: Colleague) -> None:
    chosen = references(app)[:1]
    asked = boss.post(f"{PAGE}/ask", {"reference": chosen}).text
    assert "1 Buchung absagen und ihre Adresse sperren?" in asked
    assert "mit dieser Adresse" in asked
    done = boss.post(f"{PAGE}/block", {"reference": chosen, "reason": "program", "days": "90"}, follow_redirects=True)
    assert "Abgesagt wurde 1 Termin." in done.text
    assert "Abgesagt wurde kein Termin." in boss.get(f"{PAGE}?done=0").text


@pytest.mark.parametrize("step", ["ask", "block"])
def test_where_nothing_is_ticked_the_list_asks_for_a_booking(boss: Colleague, step: str) -> None:
    answer = boss.post(f"{PAGE}/{step}", {"reason": "program", "days": "90"})
    assert answer.status_code == 422
    assert "Bitte wählen Sie mindestens eine Buchung aus." in answer.text
    assert "<title>Fehler: Auffällige Buchungen" in answer.text
    assert "4 Buchungen</h2>" in answer.text


def test_a_block_is_listed_without_an_address_and_lifted(app: Flask, boss: Colleague) -> None:
    boss.post(f"{PAGE}/block", {"reference": references(app)[:1], "reason": "resale", "days": "30"})
    page = boss.get(PAGE).text
    assert "Verkauft Termine weiter" in page
    with app.app_context():
        block = db.session.scalars(sa.select(ContactBlock)).one()
        assert block.contact not in page
        number = block.id
    assert "aufgehoben" in boss.post(f"{PAGE}/blocks/{number}/lift", follow_redirects=True).text
    assert "Niemand ist gesperrt" in boss.get(PAGE).text


def test_the_block_of_a_caller_is_found_by_the_address_and_the_address_is_kept_nowhere(
    app: Flask, boss: Colleague
) -> None:
    boss.post(f"{PAGE}/block", {"reference": references(app)[:1], "reason": "resale", "days": "30"})
    found = boss.post(f"{PAGE}/blocks/find", {"email": f" {NAMED}0@example.org "})
    assert "Diese Adresse ist gesperrt (Nr. 1)" in found.text
    assert "Diese Adresse ist nicht gesperrt" in boss.post(f"{PAGE}/blocks/find", {"email": "b@example.org"}).text
    assert boss.post(f"{PAGE}/blocks/find", {"email": "anna"}).status_code == 422
    with app.app_context():
        kept = [str(tuple(row)) for row in db.session.execute(sa.select(Audit.subject, Audit.details))]
        assert not [row for row in kept if "@" in row]


def test_abuse_mode_is_told_with_its_end(app: Flask, boss: Colleague) -> None:
    with app.app_context():
        office = db.session.scalar(sa.select(Office.id))
        db.session.add(Guard(office_id=office, since=MONDAY, until=MONDAY + timedelta(minutes=30)))
        db.session.commit()
    page = boss.get(PAGE).text
    assert "deutlich mehr Buchungen als sonst" in page
    assert "frühestens um 07:30 Uhr" in page


def test_where_programs_are_always_slowed_down_no_rush_is_told(app: Flask, boss: Colleague) -> None:
    with app.app_context():
        town = db.session.scalars(sa.select(Municipality)).one()
        town.policy, town.revision = town.policy | {"proof_above": 0}, town.revision + 1
        office = db.session.scalar(sa.select(Office.id))
        db.session.add(Guard(office_id=office, since=MONDAY, until=MONDAY + timedelta(minutes=30)))
        db.session.commit()
    page = boss.get(PAGE).text
    assert "Programme werden immer gebremst" in page
    assert "deutlich mehr Buchungen als sonst" not in page


def test_the_rules_page_names_from_where_on_programs_are_slowed_down(app: Flask, boss: Colleague) -> None:
    with app.app_context():
        town = db.session.scalars(sa.select(Municipality)).one()
        town.policy, town.revision = {}, town.revision + 1
        db.session.commit()
    page = boss.get("/staff/musterstadt/rules").text
    assert re.search(r'name="proof_above"[^>]*value="40"', page)


def test_a_manager_blocks_from_the_appointment_too_and_the_desk_does_not(app: Flask, boss: Colleague) -> None:
    base = f"/staff/musterstadt.buergerbuero/appointments/{references(app)[0]}"
    desk = a_colleague(app, "desk", now=MONDAY + timedelta(minutes=10))
    for page in (base, f"{base}/cancel"):
        assert f'href="{base}/block"' in boss.get(page).text
        assert "sperren" not in desk.get(page).text
    assert "Absagen und sperren" in boss.get(f"{base}/block").text
    assert desk.get(f"{base}/block").status_code == 403
    assert desk.post(f"{base}/block", {"reason": "resale", "days": "30"}).status_code == 403
    assert boss.post(f"{base}/block", {"reason": "", "days": "30"}).status_code == 422
    told = boss.post(f"{base}/block", {"reason": "resale", "days": "30"}, follow_redirects=True)
    assert "die Adresse ist für Onlinebuchungen gesperrt" in told.text


def test_also_what_is_cancelled_leads_to_a_block_of_its_address(app: Flask, boss: Colleague) -> None:
    with app.app_context():
        db.session.execute(sa.update(Appointment).values(status="cancelled", cancelled_by="citizen"))
        db.session.commit()
    base = f"/staff/musterstadt.buergerbuero/appointments/{references(app)[0]}"
    assert "Adresse sperren" in boss.get(base).text
    boss.post(f"{base}/block", {"reason": "resale", "days": "30"})
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ContactBlock)) == 1


def test_every_kind_of_letter_has_german_words_for_staff() -> None:
    assert set(LETTERS) == set(Kind)
