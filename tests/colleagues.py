"""Members of staff for tests of doors: a login with one membership, and its client with cookie and CSRF token.

Three people: ``a_colleague(app, "desk")`` of the municipality, one of another municipality (``town="anderswo"``), and
``anonymous(app)``.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking.actions.staff_sessions import open_session
from booking.extensions import db
from booking.models import Login, Membership, Municipality, Office
from booking.rules.roles import Actor, Role
from tests.builders import MONDAY


@dataclass
class Colleague:
    """Somebody at a browser: ``get`` and ``post`` as the pages do, with the CSRF token in the form."""

    client: FlaskClient
    token: str
    actor: Actor

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **(data or {})}, **options)


def a_login(
    name: str, role: str, *, town: str = "musterstadt", office: str | None = None, books_only: bool = False
) -> Actor:
    """Store a login (without a password) with one membership; call it inside an application context."""
    municipality = db.session.scalars(select(Municipality).where(Municipality.slug == town)).one()
    place = None
    if office:
        here = (Office.municipality_id == municipality.id, Office.slug == office)
        place = db.session.scalars(select(Office.id).where(*here)).one()
    row = Login(name=name, display_name=name.capitalize(), created_at=MONDAY)
    row.memberships.append(
        Membership(municipality_id=municipality.id, office_id=place, role=role, books_only=books_only)
    )
    db.session.add(row)
    db.session.commit()
    return Actor(row.id, Role(role), municipality.id, place, books_only)


def a_colleague(app: Flask, role: str, *, name: str = "", now: Any = None, **membership: Any) -> Colleague:
    """Store a login and return its browser, logged in at ``now`` (default: this moment, as the doors ask the clock)."""
    from booking import clock

    with app.app_context():
        # The write lock first, as actions do: SQLite refuses at once whoever has read before another process wrote.
        db.session.connection(execution_options={"writes": True})
        actor = a_login(name or f"{role}-{secrets.token_hex(4)}", role, **membership)
        secret = open_session(actor.login, now=now or clock.now())
    client, token = app.test_client(), secrets.token_hex(20)
    with client.session_transaction(path="/staff/") as kept:
        kept["_user_id"], kept["_fresh"], kept["csrf_token"] = secret, True, token
        kept["active_at"] = int((now or clock.now()).timestamp())
    signed = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(token)
    return Colleague(client, str(signed), actor)


def anonymous(app: Flask) -> FlaskClient:
    return app.test_client()
