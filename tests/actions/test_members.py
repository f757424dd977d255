"""Who gives and takes which roles: nobody above their own, nobody elsewhere, and never the last admin."""

from datetime import timedelta

import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from booking.actions.log_in import HASHER
from booking.actions.logins import NewLogin, make_login, reset_password, resume_login, stop_login
from booking.actions.members import Grant, give_role, list_members, take_role
from booking.actions.operate_logins import set_active
from booking.actions.staff_sessions import open_session, who_is_logged_in
from booking.errors import Forbidden, Invalid, LastAdmin, NotFound, SharedLogin
from booking.extensions import db
from booking.models import Audit, Login, Membership, Office
from booking.rules.roles import Actor, Role
from tests.builders import MONDAY, a_municipality
from tests.colleagues import a_login

PASSWORD = "eine lange Losung"


@pytest.fixture
def town(context: AppContext) -> dict[str, Actor]:
    a_municipality()
    a_municipality("anderswo")
    people = {role.value: a_login(role.value, role.value) for role in Role}
    people["stranger"] = a_login("stranger", "desk", town="anderswo")
    return people | {"shared": _also_elsewhere(a_login("shared", "desk"))}


def _also_elsewhere(actor: Actor) -> Actor:
    there = db.session.scalar(
        select(Membership.municipality_id).where(Membership.municipality_id != actor.municipality)
    )
    db.session.add(Membership(login_id=actor.login, municipality_id=there, role="admin"))
    db.session.commit()
    return actor


def membership(actor: Actor) -> int:
    mine = (Membership.login_id == actor.login, Membership.municipality_id == actor.municipality)
    return db.session.scalars(select(Membership.id).where(*mine)).one()


def roles(name: str) -> list[str]:
    return list(
        db.session.scalars(select(Membership.role).join(Login).where(Login.name == name).order_by(Membership.id))
    )


@pytest.mark.parametrize(
    ("giver", "role", "may"),
    [
        ("manager", "phone", True),
        ("manager", "desk", True),
        ("manager", "manager", False),
        ("manager", "admin", False),
        ("admin", "manager", True),
        ("admin", "admin", True),
        ("desk", "phone", False),
        ("phone", "phone", False),
    ],
)
def test_nobody_gives_more_than_they_may(town: dict[str, Actor], giver: str, role: str, may: bool) -> None:
    def give() -> None:
        new = NewLogin("neu", "Neue Kollegin", PASSWORD)
        make_login(town[giver], new, Grant(Role(role)), now=MONDAY)

    if may:
        give()
        assert roles("neu") == [role]
    else:
        with pytest.raises(Forbidden):
            give()
        assert db.session.scalars(select(Login).where(Login.name == "neu")).all() == []


@pytest.mark.parametrize("above", ["manager", "admin"])
def test_a_manager_touches_nobody_above_the_desk(town: dict[str, Actor], above: str) -> None:
    other, by = a_login(f"other-{above}", above), town["manager"]
    attempts = [
        lambda: give_role(by, f"other-{above}", Grant(Role.DESK), now=MONDAY),
        lambda: take_role(by, membership(other), now=MONDAY),
        lambda: stop_login(by, other.login, now=MONDAY),
        lambda: reset_password(by, other.login, now=MONDAY),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden):
            attempt()
    assert roles(f"other-{above}") == [above]


