"""The way back to one's office, from every page that belongs to none."""

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.extensions import db
from booking.models import Membership, Municipality
from tests.builders import a_municipality, an_office
from tests.colleagues import Colleague, a_colleague

DESK, OTHER = "/staff/musterstadt.buergerbuero", "/staff/musterstadt.standesamt"
NOWHERE = ("/staff/", "/staff/phone", "/staff/account")


@pytest.fixture
def town(app: Flask) -> Flask:
    with app.app_context():
        a_municipality()
    return app


@pytest.fixture
def two(town: Flask) -> Flask:
    with town.app_context():
        an_office(db.session.scalars(sa.select(Municipality)).one(), "standesamt")
        db.session.commit()
    return town


def leads_to(by: Colleague, page: str, office: str) -> bool:
    nav = by.get(page).text.split('aria-label="Bereiche"')[1].split("</nav>")[0]
    found = [f'href="{office}/"' in nav, f'href="{office}/stranded"' in nav]
    assert len(set(found)) == 1
    return found[0]


@pytest.mark.parametrize("page", NOWHERE)
def test_whoever_has_one_office_always_finds_back(town: Flask, page: str) -> None:
    assert leads_to(a_colleague(town, "desk"), page, DESK)
    assert not leads_to(a_colleague(town, "phone"), page, DESK)


@pytest.mark.parametrize("page", NOWHERE)
def test_whoever_has_several_finds_back_to_the_last(two: Flask, page: str) -> None:
    by = a_colleague(two, "desk")
    assert not leads_to(by, page, DESK)
    assert not leads_to(by, page, OTHER)
    by.get(f"{OTHER}/stranded")
    assert leads_to(by, page, OTHER)
    by.get(f"{DESK}/stranded")
    assert leads_to(by, page, DESK)
    assert ">Tagesplan <" in (shown := by.get(page).text)
    assert ">Buergerbuero</span>" in shown


def test_a_poll_does_not_say_where_somebody_works(two: Flask) -> None:
    by = a_colleague(two, "desk")
    by.get(f"{DESK}/stranded")
    by.get(f"{OTHER}/waiting-room/changes")
    assert leads_to(by, "/staff/phone", DESK)


def test_the_pages_of_a_town_lead_back_to_the_office(two: Flask) -> None:
    by = a_colleague(two, "manager")
    by.get(f"{OTHER}/stranded")
    assert leads_to(by, "/staff/musterstadt/members", OTHER)


def test_an_office_that_one_has_left_is_no_longer_led_to(two: Flask) -> None:
    by = a_colleague(two, "desk", office="standesamt")
    by.get(f"{OTHER}/stranded")
    with two.app_context():
        db.session.execute(sa.update(Membership).values(role="phone"))
        db.session.commit()
    assert not leads_to(by, "/staff/phone", OTHER)
