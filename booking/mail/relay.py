"""The mail relay: Flask-Mail's settings over a connection of our own, which checks certificates and has time limits.

Flask-Mail 0.10 checks no certificate and waits for ever. Its refusals also mix three things that the outbox must tell
apart: the relay is away, it does not want this letter now, it will never take it.
"""

import smtplib
import ssl
from base64 import b64encode
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from flask import Flask
from flask_mail import Connection

TIME_LIMIT = 20.0  # seconds for each answer of the relay; four of them fit into a claim (booking/actions/outbox.py)
LOGGED_IN = 235
OK = 250
PERMANENT = 500
AUTHENTICATION_REQUIRED = 530


class RelayAway(Exception):  # noqa: N818 - a state, not an error of ours
    """The relay cannot be used at all: no connection, no valid certificate, a login refused. No letter is to blame."""


class Interrupted(Exception):  # noqa: N818 - likewise
    """The line broke while this letter was under way; the relay may have it or not."""


class Deferred(Exception):  # noqa: N818 - likewise
    """The relay does not take this letter now (4xx), or not from this sender."""


class Rejected(Exception):  # noqa: N818 - likewise
    """The relay will never take this letter (5xx): the address is wrong, or the content unwelcome."""


class Relay(Connection):
    """One connection for a batch of letters; ``with Relay(app) as relay: relay.deliver(…)``. Raises RelayAway."""

    def __init__(self, app: Flask, time_limit: float = TIME_LIMIT) -> None:
        super().__init__(app.extensions["mail"])
        self.ca_file: str | None = app.config["MAIL_CA_FILE"]
        self.time_limit = time_limit

    def __enter__(self) -> Self:
        """Connect, whatever Flask-Mail thinks of tests: a test brings a relay of its own."""
        self.host = self.configure_host()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Say goodbye if the relay still listens."""
        if self.host is not None:
            _leave(self.host)

    def configure_host(self) -> smtplib.SMTP:
        """Connect, encrypt and log in as the settings say. Raises RelayAway."""
        host: smtplib.SMTP | None = None
        try:
            host = self._connected()
            if self.mail.use_tls:
                host.starttls(context=self._context())
            if self.mail.username and self.mail.password:
                _log_in(host, self.mail.username, self.mail.password)
        except (OSError, smtplib.SMTPException) as problem:  # a TLS error is an OSError
            if host is not None:
                host.close()
            raise RelayAway(_reason(problem)) from problem
        return host

    def deliver(self, message: EmailMessage, *, sender: str, to: str) -> None:
        """Hand one message over. Raises RelayAway, Interrupted, Deferred, Rejected."""
        host = self._living()
        options = ["SMTPUTF8"] if message.policy.utf8 else []  # type: ignore[attr-defined]  # EmailPolicy has it
        try:
            host.sendmail(sender, [to], message.as_bytes(), options)
        except smtplib.SMTPRecipientsRefused as refused:
            _refuse(*refused.recipients[to])
        except smtplib.SMTPSenderRefused as refused:
            if refused.smtp_code == AUTHENTICATION_REQUIRED:
                raise RelayAway(_words(refused.smtp_code, refused.smtp_error)) from refused
            _refuse(min(refused.smtp_code, PERMANENT - 1), refused.smtp_error)  # a setting to mend, not a bad address
        except smtplib.SMTPResponseException as refused:
            _refuse(refused.smtp_code, refused.smtp_error)
        except smtplib.SMTPNotSupportedError as lacking:
            raise Rejected("the relay takes no addresses in other scripts (SMTPUTF8)") from lacking
        except (OSError, smtplib.SMTPException) as problem:
            host.close()
            raise Interrupted(_reason(problem)) from problem

    def _living(self) -> smtplib.SMTP:
        """Return the connection, a new one if the relay has closed the old one between two letters."""
        if self.host is not None:
            try:
                if self.host.noop()[0] == OK:
                    return self.host
            except (OSError, smtplib.SMTPException):
                pass  # it is replaced below
            self.host.close()
        self.host = self.configure_host()
        return self.host

    def _connected(self) -> smtplib.SMTP:
        where = (self.mail.server, self.mail.port)
        if self.mail.use_ssl:
            return smtplib.SMTP_SSL(*where, timeout=self.time_limit, context=self._context())
        return smtplib.SMTP(*where, timeout=self.time_limit)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)


def _log_in(host: smtplib.SMTP, name: str, password: str) -> None:
    """Log in; smtplib writes ASCII alone, so with other letters we do, by the mechanism that has UTF-8 (RFC 4616)."""
    if (name + password).isascii():
        host.login(name, password)
        return
    host.ehlo_or_helo_if_needed()
    if "PLAIN" not in host.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("only AUTH PLAIN takes a name or password that is not ASCII")
    said = b64encode(f"\0{name}\0{password}".encode())
    code, answer = host.docmd("AUTH", f"PLAIN {said.decode()}")
    if code != LOGGED_IN:
        raise smtplib.SMTPAuthenticationError(code, answer)


def _leave(host: smtplib.SMTP) -> None:
    try:
        host.quit()
    except (OSError, smtplib.SMTPException):
        host.close()


def _refuse(code: int, answer: bytes | str) -> None:
    words = _words(code, answer)
    raise Rejected(words) if code >= PERMANENT else Deferred(words)


def _words(code: int, answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return f"{code} {' '.join(text.split())}"[:500]


def _reason(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPResponseException):
        return _words(problem.smtp_code, problem.smtp_error)
    return f"{type(problem).__name__}: {problem}"[:500]
