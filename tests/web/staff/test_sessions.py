"""Sessions: they end when nobody is there, everywhere at once when asked, and lose nothing that was typed."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking import clock
from booking.actions.log_in import HASHER
from booking.extensions import db
from booking.models import Login, LoginSession, Membership
from booking.web.staff.door import poll
from tests.builders import a_municipality
from tests.colleagues import Colleague, a_colleague

pytestmark = pytest.mark.both_engines

PASSWORD = "eine lange Losung"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def town(app: Flask) -> Flask:
    with app.app_context():
        a_municipality()
    return app


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The clock of the doors: the last entry counts."""
    told = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: told[-1])
    return told


def pass_by(hours: list[datetime], **time: float) -> None:
    hours.append(hours[-1] + timedelta(**time))


def test_whoever_was_away_for_an_hour_is_asked_again(town: Flask, hours: list[datetime]) -> None:
    erna = a_colleague(town, "desk")
    pass_by(hours, minutes=59)
    assert erna.get("/staff/").status_code == 200
    pass_by(hours, minutes=61)
    assert erna.get("/staff/").status_code == 302


def test_whoever_works_stays_logged_in_for_twelve_hours_and_no_longer(town: Flask, hours: list[datetime]) -> None:
    erna = a_colleague(town, "desk")
    for _ in range(14):
        pass_by(hours, minutes=50)
        assert erna.get("/staff/").status_code == 200
    pass_by(hours, minutes=50)
    assert erna.get("/staff/").status_code == 302


def test_an_operator_may_choose_how_long_somebody_may_be_away(town: Flask, hours: list[datetime]) -> None:
    town.config["STAFF_IDLE_MINUTES"] = 10
    erna = a_colleague(town, "desk")
    pass_by(hours, minutes=11)
    assert erna.get("/staff/").status_code == 302


def test_a_page_that_asks_by_itself_keeps_nobody_logged_in(town: Flask, hours: list[datetime]) -> None:
    erna = a_colleague(town, "desk")
    for _ in range(2):
        pass_by(hours, minutes=25)
        answer = erna.get("/staff/", headers={"X-Poll": "1"})
        assert (answer.status_code, answer.headers.get("Set-Cookie")) == (200, None)
    pass_by(hours, minutes=25)
    assert erna.get("/staff/", headers={"X-Poll": "1"}).status_code == 401


def test_a_route_can_be_marked_as_one_that_pages_ask(
    town: Flask, hours: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    def polled() -> str:
        return "same"

    polled.admits = town.view_functions["staff.home"].admits  # type: ignore[attr-defined]
    monkeypatch.setitem(town.view_functions, "staff.home", poll(polled))
    erna = a_colleague(town, "desk")
    pass_by(hours, minutes=50)
    assert erna.get("/staff/").status_code == 200
    pass_by(hours, minutes=50)
    assert erna.get("/staff/").status_code == 401


def test_reading_a_page_writes_nothing_into_the_database(town: Flask, hours: list[datetime]) -> None:
    erna = a_colleague(town, "desk")
    with town.app_context():
        before = db.session.execute(select(LoginSession.id, LoginSession.expires_at)).all()
    pass_by(hours, minutes=30)
    assert "Set-Cookie" in erna.get("/staff/").headers
    with town.app_context():
        assert db.session.execute(select(LoginSession.id, LoginSession.expires_at)).all() == before


def test_a_cookie_without_its_clock_counts_as_old(town: Flask) -> None:
    erna = a_colleague(town, "desk")
    with erna.client.session_transaction(path="/staff/") as kept:
        del kept["active_at"]
    assert erna.get("/staff/").status_code == 302


def test_logging_out_ends_the_session_itself_not_only_the_cookie(town: Flask) -> None:
    erna = a_colleague(town, "desk")
    stolen = town.test_client()
    with erna.client.session_transaction(path="/staff/") as kept, stolen.session_transaction(path="/staff/") as copy:
        copy.update(kept)
    assert stolen.get("/staff/").status_code == 200
    erna.post("/staff/logout")
    assert stolen.get("/staff/").status_code == 302


@pytest.mark.parametrize("change", ["deactivated", "no membership"])
def test_what_is_taken_from_a_login_is_gone_at_once(town: Flask, change: str) -> None:
    erna = a_colleague(town, "desk")
    assert erna.get("/staff/").status_code == 200
    with town.app_context():
        if change == "deactivated":
            db.session.get_one(Login, erna.actor.login).active = False
        else:
            db.session.delete(db.session.scalars(select(Membership)).one())
        db.session.commit()
    assert erna.get("/staff/").status_code in {302, 403}


def test_a_script_is_told_by_a_status_that_nobody_is_logged_in(town: Flask) -> None:
    for headers in ({"X-Requested-With": "fetch"}, {"Accept": "application/json"}):
        assert town.test_client().get("/staff/", headers=headers).status_code == 401
        assert town.test_client().post("/staff/logout", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Sec-Fetch-Site": "same-origin"}, 302, id="a page of ours"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="a neighbour below the same domain"),
        pytest.param({"Origin": "https://evil.example"}, 403, id="another site, older browser"),
        pytest.param({"Origin": "http://localhost"}, 302, id="a page of ours, older browser"),
        pytest.param({"Origin": "null"}, 302, id="a page of ours with its Referrer-Policy"),
        pytest.param({}, 302, id="no header: the token decides"),
    ],
)
def test_a_form_from_another_site_is_refused_even_with_a_token(
    town: Flask, headers: dict[str, str], status: int
) -> None:
    assert a_colleague(town, "desk").post("/staff/logout", headers=headers).status_code == status


