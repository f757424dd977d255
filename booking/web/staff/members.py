"""Logins and roles of a municipality, for its managers and admins."""

from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.logins import NewLogin, make_login, new_password, reset_password, resume_login, stop_login
from booking.actions.members import Grant, give_role, list_members, take_role
from booking.errors import Invalid
from booking.rules.roles import MANAGERS, Role, may_give
from booking.web import problems
from booking.web.staff.audit_words import ROLES
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.typed import Typed

Answer = Response | str | tuple[str, int]


@blueprint.get("/<town>/members")
@admits(*MANAGERS)
def show_members(town: str) -> str:
    """List everybody with a role here."""
    return _page(town)


@blueprint.post("/<town>/members/new")
@admits(*MANAGERS)
def make_member(town: str) -> Answer:
    """Make a login; its first password is shown on this one page."""
    typed = Typed()
    name, shown = typed.text("name", required=True, longest=100), typed.text("display_name", longest=200)
    password = request.form.get("password", "") or new_password()
    try:
        typed.check()
        make_login(actor(), NewLogin(name, shown, password), _grant(), now=clock.now())
    except Invalid as refusal:
        return _wrong(town, refusal, "new")
    return _page(town, told=(name, password))


@blueprint.post("/<town>/members/role")
@admits(*MANAGERS)
def give_member_role(town: str) -> Answer:
    """Give a login a role."""
    typed = Typed()
    name = typed.text("name", required=True)
    try:
        typed.check()
        give_role(actor(), name, _grant(), now=clock.now())
    except Invalid as refusal:
        return _wrong(town, refusal, "give")
    return redirect(url_for("staff.show_members", town=town))


@blueprint.post("/<town>/members/role/<int:membership>/take")
@admits(*MANAGERS)
def take_member_role(town: str, membership: int) -> Response:
    """Take a role away."""
    take_role(actor(), membership, now=clock.now())
    return redirect(url_for("staff.show_members", town=town))


@blueprint.post("/<town>/members/login/<int:login>/stop")
@admits(*MANAGERS)
def stop_member(town: str, login: int) -> Response:
    """Stop a login."""
    stop_login(actor(), login, now=clock.now())
    return redirect(url_for("staff.show_members", town=town))


@blueprint.post("/<town>/members/login/<int:login>/resume")
@admits(*MANAGERS)
def resume_member(town: str, login: int) -> Response:
    """Let a stopped login in again."""
    resume_login(actor(), login, now=clock.now())
    return redirect(url_for("staff.show_members", town=town))


@blueprint.post("/<town>/members/login/<int:login>/password")
@admits(*MANAGERS)
def give_member_password(town: str, login: int) -> str:
    """Give a new password; it is shown on this one page."""
    return _page(town, told=reset_password(actor(), login, now=clock.now()))


def _grant() -> Grant:
    """Read the role that a form gives. Raises Invalid."""
    role = request.form.get("role", "")
    typed = Typed()
    office = typed.whole("office")
    if role not in set(Role):
        typed.wrong("role", "required")
    typed.check()
    return Grant(Role(role), office, books_only=role == Role.PHONE and "books_only" in request.form)


def _wrong(town: str, refusal: Invalid, form: str) -> tuple[str, int]:
    errors = {fault.pointer[1:]: problems.fault_sentence(fault) for fault in refusal.faults}
    return _page(town, errors={f"{form}-{name}": said for name, said in errors.items()}), problems.status(refusal)


def _page(town: str, **values: Any) -> str:
    by = actor()
    return render_template(
        "staff/members.html",
        town=town,
        members=list_members(by),
        role_names=ROLES,
        giveable=[(role.value, ROLES[role.value]) for role in Role if may_give(by, role)],
        places={place.id: place for place in g.catalogue.offices},
        may_give=lambda role: may_give(by, role),
        **{"told": None, "errors": {}, **values},
    )
