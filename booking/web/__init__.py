"""The doors: parse → call one action → answer. ``register`` is the table of contents of every URL."""

from flask import Flask

from booking.web import health, problems


def register(app: Flask) -> None:
    """Hang every door into the app."""
    problems.register(app)
    app.register_blueprint(health.blueprint)
