"""Applications that a test makes for itself, with settings of its own."""

import contextlib
from collections.abc import Callable, Iterator

from flask import Flask

from booking import create_app
from booking.extensions import db
from config.settings import Settings


@contextlib.contextmanager
def applications() -> Iterator[Callable[[Settings], Flask]]:
    """Yield what makes an application; the connections of all of them are closed at the end."""
    made: list[Flask] = []

    def make(settings: Settings) -> Flask:
        app = create_app(settings)
        app.config["TESTING"] = True
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
