"""What ``doctor`` can tell of the mail relay: it is asked everything short of sending a letter."""

import smtplib
import ssl
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from flask import current_app

from booking.actions.check_settings import is_local
from booking.actions.findings import Finding, note
from booking.mail.relay import OK, Relay, RelayAway

TIME_LIMIT = 5.0
ENDS_SOON = timedelta(days=14)


def check_mail(senders: Iterable[str], *, now: datetime) -> Iterator[Finding]:
    """Connect, encrypt and log in as letters do, and ask whether each sender would be taken."""
    yield from _clear_login()
    try:
        with Relay(current_app, TIME_LIMIT) as relay:
            if relay.host is not None:
                yield from _line(relay.host, now)
                yield from _senders(relay.host, senders)
    except RelayAway as away:
        yield Finding(f"The mail relay cannot be used ({away}): check MAIL_SERVER and the settings beside it.")
    except (OSError, smtplib.SMTPException) as broken:
        yield Finding(f"The mail relay broke off ({type(broken).__name__}): see its log.")


def _clear_login() -> Iterator[Finding]:
    config = current_app.config
    if config["MAIL_USERNAME"] and not (config["MAIL_USE_TLS"] or config["MAIL_USE_SSL"]):
        sentence = "MAIL_PASSWORD goes to the relay in the clear: set MAIL_USE_TLS or MAIL_USE_SSL."
        yield Finding(sentence, is_fault=not is_local(config["MAIL_SERVER"]))


def _line(host: smtplib.SMTP, now: datetime) -> Iterator[Finding]:
    host.ehlo_or_helo_if_needed()
    if isinstance(host.sock, ssl.SSLSocket):
        certificate = host.sock.getpeercert() or {}
        ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
        if ends - now < ENDS_SOON:
            yield note(f"The relay's certificate ends on {ends:%Y-%m-%d}: after that no letter leaves.")
    elif host.has_extn("starttls"):
        sentence = "The relay offers STARTTLS and it is not used: set MAIL_USE_TLS."
        yield Finding(sentence, is_fault=not is_local(current_app.config["MAIL_SERVER"]))


def _senders(host: smtplib.SMTP, senders: Iterable[str]) -> Iterator[Finding]:
    for sender in sorted(set(senders)):
        code, answer = host.mail(sender)
        if code != OK:
            words = answer.decode(errors="replace")
            yield Finding(f"The relay does not take {sender} as a sender ({code} {words}): allow it there.")
        host.rset()
