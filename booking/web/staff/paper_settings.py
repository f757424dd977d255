"""What stands on an office's day sheets, and where they are mailed: for those who manage it."""

from flask import g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.day_sheets import EVERY
from booking.actions.paper_settings import PaperSettings, paper_settings, set_paper
from booking.errors import Invalid
from booking.rules import roles
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.managing import told
from booking.web.staff.places import Place
from booking.web.staff.typed import Typed


@blueprint.get("/<place:place>/paper")
@admits(*roles.MANAGERS)
def show_paper(place: Place) -> str:
    """Show the settings, and what became of the latest sheets."""
    return _page(place)


@blueprint.post("/<place:place>/paper")
@admits(*roles.MANAGERS)
def change_paper(place: Place) -> Response | tuple[str, int]:
    """Change them."""
    typed = Typed()
    ticked = set(typed.all("shows"))
    wanted = PaperSettings(typed.text("mail_to", longest=254), "names" in ticked, "phones" in ticked)
    try:
        typed.check()
        set_paper(g.office.id, wanted, by=actor(), now=clock.now())
    except Invalid as refusal:
        return _page(place, refusal), problems.status(refusal)
    return redirect(url_for("staff.show_paper", place=place, done="saved"))


def _page(place: Place, refusal: Invalid | None = None) -> str:
    settings, sheets = paper_settings(g.office.id, by=actor())
    today = clock.now().astimezone(g.catalogue.zone).date()
    shown = told(refusal, place)
    return render_template("staff/paper.html", settings=settings, sheets=sheets, today=today, every=EVERY, **shown)
