"""Whether active appointments own exactly their cells: asked by ``doctor`` and by SQL of the tests' own."""

from datetime import datetime

from booking.actions.check_deployment import broken_ownership
from booking.extensions import db
from tools.check_tables import wrong_in

__all__ = ["assert_owned_exactly", "wrong_in"]


def assert_owned_exactly(now: datetime) -> None:
    """Active ⇔ owns exactly its cells, no two appointments of a clerk overlap, letters and claims match."""
    db.session.rollback()
    assert broken_ownership(now) == []
    assert wrong_in(db.session.connection(), now) == {}
    db.session.rollback()
