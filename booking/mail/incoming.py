"""What came back by mail: a bounce (RFC 3464, or as older relays write it), an answer of a calendar, or neither.

Nothing of the message is believed but a tag that is proven later, and nothing of its text is kept but a status code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses
from itertools import islice

from booking.ical.replies import UNREADABLE, Reply, read_reply
from booking.rules.bounces import is_delay, status_in
from booking.rules.return_paths import Tag, tag_in

MOST_PARTS = 50
DEEPEST = 10  # parts within parts: what comes back of ours has four
MOST_PARAMETERS = 100  # of a field that describes a part: Python's reader needs their square
LONGEST_TEXT = 20_000  # octets in which a status code is looked for
# Where relays and mailboxes write to whom the envelope was addressed.
ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "X-RCPT-To", "To")
ROBOTS = frozenset({"mailer-daemon", "postmaster"})
BY_MACHINE = ("X-Autoreply", "X-Autorespond", "X-Autoresponder")
CALENDARS = frozenset({"text/calendar", "application/ics"})


@dataclass(frozen=True, slots=True)
class Bounce:
    """A message of ours did not arrive; ``status`` is its code (RFC 3463), which is all that we keep of the report."""

    tag: Tag
    status: str


@dataclass(frozen=True, slots=True)
class Chatter:
    """Something that a machine sent to an envelope's sender of ours and that changes nothing: a delay, an absence."""

    tag: Tag


class _Part(Message):
    """A part that knows how deep it lies: at each line Python's reader asks all that are around it for their end."""

    depth = 0

    def attach(self, payload: "_Part") -> None:  # type: ignore[override]
        """Raise ValueError while the message is still being read: what is deeper is not looked at."""
        payload.depth = self.depth + 1
        if payload.depth > DEEPEST:
            raise ValueError
        super().attach(payload)


class _Plain(Compat32):
    """Fields as they came, but for what would keep the reader busy: then nobody can read the message."""

    message_factory = _Part

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Raise ValueError for such a field."""
        name, value = super().header_source_parse(sourcelines)
        if value.count(";") > MOST_PARAMETERS and name.casefold().startswith("content-"):
            raise ValueError
        return name, value


READING = _Plain()
Incoming = Bounce | Chatter | Reply


def understand(raw: bytes, pattern: str | None) -> Incoming | None:
    """Return what a message tells us; None for everything that is for people to read, or that nobody can."""
    try:
        message: Message = message_from_bytes(raw, policy=READING)
        parts = list(islice(message.walk(), MOST_PARTS))
        tag = _tag(message, pattern) if pattern else None
        return _returned(message, parts, tag) if tag else _reply(parts)
    except UNREADABLE:
        return None


def _tag(message: Message, pattern: str) -> Tag | None:
    lines = [str(line) for name in ADDRESSED for line in message.get_all(name, [])]
    found = (tag_in(address, pattern) for _, address in getaddresses(lines))
    return next((tag for tag in found if tag), None)


def _returned(message: Message, parts: list[Message], tag: Tag) -> Bounce | Chatter | None:
    """Reports first: some relays mark them as answers of a machine, which they are."""
    fates = [fate for part in parts if part.get_content_type() == "message/delivery-status" for fate in _fates(part)]
    failed = [status for action, status in fates if action == "failed"]
    if failed:
        return Bounce(tag, failed[0])
    if fates or _is_chatter(message):
        return Chatter(tag)
    return _by_words(message, parts, tag) if _is_from_robot(message) else None


def _fates(report: Message) -> Iterator[tuple[str, str]]:
    """Return what became of each recipient: (action, status). After "failed" nobody tries again, whatever the code."""
    blocks = report.get_payload()
    for block in islice(blocks, MOST_PARTS) if isinstance(blocks, list) else ():
        action = str(block.get("Action", "")).strip().casefold()
        if action:
            yield action, status_in(str(block.get("Status", ""))) or "5.0.0"


def _is_chatter(message: Message) -> bool:
    """RFC 3834, what came before it, and receipts."""
    automatic = str(message.get("Auto-Submitted", "no")).strip().casefold().startswith("auto-replied")
    precedence = str(message.get("Precedence", "")).strip().casefold() == "auto_reply"
    is_receipt = str(message.get_param("report-type", "")).casefold() == "disposition-notification"
    is_robot = _is_from_robot(message)
    return is_receipt or (not is_robot and (automatic or precedence or any(name in message for name in BY_MACHINE)))


def _is_from_robot(message: Message) -> bool:
    """An empty Return-Path tells nothing: notes of absence have one too, and dates in them look like codes."""
    senders = getaddresses([str(line) for line in message.get_all("From", [])])
    is_robot = any(address.partition("@")[0].casefold() in ROBOTS for _, address in senders)
    return is_robot or "X-Failed-Recipients" in message


def _by_words(message: Message, parts: list[Message], tag: Tag) -> Bounce | Chatter | None:
    """Exim's and qmail's own words, and those of whoever else never read RFC 3464."""
    text = next((_text(part) for part in parts if part.get_content_type() == "text/plain"), "")
    status = status_in(text)
    if is_delay(str(message.get("Subject", "")), text) or (status and status.startswith("4")):
        return Chatter(tag)
    if "X-Failed-Recipients" in message:
        return Bounce(tag, status or "5.0.0")
    return Bounce(tag, status) if status else None


def _text(part: Message) -> str:
    body = part.get_payload(decode=True)
    return body[:LONGEST_TEXT].decode("ascii", "replace") if isinstance(body, bytes) else ""


def _reply(parts: list[Message]) -> Reply | None:
    """Return the answer; clients that send it twice, as a text and as a file, mean one."""
    bodies = (part.get_payload(decode=True) for part in parts if part.get_content_type() in CALENDARS)
    found = (read_reply(body) for body in bodies if isinstance(body, bytes))
    return next((reply for reply in found if reply), None)
