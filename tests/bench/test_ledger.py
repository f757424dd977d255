"""The checker behind `make attempts` sees what is wrong: else its silence would prove nothing."""

from datetime import timedelta

import sqlalchemy as sa
from flask.ctx import AppContext

from bench.crowd.ledger import Ledger
from booking.extensions import db
from booking.models import Cell
from tests.builders import MONDAY, NINE, a_municipality, an_appointment
from tests.ownership import wrong_in

CONFIRMED = frozenset({"confirmed"})


def ledger_of(reference: str) -> Ledger:
    ledger = Ledger()
    ledger.hear("book", reference, CONFIRMED, NINE)
    return ledger


def test_what_the_tables_hold_as_told_is_not_lost(context: AppContext) -> None:
    a_municipality()
    assert ledger_of(an_appointment().reference).lost() == []


def test_a_success_that_the_tables_do_not_know_is_lost(context: AppContext) -> None:
    a_municipality()
    ledger = ledger_of(an_appointment().reference)
    ledger.told["ABCDEF"] = ledger.told[next(iter(ledger.told))]
    assert [line.partition(":")[0] for line in ledger.lost()] == ["ABCDEF"]


def test_a_success_that_has_become_something_else_is_lost(context: AppContext) -> None:
    a_municipality()
    reference = an_appointment().reference
    for statuses, start in ((frozenset({"cancelled"}), NINE), (CONFIRMED, NINE + timedelta(hours=1))):
        ledger = Ledger()
        ledger.hear("book", reference, statuses, start)
        assert len(ledger.lost()) == 1


def test_a_cell_that_is_gone_is_wrong_in_the_tables(context: AppContext) -> None:
    a_municipality()
    an_appointment()
    db.session.rollback()
    assert wrong_in(db.session.connection(), MONDAY + timedelta(hours=1)) == {}
    db.session.rollback()
    db.session.connection(execution_options={"writes": True})
    db.session.execute(sa.delete(Cell).where(Cell.moment == int(NINE.timestamp())))
    assert wrong_in(db.session.connection(), MONDAY + timedelta(hours=1)) != {}
