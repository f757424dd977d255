"""Commands: each calls one action and says what it did."""

from flask import Flask


def register(app: Flask) -> None:
    """Hang every command onto ``flask``."""
    del app
