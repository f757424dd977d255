"""The doors: parse → call one action → answer. ``register`` is the table of contents of every URL."""

from flask import Flask

from booking.web import (
    api,
    assets,
    citizen,
    feeds,
    floods,
    headers,
    health,
    host_scripts,
    icons,
    observing,
    problems,
    quantities,
    rooms,
    staff,
    words,
)
from booking.web.staff import places, single_sign_on, users


def register(app: Flask) -> None:
    """Hang every door into the app."""
    problems.register(app)
    floods.register(app)
    headers.register(app)
    assets.register(app)
    icons.register(app)
    words.register(app)
    quantities.register(app)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(observing.blueprint)
    app.register_blueprint(host_scripts.blueprint)
    places.register(app)
    users.register(app)
    single_sign_on.register(app)
    app.register_blueprint(staff.blueprint)
    app.register_blueprint(feeds.blueprint)
    app.register_blueprint(rooms.blueprint)
    app.register_blueprint(citizen.blueprint)
    api.register(app)
