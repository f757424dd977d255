"""The audit log, for admins: who did what to which appointment or setting, when, in which role."""

from typing import Any

from flask import g, render_template, request

from booking.actions.audit_log import PAGE, Entry, Wanted, read_audit, who_is_named
from booking.rules.roles import ADMINS
from booking.web.staff import audit_words as words
from booking.web.staff.door import admits, blueprint
from booking.web.staff.typed import asked_day, asked_id


@blueprint.get("/<town>/audit")
@admits(*ADMINS)
def show_audit(town: str) -> str:
    """Show a municipality's log, a page at a time, the newest first."""
    wanted = _wanted()
    entries = read_audit(g.catalogue, wanted)
    logins = who_is_named(g.catalogue)
    return render_template(
        "staff/audit.html",
        town=town,
        lines=[_line(entry, logins) for entry in entries[:PAGE]],
        older=entries[PAGE - 1].id if len(entries) > PAGE else None,
        wanted=wanted,
        logins=logins,
        verbs=sorted(words.VERBS.items(), key=lambda pair: pair[1].casefold()),
        kept=g.catalogue.retention["audit"],
    )


def _wanted() -> Wanted:
    """Read the filters; what cannot be read narrows nothing."""
    verb = request.args.get("verb", "")
    return Wanted(
        day=asked_day("day"),
        login=asked_id("login"),
        verb=verb if verb in words.VERBS else None,
        office=asked_id("office"),
        before=asked_id("before"),
    )


def _line(entry: Entry, logins: dict[int, str]) -> dict[str, Any]:
    place = g.catalogue.office(entry.office).name if entry.office is not None else None
    return {
        "at": entry.at.astimezone(g.catalogue.zone),
        "who": entry.who,
        "role": words.ROLES.get(entry.role, entry.role),
        "verb": words.verb(entry),
        "subject": words.subject(entry, g.catalogue, logins),
        "office": place,
        "details": words.details(entry, g.catalogue),
    }
