"""The catalogue over HTTP: municipalities, offices, concerns, referrals."""

from datetime import date, time

from flask import Flask

from booking.extensions import db
from booking.models import Block, Clerk, Concern, Municipality, Office, Referral
from tests.web.api.conftest import Caller


def furnish(app: Flask) -> None:
    """Give the town what a real one has."""
    with app.app_context():
        town, office = db.session.query(Municipality).one(), db.session.query(Office).one()
        office.opening_hours = {"0": [["08:30", "12:00"], ["13:00", "18:30"]]}
        clerk, card = db.session.query(Clerk).one(), db.session.query(Concern).order_by(Concern.id).first()
        assert card is not None
        walk_in = [
            {"weekday": 1, "start": time(8, 30), "end": time(10)},
            {"weekday": 1, "start": time(9, 30), "end": time(12)},
            {"weekday": 2, "start": time(9), "end": time(10), "every_weeks": 2},
            {"weekday": 3, "start": time(9), "end": time(10), "valid_to": date(2026, 11, 1)},
            {"date": date(2026, 12, 5), "start": time(9), "end": time(10)},
        ]
        for fields in walk_in:
            clerk.blocks.append(Block(office_id=office.id, kind="walk-in", **fields))
        card.keywords = {"de": ["Perso"]}
        card.unit = {"de": "Person"}
        card.fee = {"text": {"de": "46,00 €"}, "amount": "46.00", "currency": "EUR"}
        form = {"name": {"de": "Vollmacht"}, "url": "https://example.org/vollmacht.pdf"}
        card.forms = [form | {"format": "PDF", "size_kb": 90}, form]
        card.questions = [{"id": "age", "label": {"de": "Alter?"}, "required": False, "max_length": 3}]
        card.leika = "99008001000000"
        hidden = db.session.query(Concern).order_by(Concern.id.desc()).first()
        assert hidden is not None
        hidden.offices[0].online = False
        who = {"name": {"de": "Führerschein"}, "who": {"de": "Landkreis Heidekreis"}, "phone": "05191 970-0"}
        db.session.add(Referral(municipality_id=town.id, slug="fs", keywords={"de": ["Fahrerlaubnis"]}, **who))
        town.revision += 1
        db.session.commit()


def test_municipalities_are_listed(api: Caller) -> None:
    assert api.get("/municipalities").json == [
        {"id": "musterstadt", "name": "Stadt Musterstadt", "timezone": "Europe/Berlin", "languages": ["de", "en"]}
    ]


def test_offices_tell_their_hours_with_and_without_appointment(api: Caller) -> None:
    furnish(api.app)
    (office,) = api.get("/municipalities/musterstadt/offices").json
    closed = {name: [] for name in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    assert office["opening_hours"] == closed | {"mon": ["08:30-12:00", "13:00-18:30"]}
    assert office["walk_in_hours"] == closed | {"tue": ["08:30-12:00"]}
    assert office["window"] == {"first": "2026-11-23", "last": "2026-12-21"}
    assert office["address"] == "Am Markt 1, 29690 Musterstadt"


def test_concerns_tell_what_to_bring_ask_and_pay(api: Caller) -> None:
    furnish(api.app)
    (concern,) = api.get("/municipalities/musterstadt/concerns?lang=en").json  # the hidden one is not there
    assert concern == {
        "id": "personalausweis",
        "group": "",
        "name": "personalausweis (en)",
        "description": "",
        "keywords": ["Perso"],
        "minutes": 15,
        "extra_minutes": 10,
        "unit": "Person",
        "max_quantity": 6,
        "offices": [{"id": "buergerbuero", "minutes": 15}],
        "documents": [
            {
                "id": "ausweis",
                "kind": "document",
                "name": "ID",
                "required": True,
                "per_unit": False,
                "when": None,
                "note": None,
            }
        ],
        "questions": [{"id": "personalausweis.age", "label": "Alter?", "required": False, "max_length": 3}],
        "forms": [
            {"name": "Vollmacht", "url": "https://example.org/vollmacht.pdf", "format": "PDF", "size_kb": 90},
            {"name": "Vollmacht", "url": "https://example.org/vollmacht.pdf", "format": "", "size_kb": None},
        ],
        "fee": {"text": "46,00 €", "amount": 46.0, "amount_from": None, "currency": "EUR"},
        "leika": "99008001000000",
    }


def test_questions_are_answered_under_the_name_that_the_catalogue_tells(api: Caller) -> None:
    furnish(api.app)
    assert api.book(answers={"personalausweis.age": "17"}).status_code == 201
    refused = api.book(start="2026-11-24T10:00:00+01:00", answers={"personalausweis.age": "seventeen"})
    named = [(fault["pointer"], fault["code"]) for fault in refused.json["errors"]]
    assert named == [("/answers/personalausweis.age", "too-long")]


def test_referrals_name_who_does_it_instead(api: Caller) -> None:
    furnish(api.app)
    assert api.get("/municipalities/musterstadt/referrals").json == [
        {
            "name": "Führerschein",
            "keywords": ["Fahrerlaubnis"],
            "who": "Landkreis Heidekreis",
            "url": "",
            "phone": "05191 970-0",
        }
    ]


def test_the_language_is_the_url_s_then_the_client_s_then_the_town_s(api: Caller) -> None:
    def name(query: str = "", **headers: str) -> str:
        concerns = api.get(f"/municipalities/musterstadt/concerns{query}", **headers).json
        return str(concerns[0]["name"])

    assert name() == "Personalausweis"
    assert name(**{"Accept-Language": "en-GB,en;q=0.9"}) == "personalausweis (en)"
    assert name("?lang=de", **{"Accept-Language": "en"}) == "Personalausweis"
    assert name("?lang=tlh") == "Personalausweis"


def test_what_has_not_changed_is_not_sent_again(api: Caller) -> None:
    path = "/municipalities/musterstadt/concerns"
    first = api.get(path)
    assert "Accept-Language" in first.headers["Vary"]
    again = api.get(path, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    english = api.get(path, **{"If-None-Match": first.headers["ETag"], "Accept-Language": "en"})
    assert english.status_code == 200
