"""What the counter keeps besides appointments: its marks, holds, calls to make, notices, feeds and day sheets."""

import datetime as dt
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.extensions import Base
from booking.models.appointment import PERSONAL, Appointment
from booking.models.types import Facts, Instant, Json, Serial, Words


class Mark(Base):
    """One step of an appointment at the counter, and what stood before it: the way back.

    ``before`` is ``{status, office_id, start, end, clerks: [[id, minutes after]], number, arrived_at, called_at,
    serving_at, served_at}`` (instants in RFC 3339); an undo reads the latest mark that is not ``undone``.
    """

    __tablename__ = "mark"
    __table_args__ = (Index("ix_mark_appointment_id_id", "appointment_id", "id"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    verb: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Instant)
    before: Mapped[Facts] = mapped_column(Json)
    undone: Mapped[bool] = mapped_column(default=False)


class Hold(Base):
    """A time that somebody at the phone holds while the caller decides: one per login.

    The appointment is pending without a person, and lapses by its ``confirm_by`` as every other.
    """

    __tablename__ = "hold"

    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), primary_key=True, autoincrement=False)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), unique=True)


class News(StrEnum):
    """What a call has to tell."""

    MOVED = "moved"
    CANCELLED = "cancelled"
    STRANDED = "stranded"


class Call(Base):
    """News that somebody has to be told by telephone, because no letter reaches them.

    ``news`` is what happened; ``outcome`` stays empty until they were reached, tries count those who were not.
    ``tried_before`` is the try before the latest, to which a wrong press is taken back. ``before`` is the start that
    they last knew of, where it has changed.
    """

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint("news IN ('moved', 'cancelled', 'stranded')", name="news"),
        CheckConstraint("outcome IN ('reached', 'given-up')", name="outcome"),
        Index("ix_call_office_id_outcome", "office_id", "outcome"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    news: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None] = mapped_column(Instant)
    tried_before: Mapped[datetime | None] = mapped_column(Instant)
    before: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(String(16))

    appointment: Mapped[Appointment] = relationship()


class Relocation(Base):
    """The office moved an appointment: until the citizen answers, its page asks whether the new time suits.

    ``before`` is ``{office_id, start, end}`` (instants in RFC 3339) of the time that fell out. ``sequence`` is the
    appointment's after it: whatever came later has raised that and left nothing to answer.
    """

    __tablename__ = "relocation"
    __table_args__ = (CheckConstraint("answer IN ('accepted', 'moved', 'cancelled')", name="answer"),)

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True, autoincrement=False)
    before: Mapped[Facts] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant)
    sequence: Mapped[int]
    answer: Mapped[str | None] = mapped_column(String(16))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)


class Notice(Base):
    """Words of the office on its public pages, from the first to the last local day, both included."""

    __tablename__ = "notice"
    __table_args__ = (CheckConstraint("first <= last", name="order"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), index=True)
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    text: Mapped[Words] = mapped_column(Json)
    first: Mapped[dt.date]
    last: Mapped[dt.date]


class Feed(Base):
    """A calendar feed at a secret address: an office's, or one clerk's. ``secret`` is the SHA-256 of the address.

    ``shows`` says how much: only that it is taken, also the concern (a discreet one stays unnamed), also the name.
    ``numbers`` is no calendar but the office's screen for the waiting room.
    """

    __tablename__ = "feed"
    __table_args__ = (CheckConstraint("shows IN ('busy', 'concern', 'name', 'numbers')", name="shows"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    secret: Mapped[str] = mapped_column(String(64), unique=True, info=PERSONAL)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    clerk_id: Mapped[int | None] = mapped_column(ForeignKey("clerk.id"))
    shows: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class DaySheet(Base):
    """A day sheet to be mailed to the office on the evening before: written once, sent once.

    ``failure`` is what the relay said last; ``given_up`` that it will not be tried again.
    """

    __tablename__ = "day_sheet"
    __table_args__ = (UniqueConstraint("office_id", "day"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    day: Mapped[dt.date]
    address: Mapped[str] = mapped_column(String(254), info=PERSONAL)
    message_id: Mapped[str] = mapped_column(String(255))
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(Instant)
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    failure: Mapped[str | None] = mapped_column(String(500), info=PERSONAL)
    given_up: Mapped[bool] = mapped_column(default=False)
