"""What the extensions must not do."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from booking import create_app
from booking.extensions import db
from tests.conftest import settings_for


@pytest.mark.usefixtures("context")
def test_a_refused_statement_does_not_repeat_what_was_to_be_stored() -> None:
    with pytest.raises(DBAPIError) as refusal:
        db.session.execute(sa.text("INSERT INTO nowhere (email) VALUES (:email)"), {"email": "anna@example.org"})
    db.session.rollback()
    assert "anna@example.org" not in str(refusal.value)


def test_what_is_loaded_late_is_loaded_once_whoever_puts_its_proxy_back() -> None:
    app = create_app(settings_for("sqlite://"))
    proxy = app.extensions["migrate"]
    for _ in range(2):
        assert Path(proxy.directory).name == "migrations"
        app.extensions["migrate"] = proxy
