"""What belongs to the installation: logins and their memberships, hash keys, heartbeats of the jobs."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.extensions import Base
from booking.models.appointment import PERSONAL
from booking.models.types import Instant, Serial


class Login(Base):
    """A member of staff. ``password`` is an argon2id hash."""

    __tablename__ = "login"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True, info=PERSONAL)
    display_name: Mapped[str] = mapped_column(String(200), default="", info=PERSONAL)
    password: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    memberships: Mapped[list["Membership"]] = relationship(cascade="all, delete-orphan")


class Membership(Base):
    """A login's role in a municipality, optionally in one office only."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("login_id", "municipality_id", "office_id"),
        CheckConstraint("role IN ('desk', 'phone', 'manager', 'admin')", name="role"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"))
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), index=True)
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    role: Mapped[str] = mapped_column(String(16))


class HashKey(Base):
    """A key for hashes: ``contact`` lives long, ``network:DATE`` is destroyed after 48 hours and never backed up."""

    __tablename__ = "hash_key"

    purpose: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(32), info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Heartbeat(Base):
    """When a job last ran to its end; ``doctor`` and ``/readyz`` read it."""

    __tablename__ = "heartbeat"

    job: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
