"""Secrets that the database must not reveal, sealed with a key made of the installation's (Fernet: AES-CBC, HMAC).

Sealed with ``SECRET_KEY``, opened with its fallbacks too: rotating the key loses nothing.
"""

import base64
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from booking.actions.keys import keyring


def seal(secret: str, purpose: str) -> bytes:
    """Return a secret sealed for one purpose (``totp 17``): under another one it cannot be opened."""
    return _box(purpose).encrypt(secret.encode())


def unseal(sealed: bytes, purpose: str, *, within: timedelta | None = None) -> str | None:
    """Return what was sealed; None if it was not, or for something else, or longer ago than ``within``."""
    seconds = int(within.total_seconds()) if within else None
    try:
        return _box(purpose).decrypt(sealed, ttl=seconds).decode()
    except InvalidToken:
        return None


def _box(purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keyring().keys])


def _derived(key: bytes, purpose: str) -> bytes:
    """Derive a key that is good for nothing else (HKDF, RFC 5869)."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"wartefrei sealing {purpose}".encode())
    return base64.urlsafe_b64encode(hkdf.derive(key))
