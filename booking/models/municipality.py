"""The municipality (the tenant), its offices, closures and referrals."""

from datetime import date, time

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from booking.extensions import Base
from booking.models.appointment import PERSONAL
from booking.models.types import Facts, Json, Serial, Words


class Municipality(Base):
    """A tenant: everything else belongs to exactly one.

    ``logo`` is ``{file, digest, alt, kind}`` of ``logo_content``; who answers for the pages stands in ``responsible``,
    ``data_protection`` and ``accessibility`` as in the catalogue file. ``policy`` and ``retention`` hold the fields of
    ``rules.windows.Policy`` and days per outcome;
    ``holidays`` is ``{country, state, add: [{date | month_day, name}], remove: [date | month-day | name]}``;
    ``revision`` rises with every change of anything below it that is not an appointment.
    """

    __tablename__ = "municipality"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[Words] = mapped_column(Json)
    timezone: Mapped[str] = mapped_column(String(64))
    languages: Mapped[list[str]] = mapped_column(Json, default=list)
    proofread: Mapped[list[str]] = mapped_column(Json, default=list)
    website: Mapped[str] = mapped_column(String(500), default="")
    base_url: Mapped[str] = mapped_column(String(500), default="")
    sender_email: Mapped[str] = mapped_column(String(254), default="")
    sender_name: Mapped[Words] = mapped_column(Json, default=dict)
    footer: Mapped[Words] = mapped_column(Json, default=dict)
    imprint_url: Mapped[str] = mapped_column(String(500), default="")
    privacy_url: Mapped[str] = mapped_column(String(500), default="")
    logo: Mapped[Facts] = mapped_column(Json, default=dict)
    logo_content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    colour: Mapped[str] = mapped_column(String(32), default="")
    responsible: Mapped[Facts] = mapped_column(Json, default=dict, info=PERSONAL)
    data_protection: Mapped[Facts] = mapped_column(Json, default=dict, info=PERSONAL)
    accessibility: Mapped[Facts] = mapped_column(Json, default=dict, info=PERSONAL)
    embedding_origins: Mapped[list[str]] = mapped_column(Json, default=list)
    retention: Mapped[Facts] = mapped_column(Json, default=dict)
    policy: Mapped[Facts] = mapped_column(Json, default=dict)
    holidays: Mapped[Facts] = mapped_column(Json, default=dict)
    active: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    origin: Mapped[Facts] = mapped_column(Json, default=dict, info=PERSONAL)


class Office(Base):
    """A place with an address. ``version`` rises with every change of its availability or its day.

    ``day_sheet_to`` is where the next day's sheet is mailed in the evening (empty: nowhere), without names unless
    ``day_sheet_names``; with ``day_sheet_phones`` telephone numbers stand on the sheets that have names.
    """

    __tablename__ = "office"
    __table_args__ = (UniqueConstraint("municipality_id", "slug"),)

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), index=True)
    slug: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[Words] = mapped_column(Json)
    unit: Mapped[Words] = mapped_column(Json, default=dict)
    room: Mapped[Words] = mapped_column(Json, default=dict)
    street: Mapped[str] = mapped_column(String(200), default="")
    postal_code: Mapped[str] = mapped_column(String(16), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    accessibility: Mapped[list[str]] = mapped_column(Json, default=list)
    payment: Mapped[list[str]] = mapped_column(Json, default=list)
    opening_hours: Mapped[Facts] = mapped_column(Json, default=dict)
    policy: Mapped[Facts] = mapped_column(Json, default=dict)
    uses_check_in: Mapped[bool] = mapped_column(default=True)
    uses_call: Mapped[bool] = mapped_column(default=True)
    day_sheet_to: Mapped[str] = mapped_column(String(254), default="", info=PERSONAL)
    day_sheet_names: Mapped[bool] = mapped_column(default=False)
    day_sheet_phones: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    origin: Mapped[Facts] = mapped_column(Json, default=dict)


class Closure(Base):
    """A day, a range or a part of a day on which one office, or the whole municipality, is shut.

    Either dated (``first`` to ``last``, both included) or yearly (``month_day`` like ``12-24``). One that a file set
    and staff removed is kept, not ``active``: otherwise the next load of the file would bring it back.
    """

    __tablename__ = "closure"
    __table_args__ = (
        CheckConstraint("(first IS NULL) = (last IS NULL)", name="range"),
        CheckConstraint("(first IS NULL) <> (month_day IS NULL)", name="dated_or_yearly"),
        Index("ix_closure_municipality_id_office_id", "municipality_id", "office_id"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    first: Mapped[date | None]
    last: Mapped[date | None]
    month_day: Mapped[str | None] = mapped_column(String(5))
    start: Mapped[time | None]
    end: Mapped[time | None]
    name: Mapped[Words] = mapped_column(Json, default=dict)
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[Facts] = mapped_column(Json, default=dict)


class Referral(Base):
    """What people look for here but others do."""

    __tablename__ = "referral"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"), index=True)
    slug: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[Words] = mapped_column(Json, default=dict)
    keywords: Mapped[Facts] = mapped_column(Json, default=dict)
    who: Mapped[Words] = mapped_column(Json)
    url: Mapped[str] = mapped_column(String(500), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    origin: Mapped[Facts] = mapped_column(Json, default=dict)
