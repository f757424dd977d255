"""Every route of the staff's pages names the roles it admits, and admits nobody else."""

from flask import Flask
from flask.testing import FlaskClient

from booking.rules.roles import Role
from tests.builders import a_municipality
from tests.colleagues import a_colleague

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
