"""The contact step: who comes, and where the letter goes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import g, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirection

from booking.errors import Fault, NotFound
from booking.rules.email_slips import suggestion
from booking.rules.orders import question_key
from booking.web import problems
from booking.web.citizen.choice import Choice
from booking.web.citizen.door import blueprint
from booking.web.citizen.form import ANSWER, Typed, field_of, read_typed


@blueprint.route("/<municipality>/contact", methods=["GET", "POST"])
def contact() -> str | Redirection:
    """Ask for name and e-mail; by POST, show again what was typed (from the time step, or in another language)."""
    typed = read_typed()
    if typed is None or typed.choice.office is None:
        return ask_for_choice(typed)
    return show_contact(typed)


def ask_for_choice(typed: Typed | None) -> Redirection:
    """Lead back to what is chosen before anything is typed: the concerns, then the office."""
    if typed is None:
        return redirect(url_for(".concerns"))
    return redirect(url_for(".checklist", concern=typed.choice.fields))


def show_contact(typed: Typed, faults: Sequence[Fault] = ()) -> str:
    """Return the contact page with a sentence for each faulty field."""
    if typed.choice.office is None:
        raise NotFound("office")
    g.offices = [typed.choice.office]
    errors = {field_of(fault): problems.fault_sentence(fault) for fault in faults}
    g.language_endpoint = "citizen.contact"
    return render_template(
        "citizen/contact.html",
        typed=typed,
        choice=typed.choice,
        errors=errors,
        questions=_questions(typed.choice),
        meant=suggestion(typed.email) if typed.doubted == typed.email else None,
    )


def doubt(typed: Typed) -> Typed | None:
    """Return the form with its address in doubt, to be asked about; None if it seems right, or was asked about."""
    if typed.doubted == typed.email or suggestion(typed.email) is None:
        return None
    return replace(typed, doubted=typed.email)


def _questions(choice: Choice) -> list[tuple[str, Any]]:
    """Return (field name, question) for every question of the chosen concerns."""
    return [
        (ANSWER + question_key(concern, question.id), question)
        for concern, _ in choice.concerns
        for question in concern.questions
    ]
