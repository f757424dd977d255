"""Read what came back: bounces and answers of calendars are noted and deleted, everything else is left for people."""

import logging
from collections.abc import Callable
from datetime import datetime
from itertools import takewhile

from flask import current_app
from sqlalchemy import or_, select, update
from sqlalchemy.exc import OperationalError, ProgrammingError

from booking.actions.note_bounce import note_bounce
from booking.actions.note_reply import note_reply
from booking.actions.one_by_one import one_by_one
from booking.actions.send_letters import Clock
from booking.actions.transaction import reads, writes
from booking.errors import Unavailable
from booking.extensions import choose_insert, db
from booking.ical.replies import Reply
from booking.mail.incoming import Bounce, understand
from booking.mail.mailbox import LARGEST, Mailbox, MailboxAway
from booking.metrics import Returned, count_return
from booking.models import MailboxPosition

log = logging.getLogger(__name__)
MOST = 500  # messages of one sweep: the next is a minute away
# No message's fault, and the next one would fare no better: tables or rights that are missing, too, are ours to mend.
HOPELESS = (MailboxAway, Unavailable, OperationalError, ProgrammingError)


def is_mailbox_set() -> bool:
    """Whether there is a mailbox to read at all."""
    return current_app.config["IMAP_SERVER"] is not None


def read_mailbox(clock: Clock, *, is_stopping: Callable[[], bool] = lambda: False) -> bool:
    """Read what is new, message by message until ``is_stopping``; return whether the mailbox could be used.

    Each is noted, then deleted, then passed over: killed in between, it is looked at again, which changes nothing. So
    two processes at once do no harm. Raises Unavailable when the database is away; ExceptionGroup, at the end, when a
    message did what nobody foresaw.
    """
    try:
        with Mailbox(current_app) as mailbox:
            todo = takewhile(lambda _: not is_stopping(), mailbox.after(_position(mailbox))[:MOST])
            for _ in one_by_one(todo, lambda uid: _settle(mailbox, uid, now=clock()), hopeless=HOPELESS):
                pass
    except MailboxAway as away:
        log.warning("mailbox away: %s", away)
        return False
    return True


def _settle(mailbox: Mailbox, uid: int, *, now: datetime) -> None:
    """Take a message, then pass it over; also one that breaks us: it is left for people, and the next ones are read."""
    try:
        _take(mailbox, uid, now=now)
    except HOPELESS:
        raise
    except Exception:
        count_return(Returned.LEFT)
        _pass(mailbox.folder, mailbox.uid_validity, uid)
        raise
    _pass(mailbox.folder, mailbox.uid_validity, uid)


def _take(mailbox: Mailbox, uid: int, *, now: datetime) -> None:
    raw = mailbox.fetch(uid)
    if raw is None:
        return  # somebody else has taken it
    if len(raw) <= LARGEST and is_settled(raw, now=now):
        mailbox.delete(uid)
    else:
        count_return(Returned.LEFT)
        log.info("message %d of the mailbox is left for people", uid)


def is_settled(raw: bytes, *, now: datetime) -> bool:
    """Note what a message tells us; return whether nobody needs it any more."""
    found = understand(raw, current_app.config["BOUNCE_ADDRESS"])
    if isinstance(found, Bounce):
        note_bounce(found, now=now)
        return True
    if isinstance(found, Reply):
        return note_reply(found, now=now) and not found.is_spoken
    if found is not None:
        count_return(Returned.CHATTER)
    return found is not None


@reads
def _position(mailbox: Mailbox) -> int:
    """Return the last UID that was looked at; 0 when the server has numbered the folder anew."""
    here = (MailboxPosition.folder == mailbox.folder, MailboxPosition.uid_validity == mailbox.uid_validity)
    found = db.session.scalar(select(MailboxPosition.uid).where(*here))
    db.session.rollback()  # no transaction stays open while the mailbox takes its time
    return found or 0


@writes
def _pass(folder: str, uid_validity: int, uid: int) -> None:
    """Go on behind this message next time, unless another process is further already."""
    insert = choose_insert()
    values = {"uid_validity": uid_validity, "uid": uid}
    db.session.execute(insert(MailboxPosition).values(folder=folder, **values).on_conflict_do_nothing())
    is_behind = or_(MailboxPosition.uid_validity != uid_validity, MailboxPosition.uid < uid)
    mine = update(MailboxPosition).where(MailboxPosition.folder == folder, is_behind).values(**values)
    db.session.execute(mine.execution_options(synchronize_session=False))
