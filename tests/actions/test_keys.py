"""The keys of hashes, of which each process keeps today's."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from booking.actions.book import book
from booking.actions.keys import contact_hash, flood_key, network_purpose
from booking.actions.personal_data import erase_behind
from booking.errors import RateLimited
from booking.extensions import db
from booking.models import Appointment, HashKey
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_order

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


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


@pytest.mark.usefixtures("context")
def test_what_a_network_holds_open_still_counts_after_midnight_and_its_hash_is_another() -> None:
    a_municipality(policy={"max_open_per_network": 2, "confirm_minutes": 60})
    before = a_booking(MIDNIGHT - MOMENT, start=NINE)
    after = a_booking(MIDNIGHT, start=NINE + timedelta(minutes=30), email="b@example.org")
    with pytest.raises(RateLimited):
        a_booking(MIDNIGHT + MOMENT, start=NINE + timedelta(minutes=60), email="c@example.org")
    a_booking(MIDNIGHT + MOMENT, start=NINE + timedelta(minutes=90), email="c@example.org", network="198.51.100.1")
    old, new = (db.session.get_one(Appointment, booked.id) for booked in (before, after))
    assert old.network != new.network


@pytest.mark.usefixtures("context")
def test_what_a_network_erased_before_midnight_counts_after_it() -> None:
    a_municipality(policy={"max_open_per_network": 1})
    late, early = MIDNIGHT - MOMENT, MIDNIGHT + MOMENT
    erase_behind(a_booking(late, start=NINE).token, now=late)
    with pytest.raises(RateLimited):
        a_booking(early, start=NINE, email="b@example.org")
    a_booking(early, start=NINE, email="b@example.org", network="198.51.100.1")


@pytest.mark.usefixtures("context")
def test_a_day_on_which_nobody_booked_gets_no_key_of_networks_afterwards() -> None:
    a_municipality()
    a_booking(MONDAY)
    days = db.session.scalars(sa.select(HashKey.purpose).where(HashKey.purpose.startswith("network:"))).all()
    assert days == [network_purpose(MONDAY.date())]


@pytest.mark.usefixtures("context")
def test_reads_of_a_network_are_counted_under_another_name_each_day() -> None:
    late, early = (flood_key("198.51.100.1", MIDNIGHT + step) for step in (-MOMENT, MOMENT))
    assert late != early
    assert early == flood_key("198.51.100.1", MIDNIGHT + timedelta(hours=23))
    assert early != flood_key("198.51.100.2", MIDNIGHT + MOMENT)
