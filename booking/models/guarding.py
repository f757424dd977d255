"""What guards the booking: how much is booked, where proof of work is demanded, solved proofs, blocked contacts."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from booking.extensions import Base
from booking.models.appointment import PERSONAL
from booking.models.types import Instant, Serial


class Traffic(Base):
    """How many bookings citizens began at an office in one hour, and how many lapsed unconfirmed in it.

    ``hour`` is Unix seconds. Counts only: they tell nothing of any person and are dropped after nine weeks.
    """

    __tablename__ = "traffic"
    __table_args__ = (CheckConstraint("hour % 3600 = 0", name="hour"), {"sqlite_with_rowid": False})

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True, autoincrement=False)
    hour: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    booked: Mapped[int] = mapped_column(default=0)
    lapsed: Mapped[int] = mapped_column(default=0)


class Guard(Base):
    """That an office is in abuse mode, from ``since`` to ``until``: it ends by itself, whether or not a job runs."""

    __tablename__ = "guard"

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)


class UsedProof(Base):
    """A proof of work that has booked something: its key refuses it a second time, until it would have lapsed."""

    __tablename__ = "used_proof"

    signature: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(Instant, index=True)


class ContactBlock(Base):
    """An address that may not book online until a moment; known only by its keyed hash, which dies with the block."""

    __tablename__ = "contact_block"
    __table_args__ = (
        UniqueConstraint("municipality_id", "contact"),
        CheckConstraint("reason IN ('hoarding', 'resale', 'program', 'insults')", name="reason"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    contact: Mapped[str] = mapped_column(String(64), info=PERSONAL)
    reason: Mapped[str] = mapped_column(String(16))
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant, index=True)


class ErasedBooking(Base):
    """That somebody booked and had it erased: for an hour it counts against the limits, or they would be empty words.

    It knows neither reference nor time nor name; ``letters`` is how many asked that contact for a confirmation.
    """

    __tablename__ = "erased_booking"
    __table_args__ = (
        Index("ix_erased_booking_municipality_id_contact", "municipality_id", "contact"),
        Index("ix_erased_booking_municipality_id_network", "municipality_id", "network"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    contact: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    network: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    letters: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime] = mapped_column(Instant, index=True)
