"""Three secrets, never mixed: the reference, the holder and the mailed token (with its six-digit code).

The *reference* is short and speakable and opens nothing. The *holder* is what the browser that booked keeps: it may ask
for the letter again, correct the address or type the code. The *token* is the link of the mail. Holder, token and code
are HMACs (RFC 2104, SHA-256) of the appointment under the installation's key, so that every later letter can carry the
token and the database alone reveals none of them.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

ALPHABET = "2346789ABCDEFGHJKMNPQRTUVWXYZ"  # without 0 O, 1 I L, 5 S: they are misheard and misread
REFERENCE_LENGTH = 7
KEY_ID_LENGTH = 4
CODE_DIGITS = 6
MAX_WRONG_CODES = 5
MAC_BYTES = 16
RETURN_PROOF_LENGTH = 16  # 80 bits: it shares the 64 octets before an @ with other things


@dataclass(frozen=True, slots=True)
class Keyring:
    """The installation's keys, the present one first; older ones only still open what was mailed under them."""

    keys: tuple[bytes, ...]

    @classmethod
    def of(cls, current: str, fallbacks: tuple[str, ...] = ()) -> "Keyring":
        """Make a keyring of ``SECRET_KEY`` and ``SECRET_KEY_FALLBACKS``."""
        return cls(tuple(key.encode() for key in (current, *fallbacks)))


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart: which key, which appointment, and the proof."""

    key_id: str
    reference: str
    proof: str


def new_reference() -> str:
    """Return seven letters and digits that are hard to mishear (29⁷, about 17 thousand million)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH))


def speakable(reference: str) -> str:
    """Return the reference as people read it: ``ABC-DEFG``."""
    return f"{reference[:3]}-{reference[3:]}"


def heard(typed: str) -> str:
    """Return the reference in what somebody typed or said: case, spaces and dashes do not matter."""
    return "".join(letter for letter in typed.upper() if letter in ALPHABET)


def holder_of(reference: str, keyring: Keyring) -> str:
    """Return the browser's secret for an appointment (128 bits)."""
    return _mac(keyring.keys[0], "holder", reference)


def is_holder(holder: str, reference: str, keyring: Keyring) -> bool:
    """Tell, in constant time per key, whether this is the holder of the appointment."""
    proofs = [is_same(holder, _mac(key, "holder", reference)) for key in keyring.keys]
    return any(proofs)


def token_of(reference: str, generation: int, keyring: Keyring) -> str:
    """Return the mail's token: key id, reference, proof; letters and digits only, so that no mail client cuts it."""
    key = keyring.keys[0]
    return _key_id(key) + reference + _mac(key, "token", f"{reference}.{generation}")


def parse_token(token: str) -> Token | None:
    """Take a token apart without believing it; None when it cannot be one."""
    key_id, rest = token[:KEY_ID_LENGTH], token[KEY_ID_LENGTH:]
    reference, proof = rest[:REFERENCE_LENGTH], rest[REFERENCE_LENGTH:]
    if not proof or not token.isascii() or heard(reference) != reference:
        return None
    return Token(key_id, reference, proof)


def proves(token: Token, generation: int, keyring: Keyring) -> bool:
    """Tell, in constant time, whether the token was made for this generation of its appointment."""
    for key in keyring.keys:
        if is_same(token.key_id, _key_id(key)):
            return is_same(token.proof, _mac(key, "token", f"{token.reference}.{generation}"))
    return False


def code_of(reference: str, generation: int, keyring: Keyring) -> str:
    """Return the six digits of the mail, to be typed into the page that booked."""
    return _code(keyring.keys[0], reference, generation)


def is_code(code: str, reference: str, generation: int, keyring: Keyring) -> bool:  # one secret, all of its inputs
    """Tell whether these are the digits that a letter of this generation carried."""
    proofs = [is_same(code, _code(key, reference, generation)) for key in keyring.keys]
    return any(proofs)


def hashed(value: str, key: bytes) -> str:
    """Return a keyed hash, in hexadecimal, of an address or a network."""
    return hmac.new(key, value.encode(), sha256).hexdigest()


def body_hash(body: bytes, keyring: Keyring) -> str:
    """Return the keyed hash of a request's body: it tells a replay from a reuse and reveals nothing."""
    return hmac.new(keyring.keys[0], b"body|" + body, sha256).hexdigest()


def is_hash_of(digest: str, body: bytes, keyring: Keyring) -> bool:
    """Tell whether a digest was made of this body, under any of the keys."""
    return any(is_same(digest, body_hash(body, Keyring((key,)))) for key in keyring.keys)


def return_proof(subject: str, keyring: Keyring) -> str:
    """Return what proves that an envelope's sender is one of ours (rules/return_paths.py)."""
    return _mac(keyring.keys[0], "return", subject)[:RETURN_PROOF_LENGTH]


def is_return_proof(proof: str, subject: str, keyring: Keyring) -> bool:
    """Tell whether this proof was made for the subject, under any of the keys."""
    proofs = [is_same(proof, _mac(key, "return", subject)[:RETURN_PROOF_LENGTH]) for key in keyring.keys]
    return any(proofs)


def _code(key: bytes, reference: str, generation: int) -> str:
    digest = hmac.new(key, f"code|{reference}.{generation}".encode(), sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _mac(key: bytes, purpose: str, value: str) -> str:
    digest = hmac.new(key, f"{purpose}|{value}".encode(), sha256).digest()[:MAC_BYTES]
    return base64.b32encode(digest).decode().rstrip("=").lower()


def _key_id(key: bytes) -> str:
    return sha256(b"key-id|" + key).hexdigest()[:KEY_ID_LENGTH]


def is_same(one: str, other: str) -> bool:
    """Tell in constant time whether two secrets are one; nothing else in the house compares secrets."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass"))
