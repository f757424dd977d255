"""The municipality's catalogue as it stands, read anew only when its revision has moved."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import Connection, bindparam, inspect, select

from booking.errors import NotFound
from booking.extensions import db
from booking.models import Municipality, Office
from booking.models.reading import read_catalogue
from booking.rules.catalogue import Catalogue

SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class State:
    """What one SELECT tells of a municipality: the catalogue's revision and each office's version, by id."""

    revision: int
    versions: Mapping[int, int]


# Built once: putting the statement together costs as much as running it.
_towns, _offices = inspect(Municipality).local_table, inspect(Office).local_table
_STATE = (
    select(_towns.c.revision, _offices.c.id, _offices.c.version)
    .join_from(_towns, _offices, _offices.c.municipality_id == _towns.c.id, isouter=True)
    .where(_towns.c.slug == bindparam("slug"), _towns.c.active)
)


def state_of(slug: str) -> State:
    """Read a municipality's revision and its offices' versions, or refuse with NotFound."""
    return _state(slug, db.session.connection())


def state_at_a_glance(slug: str) -> State:
    """Read the same outside the session, in no transaction: on PostgreSQL one round trip instead of three."""
    with glance() as connection:
        return _state(slug, connection)


@contextmanager
def glance() -> Iterator[Connection]:
    """Give a connection for single SELECTs outside the session and any transaction.

    The driver is told, not SQLAlchemy: its own isolation level AUTOCOMMIT costs as much as a whole SELECT each time
    (measured: 200 µs instead of 85). SQLite's driver is in autocommit anyway, for BEGIN is ours (``extensions``); said
    through SQLAlchemy it cost 20 µs.
    """
    with db.engine.connect().execution_options(glances=True) as connection:
        driver = connection.connection.driver_connection
        if connection.dialect.name != "postgresql" or driver is None:
            yield connection
            return
        driver.autocommit = True
        try:
            yield connection
        finally:
            if not driver.closed:
                connection.rollback()
                driver.autocommit = False


@contextmanager
def reading() -> Iterator[Connection]:
    """Give the session's connection if it has one, else a glance's.

    Nobody may hold one connection and wait for another: where PgBouncer has two for all, two readers who did that
    waited for each other until the patience of both was over.
    """
    if db.session().in_transaction():
        yield db.session.connection()
        return
    with glance() as connection:
        yield connection


def _state(slug: str, connection: Connection) -> State:
    if not SLUG.fullmatch(slug):
        raise NotFound("municipality")  # PostgreSQL would not even compare a text with a NUL in it
    rows = connection.execute(_STATE, {"slug": slug}).all()
    if not rows:
        raise NotFound("municipality")
    return State(rows[0][0], {office: version for _, office, version in rows if office is not None})


def catalogue_of(slug: str) -> Catalogue:
    """Return the present catalogue of a municipality, or refuse with NotFound. Runs inside the caller's transaction."""
    return catalogue_at(slug, state_of(slug))


def catalogue_at(slug: str, state: State) -> Catalogue:
    """Return the catalogue of a revision just read."""
    known: dict[str, Catalogue] = current_app.extensions.setdefault("catalogues", {})  # values: threads may share them
    kept = known.get(slug)
    if kept is None or kept.revision != state.revision:
        row = db.session.scalars(select(Municipality).where(Municipality.slug == slug)).one()
        kept = known[slug] = read_catalogue(row)
    return kept


def last_known(slug: str) -> Catalogue | None:
    """Return the catalogue that this process read last, perhaps stale: good for knowing what to lock, and no more."""
    known: dict[str, Catalogue] = current_app.extensions.get("catalogues", {})
    return known.get(slug)


def catalogue_by_id(municipality_id: int) -> Catalogue:
    """Return the present catalogue of a municipality that an appointment names."""
    query = select(Municipality.slug, Municipality.revision).where(Municipality.id == municipality_id)
    slug, revision = db.session.execute(query).one()
    return catalogue_at(slug, State(revision, {}))


def all_catalogues() -> list[Catalogue]:
    """Return every active municipality's catalogue, by name."""
    slugs = db.session.scalars(select(Municipality.slug).where(Municipality.active).order_by(Municipality.slug)).all()
    return [catalogue_of(slug) for slug in slugs]
