# ruff: noqa: ARG002, N802 - aiosmtpd fixes names and arguments of what it calls
"""A real SMTP server in the process, with every fault that a mail relay can have."""

import asyncio
import contextlib
import email
import socket
import ssl
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.serving import free_port


class Relay:
    """What arrives, and how the relay answers: ``answers[address]`` to RCPT, ``data`` to the message itself.

    ``drops`` cuts the line that many times in mid-message, ``deaths`` after taking it, before saying so; ``pause`` is
    how long it thinks about one, in seconds.
    """

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answers: dict[str, str] = {}
        self.senders: dict[str, str] = {}
        self.data = "250 taken"
        self.drops = 0
        self.deaths = 0
        self.pause = 0.0
        self.connections = 0
        self.thinking = False
        self.is_open = False
        self.port = 0
        self.on_message: Callable[[EmailMessage], None] = lambda _message: None

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.senders.get(address, "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.drops:
            self.drops -= 1
            _cut(server)
            return "451 never heard"
        self.thinking = True
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.data.startswith("250"):
            raw: Any = envelope.original_content
            message: Any = email.message_from_bytes(raw, policy=SMTP_POLICY)
            self.on_message(message)
            self.raw.append(raw)
            self.taken.append(message)
            self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        if self.deaths:
            self.deaths -= 1
            _cut(server)
        return self.data

    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.taken]


def _cut(server: SMTP) -> None:
    transport: Any = server.transport
    transport.abort()


@contextlib.contextmanager
def listening(relay: Relay, **options: Any) -> Iterator[Relay]:
    """Run the relay on a free port of the loopback interface; ``options`` go to aiosmtpd."""
    relay.port = relay.port or free_port()
    options = {"enable_SMTPUTF8": True, **options}
    controller = Controller(relay, hostname="127.0.0.1", port=relay.port, server_hostname="localhost", **options)
    controller.start()
    relay.is_open = True
    try:
        yield relay
    finally:
        relay.is_open = False
        controller.stop()


def with_login(right: tuple[bytes, bytes]) -> dict[str, Any]:
    """Return the options of a relay that wants this name and password."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == right, handled=False)  # it answers 235 or 535

    return {"authenticator": check, "auth_required": True, "auth_require_tls": False}


def with_starttls(context: ssl.SSLContext) -> dict[str, Any]:
    return {"tls_context": context, "require_starttls": True}


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])
