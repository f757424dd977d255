"""One's own account: password, second factor, logging out everywhere."""

from typing import Any

import segno
from flask import redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from booking import clock
from booking.actions.passwords import Change, change_password, has_password
from booking.actions.second_factor import (
    address_of,
    has_factor,
    key_being_set_up,
    new_key,
    switch_off_with_code,
    switch_on,
)
from booking.actions.staff_sessions import close_all_sessions
from booking.errors import Invalid, TooManyLogins, WrongFactor
from booking.rules.roles import Role
from booking.web import problems
from booking.web.staff.door import admits, blueprint
from booking.web.staff.login import asker, let_in
from booking.web.staff.users import staff

DONE = {
    "password": "Ihr Passwort ist geändert. Alle anderen Browser sind abgemeldet.",
    "on": "Von jetzt an fragt die Anmeldung nach dem Code aus Ihrer App.",
    "off": "Die Anmeldung fragt nicht mehr nach einem Code.",
}
Answer = AnyResponse | tuple[str, int]


@blueprint.get("/account")
@admits(*Role)
def show_account() -> str:
    """Show what can be changed about the own login."""
    return _page(done=DONE.get(request.args.get("done", "")))


@blueprint.post("/account/password")
@admits(*Role)
def change_own_password() -> Answer:
    """Change the password; this browser goes on with a new secret."""
    change = Change(request.form.get("old_password", ""), request.form.get("new_password", ""))
    try:
        secret = change_password(staff().login, change, asker=asker(staff().name), now=clock.now())
    except Invalid as refusal:
        fault = refusal.faults[0]
        return _page(errors={fault.pointer[1:]: problems.fault_sentence(fault)}), problems.status(refusal)
    let_in(secret)
    return redirect(url_for("staff.show_account", done="password"))


@blueprint.post("/account/everywhere")
@admits(*Role)
def leave_everywhere() -> AnyResponse:
    """Log out at every browser, this one included."""
    close_all_sessions(staff().login, now=clock.now())
    session.clear()
    return redirect(url_for("staff.show_login"))


@blueprint.post("/account/factor")
@admits(*Role)
def set_up_factor() -> str:
    """Show a new key; it counts for nothing before its first code."""
    key, sealed = new_key(staff().login)
    return _setting_up(key, sealed)


@blueprint.post("/account/factor/on")
@admits(*Role)
def switch_factor_on() -> Answer:
    """Take the first code: from now on the login asks for one."""
    sealed = request.form.get("sealed", "")
    try:
        switch_on(staff().login, sealed, request.form.get("code", ""), now=clock.now())
    except WrongFactor as refusal:
        key = key_being_set_up(staff().login, sealed)
        if key is None:  # begun too long ago
            return redirect(url_for("staff.show_account"))
        return _setting_up(key, sealed, problems.sentence(refusal)), problems.status(refusal)
    return redirect(url_for("staff.show_account", done="on"))


@blueprint.post("/account/factor/off")
@admits(*Role)
def switch_factor_off() -> Answer:
    """Do without the second factor, with a last code."""
    code = request.form.get("code", "")
    try:
        switch_off_with_code(staff().login, code, asker=asker(staff().name), now=clock.now())
    except (WrongFactor, TooManyLogins) as refusal:
        return _page(errors={"code": problems.sentence(refusal)}), problems.status(refusal)
    return redirect(url_for("staff.show_account", done="off"))


def _page(**values: Any) -> str:
    login = staff().login
    values = {"errors": {}, "done": None, **values}
    return render_template(
        "staff/account.html", has_password=has_password(login), has_factor=has_factor(login), **values
    )


def _setting_up(key: str, sealed: str, error: str = "") -> str:
    """Render the page with the key as a QR code and in letters, in groups of four."""
    letters = " ".join(key[place : place + 4] for place in range(0, len(key), 4))
    return render_template(
        "staff/factor.html", picture=_drawn(address_of(key, staff().name)), letters=letters, sealed=sealed, error=error
    )


def _drawn(words: str) -> Markup:
    """Draw a QR code as SVG inside the page: no picture is fetched, and none is kept."""
    code = segno.make(words, error="m", micro=False)
    # segno writes no more than numbers and paths; the words are in them as black and white only.
    return Markup(code.svg_inline(omitsize=True, border=4, dark="#000", light="#fff", svgclass="st-qr", lineclass=None))  # noqa: S704
