"""Forget colleagues who have left: a stopped login goes when nothing of ours names it any more."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, cast, delete, exists, false, select
from sqlalchemy.types import String

from booking.actions.erase import columns_at
from booking.extensions import db
from booking.models import Audit, Login, LoginSession, Membership, VainSearch

NEWEST = timedelta(days=30)  # a login that was made and stopped at once, so that the log knows of nothing
_logins: Table = Login.metadata.tables[Login.__tablename__]
OWN = tuple(table.metadata.tables[table.__tablename__] for table in (Membership, LoginSession, VainSearch))


def forget_logins(now: datetime) -> None:
    """Delete stopped logins that the audit log does not name any more. Runs inside the caller's transaction.

    That they were stopped stood there too, so it is as long ago as the municipality keeps its log.
    """
    named = [exists().where(column == Login.id) for column in columns_at(_logins) if column.table not in OWN]
    told = exists().where(Audit.subject == "login " + cast(Login.id, String))
    stopped = select(Login.id).where(Login.active == false(), Login.created_at < now - NEWEST, ~told)
    gone = list(db.session.scalars(stopped.where(*(~each for each in named)).with_for_update()))
    for table in OWN:
        _delete(table, table.c.login_id, gone)
    _delete(_logins, _logins.c.id, gone)


def _delete(table: Table, column: Any, keys: list[int]) -> None:
    if keys:
        db.session.connection().execute(delete(table).where(column.in_(keys)))
