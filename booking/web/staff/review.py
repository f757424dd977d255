"""Against abuse: suspicious clusters of bookings and the contacts that are blocked, for managers."""

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.block_contact import Block, Wish, block_of, blocks_of, cancel_and_block_all, lift_block
from booking.actions.review import chosen, review
from booking.errors import Fault, Invalid
from booking.rules.clusters import beginning, shape
from booking.rules.roles import MANAGERS
from booking.rules.secrets import heard
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint

SIGNS = {
    "handover": "Ein Termin wurde frei und Sekunden später mit einer anderen Adresse neu gebucht",
    "network": "Viele Adressen über denselben Internetanschluss",
    "rhythm": "Gebucht in auffällig gleichen Abständen",
    "release": "In denselben Sekunden gebucht, in denen weitere Tage frei wurden",
    "pattern": "Adressen, die sich nur in Ziffern unterscheiden",
    "name": "Derselbe Name mit vielen Adressen",
    "domain": "Viele Adressen einer wenig verbreiteten Domain",
}
REASONS = {
    "hoarding": "Hortet Termine",
    "resale": "Verkauft Termine weiter",
    "program": "Bucht mit einem Programm",
    "insults": "Beleidigt oder bedroht",
}
DAYS = {30: "30 Tage", 90: "3 Monate", 180: "6 Monate", 365: "1 Jahr"}
Answer = Response | str | tuple[str, int]


@blueprint.get("/<town>/review")
@admits(*MANAGERS)
def show_review(town: str) -> str:
    """Show the clusters and the blocks."""
    return _page(town)


@blueprint.post("/<town>/review/ask")
@admits(*MANAGERS)
def ask_about_cluster(town: str) -> Answer:
    """Ask whether these shall really be cancelled and blocked; nothing is changed yet."""
    return _question(town)


@blueprint.post("/<town>/review/block")
@admits(*MANAGERS)
def block_cluster(town: str) -> Answer:
    """Cancel and block the bookings that the question named."""
    try:
        wish, references = read_wish(), _references()
        if not references:
            return _question(town)
        cancelled = cancel_and_block_all(actor(), references, wish, now=clock.now())
    except Invalid as refusal:
        return _question(town, refusal)
    return redirect(url_for("staff.show_review", town=town, done=cancelled))


@blueprint.post("/<town>/review/blocks/find")
@admits(*MANAGERS)
def find_block(town: str) -> Answer:
    """Find the block of somebody who calls by the address that they say; nobody keeps it."""
    email = request.form.get("email", "").strip()
    if "@" not in email:
        return _page(town, asked=email, wrong=problems.fault_sentence(Fault("/email", "email"))), 422
    return _page(town, asked=email, block=block_of(actor(), email, now=clock.now()))


@blueprint.post("/<town>/review/blocks/<int:block>/lift")
@admits(*MANAGERS)
def lift(town: str, block: int) -> Response:
    """Let somebody book online again."""
    lift_block(actor(), block, now=clock.now())
    return redirect(url_for("staff.show_review", town=town, lifted=1))


def read_wish() -> Wish:
    """Read for what reason, and for how long, somebody shall book by phone."""
    return Wish(request.form.get("reason", ""), request.form.get("days", 0, type=int))


def _references() -> list[str]:
    return list(dict.fromkeys(heard(typed) for typed in request.form.getlist("reference")))


def _question(town: str, refusal: Invalid | None = None) -> Answer:
    members = chosen(actor(), _references(), now=clock.now())
    if not members:
        return _page(town, refused="Bitte wählen Sie mindestens eine Buchung aus."), 422
    errors = {fault.pointer.strip("/"): problems.fault_sentence(fault) for fault in refusal.faults} if refusal else {}
    page = render_template(
        "staff/review_ask.html",
        town=town,
        members=members,
        beginning=beginning,
        reasons=REASONS,
        days=DAYS,
        errors=errors,
    )
    return page, problems.status(refusal) if refusal else 200


def _page(town: str, *, asked: str = "", block: Block | None = None, wrong: str = "", refused: str = "") -> str:
    now = clock.now()
    return render_template(
        "staff/review.html",
        town=town,
        found=review(actor(), now=now),
        blocks=blocks_of(actor(), now=now),
        offices={office.id: office for office in g.catalogue.offices},
        zone=g.catalogue.zone,
        signs=SIGNS,
        reasons=REASONS,
        shape=shape,
        beginning=beginning,
        asked=asked,
        block=block,
        wrong=wrong,
        refused=refused,
        errors=bool(wrong or refused),
        done=request.args.get("done", type=int),
        lifted="lifted" in request.args,
    )
