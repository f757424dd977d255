"""Status codes of returned mail (RFC 3463), and what they mean in words of our own."""

import re
from itertools import takewhile

STATUS = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)", re.ASCII)
REPLY_CODE = re.compile(r"(?<![\d.+/-])([45][0-5]\d)(?=[ -][^\d\s])", re.ASCII)  # RFC 5321 §4.2, before its words
COPY = re.compile(r"\b(copy|original|below|returned message|headers)\b", re.IGNORECASE)  # in a line that begins with --
DELAY = re.compile(
    r"\b(delayed|delay|warning|verzögert|will be retried|still trying|no action is required)\b", re.IGNORECASE
)
MEANINGS = {
    "1.1": "no such mailbox",
    "1.2": "no such domain",
    "1.3": "not a valid address",
    "1.6": "the mailbox has moved",
    "1.10": "the domain takes no mail",
    "2.1": "the mailbox is disabled",
    "2.2": "the mailbox is full",
    "2.3": "the letter is too long for the mailbox",
    "3.4": "the letter is too long",
    "4.1": "the mail server did not answer",
    "4.4": "no way to the mail server",
    "4.7": "given up after many tries",
}
TOPICS = {
    "1": "the address was refused",
    "2": "the mailbox took nothing",
    "3": "the mail server took nothing",
    "4": "no way to the mail server",
    "5": "the mail server did not understand",
    "6": "the letter's content was refused",
    "7": "refused by the mail server's rules",
}


def status_in(text: str) -> str | None:
    """Return the first status code in a report's words, those of the letter that it quotes left out.

    The three digits of SMTP are turned into the code of their class: ``550`` is ``5.0.0``.
    """
    before = "\n".join(takewhile(lambda line: not _announces_copy(line), text.splitlines()))
    if found := STATUS.search(before):
        return found[0]
    code = REPLY_CODE.search(before)
    return f"{code[1][0]}.0.0" if code else None


def _announces_copy(line: str) -> bool:
    """Not one pattern for all lines: empty ones and dashes by the thousand would keep it busy for ever."""
    return line.lstrip().startswith("--") and COPY.search(line) is not None


def is_delay(subject: str, text: str) -> bool:
    """Tell whether a report only says that it is taking longer."""
    return bool(DELAY.search(subject) or re.search(r"WARNING MESSAGE ONLY|will be retried|still trying", text))


def reason_of(status: str) -> str:
    """Say what a code means, in English as relays do; no word of the report itself: ``5.1.1 no such mailbox``."""
    _, _, detail = status.partition(".")
    meaning = MEANINGS.get(detail) or TOPICS.get(detail.partition(".")[0]) or "it came back"
    return f"{status} {meaning}"
