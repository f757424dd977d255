"""The keys of hashes, of which each process keeps today's."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from booking.actions.book import book
from booking.actions.keys import contact_hash
from booking.extensions import db
from booking.models import Appointment, HashKey
from tests.builders import MONDAY, a_municipality, an_order


@pytest.mark.usefixtures("context")
def test_a_key_that_was_destroyed_elsewhere_hashes_nothing_more() -> None:
    a_municipality()
    first = book(an_order(), now=MONDAY)
    db.session.execute(sa.delete(HashKey))
    db.session.commit()
    second = book(an_order(start=first.end + timedelta(minutes=60), key="another"), now=MONDAY)
    old, new = (db.session.get_one(Appointment, booked.id) for booked in (first, second))
    assert new.contact == contact_hash(new.email or "", MONDAY)
    assert old.contact != new.contact
    assert old.network != new.network


@pytest.mark.usefixtures("context")
def test_googles_dots_and_names_make_no_new_contact_and_others_do() -> None:
    spellings = ("a.nna@gmail.com", "anna@gmail.com", "Anna@GoogleMail.com", "an.na+x@googlemail.com")
    assert len({contact_hash(email, MONDAY) for email in spellings}) == 1
    assert contact_hash("a.nna@web.de", MONDAY) != contact_hash("anna@web.de", MONDAY)
