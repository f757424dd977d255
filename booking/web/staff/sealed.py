"""What the staff's pages hand out and read back unforged: in addresses and cookies of their own."""

from flask import Flask, current_app
from itsdangerous import URLSafeTimedSerializer


def serializer(salt: str) -> URLSafeTimedSerializer:
    """Return what seals with today's key and reads what former ones have sealed (``SECRET_KEY_FALLBACKS``)."""
    return URLSafeTimedSerializer(signing_keys(current_app), salt=salt)


def signing_keys(app: Flask) -> list[str]:
    """Return the keys as itsdangerous takes them: it reads with all and signs with the last."""
    return [*app.config["SECRET_KEY_FALLBACKS"], app.config["SECRET_KEY"]]
