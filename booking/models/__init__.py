"""Tables, and queries about one table. Nothing here commits."""

from booking.models.appointment import (
    Answer,
    Appointment,
    AppointmentClerk,
    AppointmentConcern,
    Cell,
    Claim,
    Replay,
    Undo,
)
from booking.models.clerk import Absence, Block, Clerk, block_concern, clerk_concern
from booking.models.concern import Concern, ConcernDocument, ConcernOffice, Document
from booking.models.counted import DayCount, HourCount, LeadCount, Sweep
from booking.models.counter import Call, DaySheet, Feed, Hold, Mark, News, Notice, Relocation
from booking.models.guarding import ContactBlock, ErasedBooking, Guard, Traffic, UsedProof
from booking.models.installation import (
    Audit,
    GroupRole,
    HashKey,
    Heartbeat,
    Login,
    LoginAttempt,
    LoginSession,
    Membership,
    VainSearch,
)
from booking.models.letter import ASKING, Kind, Letter, LetterStatus, LinkAsking, LinkRequest
from booking.models.mailbox import MailboxPosition
from booking.models.municipality import Closure, Municipality, Office, Referral
from booking.models.tombstone import Tombstone

__all__ = [
    "ASKING",
    "Absence",
    "Answer",
    "Appointment",
    "AppointmentClerk",
    "AppointmentConcern",
    "Audit",
    "Block",
    "Call",
    "Cell",
    "Claim",
    "Clerk",
    "Closure",
    "Concern",
    "ConcernDocument",
    "ConcernOffice",
    "ContactBlock",
    "DayCount",
    "DaySheet",
    "Document",
    "ErasedBooking",
    "Feed",
    "GroupRole",
    "Guard",
    "HashKey",
    "Heartbeat",
    "Hold",
    "HourCount",
    "Kind",
    "LeadCount",
    "Letter",
    "LetterStatus",
    "LinkAsking",
    "LinkRequest",
    "Login",
    "LoginAttempt",
    "LoginSession",
    "MailboxPosition",
    "Mark",
    "Membership",
    "Municipality",
    "News",
    "Notice",
    "Office",
    "Referral",
    "Relocation",
    "Replay",
    "Sweep",
    "Tombstone",
    "Traffic",
    "Undo",
    "UsedProof",
    "VainSearch",
    "block_concern",
    "clerk_concern",
]