def test_what_was_typed_after_the_session_ended_can_be_sent_again(town: Flask, hours: list[datetime]) -> None:
    erna = _with_password(town)
    pass_by(hours, minutes=120)
    typed = {"note": "kommt mit <Kind>", "password": "streng geheim"}
    ended = erna.post("/staff/logout", typed, headers=OURS)
    assert ended.status_code == 401
    assert "noch nicht gespeichert" in ended.text
    assert 'name="kept.note" value="kommt mit &lt;Kind&gt;"' in ended.text
    assert "streng geheim" not in ended.text
    form = {"csrf_token": _token(ended.text), "to": "/staff/logout", "kept.note": "kommt mit <Kind>"}
    again = erna.client.post("/staff/login", data=form | {"name": "erna", "password": PASSWORD})
    assert again.status_code == 200
    assert 'action="/staff/logout"' in again.text
    assert 'name="note" value="kommt mit &lt;Kind&gt;"' in again.text
    assert _sessions(town, erna) == 2
    sent = erna.client.post("/staff/logout", data={"csrf_token": _token(again.text), "note": "kommt mit <Kind>"})
    assert sent.status_code == 302


def test_what_another_site_sent_is_not_offered_to_be_sent_again(town: Flask) -> None:
    answer = town.test_client().post("/staff/logout", data={"note": "falle"})
    assert answer.status_code == 401
    assert "falle" not in answer.text
    assert "wiederholen Sie" in answer.text


@pytest.mark.parametrize("to", ["https://evil.example/staff/x", "//evil.example/staff/x", "/t/token"])
def test_what_was_typed_is_never_sent_elsewhere(town: Flask, to: str) -> None:
    erna = _with_password(town)
    token = _token(erna.client.get("/staff/login").text)
    form = {"csrf_token": token, "name": "erna", "password": PASSWORD, "to": to, "kept.note": "x"}
    assert erna.client.post("/staff/login", data=form).location == "/staff/start"


def test_a_form_from_before_a_new_login_can_be_sent_again(town: Flask) -> None:
    erna = a_colleague(town, "desk")
    old = {"csrf_token": "of an earlier login", "note": "kommt mit Kind"}
    answer = erna.client.post("/staff/logout", data=old, headers=OURS)
    assert answer.status_code == 400
    assert "Noch einmal senden" in answer.text
    assert 'value="kommt mit Kind"' in answer.text
    assert "of an earlier login" not in answer.text


def test_a_form_without_a_token_says_what_to_do(town: Flask) -> None:
    answer = a_colleague(town, "desk").client.post("/staff/logout", data={"note": "x"})
    assert answer.status_code == 400
    assert "Laden Sie sie neu" in answer.text


def _with_password(app: Flask) -> Colleague:
    erna = a_colleague(app, "desk", name="erna")
    with app.app_context():
        db.session.get_one(Login, erna.actor.login).password = HASHER.hash(PASSWORD)
        db.session.commit()
    return erna


def _token(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"', maxsplit=1)[0]


def _sessions(app: Flask, erna: Colleague) -> int:
    with app.app_context():
        mine = select(func.count()).where(LoginSession.login_id == erna.actor.login)
        return db.session.scalar(mine) or 0
