"""The mailbox where returned letters and answers of calendars arrive: IMAP, over TLS, read message by message."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from flask import Flask
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from config.parsing import DIRECT, STARTTLS

TIME_LIMIT = 20.0  # seconds for each answer
LARGEST = 512 * 1024  # octets; our own letters, which a bounce may bring back, have less than a tenth
EVERYTHING = f"BODY.PEEK[]<0.{LARGEST + 1}>"


class MailboxAway(Exception):  # noqa: N818 - a state, not an error of ours
    """The mailbox cannot be used: no connection, no valid certificate, a login refused, no such folder."""


class Mailbox:
    """One connection to the folder; ``with Mailbox(app) as mailbox: mailbox.after(uid)``. Raises MailboxAway."""

    def __init__(self, app: Flask, time_limit: float = TIME_LIMIT) -> None:
        self._config = app.config
        self._time_limit = time_limit
        self.folder: str = app.config["IMAP_FOLDER"]
        self.uid_validity = 0

    def __enter__(self) -> Self:
        """Connect, encrypt, log in and open the folder as the settings say."""
        with _telling():
            self._client = self._connected()
        try:
            with _telling():
                self._log_in()
        except MailboxAway:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Say goodbye if it still listens."""
        self._leave()

    def after(self, uid: int) -> list[int]:
        """Return the numbers (UID) of the messages that came after this one, in order."""
        with _telling():
            found = self._client.search(["UID", f"{uid + 1}:*"])
        return sorted(number for number in found if number > uid)  # "*" is the last one, even where it is older

    def fetch(self, uid: int) -> bytes | None:
        """Return a message as it came, without marking it read; None if it is gone.

        Somebody else who deletes it meanwhile leaves nothing, NIL, or a refusal of its own (RFC 5530).
        """
        with _telling():
            try:
                answer = self._client.fetch([uid], [EVERYTHING]).get(uid, {})
            except IMAPClientError as refused:
                if "EXPUNGEISSUED" not in str(refused):
                    raise
                return None
        return next((value for name, value in answer.items() if name.startswith(b"BODY[]")), None)

    def delete(self, uid: int) -> None:
        """Delete a message for good, and only this one wherever the server knows how (RFC 4315)."""
        with _telling():
            self._client.delete_messages([uid], silent=True)
            if self._client.has_capability("UIDPLUS"):
                self._client.uid_expunge([uid])
            else:
                self._client.expunge()

    def _connected(self) -> Any:
        is_direct = self._config["IMAP_TLS"] == DIRECT
        return IMAPClient(
            self._config["IMAP_SERVER"],
            port=self._config["IMAP_PORT"],
            ssl=is_direct,
            ssl_context=self._context() if is_direct else None,
            timeout=self._time_limit,
        )

    def _log_in(self) -> None:
        if self._config["IMAP_TLS"] == STARTTLS:
            self._client.starttls(self._context())
        self._client.login(self._config["IMAP_USERNAME"], self._config["IMAP_PASSWORD"])
        self.uid_validity = int(self._client.select_folder(self.folder)[b"UIDVALIDITY"])

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._config["IMAP_CA_FILE"])

    def _leave(self) -> None:
        try:
            self._client.logout()
        except (OSError, IMAPClientError):
            self._client.shutdown()


@contextmanager
def _telling() -> Iterator[None]:
    """Turn whatever goes wrong between us and the server into MailboxAway."""
    try:
        yield
    except (OSError, IMAPClientError, KeyError, ValueError) as problem:  # a TLS error is an OSError
        raise MailboxAway(f"{type(problem).__name__}: {problem}"[:300]) from problem
