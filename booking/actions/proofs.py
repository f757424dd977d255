"""Proof of work (ALTCHA): a price tag on bookings in abuse mode, with a challenge of our own and no third party.

A challenge belongs to one office and lapses after twenty minutes. It keeps no state: we sign it, and its solution too,
so that checking costs two HMACs whatever the solving costs. ALTCHA itself would take one solution any number of times:
what has booked something is kept until it has lapsed, and its key refuses it a second time.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import altcha

from booking.actions.keys import keyring
from booking.errors import ProofRequired
from booking.extensions import choose_insert, db
from booking.models import UsedProof

ALGORITHM = "PBKDF2/SHA-256"  # what browsers do natively: a program gains little over a phone
COST = 5000  # iterations per try
FEWEST, MOST = 100, 400  # tries until the right one: bounded, so that nobody is unlucky for minutes
LIVES = timedelta(minutes=20)
ACTION = "book"
LONGEST = 4096  # characters of a proof


def challenge(town: str, office: str, *, now: datetime) -> dict[str, Any]:
    """Return a challenge as JSON holds it, for bookings at an office (by slug)."""
    sign, seal = _keys(keyring().keys[0])
    made = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=FEWEST + secrets.randbelow(MOST - FEWEST),
        data=_purpose(town, office) | {"until": int((now + LIVES).timestamp())},
        hmac_secret=sign,
        hmac_key_secret=seal,
    )
    return made.to_dict()


def use_proof(proof: str, town: str, office: str, *, now: datetime) -> None:
    """Take a solved challenge, once. Raises ProofRequired for any that is missing, wrong, lapsed, foreign or used."""
    signature, until = _verified(proof, _purpose(town, office), now)
    insert = choose_insert()
    row = insert(UsedProof).values(signature=signature, until=until).on_conflict_do_nothing()
    if db.session.execute(row.returning(UsedProof.signature)).first() is None:
        raise ProofRequired


def _verified(proof: str, purpose: dict[str, str], now: datetime) -> tuple[str, datetime]:
    if not proof or len(proof) > LONGEST or not any(_is_solved(proof, key) for key in keyring().keys):
        raise ProofRequired
    solved = altcha.Payload.from_base64(proof).challenge
    data = dict(solved.parameters.data or {})
    # Not ALTCHA's own ``expiresAt``: it asks the machine's clock, and here ``now`` is an argument.
    until = datetime.fromtimestamp(data.pop("until"), now.tzinfo)
    if data != purpose or until <= now:
        raise ProofRequired
    return sha256(str(solved.signature).encode()).hexdigest(), until


def _is_solved(proof: str, key: bytes) -> bool:
    sign, seal = _keys(key)
    return altcha.verify_solution(proof, sign, hmac_key_secret=seal).verified


def _keys(key: bytes) -> tuple[bytes, bytes]:
    """Return the keys that sign challenges and seal their solutions, derived from one of the installation's."""
    return tuple(hmac.new(key, purpose, sha256).digest() for purpose in (b"proof|sign", b"proof|seal"))  # type: ignore[return-value] # two


def _purpose(town: str, office: str) -> dict[str, str]:
    return {"action": ACTION, "office": f"{town}/{office}"}
