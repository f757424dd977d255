"""From the list of concerns to the office."""

import re
from datetime import date, time

import pytest
from sqlalchemy import update

from booking.extensions import db
from booking.models import (
    Block,
    Clerk,
    Closure,
    Concern,
    ConcernDocument,
    ConcernOffice,
    Municipality,
    Office,
    Referral,
)
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
        words = {"de": ["Fahrerlaubnis", "Führerschein verloren"]}
        name = {"de": "Führerschein"}
        db.session.add(Referral(municipality_id=the(Municipality).id, name=name, keywords=words, **facts))
        save()
    page = citizen.client.get("/musterstadt/?q=fuehrerschein+verloren").text
    assert '<p class="wf-strong">Führerschein ' in page
    assert "Fahrerlaubnis" not in page
    assert "Nichts gefunden" not in page
    assert ">heidekreis.de<" in page
    assert 'href="tel:+4951629700"' in page


def test_the_checklist_counts_for_each_person(app, citizen):
    with app.app_context():
        the(Concern, slug="personalausweis").unit = {"de": "Person", "en": "person"}
        db.session.execute(update(ConcernDocument).values(per_unit=True))
        save()
    page = citizen.client.get("/musterstadt/checklist?concern=personalausweis:3").text
    assert "je Person einmal, zusammen 3" in page
    assert "3 × Ausweis" not in page
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
        answer = citizen.client.post(f"/musterstadt/{step}", data=typed)
        assert answer.location == "/musterstadt/checklist?concern=personalausweis:1"


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
    assert "&amp;concern=meldebescheinigung:1&amp;office=buergerbuero" in page.replace("%3A", ":")
    assert "concern=kirchenaustritt" not in page
    assert re.search(r"Kirchenaustritt.*– das macht: Standesamt<", page)
    found = citizen.client.get("/musterstadt/?concern=personalausweis:1&q=kirche").text
    assert "das macht: Standesamt" in found
    assert "Nichts gefunden" not in found
    both = citizen.client.get("/musterstadt/checklist?concern=personalausweis&concern=kirchenaustritt")
    assert both.status_code == 422


def test_what_another_place_of_the_same_office_does_says_so(app, citizen):
    with app.app_context():
        other = a_clerk(the(Municipality), the(Office), "platz2", all_concerns=False)
        other.concerns = [the(Concern, slug="meldebescheinigung")]
        first = the(Clerk, slug="platz1")
        first.all_concerns, first.concerns = False, [the(Concern, slug="personalausweis")]
        save()
    page = citizen.client.get("/musterstadt/?concern=personalausweis:1").text
    assert re.search(r"Meldebescheinigung.*– das macht dort ein anderer Platz<", page)


def test_a_chosen_concern_can_be_taken_out_again(citizen):
    address = "/musterstadt/checklist?concern=personalausweis:2&concern=meldebescheinigung:1"
    assert 'name="remove" value="meldebescheinigung"' in citizen.client.get(address).text
    left = citizen.client.get(f"{address}&remove=meldebescheinigung").location
    assert left == "/musterstadt/checklist?concern=personalausweis:2&office=buergerbuero"
    alone = "/musterstadt/checklist?concern=personalausweis:2&remove=personalausweis"
    assert citizen.client.get(alone).location == "/musterstadt/"


@pytest.mark.parametrize("way", ["Weiteres Anliegen hinzufügen", "Zurück", "Weiter zu Ihren Angaben", "Entfernen"])
def test_every_way_on_takes_quantities_along_that_were_only_chosen(citizen, way):
    page = citizen.client.get("/musterstadt/checklist?concern=personalausweis:1&concern=meldebescheinigung:1").text
    (form,) = re.findall(r'<form id="choice" method="get".*?</form>', page, re.DOTALL)
    assert '<select class="kern-form-input__select" id="count-personalausweis" name="concern">' in form
    buttons = re.findall(r"<button[^>]*>(?:(?!</button>).)*</button>", page, re.DOTALL)
    (button, *_) = [button for button in buttons if way in button]
    assert button in form or 'form="choice"' in button


def test_the_minutes_add_up_where_everybody_can_see_it(citizen):
    page = citizen.client.get("/musterstadt/checklist?concern=personalausweis:3&concern=meldebescheinigung:1").text
    assert "3 Stück: etwa 35 Minuten" in page
    assert "15 Minuten für 1 Stück, je 10 für weitere" in page
    assert "Zusammen etwa 45 Minuten" in page
    more = citizen.client.get("/musterstadt/?concern=personalausweis:3").text
    assert "Personalausweis" in more
    assert "Zusammen etwa 35 Minuten" in more


def test_what_no_office_has_time_for_on_end_is_not_offered(app, citizen):
    with app.app_context():
        the(Concern, slug="personalausweis").extra_minutes = 39
        the(Concern, slug="meldebescheinigung").minutes = 60
        save()
    alone = citizen.client.get("/musterstadt/checklist?concern=personalausweis:6").text
    assert "Weiter zu Ihren Angaben" in alone  # 210 minutes: from half past eight to twelve
    page = citizen.client.get("/musterstadt/checklist?concern=personalausweis:6&concern=meldebescheinigung:1").text
    assert "Zusammen sind es 270 Minuten, am Stück sind es höchstens 210" in page
    assert "Weiter zu Ihren Angaben" not in page
    assert "länger, als am Stück Zeit ist" in citizen.client.get("/musterstadt/?concern=personalausweis:6").text


