"""Wartefrei: book a time at a municipal counter."""

from flask import Flask

from booking import cli, web
from booking.extensions import babel, db, mail, migrate, prepare_engine
from config import logging as log_settings
from config import settings as configuration


def create_app(settings: configuration.Settings | None = None) -> Flask:
    """Make the application; without settings, read them from the environment (and refuse wrong ones)."""
    settings = settings or configuration.load()
    log_settings.configure(settings)
    app = Flask(__name__, instance_path=settings.instance_path, template_folder=settings.template_folder)
    app.config.from_mapping(settings.flask_config())
    db.init_app(app)
    migrate.init_app(app, db, directory=settings.migrations_folder, render_as_batch=True, compare_type=True)
    babel.init_app(app, locale_selector=web.languages.chosen)
    mail.init_app(app)
    prepare_engine(app)
    web.register(app)
    cli.register(app)
    return app
