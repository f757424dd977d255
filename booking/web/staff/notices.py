"""The office's words on its public pages: a list, and a form in every language that the municipality shows."""

from datetime import date, timedelta

from babel.dates import format_date
from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from booking import clock
from booking.actions.notices import LONGEST, Wording, delete_notice, save_notice
from booking.errors import Invalid
from booking.ical.wording import at_office
from booking.rules import roles
from booking.rules.catalogue import Notice
from booking.rules.languages import LANGUAGES
from booking.rules.texts import FALLBACK
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.managing import told
from booking.web.staff.places import Place
from booking.web.staff.typed import Typed


@blueprint.get("/<place:place>/notices")
@admits(*roles.DAY)
def show_notices(place: Place) -> str:
    """List this office's notices, and suggest one for a day on which appointments fall out."""
    return _page(place)


@blueprint.post("/<place:place>/notices")
@admits(*roles.DAY)
def save_one_notice(place: Place) -> AnyResponse | tuple[str, int]:
    """Write a notice, or change the one that the form names."""
    typed = Typed()
    notice = typed.whole("notice")
    text = {language: typed.text(f"text-{language}", longest=LONGEST) for language in _languages()}
    first, last = typed.day("first", required=True), typed.day("last", required=True)
    try:
        typed.check()
        assert first is not None  # noqa: S101 - for mypy: it was required
        assert last is not None  # noqa: S101 - likewise
        office = None if request.form.get("everywhere") else g.office.id
        save_notice(actor(), Wording(text, first, last, office), now=clock.now(), notice=notice)
    except Invalid as refusal:
        return _page(place, refusal), problems.status(refusal)
    return redirect(url_for("staff.show_notices", place=place, done="saved"))


@blueprint.post("/<place:place>/notices/<int:notice>/delete")
@admits(*roles.DAY)
def delete_one_notice(place: Place, notice: int) -> AnyResponse:
    """Take a notice away."""
    delete_notice(actor(), notice, now=clock.now())
    return redirect(url_for("staff.show_notices", place=place, done="deleted"))


def _page(place: Place, refusal: Invalid | None = None) -> str:
    today = clock.now().astimezone(g.catalogue.zone).date()
    here = [at for at in g.catalogue.notices if at.office in (None, g.office.id) and at.last >= today]
    chosen = _chosen(here)
    return render_template(
        "staff/notices.html",
        notices=here,
        chosen=chosen,
        suggested=_suggested(today) if chosen is None else {},
        today=today,
        languages=[(tag, LANGUAGES[tag].name) for tag in _languages()],
        most=LONGEST,
        **told(refusal, place),
    )


def _chosen(here: list[Notice]) -> Notice | None:
    wanted = request.values.get("notice", "")
    return next((at for at in here if str(at.id) == wanted), None)


def _suggested(today: date) -> dict[str, str]:
    """Return a text for a day on which appointments fall out, and until when it should stand there."""
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return {}
    if not today <= day <= today + timedelta(days=366):
        return {}
    weekday_and_day = format_date(day, "EEEE, d. MMMM", locale=LANGUAGES[FALLBACK].cldr)
    place = at_office(g.office, FALLBACK)
    text = f"Am {weekday_and_day}, fallen {place} Termine aus. Wir melden uns bei allen."
    return {"text": text, "last": day.isoformat()}


def _languages() -> list[str]:
    """Return the municipality's languages, German first: it stands for what is not translated."""
    return [FALLBACK, *(tag for tag in g.catalogue.languages if tag != FALLBACK and tag in LANGUAGES)]
