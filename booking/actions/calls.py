"""The call list: who has to hear news by telephone because no letter reaches them."""

from datetime import datetime

from sqlalchemy import delete, select

from booking.extensions import db
from booking.models import Appointment, Call, News


def must_call(row: Appointment, news: News, *, now: datetime, before: datetime | None = None) -> bool:
    """Put an appointment on the call list if no letter can bring its news; return whether it stands there.

    Runs in the transaction of what it reports, under the office's lock. Later news take the place of what nobody has
    told yet: there is one open call for each appointment, and its tries begin anew. ``before`` is the start until now.
    """
    if row.email and row.mail_failure is None:
        return False
    enlist(row, news, now=now, before=before)
    return True


def enlist(row: Appointment, news: News, *, now: datetime, before: datetime | None = None) -> None:
    """Put an appointment on the call list, whether or not a letter could reach its citizen.

    Of several starts that nobody has told them of, they know the one before the first.
    """
    call = open_call(row.id)
    if call is None:
        call = Call(appointment_id=row.id)
        db.session.add(call)
    call.office_id = row.office_id
    call.news = news.value
    call.before = call.before or before
    call.created_at = now
    call.tries = 0
    call.tried_at = call.tried_before = None


def need_not_call(row: Appointment) -> None:
    """Take back a call that nobody has tried yet: what it was to tell has been undone."""
    untold = (Call.appointment_id == row.id, Call.outcome.is_(None), Call.tries == 0)
    db.session.execute(delete(Call).where(*untold))


def open_call(appointment_id: int) -> Call | None:
    """Return what is still to be told about an appointment."""
    mine = (Call.appointment_id == appointment_id, Call.outcome.is_(None))
    return db.session.scalars(select(Call).where(*mine).limit(1)).one_or_none()
