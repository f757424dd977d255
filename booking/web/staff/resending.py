"""What somebody typed is not lost when the login or the form has grown too old: it is offered to be sent once more.

It travels in the page itself, is stored nowhere, and is kept only when a page of ours sent it: another site could
otherwise have its own form pressed by somebody who has just logged in.
"""

import re
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import render_template, request

from booking.web.staff.origins import Sender, inside, sender

KEPT = "kept."
NEVER_KEPT = re.compile(r"csrf_token|.*(password|code|secret|sealed).*")
Fields = list[tuple[str, str]]


def show_login_again() -> tuple[str, int]:
    """Ask for the login on the page that answers a form whose sender is not logged in any more."""
    kept = [(f"{KEPT}{name}", value) for name, value in _keepable(list(request.form.items(multi=True)))]
    kept = [("to", request.path), *kept] if sender() is Sender.OURS else []
    page = render_template("staff/login.html", name="", error="", next="", kept=kept, has_ended=True)
    return page, HTTPStatus.UNAUTHORIZED


def kept_fields() -> Fields:
    """Return what a login form carries of an earlier one, under the same names."""
    names = [(name, value) for name, value in request.form.items(multi=True) if name.startswith(KEPT)]
    to = request.form.get("to", "")
    return [("to", to), *names] if to else []


def after_login(kept: Fields) -> str | None:
    """Return the page that sends the earlier form once more; None if there was none."""
    if not kept or inside(kept[0][1]) is None:
        return None
    return ask_to_resend(kept[0][1], [(name.removeprefix(KEPT), value) for name, value in kept[1:]])


def ask_to_resend(path: str, fields: Fields) -> str:
    """Return a page with a button that sends these fields to this path of ours."""
    target = inside(urlsplit(path).path) or ""
    return render_template("staff/resend.html", target=target, fields=_keepable(fields))


def _keepable(fields: Fields) -> Fields:
    return [(name, value) for name, value in fields if not NEVER_KEPT.fullmatch(name)]
