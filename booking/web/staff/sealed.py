"""What the staff's pages hand out and read back unforged: in addresses and cookies of their own."""

from flask import current_app
from itsdangerous import URLSafeTimedSerializer


def serializer(salt: str) -> URLSafeTimedSerializer:
    """Return what seals with today's key and reads what former ones have sealed (``SECRET_KEY_FALLBACKS``)."""
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt=salt)  # it signs with the last
