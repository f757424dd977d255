"""What any Flask application pays: bare routes under the same gunicorn, the same engine and the same settings.

``gunicorn -c config/gunicorn.py bench.bare:app``
"""

import sqlalchemy as sa
from flask import Flask, Response, jsonify

from booking.extensions import db, prepare_engine
from config.settings import from_environment

rows = sa.Table(
    "bench_row",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
)


def create_bare() -> Flask:
    """Make an application of three routes and nothing else."""
    app = Flask(__name__)
    app.config.from_mapping(from_environment().flask_config())
    db.init_app(app)
    prepare_engine(app)
    with app.app_context():
        rows.drop(db.engine, checkfirst=True)
        rows.create(db.engine)
        db.session.execute(sa.insert(rows).values(name="one"))
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    app.add_url_rule("/healthz", view_func=plain)
    app.add_url_rule("/select", view_func=select)
    app.add_url_rule("/insert", view_func=insert, methods=["POST"])
    return app


def plain() -> Response:
    """Flask alone."""
    return jsonify(name="one")


def select() -> Response:
    """One SELECT by primary key."""
    return jsonify(name=db.session.execute(sa.select(rows.c.name).where(rows.c.id == 1)).scalar_one())


def insert() -> Response:
    """One INSERT and its commit."""
    db.session.connection(execution_options={"writes": True})
    db.session.execute(sa.insert(rows).values(name="another"))
    db.session.commit()
    return jsonify(name="another")


app = create_bare()
