"""Forget colleagues who have left: a login that is stopped, or has no role any more, goes when nothing names it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, cast, delete, exists, false, or_, select
from sqlalchemy.types import String

from booking.actions.erase import columns_at
from booking.extensions import db
from booking.models import Audit, Login, LoginSession, Membership, VainSearch

NEWEST = timedelta(days=30)  # a login that was made and stopped at once, so that the log knows of nothing
_logins: Table = Login.metadata.tables[Login.__tablename__]
OWN = tuple(table.metadata.tables[table.__tablename__] for table in (Membership, LoginSession, VainSearch))


def forget_logins(now: datetime) -> None:
    """Delete logins that are of no use and that the audit log does not name any more. Runs in the caller's transaction.

    That they were stopped, or lost their last role, stood there too, so it is as long ago as the municipality keeps its
    log.
    """
    named = [exists().where(column == Login.id) for column in columns_at(_logins) if column.table not in OWN]
    told = exists().where(Audit.subject == "login " + cast(Login.id, String))
    useless = or_(Login.active == false(), ~exists().where(Membership.login_id == Login.id))
    old = (useless, Login.created_at < now - NEWEST, ~told, *(~each for each in named))
    locked = list(db.session.scalars(select(Login.id).where(*old).with_for_update()))
    # Looked at anew: while we waited for the lock somebody may have been given a role.
    gone = list(db.session.scalars(select(Login.id).where(*old, Login.id.in_(locked))))
    for table in OWN:
        _delete(table, table.c.login_id, gone)
    _delete(_logins, _logins.c.id, gone)


def _delete(table: Table, column: Any, keys: list[int]) -> None:
    if keys:
        db.session.connection().execute(delete(table).where(column.in_(keys)))
