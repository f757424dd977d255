"""What the forms of the day schedule ask for, as calls of the counter's actions."""

from datetime import datetime

from flask import g
from werkzeug.datastructures import MultiDict

from booking.actions.extend import extend
from booking.actions.marks import mark, undo_mark
from booking.actions.walk_ins import arrive, take
from booking.errors import Fault, Invalid, NotFound
from booking.rules.appointments import Wish
from booking.rules.lifecycle import Verb
from booking.rules.marks import MARKS
from booking.web.staff.door import actor
from booking.web.staff.more_time import EXTENSIONS
from booking.web.staff.phone_form import KEY
from booking.web.staff.typed import Typed

MOST_NAME = 200
MOST_DIGITS = 18  # of an id


def act(verb: str, reference: str, detail: str, *, now: datetime) -> None:
    """Do what a button says: ``verb`` is a mark, ``undo`` (detail: its step), ``extend`` (minutes), ``take`` (a Platz).

    Raises Invalid, NotFound and what those actions raise.
    """
    by = actor()
    if verb == "undo":
        undo_mark(reference, _number(detail), by=by, now=now)
    elif verb == Verb.EXTEND and _number(detail) in EXTENSIONS:
        extend(reference, _number(detail), by=by, now=now)
    elif verb == "take":
        take(reference, clerk_at(detail), by=by, now=now)
    elif verb in MARKS:
        mark(reference, Verb(verb), by=by, now=now)
    else:
        raise Invalid(Fault("/do", "invalid"))


def walk_in(form: MultiDict[str, str], *, now: datetime) -> int:
    """Let somebody wait; return the number. Raises Invalid and what ``arrive`` raises."""
    quantity = _number(form.get("quantity", "") or "1")
    wish = Wish(form.get("concern", ""), quantity)
    typed = Typed(form)
    name = typed.text("name", longest=MOST_NAME)
    typed.check()
    key = form.get("key", "")
    key = key if KEY.fullmatch(key) else ""
    return arrive(g.catalogue.slug, g.office.slug, [wish], by=actor(), now=now, name=name, key=key)


def clerk_at(slug: str) -> int:
    """Return the id of a Platz. Raises NotFound."""
    found: int | None = next((clerk.id for clerk in g.catalogue.clerks if clerk.slug == slug), None)
    if found is None:
        raise NotFound("clerk")
    return found


def _number(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) <= MOST_DIGITS):
        raise Invalid(Fault("/do", "invalid"))
    return int(typed)
