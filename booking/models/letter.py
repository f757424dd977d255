"""Letters: the outbox. A row is written in the same transaction as what it reports."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.extensions import Base
from booking.models.appointment import PERSONAL, Appointment
from booking.models.types import Instant, Serial


class Kind(StrEnum):
    """What a letter reports; each has a folder of that name under ``templates/mail``."""

    VERIFY = "verify"
    TOO_MANY = "too_many"
    ADDRESS_FIRST = "address_first"
    BY_PHONE = "by_phone"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    RELOCATED = "relocated"
    CANCELLED_BY_CITIZEN = "cancelled_by_citizen"
    CANCELLED_BY_OFFICE = "cancelled_by_office"
    REMINDER = "reminder"
    LINK = "link"
    DECLINED = "declined"


ASKING = frozenset({Kind.VERIFY, Kind.TOO_MANY, Kind.ADDRESS_FIRST, Kind.BY_PHONE})  # to whoever has just booked


class LetterStatus(StrEnum):
    """``waiting`` until it is out; ``failed`` for good; ``superseded`` when later news made it pointless."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class Letter(Base):
    """One message to be sent, at worst twice, with one Message-ID.

    METHOD and SEQUENCE of its calendar object are frozen here; the text renders by the appointment's present state.
    ``unasked`` tells that it reports a move which its citizen did not ask for: somebody calls if it does not arrive.
    ``held_at`` keeps a waiting one back, as after a restore, until somebody has said what becomes of it.
    """

    __tablename__ = "letter"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'sent', 'failed', 'superseded')", name="status"),
        CheckConstraint("medium IN ('mail', 'print')", name="medium"),
        CheckConstraint("method IN ('REQUEST', 'CANCEL')", name="method"),
        CheckConstraint("(method IS NULL) = (sequence IS NULL)", name="calendar"),
        Index("ix_letter_status_next_at", "status", "next_at"),
        Index("ix_letter_appointment_id_id", "appointment_id", "id"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    kind: Mapped[str] = mapped_column(String(32))
    medium: Mapped[str] = mapped_column(String(16), default="mail")
    address: Mapped[str] = mapped_column(String(254), info=PERSONAL)
    language: Mapped[str] = mapped_column(String(16))
    method: Mapped[str | None] = mapped_column(String(16))
    sequence: Mapped[int | None]
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    once: Mapped[str | None] = mapped_column(String(100), unique=True)
    status: Mapped[str] = mapped_column(String(16), default=LetterStatus.WAITING.value)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant)
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    failure: Mapped[str | None] = mapped_column(String(500), info=PERSONAL)
    unasked: Mapped[bool] = mapped_column(default=False)
    held_at: Mapped[datetime | None] = mapped_column(Instant)

    appointment: Mapped[Appointment] = relationship()


class LinkRequest(Base):
    """Somebody who lost a link typed an address, perhaps a reference: answered and deleted within seconds.

    Written whether or not there is such an appointment: the answer must not tell, not even by how long it takes.
    """

    __tablename__ = "link_request"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    reference: Mapped[str] = mapped_column(String(40))
    email: Mapped[str] = mapped_column(String(254), info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(Instant)


class LinkAsking(Base):
    """That a network, by its hash of the day, asked for a lost link: kept for an hour, to count how often it does."""

    __tablename__ = "link_asking"
    __table_args__ = (Index("ix_link_asking_network_created_at", "network", "created_at"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    network: Mapped[str] = mapped_column(String(64), info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(Instant)
