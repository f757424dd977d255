"""From the list of concerns to the office."""

from datetime import time

import pytest
from sqlalchemy import update

from booking.extensions import db
from booking.models import Block, Clerk, Concern, ConcernDocument, ConcernOffice, Municipality, Office, Referral
from tests.builders import a_clerk, a_concern, a_municipality, an_office


def the(table, **facts):
    return db.session.query(table).filter_by(**facts).one()


def save():
    the(Municipality).revision += 1
    db.session.commit()


def test_the_only_municipality_is_where_everybody_goes(client, town):
    assert client.get("/").location == "/musterstadt/"


def test_several_municipalities_are_listed(app, client, town):
    with app.app_context():
        a_municipality("heidestadt", name={"de": "Stadt Heidestadt"})
    page = client.get("/").text
    assert "Stadt Musterstadt" in page
    assert 'href="/heidestadt/"' in page


def test_a_service_without_municipalities_says_so(client, now):
    assert "noch keine Gemeinde" in client.get("/").text


def test_the_concerns_lead_to_their_checklist(citizen):
    page = citizen.client.get("/musterstadt/").text
    assert 'href="/musterstadt/checklist?concern=personalausweis:1"' in page.replace("%3A", ":")


def test_a_search_finds_and_a_vain_one_offers_help(citizen):
    assert ">Personalausweis<" in citizen.client.get("/musterstadt/?q=ausweis").text
    assert "Nichts gefunden" in citizen.client.get("/musterstadt/?q=Raumschiff").text


def test_what_others_do_is_shown_with_who_and_how_to_reach_them(app, citizen):
    with app.app_context():
        facts = {
            "slug": "kreis",
            "who": {"de": "Landkreis"},
            "url": "https://www.heidekreis.de/kfz",
            "phone": "05162 970-0",
        }
        words = {"de": ["Führerschein", "Fahrerlaubnis"]}
        db.session.add(Referral(municipality_id=the(Municipality).id, keywords=words, **facts))
        save()
    page = citizen.client.get("/musterstadt/?q=fuehrerschein").text
    assert "Führerschein, Fahrerlaubnis" in page
    assert ">heidekreis.de<" in page
    assert 'href="tel:+4951629700"' in page


def test_the_checklist_counts_for_each_person(app, citizen):
    with app.app_context():
        the(Concern, slug="personalausweis").unit = {"de": "Person", "en": "person"}
        db.session.execute(update(ConcernDocument).values(per_unit=True))
        save()
    page = citizen.client.get("/musterstadt/checklist?concern=personalausweis:3").text
    assert "3 × Ausweis" in page
    assert "je Person" in page
    assert "etwa 35 Minuten" in page


def test_the_next_free_time_is_shown_before_anybody_types(citizen):
    assert "Mo., 23. Nov., 08:30" in citizen.client.get("/musterstadt/checklist?concern=personalausweis").text


def test_several_offices_are_chosen_between_each_with_its_next_free_time(app, citizen):
    with app.app_context():
        other = an_office(the(Municipality), "nebenstelle")
        a_clerk(the(Municipality), other, "platz2")
        concern = the(Concern, slug="personalausweis")
        concern.offices.append(ConcernOffice(office_id=other.id))
        save()
    page = citizen.client.get("/musterstadt/checklist?concern=personalausweis").text
    assert page.count('type="radio"') == 2
    assert page.count("23. Nov., 08:30") == 4  # beside each office, and in the overview
    without = citizen.client.get("/musterstadt/contact?concern=personalausweis")
    assert without.location.startswith("/musterstadt/checklist")
    for step in ("time", "book"):
        typed = citizen.typed | {"office": "", "start": "2026-11-24T08:30:00+01:00"}
        assert citizen.client.post(f"/musterstadt/{step}", data=typed).status_code == 404


def test_who_skips_the_choice_is_led_back_to_it(citizen):
    for step in ("checklist", "contact"):
        assert citizen.client.get(f"/musterstadt/{step}").location == "/musterstadt/"
    for step in ("contact", "time", "book"):
        assert citizen.client.post(f"/musterstadt/{step}").location == "/musterstadt/"


def test_only_what_fits_in_the_same_visit_is_offered_in_addition(app, citizen):
    with app.app_context():
        registry = an_office(the(Municipality), "standesamt")
        a_concern(the(Municipality), registry, "kirchenaustritt", minutes=15)
        a_clerk(the(Municipality), registry, "sta1")
        save()
    page = citizen.client.get("/musterstadt/?concern=personalausweis:1").text
    assert "Meldebescheinigung" in page
    assert "Kirchenaustritt" not in page
    both = citizen.client.get("/musterstadt/checklist?concern=personalausweis&concern=kirchenaustritt")
    assert both.status_code == 422


def test_a_chosen_concern_can_be_taken_out_again(citizen):
    page = citizen.client.get("/musterstadt/checklist?concern=personalausweis:2&concern=meldebescheinigung:1").text
    assert 'href="/musterstadt/checklist?concern=personalausweis:2"' in page.replace("%3A", ":")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/nirgendwo/", 404),
        ("/musterstadt/checklist?concern=gibtsnicht", 404),
        ("/musterstadt/checklist?concern=personalausweis&office=gibtsnicht", 404),
        ("/musterstadt/checklist?concern=personalausweis:0", 422),
        ("/musterstadt/checklist?concern=personalausweis:99", 422),
        ("/musterstadt/checklist?concern=personalausweis:999999999999", 422),
        ("/musterstadt/checklist?concern=personalausweis:zwei", 422),
        ("/musterstadt/checklist?concern=personalausweis&concern=personalausweis", 422),
        ("/musterstadt/gibt/es/nicht", 404),
        ("/musterstadt/book", 405),
    ],
)
def test_what_does_not_exist_is_refused_with_a_page(citizen, address, status):
    answer = citizen.client.get(address)
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert "<h1" in answer.text


def test_hours_without_appointment_stand_beside_the_number(app, citizen):
    with app.app_context():
        hours = {"weekday": 1, "kind": "walk-in", "start": time(14), "end": time(16)}
        db.session.add(Block(clerk_id=the(Clerk).id, office_id=the(Office).id, **hours))
        save()
    assert "Ohne Termin Di: 14:00–16:00" in citizen.client.get("/musterstadt/").text