@pytest.mark.parametrize(
    ("units", "language", "said"),
    [
        ({"de": "Personen", "en": "people"}, "de", "2 Personen"),
        ({"de": "Personen", "en": "people"}, "en", "2 people"),
        ({"de": {"other": "Personen"}}, "de", "2 Personen"),
        ({}, "de", "2 × Person"),
    ],
)
def test_pieces_are_counted_in_the_plural(app, citizen, units, language, said):
    with app.app_context():
        the(Concern, slug="personalausweis").unit = {"de": "Person", "en": "person"}
        the(Concern, slug="personalausweis").units = units
        save()
    page = citizen.client.get(f"/musterstadt/checklist?concern=personalausweis:2&lang={language}").text
    assert f"selected>{said}<" in page
    assert f">1 {'Person' if language == 'de' else 'person'}<" in page


def test_a_fee_is_multiplied_and_added_where_it_is_one_number(app, citizen):
    fee = {"text": {"de": "16,80 € je Stück"}, "amount": "16.80", "currency": "EUR"}
    with app.app_context():
        the(Concern, slug="personalausweis").fee = fee
        the(Concern, slug="meldebescheinigung").fee = {"text": {"de": "frei"}, "amount": "0.00", "currency": "EUR"}
        save()
    both = "/musterstadt/checklist?concern=personalausweis:2&concern=meldebescheinigung:1"
    page = citizen.client.get(both).text
    assert "2 × 16,80\xa0€ = 33,60\xa0€" in page
    assert '<dt>Zusammen</dt><dd class="wf-strong">33,60\xa0€</dd>' in page
    with app.app_context():
        the(Concern, slug="meldebescheinigung").fee = {"text": {"de": "ab 5 €"}, "amount_from": "5", "currency": "EUR"}
        save()
    assert "<dt>Zusammen</dt>" not in citizen.client.get(both).text


def test_a_form_says_what_opens_how_large_it_is_and_where(app, citizen):
    form = {"name": {"de": "Vollmacht"}, "url": "https://example.org/vollmacht.pdf"}
    with app.app_context():
        the(Concern, slug="personalausweis").forms = [form | {"format": "PDF", "size_kb": 120}]
        the(Concern, slug="meldebescheinigung").forms = [form | {"url": "https://example.org/gross", "size_kb": 1234}]
        save()
    page = citizen.client.get("/musterstadt/checklist?concern=personalausweis&concern=meldebescheinigung").text
    assert "Vollmacht (PDF, 120 kB)" in page
    assert "Vollmacht (1,2 MB)" in page
    assert page.count('target="_blank" rel="noopener"') == page.count("öffnet in einem neuen Tab") == 2


def test_the_questions_are_named_before_anybody_types(app, citizen):
    with app.app_context():
        asked = {"id": "sprache", "label": {"de": "Welche Sprache?"}, "required": False, "max_length": 20}
        the(Concern, slug="personalausweis").questions = [asked]
        save()
    page = citizen.client.get("/musterstadt/checklist?concern=personalausweis").text
    assert page.index("im nächsten Schritt") < page.index("<li>Welche Sprache? ") < page.index("Weiter zu Ihren")


@pytest.mark.parametrize(
    ("day", "kind", "is_told"),
    [
        (date(2026, 12, 5), "online", True),
        (date(2026, 12, 5), "staff", False),
        (date(2026, 12, 22), "online", False),  # beyond the window
        (date(2026, 11, 21), "online", False),
        (date(2026, 11, 30), "online", False),  # a Monday within the usual hours
    ],
)
def test_a_day_with_extra_hours_is_told_beside_the_number(app, citizen, day, kind, is_told):
    with app.app_context():
        the(Office).opening_hours = {"0": [["08:00", "13:00"]]}
        hours = {"date": day, "kind": kind, "start": time(9), "end": time(12)}
        db.session.add(Block(clerk_id=the(Clerk).id, office_id=the(Office).id, **hours))
        save()
    said = "Zusätzlich geöffnet am Sa., 5. Dez.: 09:00–12:00\xa0Uhr"
    page = citizen.client.get("/musterstadt/").text
    assert ("Zusätzlich geöffnet" in page) is is_told
    assert (said in page) is is_told


@pytest.mark.parametrize("shut_by", ["a holiday", "a closure", "a closure of another office"])
def test_a_day_with_extra_hours_on_which_the_office_is_shut_is_not_told(app, citizen, shut_by):
    day = date(2026, 12, 5)
    with app.app_context():
        town, hall = the(Municipality), the(Office)
        block = Block(clerk_id=the(Clerk).id, office_id=hall.id, kind="online", date=day, start=time(9), end=time(12))
        db.session.add(block)
        if shut_by == "a holiday":
            town.holidays = town.holidays | {"add": [{"date": day.isoformat(), "name": {"de": "Ortsfest"}}]}
        else:
            place = hall if shut_by == "a closure" else an_office(town, "nebenstelle")
            db.session.add(Closure(municipality_id=town.id, office_id=place.id, first=day, last=day, name={}))
        save()
    is_told = shut_by == "a closure of another office"
    assert ("Zusätzlich geöffnet" in citizen.client.get("/musterstadt/").text) is is_told


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


def test_a_homepage_may_begin_with_what_one_office_offers(app, citizen):
    with app.app_context():
        town = the(Municipality)
        a_concern(town, an_office(town, "standesamt"), "eheschliessung", minutes=30)
        save()
    page = citizen.client.get("/musterstadt/?office=standesamt").text.replace("%3A", ":")
    assert 'href="/musterstadt/checklist?concern=eheschliessung:1&amp;office=standesamt"' in page
    assert "personalausweis" not in page
    assert '<input type="hidden" name="office" value="standesamt">' in page
    assert citizen.client.get("/musterstadt/?office=gibt-es-nicht").status_code == 404
