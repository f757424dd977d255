"""What every staff page shares: who asks, what their roles admit them to, CSRF, what may be kept of an answer."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, g, redirect, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import NotFound as NoSuchPage
from werkzeug.wrappers import Response as AnyResponse

from booking import clock
from booking.actions.browse import catalogue_as_seen, open_catalogue
from booking.errors import Forbidden, FormExpired, FromElsewhere, LoggedOut, NotFound
from booking.extensions import csrf
from booking.rules import roles
from booking.rules.roles import Actor, Role
from booking.web import languages
from booking.web.staff.nearby import nearest, remember
from booking.web.staff.origins import Sender, sender
from booking.web.staff.places import Place
from booking.web.staff.resending import ask_to_resend, show_login_again
from booking.web.staff.users import note_activity, place_state, staff

View = TypeVar("View", bound=Callable[..., Any])
blueprint = Blueprint("staff", __name__, url_prefix="/staff")
LARGEST_FORM = 256 * 1024
READS = frozenset({"GET", "HEAD", "OPTIONS"})


def admits(*admitted: Role) -> Callable[[View], View]:
    """Name the roles that a route admits: in the office or municipality of its address, else anywhere.

    ``@admits(*roles.DAY)`` stands below the route; the test of the house finds every route without it.
    """

    def mark(view: View) -> View:
        view.admits = frozenset(admitted)  # type: ignore[attr-defined]  # read by ``_open_door`` and the tests
        return view

    return mark


def public(view: View) -> View:
    """Let a route be reached without a login: logging in itself."""
    view.admits = None  # type: ignore[attr-defined]
    return view


def poll(view: View) -> View:
    """Mark a route that pages ask by themselves: it does not keep anybody logged in who has gone away.

    A request with the header ``X-Poll: 1`` counts likewise.
    """
    view.polls = True  # type: ignore[attr-defined]
    return view


@blueprint.before_request
def _open_door() -> AnyResponse | tuple[str, int] | None:
    """Let in who may come in; a stranger learns nothing of what is there (404 like an office that does not exist)."""
    request.max_content_length = LARGEST_FORM
    languages.speak("de")
    view: Any = current_app.view_functions[str(request.endpoint)]
    admitted: frozenset[Role] | None = view.admits
    if request.method not in READS and sender() is Sender.ELSEWHERE:
        raise FromElsewhere
    if admitted is not None and not current_user.is_authenticated:
        return _ask_for_login()
    if request.method not in READS and (answer := _check_token(is_login=admitted is None)):
        return answer
    if admitted is not None:
        if not _is_poll():
            note_activity(clock.now())
        _settle(admitted)
    return None


def _ask_for_login() -> AnyResponse | tuple[str, int]:
    """Ask who it is: a script by a status, a person by a page, which keeps what they had typed. Raises LoggedOut."""
    if is_fetched():
        raise LoggedOut
    if request.method == "GET":
        return redirect(url_for("staff.show_login", next=request.full_path.rstrip("?")))
    return show_login_again()


def _check_token(*, is_login: bool) -> tuple[str, int] | None:
    """Check the CSRF token; a form of our own that has grown too old may be sent once more. Raises FormExpired."""
    try:
        csrf.protect()
    except CSRFError:
        if is_login or is_fetched() or sender() is not Sender.OURS:
            raise FormExpired from None
        return ask_to_resend(request.path, list(request.form.items(multi=True))), HTTPStatus.BAD_REQUEST
    return None


def is_fetched() -> bool:
    """Whether a script asks, which follows no redirect to a login page."""
    wants_json = request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    is_marked = request.headers.get("X-Requested-With", "").lower() == "fetch" or _is_poll()
    return wants_json or is_marked


def _is_poll() -> bool:
    """Whether a page asks by itself: a route that is there for it, or a request that says so."""
    view: Any = current_app.view_functions[str(request.endpoint)]
    return getattr(view, "polls", False) or bool(request.headers.get("X-Poll"))


def _settle(admitted: frozenset[Role]) -> None:
    """Put the acting person, the office and its catalogue into ``g``. Raises NoSuchPage, Forbidden."""
    values = request.view_args or {}
    place: Place | None = values.get("place")
    town: str | None = place.town if place else values.get("town")
    if town is None:
        if not staff().has(admitted):
            raise Forbidden
        return
    standing = place_state() if place else None
    if place and standing is None:
        raise NoSuchPage
    g.actor = staff().actor(admitted, town, standing.office if standing else None)
    if g.actor is None:
        raise Forbidden if any(at.town == town for at in staff().memberships) else NoSuchPage
    g.catalogue = catalogue_as_seen(town, standing.revision) if standing else open_catalogue(town)
    if standing:
        g.office = g.catalogue.office(standing.office)
    if place and g.actor.role in roles.DAY and not _is_poll():
        remember(place)


def actor() -> Actor:
    """Return who acts, in the role that admitted them here."""
    by: Actor = g.actor
    return by


def actor_at(town: str, admitted: frozenset[Role], office: int | None = None) -> Actor:
    """Return who acts in an office (by id) that stands in the form, not the address. Raises NotFound."""
    by = staff().actor(admitted, town, office)
    if by is None:
        raise NotFound("office")
    return by


@blueprint.after_request
def _keep_nothing(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Content-Language", "de")
    return response


@blueprint.app_context_processor
def _shown_everywhere() -> dict[str, Any]:
    if request.blueprint != "staff":
        return {}
    return {
        "me": staff() if current_user.is_authenticated else None,
        "roles": roles,
        "now": clock.now(),
        "catalogue": g.get("catalogue"),
        "office": g.get("office"),
        "nearest": nearest,
        "may": _may,
        "h1": "h1",
        "h2": "h2",
        "h3": "h3",
    }


def _may(admitted: frozenset[Role], town: str = "", office: int | None = None) -> bool:
    """Whether the present person has one of these roles there, or (without a town) anywhere."""
    if not current_user.is_authenticated:
        return False
    return staff().actor(admitted, town, office) is not None if town else staff().has(admitted)
