"""Note that a message of ours came back: the letter has failed, and its appointment shows it to the front desk."""

from datetime import datetime

from sqlalchemy import update

from booking.actions import tally
from booking.actions.keys import keyring
from booking.actions.outbox import claimed, mark_bounced
from booking.actions.transaction import writes
from booking.extensions import db
from booking.mail.incoming import Bounce
from booking.metrics import Returned
from booking.models import DaySheet, Letter, LetterStatus
from booking.rules.bounces import reason_of
from booking.rules.return_paths import Sort, is_proven


@writes
def note_bounce(bounce: Bounce, *, now: datetime) -> None:
    """Believe a bounce whose tag proves that it is about a message of ours; drop every other.

    What has been erased meanwhile is not there to be told of. A second report of one letter changes nothing.
    """
    if bounce.tag.sort is Sort.DAY_SHEET:
        _note_sheet(bounce)
        return
    letter = db.session.get(Letter, bounce.tag.id)
    if letter is None or not is_proven(bounce.tag, letter.message_id, keyring()):
        tally.note_return(Returned.FORGED)
    elif letter.status != LetterStatus.FAILED:
        mark_bounced(claimed(letter), reason_of(bounce.status), now=now)
        tally.note_return(Returned.BOUNCE)


def _note_sheet(bounce: Bounce) -> None:
    sheet = db.session.get(DaySheet, bounce.tag.id)
    if sheet is None or not is_proven(bounce.tag, sheet.message_id, keyring()):
        tally.note_return(Returned.FORGED)
    elif not sheet.given_up:
        failed = {"given_up": True, "failure": reason_of(bounce.status)}
        db.session.execute(update(DaySheet).where(DaySheet.id == sheet.id).values(**failed))
        tally.note_return(Returned.BOUNCE)
