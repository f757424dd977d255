"""What stays of erased appointments: counts, and what each sweep did. No row here is of a person."""

import datetime as dt
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from booking.extensions import Base
from booking.models.types import Instant


class DayCount(Base):
    """How many erased appointments there were; who came for two concerns has two ``mentions``, one ``appointments``.

    ``channel`` is an appointment's or ``walk-in``; ``outcome`` one of the figures' or ``unconfirmed``.
    """

    __tablename__ = "day_count"

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    concern_id: Mapped[int] = mapped_column(ForeignKey("concern.id"), primary_key=True, autoincrement=False)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16), primary_key=True)
    mentions: Mapped[int]
    appointments: Mapped[int]


class LeadCount(Base):
    """How many days ahead erased appointments had been booked: apart from channel and outcome, on purpose."""

    __tablename__ = "lead_count"

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    concern_id: Mapped[int] = mapped_column(ForeignKey("concern.id"), primary_key=True, autoincrement=False)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mentions: Mapped[int]
    appointments: Mapped[int]


class HourCount(Base):
    """How many minutes of its clerks' hours erased appointments took, by hour of the office's local day."""

    __tablename__ = "hour_count"

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True, autoincrement=False)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    minutes: Mapped[int]


class Sweep(Base):
    """How many appointments were erased at a moment, by why their time was over; ``requested`` by the people."""

    __tablename__ = "sweep"
    __table_args__ = (Index("ix_sweep_at", "at"),)

    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    unconfirmed: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[int] = mapped_column(default=0)
    past: Mapped[int] = mapped_column(default=0)
    requested: Mapped[int] = mapped_column(default=0)
