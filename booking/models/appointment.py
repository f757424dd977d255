"""Appointments: who comes when for what, the cells they own and the quota places they take.

Columns with ``info=PERSONAL`` hold personal data; the retention sweep clears them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.extensions import Base
from booking.models.types import Instant, Json, Serial, Words
from booking.rules.lifecycle import Status

PERSONAL: dict[Any, Any] = {"personal": True}
STATUSES = ", ".join(f"'{status.value}'" for status in Status)


class Appointment(Base):
    """A half-open span of time at an office (or, for a walk-in, an arrival and a number).

    ``generation`` rises to revoke mailed links and codes; ``sequence`` is the calendar object's SEQUENCE (RFC 5545);
    ``contact`` and ``network`` are keyed hashes; ``mail_failure`` is the relay's permanent refusal, or
    why a letter came back; ``declined_at`` is when a calendar declined the edition ``declined_sequence`` of its entry;
    ``extended`` tells that the time to confirm was doubled, which is possible once (WCAG 2.2.1). ``arrived_at`` and
    ``number`` come with the check-in (people are called by number, never by name), ``called_at`` … ``served_at`` tell
    how the visit went on. ``outside_blocks`` tells that staff chose a time outside the clerk's hours on purpose.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint(f"status IN ({STATUSES})", name="status"),
        CheckConstraint("channel IN ('online', 'phone', 'desk', 'api')", name="channel"),
        CheckConstraint('(start IS NULL) = ("end" IS NULL)', name="span"),
        CheckConstraint('start < "end"', name="order"),
        CheckConstraint("start IS NOT NULL OR number IS NOT NULL", name="start_or_number"),
        CheckConstraint("(cancelled_by IS NULL) = (status <> 'cancelled')", name="cancelled_by"),
        Index("ix_appointment_office_id_start", "office_id", "start"),
        Index("ix_appointment_office_id_arrived_at", "office_id", "arrived_at"),
        Index("ix_appointment_status_confirm_by", "status", "confirm_by"),
        Index("ix_appointment_municipality_id_contact", "municipality_id", "contact"),
        Index("ix_appointment_municipality_id_network", "municipality_id", "network"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    uid: Mapped[str] = mapped_column(String(255), unique=True)
    status: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(16), default="de")
    start: Mapped[datetime | None] = mapped_column(Instant)
    end: Mapped[datetime | None] = mapped_column(Instant)
    arrived_at: Mapped[datetime | None] = mapped_column(Instant)
    number: Mapped[int | None]
    called_at: Mapped[datetime | None] = mapped_column(Instant)
    serving_at: Mapped[datetime | None] = mapped_column(Instant)
    served_at: Mapped[datetime | None] = mapped_column(Instant)
    name: Mapped[str] = mapped_column(String(200), default="", info=PERSONAL)
    email: Mapped[str] = mapped_column(String(254), default="", info=PERSONAL)
    phone: Mapped[str] = mapped_column(String(40), default="", info=PERSONAL)
    note: Mapped[str] = mapped_column(String(2000), default="", info=PERSONAL)
    contact: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    network: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    address_proven: Mapped[bool] = mapped_column(default=False)
    mail_failure: Mapped[str | None] = mapped_column(String(500), info=PERSONAL)
    declined_at: Mapped[datetime | None] = mapped_column(Instant)
    declined_sequence: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    confirm_by: Mapped[datetime | None] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_by: Mapped[str | None] = mapped_column(String(16))
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    generation: Mapped[int] = mapped_column(default=0)
    sequence: Mapped[int] = mapped_column(default=0)
    wrong_codes: Mapped[int] = mapped_column(default=0)
    extended: Mapped[bool] = mapped_column(default=False)
    outside_blocks: Mapped[bool] = mapped_column(default=False)

    concerns: Mapped[list["AppointmentConcern"]] = relationship(
        cascade="all, delete-orphan", order_by="AppointmentConcern.position", lazy="selectin"
    )
    clerks: Mapped[list["AppointmentClerk"]] = relationship(cascade="all, delete-orphan", lazy="selectin")
    answers: Mapped[list["Answer"]] = relationship(cascade="all, delete-orphan", order_by="Answer.question")


class AppointmentConcern(Base):
    """What an appointment is for: a snapshot, so that later edits of the catalogue do not rewrite it."""

    __tablename__ = "appointment_concern"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    concern_id: Mapped[int] = mapped_column(ForeignKey("concern.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)
    quantity: Mapped[int]
    minutes: Mapped[int]
    name: Mapped[Words] = mapped_column(Json)


class AppointmentClerk(Base):
    """Who serves it, and the minutes that they need afterwards (a snapshot)."""

    __tablename__ = "appointment_clerk"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    clerk_id: Mapped[int] = mapped_column(ForeignKey("clerk.id"), primary_key=True, index=True)
    after_minutes: Mapped[int] = mapped_column(default=0)


class Answer(Base):
    """An answer to a concern's question, with the question as it was asked."""

    __tablename__ = "answer"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    question: Mapped[str] = mapped_column(String(130), primary_key=True)
    label: Mapped[Words] = mapped_column(Json)
    text: Mapped[str] = mapped_column(String(2000), info=PERSONAL)


class Cell(Base):
    """One clerk for one five-minute step. The primary key is what makes a double booking impossible.

    ``moment`` is Unix seconds on both engines: SQLite would compare stored timestamps as text. A cell without an
    appointment is a freed time, kept from citizens until ``held_until``.
    """

    __tablename__ = "cell"
    __table_args__ = (
        CheckConstraint("moment % 300 = 0", name="grid"),
        CheckConstraint("(appointment_id IS NULL) <> (held_until IS NULL)", name="owned_or_held"),
        {"sqlite_with_rowid": False},
    )

    clerk_id: Mapped[int] = mapped_column(ForeignKey("clerk.id"), primary_key=True, autoincrement=False)
    moment: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"), index=True)
    held_until: Mapped[datetime | None] = mapped_column(Instant)


class Undo(Base):
    """The way back from the latest move or cancellation: what was before, open until a moment soon after.

    ``sequence`` is the appointment's after that step: whatever came later has raised it and closed the way.
    ``clerks`` holds a pair for each of them: its id and the minutes that it needs afterwards.
    ``is_quiet`` tells that no letter was on its way then, which could have told of the step without being its own.
    ``by_staff`` keeps the citizen's link from undoing what the office did, and the other way round.
    """

    __tablename__ = "undo"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True, autoincrement=False)
    until: Mapped[datetime] = mapped_column(Instant, index=True)
    sequence: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    clerks: Mapped[list[list[int]]] = mapped_column(Json)
    start: Mapped[datetime] = mapped_column(Instant)
    end: Mapped[datetime] = mapped_column(Instant)
    is_quiet: Mapped[bool]
    is_done: Mapped[bool] = mapped_column(default=False)
    by_staff: Mapped[bool] = mapped_column(default=False)
    outside_blocks: Mapped[bool] = mapped_column(default=False)


class Claim(Base):
    """One of the N places that a contact may have at a municipality; two claims of one place cannot both commit."""

    __tablename__ = "claim"
    __table_args__ = (UniqueConstraint("appointment_id"),)

    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), primary_key=True, autoincrement=False)
    contact: Mapped[str] = mapped_column(String(64), primary_key=True, info=PERSONAL)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))


class Replay(Base):
    """A success that is answered again when the same idempotency key comes back (kept for 24 hours)."""

    __tablename__ = "replay"

    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), primary_key=True, autoincrement=False)
    route: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    body: Mapped[str] = mapped_column(String(64), info=PERSONAL)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)
