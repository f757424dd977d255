"""Every route of the staff's pages names the roles it admits, and admits nobody else."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking import clock
from booking.rules.roles import Role
from tests.builders import a_municipality, an_appointment
from tests.colleagues import a_colleague

pytestmark = pytest.mark.both_engines

PUBLIC = {"staff.show_login", "staff.enter", "staff.enter_code", "staff.begin_sign_on", "staff.end_sign_on"}


def staff_routes(app: Flask) -> dict[str, object]:
    return {
        rule.endpoint: app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/staff")
    }


def test_every_route_names_the_roles_that_it_admits(app: Flask) -> None:
    routes = staff_routes(app)
    assert routes
    for endpoint, view in routes.items():
        admitted = getattr(view, "admits", "nobody said")
        if endpoint in PUBLIC:
            assert admitted is None, endpoint
        else:
            assert isinstance(admitted, frozenset), endpoint
            assert admitted, endpoint
            assert admitted <= set(Role), endpoint


def test_whoever_is_not_logged_in_is_asked_to(client: FlaskClient) -> None:
    answer = client.get("/staff/")
    assert answer.status_code == 302
    assert answer.location == "/staff/login?next=/staff/"


def test_whoever_is_logged_in_sees_the_own_municipality(app: Flask) -> None:
    with app.app_context():
        a_municipality()
    answer = a_colleague(app, "desk", name="erna").get("/staff/")
    assert answer.status_code == 200
    assert "Guten Tag, Erna" in answer.text
    assert "Stadt Musterstadt" in answer.text


def test_a_form_without_its_csrf_token_is_refused(app: Flask) -> None:
    with app.app_context():
        a_municipality()
    erna = a_colleague(app, "desk")
    assert erna.client.post("/staff/logout").status_code == 400
    assert erna.post("/staff/logout").status_code == 302
    assert erna.get("/staff/").status_code == 302


def test_an_id_that_no_database_can_hold_is_no_page(app: Flask) -> None:
    with app.app_context():
        a_municipality()
    frida = a_colleague(app, "manager")
    answers = {
        frida.post(f"/staff/{path}").status_code
        for huge in (2**63, 10**30)
        for path in (
            f"musterstadt/members/role/{huge}/take",
            f"musterstadt/members/login/{huge}/stop",
            f"musterstadt/closures/{huge}/remove",
            f"musterstadt.buergerbuero/notices/{huge}/delete",
            f"musterstadt.buergerbuero/feeds/{huge}/revoke",
            f"musterstadt.buergerbuero/absences/{huge}/end",
        )
    }
    assert answers == {404}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_nobody_means_is_none(app: Flask, day: str) -> None:
    with app.app_context():
        a_municipality()
        reference = an_appointment().reference
    mia = a_colleague(app, "admin")
    place, huge = "/staff/musterstadt.buergerbuero", "9" * 20
    assert mia.get(f"{place}/figures?first={day}&last={day}").status_code == 200
    assert mia.get(f"{place}/appointments/{reference}/move?day={day}").status_code == 200
    assert mia.get(f"{place}/day?day={day}", follow_redirects=True).status_code == 200
    assert mia.get(f"/staff/musterstadt/audit?day={day}&login={huge}&office={huge}&before={huge}").status_code == 200
    to = f"buergerbuero|2026-11-24T08:00:00Z|{'9' * 5000}"
    assert mia.post(f"{place}/appointments/{reference}/move", {"to": to}).status_code < 500


def test_a_nul_is_refused_before_any_database_does(app: Flask) -> None:
    with app.app_context():
        a_municipality()
    frida, place = a_colleague(app, "manager"), "/staff/musterstadt.buergerbuero"
    walk_in = {"concern": "personalausweis", "name": "Ada\x00"}
    assert frida.post(f"{place}/day/{clock.now():%Y-%m-%d}/walk-in", walk_in).status_code == 422
    assert frida.post("/staff/musterstadt/members/role", {"name": "erna\x00", "role": "desk"}).status_code == 422
    stranger = app.test_client()
    token = stranger.get("/staff/login").text.rpartition('name="csrf_token" value="')[2].split('"')[0]
    form = {"csrf_token": token, "name": "erna\x00", "password": "geheim"}
    assert stranger.post("/staff/login", data=form).status_code == 403
