"""Booking a time, and the page that says: not booked yet."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import g, render_template, request
from werkzeug.wrappers import Response as Redirection

from booking import clock
from booking.actions.book import ROUTE, book
from booking.actions.proofs import MOST, challenge
from booking.actions.replays import replayed
from booking.errors import Invalid, KeyReused, NotFound, ProofRequired, Refusal, Unavailable, WithAlternatives
from booking.rules.appointments import Appointment, Order
from booking.rules.lifecycle import Status
from booking.web import languages, problems
from booking.web.citizen.contact import ask_for_choice, show_contact
from booking.web.citizen.door import blueprint
from booking.web.citizen.form import Typed, check, read_start, read_typed
from booking.web.citizen.pending import show_pending
from booking.web.citizen.times import show_times


@blueprint.post("/<municipality>/book")
def take() -> str | Redirection | tuple[str, int]:
    """Book the time whose button was pressed; pressed twice, or sent again by Reload, it answers the same."""
    typed = read_typed()
    if typed is None or typed.choice.office is None:
        return ask_for_choice(typed)
    start = request.form.get("start", "")
    try:
        done = replayed(g.catalogue.slug, ROUTE, typed.key, typed.body(start))
        return _show(done or _book(typed, start), typed)
    except ProofRequired as wanted:
        return _show_proof(typed, start, wanted.challenge), problems.status(wanted)
    except Unavailable:
        raise
    except KeyReused:
        return _show_twice(typed, start), HTTPStatus.CONFLICT
    except Refusal as refusal:
        return _refused(typed, refusal, start)


@blueprint.post("/<municipality>/twice")
def twice() -> str | Redirection:
    """Show the question again, for another language: its form has lost the key, and /book would book by it."""
    typed = read_typed()
    if typed is None or typed.choice.office is None:
        return ask_for_choice(typed)
    return _show_twice(typed, request.form.get("start", ""))


@blueprint.post("/<municipality>/proof")
def ask_proof() -> str | Redirection:
    """Ask again for proof of work, for another language."""
    typed = read_typed()
    if typed is None or typed.choice.office is None:
        return ask_for_choice(typed)
    wanted = challenge(g.catalogue.slug, typed.choice.office.slug, now=clock.now())
    return _show_proof(typed, request.form.get("start", ""), wanted)


def _show_proof(typed: Typed, start: str, wanted: Mapping[str, Any]) -> str:
    """Return the page that solves a challenge by itself, or else offers a letter."""
    g.offices = [typed.choice.office]
    g.language_endpoint = "citizen.ask_proof"
    fresh = replace(typed, proof="")  # what came with it is worth nothing
    chosen = read_start(start)
    return render_template("citizen/proof.html", typed=fresh, start=start, chosen=chosen, challenge=wanted, tries=MOST)


def _show(done: Appointment, typed: Typed) -> str:
    if not typed.by_letter or done.status is not Status.EXPIRED:
        return show_pending(done)
    g.offices = [done.office]
    g.language_endpoint = "citizen.times"
    return render_template("citizen/letter_first.html", typed=typed)


def _show_twice(typed: Typed, start: str) -> str:
    g.language_endpoint = "citizen.twice"
    return render_template("citizen/twice.html", typed=typed, start=start)


def _book(typed: Typed, start: str) -> Appointment:
    contact, answers = check(typed)
    choice = typed.choice
    order = Order(
        municipality=choice.catalogue.slug,
        office=choice.visit.office.slug,
        start=read_start(start),
        wishes=choice.wishes,
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        language=languages.asked(),
        answers=answers,
        channel="online",
        key=typed.key,
        body=typed.body(start),
        network=request.remote_addr or "",
        proof=typed.proof,
        by_letter=typed.by_letter,
    )
    return book(order, now=clock.now())


def _refused(typed: Typed, refusal: Refusal, start: str) -> tuple[str, int]:
    """Show the step that can mend it, with everything that was typed."""
    status = problems.status(refusal)
    if isinstance(refusal, Invalid) and all(fault.pointer != "/start" for fault in refusal.faults):
        return show_contact(typed, refusal.faults), status
    if isinstance(refusal, NotFound):
        raise refusal
    alternatives = refusal.alternatives if isinstance(refusal, WithAlternatives) else ()
    wanted = None if isinstance(refusal, Invalid) else read_start(start).astimezone(g.catalogue.zone).date()
    page = show_times(typed, wanted=wanted, alternatives=alternatives, problem=problems.precise(refusal))
    return page, status
