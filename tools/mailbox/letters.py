"""The folder of received letters: one file each, as it came over the wire."""

import re
import time
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")  # the demo town's: a machine's own is often UTC
MOST = 200  # the oldest beyond these are forgotten


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file that came with a letter: an attachment, or the calendar object among its alternatives."""

    number: int
    name: str
    type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A received letter, decoded.

    ``id`` is the moment of its arrival in nanoseconds since 1970, ``arrived`` the demo town's wall clock then.
    """

    id: int
    arrived: datetime
    subject: str
    sender: str
    to: str
    recipients: str
    text: str
    html: str
    parts: tuple[Part, ...]


class Letters:
    """The letters in one folder, newest first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def keep(self, content: bytes, *, recipients: list[str]) -> None:
        """Write a letter down before the sender is told that it was taken."""
        envelope = f"X-Envelope-To: {', '.join(recipients)}\r\n".encode()
        name = time.time_ns()
        unfinished = self.folder / f"{name}.part"
        unfinished.write_bytes(envelope + content)
        unfinished.rename(self.folder / f"{name}.eml")
        for forgotten in self._ids()[MOST:]:
            (self.folder / f"{forgotten}.eml").unlink(missing_ok=True)

    def all(self) -> list[Letter]:
        return [letter for letter in map(self.find, self._ids()) if letter]

    def find(self, number: int) -> Letter | None:
        try:
            return _decode(self.folder / f"{number}.eml")
        except FileNotFoundError:
            return None

    def source(self, number: int) -> bytes | None:
        try:
            return (self.folder / f"{number}.eml").read_bytes()
        except FileNotFoundError:
            return None

    def _ids(self) -> list[int]:
        return sorted((int(file.stem) for file in self.folder.glob("*.eml") if file.stem.isdigit()), reverse=True)


@lru_cache(maxsize=2 * MOST)  # a letter never changes, and the page looks every other second
def _decode(file: Path) -> Letter:
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(file.read_bytes())
    number = int(file.stem)
    return Letter(
        id=number,
        arrived=datetime.fromtimestamp(number / 1e9, ZONE),
        subject=str(message.get("Subject", "")) or "(ohne Betreff)",
        sender=str(message.get("From", "")),
        to=str(message.get("To", "")),
        recipients=str(message.get("X-Envelope-To", "")),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        parts=tuple(_parts(message)),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else _text(part)


def _text(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):  # a character set that nobody knows
        return bytes(part.get_payload(decode=True) or b"").decode("ascii", "replace")


def _parts(message: EmailMessage) -> list[Part]:
    found: list[Part] = []
    for part in message.walk():
        is_calendar = part.get_content_type() == "text/calendar"
        if part.is_multipart() or not (part.is_attachment() or is_calendar):
            continue
        name = part.get_filename() or ("termin.ics" if is_calendar else "anhang")
        found.append(
            Part(
                number=len(found),
                name=re.sub(r"[^\w.() -]", "_", name),
                type=part.get_content_type(),
                content=bytes(part.get_payload(decode=True) or b""),
            )
        )
    return found
