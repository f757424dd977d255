"""What belongs to the installation: logins and their memberships, hash keys, heartbeats of the jobs."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.extensions import Base
from booking.models.appointment import PERSONAL
from booking.models.types import Facts, Instant, Json, LoginName, Serial


class Login(Base):
    """A member of staff. ``password`` is an argon2id hash.

    ``subject`` is ``issuer subject`` of OpenID Connect; ``totp`` the sealed key of the second factor (RFC 6238) and
    ``totp_step`` the last step whose code was used, so that none works twice.
    """

    __tablename__ = "login"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(LoginName(100), unique=True, info=PERSONAL)
    display_name: Mapped[str] = mapped_column(String(200), default="", info=PERSONAL)
    password: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    active: Mapped[bool] = mapped_column(default=True)
    stopped_by_operator: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(Instant)
    subject: Mapped[str | None] = mapped_column(String(600), unique=True, info=PERSONAL)
    totp: Mapped[bytes | None] = mapped_column(LargeBinary(255), info=PERSONAL)
    totp_step: Mapped[int | None] = mapped_column(BigInteger)

    memberships: Mapped[list["Membership"]] = relationship(cascade="all, delete-orphan")


class Membership(Base):
    """A login's role in a municipality, optionally in one office only.

    ``books_only`` leaves nothing but entering new appointments. ``from_group`` came with single sign-on and goes with
    the group.
    """

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
    books_only: Mapped[bool] = mapped_column(default=False)
    from_group: Mapped[bool] = mapped_column(default=False)


class GroupRole(Base):
    """What a group of the identity provider may do: copied into memberships at each single sign-on."""

    __tablename__ = "group_role"
    __table_args__ = (
        UniqueConstraint("group_name", "municipality_id", "office_id"),
        CheckConstraint("role IN ('desk', 'phone', 'manager', 'admin')", name="role"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    group_name: Mapped[str] = mapped_column(String(200))
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), index=True)
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    role: Mapped[str] = mapped_column(String(16))
    books_only: Mapped[bool] = mapped_column(default=False)


class LoginSession(Base):
    """Somebody logged in at one browser. ``id`` is the SHA-256 of the cookie's secret; deleting the row logs out."""

    __tablename__ = "login_session"

    id: Mapped[str] = mapped_column(String(64), primary_key=True, info=PERSONAL)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class LoginAttempt(Base):
    """A failed login: counted per name and per network, both as keyed hashes, and forgotten within a day."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("ix_login_attempt_name_at", "name", "at"),
        Index("ix_login_attempt_network_at", "network", "at"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), info=PERSONAL)
    network: Mapped[str] = mapped_column(String(64), info=PERSONAL)
    at: Mapped[datetime] = mapped_column(Instant)


class VainSearch(Base):
    """A search by phone staff that found nothing, or a booking that lacked a reason, which tells as much.

    Counted per login for an hour, so that nobody guesses on.
    """

    __tablename__ = "vain_search"
    __table_args__ = (Index("ix_vain_search_login_id_at", "login_id", "at"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"))
    at: Mapped[datetime] = mapped_column(Instant)


class Audit(Base):
    """Who did what to which appointment or setting, when, in which role; append-only, with its own deadline.

    ``subject`` is a reference, a slug or an id with its kind before it (``appointment ABC-123``); ``details`` holds
    codes, ids and settings only: no citizen's data is copied here.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_municipality_id_at", "municipality_id", "at"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    role: Mapped[str] = mapped_column(String(16))
    verb: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(140))
    details: Mapped[Facts] = mapped_column(Json, default=dict)


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
    at: Mapped[datetime] = mapped_column(Instant)  # by the job's own clock
    ahead: Mapped[float | None] = mapped_column(Float)  # seconds by which that one is ahead of the database's
