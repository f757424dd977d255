"""The call list: whom to call, what to say, and what came of it."""

from babel import Locale
from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from booking import clock
from booking.actions.call_list import Press, list_calls, note_call
from booking.actions.day_schedule import day_version
from booking.errors import NotFound, StepStale
from booking.rules import roles
from booking.rules.languages import LANGUAGES, base
from booking.rules.texts import FALLBACK, Text, unbracketed
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint, poll
from booking.web.staff.places import Place
from booking.web.staff.users import place_state
from booking.web.words import plain

MOST_DIGITS = 6


@blueprint.get("/<place:place>/calls")
@admits(*roles.DAY)
def show_call_list(place: Place) -> str:
    """List who is to be called, and what was settled lately."""
    return _page(place)


@blueprint.get("/<place:place>/calls/changes")
@admits(*roles.DAY)
@poll
def show_call_changes(place: Place) -> AnyResponse | str:
    """Answer the list if it has changed since the version asked about."""
    if request.args.get("version", "") == _version():
        return Response(status=204)
    return _page(place, template="staff/_call_list.html")


@blueprint.post("/<place:place>/calls/<int:call>")
@admits(*roles.DAY)
def note_one_call(place: Place, call: int) -> AnyResponse | tuple[str, int]:
    """Note that somebody was reached, was not, or is given up; or take the latest note back."""
    try:
        press = Press(request.form.get("press", ""))
    except ValueError:
        raise NotFound from None
    seen = request.form.get("seen", "")
    is_number = seen.isascii() and seen.isdigit() and len(seen) <= MOST_DIGITS
    try:
        note_call(actor(), call, press, seen=int(seen) if is_number else -1, now=clock.now())
    except StepStale as refusal:
        return _page(place, refused=problems.sentence(refusal)), problems.status(refusal)
    return redirect(url_for("staff.show_call_list", place=place, done=press.value, _anchor="said"))


def _page(place: Place, *, template: str = "staff/calls.html", refused: str = "") -> str:
    version = _version()
    lines = list_calls(g.catalogue, g.office, now=clock.now())
    return render_template(
        template,
        place=place,
        version=version,
        waiting=[line for line in lines if line.outcome is None],
        settled=[line for line in lines if line.outcome is not None],
        spoken={tag: _in_german(tag) for tag in LANGUAGES},
        done=request.args.get("done", ""),
        refused=refused,
    )


@blueprint.app_template_filter("aloud")
def aloud(text: Text) -> str:
    """Return a name as one says it: without what stands in brackets."""
    return unbracketed(plain(text))


def _in_german(tag: str) -> str:
    """Return what a citizen speaks as the caller would say it; empty for German."""
    language = LANGUAGES[tag]
    if tag == FALLBACK:
        return ""
    return language.name if base(tag) == FALLBACK else str(Locale.parse(language.cldr).get_language_name("de"))


def _version() -> str:
    state = place_state()
    return day_version(state) if state else ""
