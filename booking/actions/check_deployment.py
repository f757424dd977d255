"""What ``doctor`` looks at: whether everything is in place, and whether what must always hold does hold."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from booking.actions.catalogues import all_catalogues
from booking.actions.check_machine import unknown_zones
from booking.actions.check_readiness import check_readiness
from booking.actions.check_settings import check_settings, is_local
from booking.actions.erase_expired import overdue
from booking.actions.findings import Finding
from booking.actions.second_factor import count_unreadable_factors
from booking.actions.taking import moments_with
from booking.extensions import db
from booking.models import Appointment, Cell, Letter, LetterStatus
from booking.rules.catalogue import Catalogue
from booking.rules.lifecycle import ACTIVE, Status

ADVICE = {
    "database-away": "The database does not answer: check DATABASE_URL and that the server runs.",
    "migration-missing": "The database lacks this version's tables: run 'flask --app wsgi db upgrade'.",
    "jobs-silent": "No job process has reported for two minutes: start 'flask --app wsgi jobs', or no letter leaves.",
    "clocks-apart": "The job process's clock is not that of this machine or of the database: run NTP on all of them.",
    "letters-stuck": "Letters have been waiting for more than 15 minutes: check MAIL_SERVER and the job process's log.",
    "letters-held": "Letters are held back since a restore: look at them with 'flask --app wsgi letters held', then "
    "'letters release' or 'letters discard'.",
}


def check_deployment(*, now: datetime) -> list[Finding]:
    """Look at everything that can be looked at in settings and tables; an empty list is a clean bill of health."""
    readiness = check_readiness(now=now)
    findings = [*(Finding(ADVICE[code]) for code in readiness.warnings), *check_settings()]
    if not readiness.is_ready:
        return findings
    try:
        if lost := unknown_zones():
            return [*findings, *lost]
        return [*findings, *_catalogues(), *_factors(), *_letters(), *_overdue(now), *_cells(now)]
    except SQLAlchemyError:
        db.session.rollback()
        return [*findings, Finding(ADVICE["database-away"])]


def _catalogues() -> Iterator[Finding]:
    catalogues = all_catalogues()
    if not catalogues:
        yield Finding("There is no municipality: run 'flask --app wsgi catalogue load FILE'.")
    for catalogue in catalogues:
        if not catalogue.sender_email and not current_app.config["MAIL_DEFAULT_SENDER"]:
            yield Finding(
                f"{catalogue.slug}: no sender address, and MAIL_DEFAULT_SENDER is not set: no letter can leave."
            )
        address = urlsplit(catalogue.base_url)
        if address.scheme == "http" and not is_local(address.hostname):
            yield Finding(f"{catalogue.slug}: its base_url is not https, and links in its letters open appointments.")
        yield from _unserved(catalogue)


def _unserved(catalogue: Catalogue) -> Iterator[Finding]:
    for office in catalogue.open_offices:
        if not any(block.office == office.id for block in catalogue.blocks):
            yield Finding(
                f"{catalogue.slug}/{office.slug}: no clerk has a block here, nothing can be booked.", is_fault=False
            )


def _factors() -> Iterator[Finding]:
    """What nobody can log in with shows that a key is gone under which links were mailed, too."""
    if lost := count_unreadable_factors():
        yield Finding(
            f"{lost} second factors were sealed under a SECRET_KEY that is not here: put the former key into "
            "SECRET_KEY_FALLBACKS, or mailed links are dead too. If it is lost, run 'staff reset-factor NAME' for each."
        )


def _letters() -> Iterator[Finding]:
    failed = db.session.scalar(select(func.count()).where(Letter.status == LetterStatus.FAILED))
    if failed:
        yield Finding(f"{failed} letters could not be delivered; their appointments say why.", is_fault=False)


def _overdue(now: datetime) -> Iterator[Finding]:
    """The sweep comes every ten minutes: what is a day late shows that it is dead."""
    for swept in overdue(now=now, since=timedelta(days=1)):
        if late := sum(swept.why):
            yield Finding(
                f"{swept.municipality}: {late} appointments should have been erased more than a day ago: look into the "
                "job process's log, and run 'flask --app wsgi erase'."
            )


def _cells(now: datetime) -> Iterator[Finding]:
    """Active ⇔ owns exactly its cells. A lapsed booking may still own them: nobody has wanted the time since."""
    for reference, wrong in broken_ownership(now):
        yield Finding(f"Appointment {reference}: {wrong}. This must never happen; please report it.")


def broken_ownership(now: datetime) -> list[tuple[str, str]]:
    """Return (reference, what is wrong) for every appointment whose cells are not exactly those of its span.

    All is seen at one moment: whoever books between two questions would seem to lack what they have just got.
    """
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":  # SQLite's transactions see one moment anyway
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    owned: dict[int | None, set[tuple[int, int]]] = {}
    for clerk, moment, appointment in db.session.execute(
        select(Cell.clerk_id, Cell.moment, Cell.appointment_id).where(Cell.appointment_id.is_not(None))
    ):
        owned.setdefault(appointment, set()).add((clerk, moment))
    rows = db.session.scalars(select(Appointment))
    problems = ((row.reference, _problem(row, owned.pop(row.id, set()), now)) for row in rows)
    wrong = [(reference, problem) for reference, problem in problems if problem]
    return wrong + [(f"#{key}", "cells without an appointment") for key in owned]


def _problem(row: Appointment, has: set[tuple[int, int]], now: datetime) -> str | None:
    lapsed = row.status == Status.PENDING and row.confirm_by is not None and row.confirm_by <= now
    if lapsed and not has:
        return None
    wanted = set()  # who waits without a time takes nobody's
    if row.start is not None:
        wanted = {(at.clerk_id, moment) for at in row.clerks for moment in moments_with(row, at)}
    if row.status in ACTIVE:
        return None if has == wanted else f"is {row.status} and owns {len(has)} cells instead of {len(wanted)}"
    return f"is {row.status} and still owns {len(has)} cells" if has else None
