"""Logging in and out."""

from flask import redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.attempts import Asker
from booking.actions.log_in import log_in
from booking.actions.second_factor import Half, log_in_with_code
from booking.actions.staff_sessions import close_session, who_is_logged_in
from booking.errors import TooManyLogins, WrongFactor, WrongLogin
from booking.rules.roles import Role
from booking.web import problems
from booking.web.staff.door import admits, blueprint, public
from booking.web.staff.known import is_known_here, remember_here
from booking.web.staff.origins import inside
from booking.web.staff.resending import after_login, kept_fields
from booking.web.staff.users import User, note_activity

LONGEST = 100
HALF = "half"  # of a login: the password was right
HALF_LIVES = 300  # seconds
Answer = Response | str | tuple[str, int]


@blueprint.get("/login")
@public
def show_login() -> str:
    """Ask for name and password."""
    return render_template("staff/login.html", name="", error="", next=request.args.get("next", ""))


@blueprint.post("/login")
@public
def enter() -> Answer:
    """Log in and go where one wanted to go."""
    name, way = _printable(request.form.get("name", ""))[:LONGEST], request.form.get("next", "")
    try:
        entry = log_in(name, request.form.get("password", ""), asker=asker(name), now=clock.now())
    except (WrongLogin, TooManyLogins) as refusal:
        return _refused(refusal, name)
    if entry.secret is None:
        return ask_for_code(Half(entry.login, entry.proof), name, way)
    return welcome(entry.secret, name, way)


def asker(name: str) -> Asker:
    """Return where a login is tried."""
    return Asker(request.remote_addr or "", is_known_here(name))


def ask_for_code(half: Half, name: str, way: str) -> str:
    """Note in the signed cookie that the password was right, which opens nothing, and ask for the code."""
    session.clear()
    session[HALF] = {**half._asdict(), "name": name, "way": way, "at": int(clock.now().timestamp())}
    return render_template("staff/code.html", error="", kept=kept_fields())


@blueprint.post("/login/code")
@public
def enter_code() -> Answer:
    """Finish a login with the code of the second factor."""
    half, now = session.get(HALF), clock.now()
    if not half or now.timestamp() - half["at"] > HALF_LIVES:
        session.pop(HALF, None)
        return redirect(url_for("staff.show_login"))
    try:
        known = Half(half["login"], half.get("proof", ""))
        secret = log_in_with_code(known, request.form.get("code", ""), asker=asker(half["name"]), now=now)
    except WrongLogin:  # the password has changed since
        session.pop(HALF, None)
        return redirect(url_for("staff.show_login"))
    except (WrongFactor, TooManyLogins) as refusal:
        said = problems.sentence(refusal)
        return render_template("staff/code.html", error=said, kept=kept_fields()), problems.status(refusal)
    return welcome(secret, half["name"], half["way"])


def welcome(secret: str, name: str, way: str) -> Response:
    """Let somebody in: to the page they wanted, or to what they had typed when their login ended."""
    let_in(secret)
    answer = Response(page, mimetype="text/html") if (page := after_login(kept_fields())) else None
    answer = answer or redirect(inside(way) or url_for("staff.start"))
    remember_here(answer, name)
    return answer


def let_in(secret: str) -> None:
    """Put the secret of a new login into a new cookie."""
    now = clock.now()
    session.clear()  # nothing of before the login lives on in it
    seen = who_is_logged_in(secret, now=now)
    if seen is None:
        raise WrongLogin
    note_activity(now)
    login_user(User(secret, seen))


@blueprint.post("/logout")
@admits(*Role)
def leave() -> Response:
    """Log out at this browser."""
    close_session(current_user.get_id(), now=clock.now())
    logout_user()
    session.clear()
    return redirect(url_for("staff.show_login"))


def _printable(name: str) -> str:
    """Return a name without what no name has and PostgreSQL does not take."""
    return name.replace("\x00", "").strip()


def _refused(refusal: WrongLogin | TooManyLogins, name: str) -> tuple[str, int]:
    way, said = request.form.get("next", ""), problems.sentence(refusal)
    page = render_template("staff/login.html", name=name, error=said, next=way, kept=kept_fields())
    return page, problems.status(refusal)
