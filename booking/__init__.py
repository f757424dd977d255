"""Wartefrei: book a time at a municipal counter."""

from flask import Flask

from booking import cli, web
from booking.extensions import Sessions, babel, compress, csrf, db, logins, mail, prepare_engine, prepare_migrate
from booking.web import languages, mounting, tracing
from config.settings import ROOT, Settings, from_environment


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application; without settings, read them from the environment and refuse wrong ones."""
    settings = settings or from_environment()
    app = Flask(
        __name__,
        instance_path=str(ROOT / "instance"),
        template_folder=str(ROOT / "templates"),
        static_folder="web/static",
    )
    app.config.from_mapping(settings.flask_config())
    app.session_interface = Sessions()
    db.init_app(app)
    prepare_migrate(app, str(ROOT / "migrations"))
    babel.init_app(app, locale_selector=languages.chosen)
    mail.init_app(app)
    logins.init_app(app)
    csrf.init_app(app)
    prepare_engine(app)
    tracing.register(app)  # before all others: it sees every request first and every answer last
    compress.init_app(app)  # before the doors: what they do to an answer comes first
    web.register(app)
    mounting.mount(app)
    cli.register(app)
    return app
