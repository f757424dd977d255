"""What ``doctor`` looks at outside: the machine and the proxy, and each of the servers that the settings name."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import parseaddr

from dns.resolver import Resolver
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from booking.actions.catalogues import all_catalogues
from booking.actions.check_address import check_address
from booking.actions.check_database import check_clock, check_database
from booking.actions.check_domains import check_alignment, check_domains
from booking.actions.check_machine import check_machine, unknown_zones
from booking.actions.check_mail import check_mail
from booking.actions.check_mailbox import check_mailbox
from booking.actions.check_sign_on import check_sign_on
from booking.actions.check_valkey import check_valkey
from booking.actions.findings import Finding
from booking.extensions import db
from booking.rules.catalogue import Catalogue


def check_surroundings(resolver: Resolver | None, *, now: datetime) -> list[Finding]:
    """Look at everything outside; who does not answer is waited for a few seconds. ``now`` is this very moment."""
    return list(_all(resolver, now))


def _all(resolver: Resolver | None, now: datetime) -> Iterator[Finding]:
    catalogues: list[Catalogue] = []
    try:
        catalogues = [] if unknown_zones() else all_catalogues()  # check_deployment names them
        yield from check_database()
        yield from check_clock(now=now)
    except SQLAlchemyError:  # check_deployment says so
        db.session.rollback()
    senders = _senders(catalogues)
    yield from check_machine([catalogue.zone.key for catalogue in catalogues], now=now)
    yield from check_mail(senders, now=now)
    yield from check_mailbox(senders)
    returning = current_app.config["BOUNCE_ADDRESS"]  # whose domain's SPF it is that receivers look at
    yield from check_domains([*senders, returning] if returning else senders, resolver)
    yield from check_alignment(senders, returning) if returning else ()
    yield from check_valkey()
    yield from check_sign_on()
    yield from check_address([catalogue.base_url for catalogue in catalogues], now=now)


def _senders(catalogues: Iterable[Catalogue]) -> list[str]:
    default = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"] or "")[1]
    chosen = {catalogue.sender_email or default for catalogue in catalogues}
    return sorted(chosen - {""})
