"""What names nobody by itself: every other column of every table, and what becomes of the row that it stands in.

A date, a number or a key is of a person only as long as its row stands beside a name. So each table says whose its rows
are and what erases them; a column that is of a person wherever it stands belongs into ``tests.deadlines`` instead.
"""

from typing import NamedTuple


class Rows(NamedTuple):
    """Whose rows these are; ``by`` erases them whole, and where it is None they are nobody's."""

    whose: str
    by: str | None = None


VISIT = Rows("somebody's appointment: when, where, how far; all of it goes with the appointment", "erase_expired")
ASKED = Rows("somebody who has lost a link: gone when answered, or a day later", "forget_link_requests")
REPLAY = Rows("somebody's request, lest it is done twice", "forget_replays")
BLOCKED = Rows("somebody who is blocked, until the block ends", "forget_blocks")
COUNTED = Rows("somebody whose erased booking still counts for an hour", "forget_erased_bookings")
BURIED = Rows(
    "an appointment erased on request: its reference, as long as a backup could bring it back", "forget_tombstones"
)

COLLEAGUE = Rows("a colleague, until the log that names them is over", "forget_logins")
SESSION = Rows("a colleague's browser", "forget_sessions")
ATTEMPT = Rows("whoever mistyped a password", "forget_attempts")
SEARCH = Rows("a colleague who found nobody, for an hour", "forget_searches")
LOG = Rows("what a colleague did to which appointment, as long as the municipality keeps its log", "erase_audit")
AWAY = Rows("when a workplace is empty, and with it perhaps a colleague; without a reason", "erase_absences")
SHEET = Rows("a letter to colleagues, about a day", "forget_day_sheets")
KEYS = Rows("the key of a day's hashes", "destroy_old_keys")

PUBLISHED = Rows("nobody: the municipality says it of itself, on its pages or to programs")
PLACES = Rows("nobody: workplaces and their hours; where a name of one is a person's, tests.deadlines has it")
SET = Rows("nobody: what the office has set for everybody")
COUNTS = Rows("nobody: sums over all")
MACHINE = Rows("nobody: what the program notes for itself")

BESIDE: dict[str, tuple[Rows, str]] = {
    "absence": (AWAY, "id clerk_id start end"),
    "answer": (VISIT, "appointment_id question label"),
    "appointment": (
        VISIT,
        (
            "id municipality_id office_id reference uid status channel language start end arrived_at number called_at "
            "serving_at served_at address_proven declined_at declined_sequence created_at changed_at confirm_by "
            "confirmed_at cancelled_by erased_at generation sequence wrong_codes extended outside_blocks"
        ),
    ),
    "appointment_clerk": (VISIT, "appointment_id clerk_id after_minutes"),
    "appointment_concern": (VISIT, "appointment_id concern_id position quantity minutes name"),
    "audit": (LOG, "id at municipality_id office_id login_id role verb subject details"),
    "block": (PLACES, "id clerk_id office_id weekday date start end kind every_weeks valid_from valid_to"),
    "block_concern": (PLACES, "block_id concern_id"),
    "call": (VISIT, "id appointment_id office_id news created_at tries tried_at tried_before before outcome"),
    "cell": (VISIT, "clerk_id moment appointment_id held_until"),
    "claim": (VISIT, "municipality_id place appointment_id"),
    "clerk": (PLACES, "id municipality_id position active after_minutes all_concerns"),
    "clerk_concern": (PLACES, "clerk_id concern_id"),
    "clerk_stamp": (MACHINE, "clerk_id stamp"),
    "closure": (PUBLISHED, "id municipality_id office_id first last month_day start end name active origin"),
    "concern": (
        PUBLISHED,
        (
            "id municipality_id slug position group_name name description keywords unit units minutes extra_minutes "
            "max_quantity discreet leika legal_basis fee forms questions horizon_days lead_minutes active origin"
        ),
    ),
    "concern_document": (PUBLISHED, "concern_id document_id position required per_unit when_text note"),
    "concern_office": (PUBLISHED, "concern_id office_id minutes extra_minutes online staff"),
    "contact_block": (BLOCKED, "id municipality_id reason login_id created_at until"),
    "day_count": (COUNTS, "office_id day concern_id channel outcome mentions appointments"),
    "day_sheet": (SHEET, "id office_id day message_id attempts next_at claimed_until sent_at given_up"),
    "document": (PUBLISHED, "id municipality_id slug kind name origin"),
    "erased_booking": (COUNTED, "id municipality_id letters until"),
    "feed": (SET, "id office_id clerk_id shows created_at revoked_at"),
    "group_role": (SET, "id group_name municipality_id office_id role books_only"),
    "guard": (COUNTS, "office_id since until"),
    "hash_key": (KEYS, "purpose created_at"),
    "heartbeat": (MACHINE, "job at ahead"),
    "hold": (VISIT, "login_id appointment_id"),
    "hour_count": (COUNTS, "office_id day hour minutes"),
    "lead_count": (COUNTS, "office_id day concern_id days mentions appointments"),
    "letter": (
        VISIT,
        (
            "id appointment_id kind medium language method sequence message_id once status attempts created_at next_at "
            "claimed_until sent_at unasked held_at"
        ),
    ),
    "link_asking": (ASKED, "id municipality_id created_at"),
    "link_request": (ASKED, "id municipality_id reference created_at"),
    "login": (COLLEAGUE, "id active stopped_by_operator created_at totp_step"),
    "login_attempt": (ATTEMPT, "id at"),
    "login_session": (SESSION, "login_id created_at expires_at"),
    "mailbox_position": (MACHINE, "folder uid_validity uid"),
    "mark": (VISIT, "id appointment_id verb at before undone"),
    "membership": (COLLEAGUE, "id login_id municipality_id office_id role books_only from_group"),
    "municipality": (
        PUBLISHED,
        (
            "id slug name timezone languages proofread website base_url sender_email sender_name footer imprint_url "
            "privacy_url logo logo_content colour embedding_origins retention policy holidays active revision"
        ),
    ),
    "notice": (PUBLISHED, "id municipality_id office_id text first last"),
    "office": (
        PUBLISHED,
        (
            "id municipality_id slug position name unit room street postal_code city phone email accessibility payment "
            "opening_hours policy uses_check_in uses_call day_sheet_names day_sheet_phones active version origin"
        ),
    ),
    "referral": (PUBLISHED, "id municipality_id slug position name keywords who url phone origin"),
    "relocation": (VISIT, "appointment_id before at sequence answer answered_at"),
    "replay": (REPLAY, "municipality_id route key appointment_id created_at"),
    "sweep": (COUNTS, "municipality_id at unconfirmed cancelled past requested"),
    "tombstone": (BURIED, "reference at"),
    "traffic": (COUNTS, "office_id hour booked lapsed"),
    "undo": (
        VISIT,
        "appointment_id until sequence status office_id clerks start end is_quiet is_done by_staff outside_blocks",
    ),
    "used_proof": (MACHINE, "signature until"),
    "vain_search": (SEARCH, "id login_id at"),
}
OF_PEOPLE = {table: rows.by for table, (rows, _) in BESIDE.items() if rows.by is not None}
