"""The envelope's sender (RFC 5321, MAIL FROM): one for each message, so that what comes back says what did not arrive.

The address holds which message it was and a proof by the installation's key: nobody else can tell us that a letter of
ours did not arrive. The Message-ID is part of the proof, because a row's number may be given to another one later.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from booking.rules.secrets import Keyring, is_return_proof, return_proof

PLACE = "{}"  # where the tag stands in the setting
LONGEST_LOCAL = 64  # octets before the @ (RFC 5321 §4.5.3.1.1)
LONGEST_TAG = 1 + 19 + 1 + 16  # kind, number of 64 bits, dash, proof
LONGEST_REST = LONGEST_LOCAL - LONGEST_TAG
HIGHEST_ID = 2**63 - 1  # no database compares a higher one: it refuses the question
TAG = re.compile(r"([ld])([1-9][0-9]{0,18})-([a-z2-7]{16})", re.ASCII)


class Sort(StrEnum):
    """What was sent."""

    LETTER = "l"
    DAY_SHEET = "d"


class Posted(NamedTuple):
    """One message that we sent: which row it is, and its Message-ID."""

    sort: Sort
    id: int
    message_id: str


class Tag(NamedTuple):
    """A tag taken apart, not yet believed."""

    sort: Sort
    id: int
    proof: str


def return_path(pattern: str, posted: Posted, keyring: Keyring) -> str:
    """Return the message's own envelope sender; ``pattern`` is an address with ``{}`` in its local part."""
    tag = f"{posted.sort}{posted.id}-{return_proof(_subject(posted), keyring)}"
    return pattern.replace(PLACE, tag)


def tag_in(address: str, pattern: str) -> Tag | None:
    """Return the tag in an address that fits the pattern, in whatever case relays have written it."""
    before, after = pattern.casefold().split(PLACE)
    address = address.strip().casefold()
    if not (address.startswith(before) and address.endswith(after)):
        return None
    found = TAG.fullmatch(address[len(before) : len(address) - len(after)])
    if found is None or int(found[2]) > HIGHEST_ID:
        return None
    return Tag(Sort(found[1]), int(found[2]), found[3])


def is_proven(tag: Tag, message_id: str, keyring: Keyring) -> bool:
    """Tell whether we made this tag for the message of this Message-ID."""
    return is_return_proof(tag.proof, _subject(Posted(tag.sort, tag.id, message_id)), keyring)


def _subject(posted: Posted) -> str:
    return f"{posted.sort}{posted.id}.{posted.message_id}"
