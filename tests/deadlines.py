"""When each personal column is erased, and by what: the Löschkonzept as a table that tests read.

``after`` counts from the moment that the comment names; None is kept on purpose, for the reason beside it. What names
nobody by itself, and the rows that go as a whole, stand in ``tests.columns``.
"""

from datetime import timedelta
from typing import NamedTuple

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Deadline(NamedTuple):
    """Erased at the latest so long after its beginning, by this function; or kept, and why."""

    after: timedelta | None
    by: str


PAST = Deadline(30 * DAY, "erase_expired")  # after the appointment's end; unconfirmed ones a day, cancelled ones seven
NAMED = Deadline(None, "published by the municipality, until it names somebody else and loads or edits its catalogue")
PLACE = Deadline(None, "a workplace's name, which may be a person's where the person wishes it, until it is renamed")
LOG = Deadline(365 * DAY + HOUR, "forget_logins")  # after the log names a login that is of no use last

DEADLINES = {
    "answer.text": PAST,
    "appointment.contact": PAST,
    "appointment.email": PAST,
    "appointment.mail_failure": PAST,
    "appointment.name": PAST,
    "appointment.network": PAST,
    "appointment.note": PAST,
    "appointment.phone": PAST,
    "claim.contact": PAST,
    "letter.address": PAST,
    "letter.failure": PAST,
    "clerk.name": PLACE,
    "clerk.origin": PLACE,
    "clerk.slug": Deadline(None, "made of the first name of a workplace, as long as there is that workplace"),
    "contact_block.contact": Deadline(timedelta(), "forget_blocks"),  # after the block's end
    "day_sheet.address": Deadline(31 * DAY, "forget_day_sheets"),  # after the sheet's day
    "day_sheet.failure": Deadline(31 * DAY, "forget_day_sheets"),
    "erased_booking.contact": Deadline(timedelta(), "forget_erased_bookings"),  # an hour after the booking
    "erased_booking.network": Deadline(timedelta(), "forget_erased_bookings"),
    "feed.secret": Deadline(None, "a hash of the office's own address, until the office revokes it"),
    "hash_key.key": Deadline(48 * HOUR, "destroy_old_keys"),  # a network's; the contacts' key outlives every hash
    "link_asking.network": Deadline(HOUR, "forget_link_requests"),
    "link_request.email": Deadline(24 * HOUR, "forget_link_requests"),
    "login.display_name": LOG,
    "login.name": LOG,
    "login.password": LOG,
    "login.subject": LOG,
    "login.totp": LOG,
    "login_attempt.name": Deadline(24 * HOUR, "forget_attempts"),
    "login_attempt.network": Deadline(24 * HOUR, "forget_attempts"),
    "login_session.id": Deadline(timedelta(), "forget_sessions"),  # after the session's end
    "municipality.accessibility": NAMED,
    "municipality.data_protection": NAMED,
    "municipality.origin": NAMED,
    "municipality.responsible": NAMED,
    "office.day_sheet_to": Deadline(None, "where the office has its day sheets sent, until it says otherwise"),
    "replay.body": Deadline(24 * HOUR, "forget_replays"),
}
