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
from booking.models.installation import HashKey, Heartbeat, Login, Membership
from booking.models.letter import Kind, Letter, LetterStatus, LinkAsking, LinkRequest
from booking.models.municipality import Closure, Municipality, Office, Referral

__all__ = [
    "Absence", "Answer", "Appointment", "AppointmentClerk", "AppointmentConcern", "Block", "Cell", "Claim", "Clerk",
    "Closure", "Concern", "ConcernDocument", "ConcernOffice", "Document", "HashKey", "Heartbeat", "Kind", "Letter",
    "LetterStatus", "LinkAsking", "LinkRequest", "Login", "Membership", "Municipality", "Office", "Referral", "Replay",
    "Undo", "block_concern", "clerk_concern",
]  # fmt: skip
