"""Contact, time, "not booked yet"."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from booking.errors import Unavailable
from booking.extensions import db
from booking.models import Appointment, Block, Concern, Letter, Municipality, Office
from tests.builders import a_booking, a_municipality
from tests.web.citizen.conftest import HIDDEN


def test_wrong_details_are_named_beside_the_field_and_in_the_summary(citizen):
    answer = citizen.times(name="", email="anna@")
    assert answer.status_code == 422
    assert 'href="#name"' in answer.text
    assert 'id="email-error"' in answer.text
    assert 'value="anna@"' in answer.text
    assert "<title>Fehler:" in answer.text


def test_an_empty_field_says_what_to_type(citizen):
    page = citizen.times(name="", email="").text
    assert "Bitte geben Sie Vornamen und Nachnamen ein." in page
    assert "Bitte geben Sie Ihre E-Mail-Adresse ein." in page
    assert "Diese Angabe fehlt." not in page


def test_of_several_people_one_gives_the_name(app, citizen):
    assert "der Person, die kommt" in citizen.client.post("/musterstadt/contact", data=citizen.typed).text
    several = citizen.client.post("/musterstadt/contact", data=citizen.typed | {"concern": "personalausweis:2"}).text
    assert "einer der Personen, die kommen" in several


def test_what_was_typed_is_there_again_when_one_goes_back(citizen):
    page = citizen.client.post("/musterstadt/contact", data=citizen.typed).text
    assert 'value="Anna Beispiel"' in page
    assert citizen.typed["key"] in page


def test_the_times_carry_their_date_in_their_name(citizen):
    page = citizen.times(day="2026-11-24").text
    assert re.search(
        r'value="2026-11-24T08:30:00\+01:00"[^>]*>08:30\sUhr<span class="kern-sr-only">, Dienstag, 24', page
    )


def test_another_day_shows_other_times_and_keeps_what_was_typed(citizen):
    page = citizen.times(day="2026-11-25")
    assert all(start.startswith("2026-11-25") for start in citizen.starts_in(page))
    assert 'name="email" value="anna@example.org"' in page.text


@pytest.mark.parametrize("day", ["gestern", "0000-00-00", "1999-01-01", "2099-01-01", ""])
def test_a_day_that_is_none_shows_one_that_is(citizen, day):
    assert citizen.starts(day)


def test_one_click_holds_the_time_and_says_that_it_is_not_booked_yet(citizen, rows):
    page = citizen.books()
    assert page.status_code == 200
    assert "noch nicht gebucht" in page.text
    assert "07:30" in page.text  # half an hour from now, on the town's wall
    assert rows() == [("pending", "Anna Beispiel", "anna@example.org")]


def test_a_double_click_or_reload_holds_one_time_only(citizen, rows):
    first, second = citizen.books(), citizen.books("2026-11-24T08:30:00+01:00")
    assert citizen.secrets(first) == citizen.secrets(second)
    assert len(rows()) == 1


def test_reload_after_confirming_says_that_it_is_booked(citizen, letter):
    start = citizen.starts()[0]
    citizen.books(start)
    citizen.client.post(f"/t/{letter()[0]}/confirm")
    assert "Ihr Termin ist gebucht" in citizen.books(start).text


def test_reload_after_cancelling_says_that_it_is_cancelled(citizen, letter):
    start = citizen.starts()[0]
    secrets = citizen.secrets(citizen.books(start))
    for step in ("confirm", "cancel"):
        citizen.client.post(f"/t/{letter()[0]}/{step}")
    for page in (citizen.books(start).text, citizen.client.post("/musterstadt/pending", data=secrets).text):
        assert "Ihr Termin ist abgesagt" in page
        assert "Sie haben den Termin abgesagt" in page
        assert "gebucht</h1>" not in page
        assert "Das bringen Sie mit" not in page


@pytest.mark.parametrize("status", ["no_show", "confirmed"])
def test_reload_after_its_time_says_that_it_is_over(app, citizen, letter, now, status):
    secrets = citizen.secrets()
    citizen.client.post(f"/t/{letter()[0]}/confirm")
    with app.app_context():
        db.session.execute(update(Appointment).values(status=status))
        db.session.commit()
    now.time += timedelta(days=2)
    page = citizen.client.post("/musterstadt/pending", data=secrets).text
    assert "Ihr Termin ist vorbei" in page
    assert "gebucht</h1>" not in page


def test_another_time_with_the_same_form_asks_before_it_holds_a_second_one(citizen, rows):
    first, second = citizen.starts()[:2]
    citizen.books(first)
    answer = citizen.books(second)
    assert answer.status_code == 409
    assert "schon eine Zeit vorgemerkt" in answer.text
    assert 'name="email" value="anna@example.org"' in answer.text
    assert citizen.typed["key"] not in answer.text
    assert len(rows()) == 1


def test_a_taken_time_shows_the_nearest_free_ones_and_keeps_what_was_typed(app, citizen, rows):
    start = citizen.starts()[0]
    with app.app_context():
        a_booking(start=datetime.fromisoformat(start), email="jemand@example.org")
    answer = citizen.books(start)
    assert answer.status_code == 409
    assert "nächstgelegenen" in answer.text
    assert start not in citizen.starts_in(answer)
    assert citizen.starts_in(answer)[0].startswith("2026-11-2")
    assert 'name="name" value="Anna Beispiel"' in answer.text
    assert len(rows()) == 1


@pytest.mark.parametrize(
    "start", ["", "morgen", "2026-11-24T09:00:00", "2026-11-24T09:01:00+01:00", "0000-01-01T00:00:00Z"]
)
def test_a_start_that_is_none_shows_the_times_again(citizen, rows, start):
    answer = citizen.client.post("/musterstadt/book", data=citizen.typed | {"start": start})
    assert answer.status_code == 422
    assert citizen.starts_in(answer)
    assert rows() == []


@pytest.mark.parametrize("start", ["2026-11-20T09:00:00+01:00", "2027-11-24T09:00:00+01:00"])
def test_a_start_outside_the_window_shows_the_times_again(citizen, start):
    answer = citizen.books(start)
    assert answer.status_code == 422
    assert citizen.starts_in(answer)


def test_details_that_went_wrong_on_the_way_are_asked_for_again(citizen, rows):
    answer = citizen.books(email="", name="x" * 500)
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    assert rows() == []


def test_the_code_of_the_letter_books(citizen, letter, rows):
    secrets = citizen.secrets()
    token, code = letter()
    typed = f" {code[:3]} {code[3:]}"
    answer = citizen.client.post("/musterstadt/pending/code", data=secrets | {"code": typed})
    assert "Ihr Termin ist gebucht" in answer.text
    assert rows()[0][0] == "confirmed"
    assert token not in answer.text


def test_a_wrong_code_is_said_beside_the_field_and_five_lock_it(citizen, rows):
    secrets = citizen.secrets()
    for _ in range(5):
        answer = citizen.client.post("/musterstadt/pending/code", data=secrets | {"code": "000000"})
        assert answer.status_code == 422
        assert 'id="code-error"' in answer.text
    assert citizen.client.post("/musterstadt/pending/code", data=secrets | {"code": "000000"}).status_code == 429
    assert rows()[0][0] == "pending"


@pytest.mark.parametrize("code", ["", "12", "12345a", "1234567"])
def test_what_is_no_code_costs_no_try(citizen, letter, rows, code):
    secrets = citizen.secrets()
    for _ in range(6):
        answer = citizen.client.post("/musterstadt/pending/code", data=secrets | {"code": code})
        assert answer.status_code == 422
        assert 'id="code-error"' in answer.text
    citizen.client.post("/musterstadt/pending/code", data=secrets | {"code": letter()[1]})
    assert rows()[0][0] == "confirmed"


def test_the_letter_can_be_sent_again_and_not_without_end(citizen):
    secrets = citizen.secrets()
    answers = [citizen.client.post("/musterstadt/pending/resend", data=secrets) for _ in range(5)]
    assert "noch einmal unterwegs" in answers[0].text
    assert answers[-1].status_code == 429
    assert "öfter geht es nicht" in answers[-1].text
    assert 'href="#send-again"' in answers[-1].text
    assert "warten" not in answers[-1].text


def test_reload_after_sending_again_sends_nothing(app, citizen):
    page = citizen.books()
    fields = dict(HIDDEN.findall(page.text))
    for _ in range(3):
        assert "noch einmal unterwegs" in citizen.client.post("/musterstadt/pending/resend", data=fields).text
    with app.app_context():
        assert db.session.query(Letter).count() == 2


def test_more_time_is_given_once_and_announced(citizen):
    page = citizen.books("2026-11-26T08:30:00+01:00")
    secrets = citizen.secrets(page)
    assert "Ich brauche mehr Zeit" in page.text
    assert "bis 07:30" in page.text
    answer = citizen.client.post("/musterstadt/pending/time", data=secrets)
    assert "Sie haben jetzt mehr Zeit: bis 08:00" in answer.text
    assert 'role="status"' in answer.text
    assert "Ich brauche mehr Zeit" not in answer.text
    assert "bis 08:00" in citizen.client.post("/musterstadt/pending/time", data=secrets).text


def test_a_corrected_address_and_a_new_letter_start_the_time_anew(citizen, now):
    secrets = citizen.secrets(citizen.books("2026-11-26T08:30:00+01:00"))
    now.time += timedelta(minutes=31)
    answer = citizen.client.post("/musterstadt/pending/email", data=secrets | {"email": "richtig@example.org"})
    assert "bis 08:01" in answer.text
    now.time += timedelta(minutes=10)
    assert "bis 08:11" in citizen.client.post("/musterstadt/pending/resend", data=secrets).text
    assert "bis 08:41" in citizen.client.post("/musterstadt/pending/time", data=secrets).text


def test_more_time_is_not_offered_where_there_is_none(citizen, now):
    start = citizen.starts("2026-11-23")[0]
    now.time = datetime.fromisoformat(start) - timedelta(minutes=62)
    assert "Ich brauche mehr Zeit" not in citizen.books(start).text


def test_too_late_for_more_time_is_said_on_the_page(citizen, now):
    secrets = citizen.secrets()
    now.time += timedelta(hours=30)
    answer = citizen.client.post("/musterstadt/pending/time", data=secrets)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text


@pytest.fixture
def by_code(citizen, letter):
    """The page of who has confirmed by code, with what its forms carry."""
    secrets = citizen.secrets()
    page = citizen.client.post("/musterstadt/pending/code", data=secrets | {"code": letter()[1]})
    return page, secrets


def test_confirming_by_code_shows_all_that_the_link_shows_but_no_link(citizen, by_code, letter):
    page, secrets = by_code
    for words in ("Ausweis", "<svg", "openstreetmap.org", "Über den Link darin", "Fragen? Rufen Sie an"):
        assert words in page.text
    assert "Ohne E-Mail" not in page.text
    file = citizen.client.post("/musterstadt/pending/calendar.ics", data=secrets)
    assert file.mimetype == "text/calendar"
    paper = citizen.client.post("/musterstadt/pending/checklist", data=secrets)
    assert "Checkliste für Ihren Termin" in paper.text
    for answer in (page, file, paper):
        assert letter()[0] not in answer.text
        assert answer.headers["Cache-Control"] != "public"


def test_page_and_print_say_what_it_costs_and_how_to_pay(app, citizen, by_code):
    with app.app_context():
        fee = {"text": {"de": "siebenunddreißig Euro"}, "amount": "37.00", "currency": "EUR"}
        db.session.execute(update(Concern).values(fee=fee, unit={"de": "Person"}))
        db.session.execute(update(Office).values(payment=["cash", "girocard"]))
        db.session.execute(update(Municipality).values(revision=Municipality.revision + 1))
        db.session.commit()
    _, secrets = by_code
    for step in ("", "/checklist"):
        page = citizen.client.post(f"/musterstadt/pending{step}", data=secrets).text
        assert "siebenunddreißig Euro" in page
        assert ">je Person<" in page
        assert "bar, Girocard" in page


def test_what_is_not_booked_has_neither_file_nor_print(citizen):
    secrets = citizen.secrets()
    for step in ("calendar.ics", "checklist"):
        assert citizen.client.post(f"/musterstadt/pending/{step}", data=secrets).status_code == 409


def test_a_stranger_gets_neither_file_nor_print(citizen, by_code):
    for step in ("calendar.ics", "checklist"):
        data = by_code[1] | {"holder": "geraten"}
        assert citizen.client.post(f"/musterstadt/pending/{step}", data=data).status_code == 404


def test_a_wrong_address_is_corrected_and_the_old_link_dies(citizen, letter, rows):
    secrets = citizen.secrets()
    old = letter()[0]
    answer = citizen.client.post("/musterstadt/pending/email", data=secrets | {"email": "richtig@example.org"})
    assert answer.status_code == 200, answer.text
    assert "richtig@example.org" in answer.text
    assert rows()[0][2] == "richtig@example.org"
    assert citizen.client.get(f"/t/{old}").status_code == 410


def test_a_correction_that_is_no_address_is_said_beside_the_field(citizen, rows):
    answer = citizen.client.post("/musterstadt/pending/email", data=citizen.secrets() | {"email": "falsch"})
    assert answer.status_code == 422
    assert 'id="correct-email-error"' in answer.text
    assert 'value="falsch"' in answer.text
    assert rows()[0][2] == "anna@example.org"


def test_the_page_says_when_the_time_to_confirm_is_over(citizen, now):
    secrets = citizen.secrets()
    now.time += timedelta(hours=30)
    page = citizen.client.post("/musterstadt/pending", data=secrets).text
    assert "abgelaufen" in page
    assert "Neuen Termin buchen" in page
    assert 'name="code"' not in page  # only the link decides now
    assert citizen.client.post("/musterstadt/pending/resend", data=secrets).status_code == 409


def test_a_time_to_confirm_that_ends_tomorrow_says_so(citizen, now):
    start = citizen.starts(day="2026-11-26")[0]
    assert "bis 07:30" in citizen.books(start).text
    now.time += timedelta(hours=16, minutes=45)  # a quarter to midnight in Berlin
    later = citizen.books(start.replace("T08:30", "T09:00"), key="6f1c2f64-53f2-4f0e-9d5e-2f3c1b7a9e11").text
    assert "Dienstag, 24. November 2026" in later


def test_a_stranger_without_the_holder_gets_nothing(citizen):
    secrets = citizen.secrets() | {"holder": "geraten"}
    for step in ("pending", "pending/code", "pending/resend", "pending/email"):
        answer = citizen.client.post(f"/musterstadt/{step}", data=secrets | {"email": "x@example.org", "code": "1"})
        assert answer.status_code == 404
        assert "anna@example.org" not in answer.text


def test_where_nothing_is_free_the_page_says_when_new_days_open_and_whom_to_call(app, citizen):
    with app.app_context():
        db.session.execute(update(Block).values(kind="staff"))
        db.session.query(Municipality).one().revision += 1
        db.session.commit()
    page = citizen.times().text
    assert "Zurzeit ist hier keine Zeit frei" in page
    assert "Dienstag, 24. November 2026" in page
    assert "05071 809-99" in page


@pytest.fixture
def asking(app, citizen):
    with app.app_context():
        concern = db.session.query(Concern).filter_by(slug="personalausweis").one()
        label = {"de": "Welche Sprache?", "en": "Which language?"}
        concern.questions = [{"id": "sprache", "label": label, "required": True, "max_length": 20}]
        db.session.query(Municipality).one().revision += 1
        db.session.commit()
    return citizen


def test_a_question_must_be_answered_and_the_answer_travels_along(asking):
    field = "answer.personalausweis.sprache"
    refused = asking.times()
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert f'name="{field}" value="Polnisch"' in asking.times(**{field: "Polnisch"}).text
    assert asking.times(**{field: "x" * 21}).status_code == 422
    assert "noch nicht gebucht" in asking.books("2026-11-24T08:30:00+01:00", **{field: "Polnisch"}).text


def test_the_holder_of_one_municipality_opens_nothing_in_another(app, citizen):
    secrets = citizen.secrets()
    with app.app_context():
        a_municipality("heidestadt")
    assert citizen.client.post("/heidestadt/pending", data=secrets).status_code == 404


def test_with_the_database_away_no_step_pretends_otherwise(citizen, letter, monkeypatch):
    secrets, token = citizen.secrets(), letter()[0]

    def away(*_args, **_kwargs):
        raise Unavailable

    for action in ("pending.confirm_by_code", "pending.resend", "pending.correct_address", "booking.replayed"):
        monkeypatch.setattr(f"booking.web.citizen.{action}", away)
    for action in ("confirm", "cancel", "move"):
        monkeypatch.setattr(f"booking.web.citizen.appointment.{action}", away)
    typed = citizen.typed | secrets | {"code": "123456", "start": "2026-11-24T08:30:00+01:00"}
    pages = ["book", "pending/code", "pending/resend", "pending/email"]
    addresses = [f"/musterstadt/{page}" for page in pages] + [
        f"/t/{token}/{do}" for do in ("confirm", "cancel", "move")
    ]
    for address in addresses:
        answer = citizen.client.post(address, data=typed)
        assert (address, answer.status_code) == (address, 503)
        assert "Retry-After" in answer.headers
