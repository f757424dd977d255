"""A town with a clock, and a citizen who walks through its pages without a browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking import clock
from tests.builders import MONDAY, a_municipality

KEY = "6f1c2f64-53f2-4f0e-9d5e-2f3c1b7a9e10"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Clock:
    """The time on every wall of the test."""

    time: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.time


@dataclass
class Citizen:
    """Fills in forms and presses buttons; ``typed`` is what the contact form holds."""

    client: FlaskClient
    typed: dict[str, Any] = field(
        default_factory=lambda: {
            "concern": "personalausweis:1",
            "office": "buergerbuero",
            "name": "Anna Beispiel",
            "email": "anna@example.org",
            "phone": "",
            "key": KEY,
        }
    )

    def times(self, **changed: Any) -> TestResponse:
        return self.client.post("/musterstadt/time", data=self.typed | changed)

    def starts(self, day: str = "2026-11-24") -> list[str]:
        return self.starts_in(self.times(day=day))

    def books(self, start: str | None = None, **changed: Any) -> TestResponse:
        start = start or self.starts()[0]
        return self.client.post("/musterstadt/book", data=self.typed | {"start": start} | changed)

    def secrets(self, page: TestResponse | None = None) -> dict[str, str]:
        fields = dict(HIDDEN.findall((page or self.books()).text))
        return {name: fields[name] for name in ("reference", "holder")}

    @staticmethod
    def starts_in(page: TestResponse) -> list[str]:
        return re.findall(r'name="start" value="([^"]+)"', page.text)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fixed = Clock()
    monkeypatch.setattr(clock, "now", fixed)
    return fixed


@pytest.fixture
def town(app: Flask, now: Clock) -> None:
    with app.app_context():
        a_municipality()


@pytest.fixture
def citizen(client: FlaskClient, town: None) -> Citizen:
    return Citizen(client)


@pytest.fixture
def letter(app: Flask) -> Callable[[], tuple[str, str]]:
    """Return what opens the latest appointment's letter: its link's token and its code."""
    from booking.actions.keys import keyring
    from booking.extensions import db
    from booking.models import Appointment
    from booking.rules.secrets import code_of, token_of

    def opened() -> tuple[str, str]:
        with app.app_context():
            row = db.session.scalars(select(Appointment).order_by(Appointment.id.desc())).first()
            known = row.reference, row.generation, keyring()
            return token_of(*known), code_of(*known)

    return opened


@pytest.fixture
def rows(app: Flask) -> Callable[[], list[tuple[str, str, str]]]:
    """Return what lists every appointment as (status, name, e-mail)."""
    from booking.extensions import db
    from booking.models import Appointment

    def listed() -> list[tuple[str, str, str]]:
        with app.app_context():
            found = db.session.scalars(select(Appointment).order_by(Appointment.id))
            return [(row.status, row.name, row.email) for row in found]

    return listed