def test_a_manager_of_one_office_manages_no_logins(town: dict[str, Actor]) -> None:
    by = a_login("leitung", "manager", office="buergerbuero")
    for attempt in (
        lambda: give_role(by, "desk", Grant(Role.PHONE), now=MONDAY),
        lambda: take_role(by, membership(town["desk"]), now=MONDAY),
        lambda: stop_login(by, town["desk"].login, now=MONDAY),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_a_role_at_the_same_place_is_replaced_and_one_elsewhere_added(town: dict[str, Actor]) -> None:
    office = db.session.scalars(select(Office.id).where(Office.municipality_id == town["admin"].municipality)).one()
    give_role(town["admin"], "desk", Grant(Role.PHONE, books_only=True), now=MONDAY)
    give_role(town["admin"], "desk", Grant(Role.DESK, office), now=MONDAY)
    assert roles("desk") == ["phone", "desk"]


def test_a_role_can_be_given_to_a_login_of_another_municipality_but_nothing_else_done_to_it(
    town: dict[str, Actor],
) -> None:
    give_role(town["manager"], "stranger", Grant(Role.PHONE), now=MONDAY)
    assert roles("stranger") == ["desk", "phone"]
    for change in (stop_login, reset_password):
        with pytest.raises(SharedLogin):
            change(town["admin"], town["stranger"].login, now=MONDAY)
    with pytest.raises(NotFound):
        take_role(town["admin"], membership(town["stranger"]), now=MONDAY)


def test_a_role_is_given_in_no_office_of_another_municipality(town: dict[str, Actor]) -> None:
    there = db.session.scalars(select(Office.id).where(Office.municipality_id == town["stranger"].municipality)).one()
    with pytest.raises(NotFound):
        give_role(town["admin"], "desk", Grant(Role.DESK, there), now=MONDAY)


def test_who_has_roles_elsewhere_loses_only_the_ones_here(town: dict[str, Actor]) -> None:
    take_role(town["manager"], membership(town["shared"]), now=MONDAY)
    assert roles("shared") == ["admin"]


def test_the_last_admin_cannot_go(town: dict[str, Actor]) -> None:
    with pytest.raises(LastAdmin):
        take_role(town["admin"], membership(town["admin"]), now=MONDAY)
    with pytest.raises(LastAdmin):
        give_role(town["admin"], "admin", Grant(Role.MANAGER), now=MONDAY)
    with pytest.raises(Forbidden):
        stop_login(town["admin"], town["admin"].login, now=MONDAY)
    assert roles("admin") == ["admin"]
    give_role(town["admin"], "manager", Grant(Role.ADMIN), now=MONDAY)
    take_role(town["admin"], membership(town["admin"]), now=MONDAY)
    assert roles("admin") == []


def test_what_came_with_a_group_goes_with_the_group_only(town: dict[str, Actor]) -> None:
    db.session.scalars(select(Membership).where(Membership.id == membership(town["desk"]))).one().from_group = True
    db.session.commit()
    with pytest.raises(Forbidden):
        take_role(town["admin"], membership(town["desk"]), now=MONDAY)
    with pytest.raises(Forbidden):
        give_role(town["admin"], "desk", Grant(Role.PHONE), now=MONDAY)


def test_a_stopped_login_is_out_at_once_and_can_be_let_in_again(town: dict[str, Actor]) -> None:
    secret = open_session(town["desk"].login, now=MONDAY)
    stop_login(town["manager"], town["desk"].login, now=MONDAY)
    assert who_is_logged_in(secret, now=MONDAY) is None
    resume_login(town["manager"], town["desk"].login, now=MONDAY)
    assert who_is_logged_in(secret, now=MONDAY) is None
    assert who_is_logged_in(open_session(town["desk"].login, now=MONDAY), now=MONDAY + timedelta(minutes=1))


def test_what_the_operator_stopped_no_municipality_lets_in_again(town: dict[str, Actor]) -> None:
    set_active("desk", active=False, now=MONDAY)
    for who in ("manager", "admin"):
        with pytest.raises(Forbidden):
            resume_login(town[who], town["desk"].login, now=MONDAY)
        assert not next(each for each in list_members(town[who]) if each.name == "desk").is_ours
    set_active("desk", active=True, now=MONDAY)
    stop_login(town["manager"], town["desk"].login, now=MONDAY)
    resume_login(town["manager"], town["desk"].login, now=MONDAY)
    assert db.session.get_one(Login, town["desk"].login).active


def test_a_new_password_is_told_once_and_ends_every_session(town: dict[str, Actor]) -> None:
    db.session.get_one(Login, town["desk"].login).password = HASHER.hash(PASSWORD)
    db.session.commit()
    secret = open_session(town["desk"].login, now=MONDAY)
    name, password = reset_password(town["manager"], town["desk"].login, now=MONDAY)
    assert name == "desk"
    assert HASHER.verify(db.session.get_one(Login, town["desk"].login).password or "", password)
    assert who_is_logged_in(secret, now=MONDAY) is None


def test_who_comes_by_single_sign_on_gets_no_password(town: dict[str, Actor]) -> None:
    with pytest.raises(Forbidden):
        reset_password(town["manager"], town["desk"].login, now=MONDAY)


@pytest.mark.parametrize(
    ("name", "password"),
    [("desk", PASSWORD), ("stranger", PASSWORD), ("", PASSWORD), ("neu", "kurz")],
    ids=["taken here", "taken elsewhere", "no name", "a short password"],
)
def test_a_wrong_new_login_leaves_nothing_behind(town: dict[str, Actor], name: str, password: str) -> None:
    before = len(db.session.scalars(select(Login.id)).all())
    with pytest.raises(Invalid):
        make_login(town["admin"], NewLogin(name, "", password), Grant(Role.DESK), now=MONDAY)
    assert len(db.session.scalars(select(Login.id)).all()) == before


@pytest.mark.parametrize("twin", ["DESK", "ｄｅｓｋ", " desk "])
def test_nobody_is_called_like_somebody_else(town: dict[str, Actor], twin: str) -> None:
    """Neither in the log nor in the list could the two be told apart."""
    with pytest.raises(Invalid):
        make_login(town["admin"], NewLogin(twin, "", PASSWORD), Grant(Role.PHONE), now=MONDAY)


def test_the_list_shows_the_own_municipality_only(town: dict[str, Actor]) -> None:
    seen = {member.name: member for member in list_members(town["manager"])}
    assert sorted(seen) == ["admin", "desk", "manager", "phone", "shared"]
    assert [held.grant.role for held in seen["shared"].held] == [Role.DESK]
    assert {name for name, member in seen.items() if member.is_ours} == {"desk", "phone"}


def test_every_change_is_in_the_audit_log_without_a_password(town: dict[str, Actor]) -> None:
    make_login(town["admin"], NewLogin("neu", "", PASSWORD), Grant(Role.DESK), now=MONDAY)
    made = db.session.scalars(select(Login.id).where(Login.name == "neu")).one()
    reset_password(town["admin"], made, now=MONDAY)
    stop_login(town["admin"], made, now=MONDAY)
    rows = db.session.execute(select(Audit.verb, Audit.subject, Audit.details).order_by(Audit.id)).all()
    assert [row.verb for row in rows] == ["login-made", "role-given", "password-reset", "login-stopped"]
    assert {row.subject for row in rows} == {f"login {made}"}
    assert [row.details for row in rows][1] == {"role": "desk", "books_only": False}


def test_a_stranger_s_login_does_not_exist_here(town: dict[str, Actor]) -> None:
    for change in (stop_login, resume_login, reset_password):
        with pytest.raises(NotFound):
            change(town["admin"], town["stranger"].login, now=MONDAY)
