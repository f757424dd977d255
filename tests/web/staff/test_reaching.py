"""Every page that a role may open is reached by links and forms from the first page: nobody has to know an address."""

import re
from collections.abc import Mapping
from html import unescape

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from booking import clock
from booking.extensions import db
from booking.rules.roles import Role
from tests.builders import NINE, a_municipality, an_appointment, an_office
from tests.colleagues import Colleague, a_colleague

WAYS = re.compile(r'(?:href|action|data-changes)="(/staff/[^"#]*)')
LAST = ("pdf", "csv", "changes", "logout", "print", "figures")  # led to, and not opened: they lead nowhere else
ELSEWHERE: Mapping[str, str] = {
    "staff.start": "where the login leads",
    "staff.show_found": "of an appointment that a search has found",
    "staff.ask_about_found": "likewise",
    "staff.sheet_pdf": "a file of the page to print",
    "staff.download_figures": "a file of the figures",
    "staff.download_town_figures": "likewise",
    "staff.show_ticket": "of somebody who has come",
    "staff.say_data_erased": "after something was erased",
    "staff.show_slip": "of an appointment, or of a booking just made",
    "staff.explain": "of a search on the phone that finds nothing",
}


@pytest.fixture
def town(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Two offices, so that no login has a single one to begin at."""
    monkeypatch.setattr(clock, "now", lambda: NINE)
    with app.app_context():
        an_office(a_municipality(), "standesamt")
        db.session.commit()
        an_appointment(phone="05071 809-11")
    return app


def opened_to(app: Flask, role: Role) -> set[str]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("staff.") and "GET" in rule.methods]
    return {rule.endpoint for rule in rules if role in (app.view_functions[rule.endpoint].admits or ())}


def led_to(app: Flask, who: Colleague) -> set[str]:
    ways, found, addresses = ["/staff/"], set(), app.url_map.bind("localhost")
    for way in ways:
        try:
            endpoint, _ = addresses.match(way.partition("?")[0], method="GET")
        except HTTPException:
            continue  # a form's, which is sent
        if endpoint in found:
            continue
        found.add(endpoint)
        if not way.partition("?")[0].endswith(LAST):
            ways += map(unescape, WAYS.findall(who.get(way, follow_redirects=True).text))
    return found


@pytest.mark.parametrize("role", Role)
def test_every_page_of_a_role_is_reached_from_its_first_page(town: Flask, role: Role) -> None:
    assert opened_to(town, role) - led_to(town, a_colleague(town, role.value)) - set(ELSEWHERE) == set()


@pytest.mark.parametrize(
    ("role", "office", "there", "not_there"),
    [
        ("phone", None, {"phone", "find"}, {"musterstadt.buergerbuero/", "musterstadt/figures"}),
        ("desk", None, {"phone", "musterstadt.standesamt/"}, {"musterstadt.standesamt/figures"}),
        ("manager", "standesamt", {"musterstadt.standesamt/figures"}, {"musterstadt/figures", "musterstadt/members"}),
        ("manager", None, {"musterstadt.standesamt/figures", "musterstadt/figures", "musterstadt/members"}, {"audit"}),
        ("admin", None, {"musterstadt/review", "musterstadt/audit", "musterstadt/rules"}, set()),
    ],
)
def test_the_first_page_itself_leads_to_what_a_role_is_for(
    town: Flask, role: str, office: str | None, there: set[str], not_there: set[str]
) -> None:
    """Whoever has several offices has no nearest one for the header to lead to."""
    page = a_colleague(town, role, office=office).get("/staff/").text.partition("<main")[2]
    linked = {way.removeprefix("/staff/") for way in WAYS.findall(page)}
    assert linked >= there
    assert not linked & not_there


def test_whoever_only_books_is_not_led_to_a_search(town: Flask) -> None:
    page = a_colleague(town, "phone", books_only=True).get("/staff/").text.partition("<main")[2]
    assert 'href="/staff/phone"' in page
    assert 'href="/staff/find"' not in page
