"""The second factor: a code works once, is throttled like a password, and its key is sealed."""

from datetime import datetime, timedelta

import pyotp
import pytest
from flask import current_app
from flask.ctx import AppContext
from sqlalchemy import select

from booking.actions.attempts import Asker
from booking.actions.log_in import HASHER, log_in, proof_of
from booking.actions.operate_logins import set_password
from booking.actions.second_factor import (
    Half,
    count_unreadable_factors,
    log_in_with_code,
    new_key,
    reset_factor,
    switch_off_with_code,
    switch_on,
)
from booking.actions.staff_sessions import who_is_logged_in
from booking.errors import NotFound, TooManyLogins, WrongFactor, WrongLogin
from booking.extensions import db
from booking.models import Audit, Login
from booking.rules.roles import Actor
from tests.builders import MONDAY, a_municipality
from tests.colleagues import a_login

HERE = Asker("198.51.100.7")
PASSWORD = "eine lange Losung"
LATER = MONDAY + timedelta(minutes=5)


@pytest.fixture
def erna(context: AppContext) -> Actor:
    a_municipality()
    actor = a_login("erna", "desk")
    db.session.get_one(Login, actor.login).password = HASHER.hash(PASSWORD)
    db.session.commit()
    return actor


@pytest.fixture
def key(erna: Actor) -> str:
    letters, sealed = new_key(erna.login)
    switch_on(erna.login, sealed, code(letters, MONDAY), now=MONDAY)
    return letters


def code(key: str, at: datetime) -> str:
    return pyotp.TOTP(key).at(int(at.timestamp()))


def enter(erna: Actor, typed: str, now: datetime = LATER) -> str:
    known = db.session.scalar(select(Login.password).where(Login.id == erna.login)) or ""
    return log_in_with_code(Half(erna.login, proof_of(known)), typed, asker=HERE, now=now)


def stored(erna: Actor) -> bytes | None:
    return db.session.scalar(select(Login.totp).where(Login.id == erna.login))


def test_a_key_counts_only_after_its_first_code(erna: Actor) -> None:
    letters, sealed = new_key(erna.login)
    wrong = code(letters, MONDAY - timedelta(minutes=10))
    with pytest.raises(WrongFactor):
        switch_on(erna.login, sealed, wrong, now=MONDAY)
    assert stored(erna) is None


def test_a_key_of_somebody_else_cannot_be_switched_on(erna: Actor) -> None:
    letters, sealed = new_key(erna.login + 1)
    with pytest.raises(WrongFactor):
        switch_on(erna.login, sealed, code(letters, MONDAY), now=MONDAY)


def test_the_right_password_alone_opens_nothing(erna: Actor, key: str) -> None:
    assert log_in("erna", PASSWORD, asker=HERE, now=LATER).secret is None


def test_the_code_opens_the_session(erna: Actor, key: str) -> None:
    seen = who_is_logged_in(enter(erna, code(key, LATER)), now=LATER)
    assert seen is not None
    assert seen.staff.name == "erna"


def test_a_code_may_be_typed_in_two_groups(erna: Actor, key: str) -> None:
    digits = code(key, LATER)
    assert enter(erna, f"{digits[:3]} {digits[3:]}")


@pytest.mark.parametrize(("seconds", "fits"), [(-90, False), (-30, True), (0, True), (30, True), (90, False)])
def test_a_clock_may_be_half_a_minute_off(erna: Actor, key: str, seconds: int, fits: bool) -> None:
    typed = code(key, LATER + timedelta(seconds=seconds))
    if fits:
        assert enter(erna, typed)
    else:
        with pytest.raises(WrongFactor):
            enter(erna, typed)


def test_a_code_works_once(erna: Actor, key: str) -> None:
    enter(erna, code(key, LATER))
    with pytest.raises(WrongFactor):
        enter(erna, code(key, LATER))
    with pytest.raises(WrongFactor):
        enter(erna, code(key, LATER - timedelta(seconds=30)))
    enter(erna, code(key, LATER + timedelta(seconds=30)))


def test_the_code_that_switched_it_on_does_not_log_in(erna: Actor, key: str) -> None:
    with pytest.raises(WrongFactor):
        enter(erna, code(key, MONDAY), MONDAY)


def test_wrong_codes_are_throttled_like_passwords_and_a_right_password_does_not_help(erna: Actor, key: str) -> None:
    for _ in range(5):
        log_in("erna", PASSWORD, asker=HERE, now=LATER)
        with pytest.raises(WrongFactor):
            enter(erna, "000000")
    log_in("erna", PASSWORD, asker=HERE, now=LATER)
    with pytest.raises(TooManyLogins):
        enter(erna, code(key, LATER))


def test_a_deactivated_login_gets_in_with_no_code(erna: Actor, key: str) -> None:
    db.session.get_one(Login, erna.login).active = False
    db.session.commit()
    with pytest.raises(WrongFactor):
        enter(erna, code(key, LATER))


def test_the_key_does_not_stand_in_the_database(erna: Actor, key: str) -> None:
    sealed = stored(erna)
    assert sealed is not None
    assert key.encode() not in sealed


def test_the_key_survives_a_rotation_of_the_installation_s_and_is_sealed_anew(erna: Actor, key: str) -> None:
    old, new = current_app.config["SECRET_KEY"], "another key that only the tests know, of 48 signs"
    current_app.config.update(SECRET_KEY=new, SECRET_KEY_FALLBACKS=[old])
    enter(erna, code(key, LATER))
    current_app.config.update(SECRET_KEY_FALLBACKS=[])
    later = LATER + timedelta(minutes=1)
    assert enter(erna, code(key, later), later)


def test_a_key_that_nothing_opens_counts_as_lost_while_its_login_is_active(erna: Actor, key: str) -> None:
    assert count_unreadable_factors() == 0
    current_app.config["SECRET_KEY"] = "another key that only the tests know, of 48 signs"
    assert count_unreadable_factors() == 1
    db.session.get_one(Login, erna.login).active = False
    db.session.commit()
    assert count_unreadable_factors() == 0


def test_a_code_switches_it_off(erna: Actor, key: str) -> None:
    with pytest.raises(WrongFactor):
        switch_off_with_code(erna.login, "000000", asker=HERE, now=LATER)
    switch_off_with_code(erna.login, code(key, LATER), asker=HERE, now=LATER)
    assert log_in("erna", PASSWORD, asker=HERE, now=LATER).secret is not None


def test_the_operator_takes_it_from_whoever_lost_the_phone(erna: Actor, key: str) -> None:
    reset_factor("erna", now=LATER)
    assert log_in("erna", PASSWORD, asker=HERE, now=LATER).secret is not None
    with pytest.raises(NotFound):
        reset_factor("niemand", now=LATER)


def test_switching_on_and_off_and_wrong_codes_are_in_the_audit_log(erna: Actor, key: str) -> None:
    with pytest.raises(WrongFactor):
        enter(erna, "000000")
    switch_off_with_code(erna.login, code(key, LATER), asker=HERE, now=LATER)
    verbs = db.session.scalars(select(Audit.verb).order_by(Audit.id)).all()
    assert verbs == ["factor-on", "factor-failed", "factor-off"]


def test_a_half_login_ends_when_the_password_changes(erna: Actor, key: str) -> None:
    half = log_in("erna", PASSWORD, asker=HERE, now=LATER)
    set_password("erna", "eine ganz andere Losung", now=LATER)
    with pytest.raises(WrongLogin):
        log_in_with_code(Half(half.login, half.proof), code(key, LATER), asker=HERE, now=LATER)
