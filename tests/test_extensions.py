"""What the extensions must not do."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from booking.extensions import db


@pytest.mark.usefixtures("context")
def test_a_refused_statement_does_not_repeat_what_was_to_be_stored() -> None:
    with pytest.raises(DBAPIError) as refusal:
        db.session.execute(sa.text("INSERT INTO nowhere (email) VALUES (:email)"), {"email": "anna@example.org"})
    db.session.rollback()
    assert "anna@example.org" not in str(refusal.value)
