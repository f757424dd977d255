"""The letters of the real catalogue: every concern, in both languages, with nothing left untold or told outside."""

import re
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.ctx import AppContext

from booking.actions.catalogues import catalogue_of
from booking.actions.load_catalogue import load_catalogue
from booking.mail import compose
from booking.mail.message import Envelope
from booking.models import Kind
from booking.rules.appointments import Appointment, BookedConcern
from booking.rules.catalogue import Catalogue, Concern
from booking.rules.languages import LANGUAGES
from booking.rules.lifecycle import Status
from booking.rules.orders import checklist
from booking.rules.texts import word
from tests.builders import MONDAY, NINE
from tests.databases import empty

FILE = Path(__file__).resolve().parents[2] / "config" / "catalogues" / "schwarmstedt.yaml"


@pytest.fixture(scope="module")
def real(shared_app: Flask, migrated_url: str) -> Catalogue:
    """Read once: what is read needs its rows no more."""
    empty(migrated_url)
    with shared_app.app_context():
        load_catalogue(FILE.read_bytes(), FILE.parent, now=MONDAY)
        return catalogue_of("schwarmstedt")


@pytest.fixture
def schwarmstedt(real: Catalogue, context: AppContext) -> Catalogue:
    return real


def appointment_for(catalogue: Catalogue, concern: Concern) -> Appointment:
    office = catalogue.office(next(iter(concern.offices)))
    booked = BookedConcern(concern.id, concern.slug, concern.name, 2, 20, concern.discreet)
    return Appointment(
        id=1,
        catalogue=catalogue,
        office=office,
        reference="ABCDEFG",
        uid="one@schwarmstedt.de",
        sequence=0,
        status=Status.CONFIRMED,
        start=NINE,
        end=NINE.replace(minute=20),
        concerns=(booked,),
        documents=tuple(checklist([(concern, 2)])),
        answers=(),
        name="Anna Beispiel",
        email="anna@example.org",
        phone="",
        language="de",
        address_proven=True,
        created_at=MONDAY,
        changed_at=MONDAY,
        confirm_by=None,
        cancelled_by=None,
        mail_failure=None,
        holder="holder",
        token="token",
        code="123456",
    )


def parts(message: EmailMessage) -> dict[str, str]:
    found = {}
    for part in message.walk():
        if not part.is_multipart():
            payload: Any = part.get_payload(decode=True)
            found[part.get_content_type()] = payload.decode().replace("\r\n ", "").replace("\r\n", "\n")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_concern_is_told_in_full_and_discreet_ones_only_inside(schwarmstedt: Catalogue, language: str) -> None:
    envelope = Envelope("anna@example.org", language, "<one@schwarmstedt.de>", "REQUEST", 0, MONDAY)
    for concern in schwarmstedt.concerns:
        message = compose(Kind.CONFIRMED, appointment_for(schwarmstedt, concern), envelope)
        texts = parts(message)
        name = word(concern.name, language)
        assert name in texts["text/plain"]
        for item in concern.documents:
            assert word(item.name, language) in texts["text/plain"]
        for form in concern.forms:
            assert form.url in texts["text/plain"]
        assert not re.search(r"\d €", texts["text/plain"] + texts["text/html"]), "an amount may lose its sign"
        assert (name in message["Subject"]) is not concern.discreet
        assert (name.replace(",", "\\,") in texts["text/calendar"]) is not concern.discreet
        if concern.discreet:
            assert not [item for item in concern.documents if word(item.name, language) in texts["text/calendar"]]


def test_discreet_subjects_say_where_and_not_what(schwarmstedt: Catalogue) -> None:
    envelope = Envelope("anna@example.org", "de", "<one@schwarmstedt.de>", None, None, MONDAY)
    discreet = [concern for concern in schwarmstedt.concerns if concern.discreet]
    assert len(discreet) >= 2
    for concern in discreet:
        found = replace(appointment_for(schwarmstedt, concern), status=Status.CONFIRMED)
        assert "Ihr Termin im Standesamt" in compose(Kind.REMINDER, found, envelope)["Subject"]
