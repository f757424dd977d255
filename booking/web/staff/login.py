"""Logging in and out."""

from flask import redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.log_in import log_in
from booking.actions.staff_sessions import close_session, who_is_logged_in
from booking.errors import WrongLogin
from booking.rules.roles import Role
from booking.web import problems
from booking.web.staff.door import admits, blueprint, inside, public
from booking.web.staff.users import User

LONGEST = 100


@blueprint.get("/login")
@public
def show_login() -> str:
    """Ask for name and password."""
    return render_template("staff/login.html", name="", error="", next=request.args.get("next", ""))


@blueprint.post("/login")
@public
def enter() -> Response | str | tuple[str, int]:
    """Log in and go where one wanted to go."""
    name, way = request.form.get("name", "").strip()[:LONGEST], request.form.get("next", "")
    try:
        secret = log_in(name, request.form.get("password", ""), now=clock.now())
    except WrongLogin as refusal:
        said = problems.sentence(refusal)
        return render_template("staff/login.html", name=name, error=said, next=way), problems.status(refusal)
    let_in(secret)
    return redirect(inside(way) or url_for("staff.home"))


def let_in(secret: str) -> None:
    """Put the secret of a new login into a new cookie."""
    seen = who_is_logged_in(secret, now=clock.now())
    if seen is None:
        raise WrongLogin
    session.clear()  # nothing of before the login lives on in it
    login_user(User(secret, seen))


@blueprint.post("/logout")
@admits(*Role)
def leave() -> Response:
    """Log out at this browser."""
    close_session(current_user.get_id())
    logout_user()
    session.clear()
    return redirect(url_for("staff.show_login"))
