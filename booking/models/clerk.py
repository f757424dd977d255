"""Clerks: workplaces that serve one person at a time, when they work and what they handle."""

import datetime as dt
from datetime import datetime, time

from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.extensions import Base
from booking.models.appointment import PERSONAL
from booking.models.concern import Concern
from booking.models.types import Facts, Instant, Json, Serial, Words

clerk_concern = Table(
    "clerk_concern",
    Base.metadata,
    Column("clerk_id", ForeignKey("clerk.id"), primary_key=True),
    Column("concern_id", ForeignKey("concern.id"), primary_key=True, index=True),
)
block_concern = Table(
    "block_concern",
    Base.metadata,
    Column("block_id", ForeignKey("block.id"), primary_key=True),
    Column("concern_id", ForeignKey("concern.id"), primary_key=True, index=True),
)


class Clerk(Base):
    """One workplace or room. Handles ``concerns``, or every one where ``all_concerns`` is set.

    A small office may name it after whoever sits there: then its name, and the slug made of it, are personal data.
    """

    __tablename__ = "clerk"
    __table_args__ = (UniqueConstraint("municipality_id", "slug"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    slug: Mapped[str] = mapped_column(String(64), info=PERSONAL)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[Words] = mapped_column(Json, info=PERSONAL)
    active: Mapped[bool] = mapped_column(default=True)
    after_minutes: Mapped[int] = mapped_column(default=0)
    all_concerns: Mapped[bool] = mapped_column(default=False)
    origin: Mapped[Facts] = mapped_column(Json, default=dict, info=PERSONAL)

    concerns: Mapped[list[Concern]] = relationship(secondary=clerk_concern, order_by=Concern.id)
    blocks: Mapped[list["Block"]] = relationship(cascade="all, delete-orphan", order_by="Block.id")


class Block(Base):
    """A stretch of a clerk's working time on the local wall clock: weekly (0 is Monday) or on one date."""

    __tablename__ = "block"
    __table_args__ = (
        CheckConstraint("(weekday IS NULL) <> (date IS NULL)", name="weekday_or_date"),
        CheckConstraint("kind IN ('online', 'staff', 'walk-in')", name="kind"),
        CheckConstraint('start < "end"', name="same_day"),
        CheckConstraint("every_weeks > 0", name="every_weeks"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    clerk_id: Mapped[int] = mapped_column(ForeignKey("clerk.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    weekday: Mapped[int | None]
    date: Mapped[dt.date | None]
    start: Mapped[time]
    end: Mapped[time]
    kind: Mapped[str] = mapped_column(String(16))
    every_weeks: Mapped[int] = mapped_column(default=1)
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]

    concerns: Mapped[list[Concern]] = relationship(secondary=block_concern, order_by=Concern.id)


class Absence(Base):
    """A time when a clerk is away. No reason is kept: reasons are health data."""

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint('start < "end"', name="order"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    clerk_id: Mapped[int] = mapped_column(ForeignKey("clerk.id"), index=True)
    start: Mapped[datetime] = mapped_column(Instant)
    end: Mapped[datetime] = mapped_column(Instant)
