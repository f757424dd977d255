"""A town to call about, on a fixed Monday: every door asks ``clock.now``, which stands still here."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from booking import clock
from booking.actions.find_appointment import find_by_holder
from booking.rules.appointments import Appointment
from tests.builders import MONDAY, a_municipality

TOWN = "/api/v1/municipalities/musterstadt"
BOOKING = {
    "office": "buergerbuero",
    "start": "2026-11-24T09:00:00+01:00",
    "concerns": [{"id": "personalausweis", "quantity": 1}],
    "name": "Anna Beispiel",
    "email": "anna@example.org",
}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return what sets the clock."""

    def stand(now: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: now)

    stand(MONDAY)
    return stand


@pytest.fixture
def town(app: Flask, at: Callable[[datetime], None]) -> None:
    with app.app_context():
        a_municipality()


class Caller:
    """A program that uses the API."""

    def __init__(self, client: FlaskClient, app: Flask) -> None:
        self.client, self.app = client, app

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {} if body is None else {"json": body}
        return self.client.post(f"/api/v1{path}", headers=headers, **sent)

    def book(self, key: str | None = None, **fields: Any) -> TestResponse:
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post(f"{TOWN}/appointments", json=BOOKING | fields, headers=headers)

    def mailed(self, booked: TestResponse) -> Appointment:
        """Return the appointment with what its letter carries."""
        with self.app.app_context():
            return find_by_holder(booked.json["reference"], booked.json["holder"])

    def with_link(self, booked: TestResponse) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.mailed(booked).token}"}


@pytest.fixture
def api(client: FlaskClient, app: Flask, town: None) -> Caller:
    return Caller(client, app)
