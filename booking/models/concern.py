"""Concerns: what people come for, where, and what they bring."""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.extensions import Base
from booking.models.types import Facts, Json, Serial, Words


class Document(Base):
    """A checklist item; concerns that need the same one refer to the same row, so that it merges."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("municipality_id", "slug"),
        CheckConstraint("kind IN ('document', 'person', 'thing', 'payment')", name="kind"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    slug: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[Words] = mapped_column(Json)
    origin: Mapped[Facts] = mapped_column(Json, default=dict)


class Concern(Base):
    """A concern type.

    ``questions`` is ``[{id, label, required, max_length}]``, ``forms`` ``[{name, url, format?, size_kb?}]``, ``fee``
    ``{text, amount, amount_from, currency}``, ``keywords`` ``{language: [word, …]}`` and ``units`` (what ``unit`` is
    called from two on) ``{language: word or {CLDR plural category: word}}``.
    """

    __tablename__ = "concern"
    __table_args__ = (
        UniqueConstraint("municipality_id", "slug"),
        CheckConstraint("minutes > 0 AND extra_minutes >= 0 AND max_quantity > 0", name="amounts"),
    )

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    municipality_id: Mapped[int] = mapped_column(ForeignKey("municipality.id"))
    slug: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(default=0)
    group: Mapped[Words] = mapped_column("group_name", Json, default=dict)
    name: Mapped[Words] = mapped_column(Json)
    description: Mapped[Words] = mapped_column(Json, default=dict)
    keywords: Mapped[Facts] = mapped_column(Json, default=dict)
    unit: Mapped[Words] = mapped_column(Json, default=dict)
    units: Mapped[Facts] = mapped_column(Json, default=dict)
    minutes: Mapped[int]
    extra_minutes: Mapped[int] = mapped_column(default=0)
    max_quantity: Mapped[int] = mapped_column(default=1)
    discreet: Mapped[bool] = mapped_column(default=False)
    leika: Mapped[str | None] = mapped_column(String(14))
    legal_basis: Mapped[list[str]] = mapped_column(Json, default=list)
    fee: Mapped[Facts] = mapped_column(Json, default=dict)
    forms: Mapped[list[Facts]] = mapped_column(Json, default=list)
    questions: Mapped[list[Facts]] = mapped_column(Json, default=list)
    horizon_days: Mapped[int | None]
    lead_minutes: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[Facts] = mapped_column(Json, default=dict)

    offices: Mapped[list["ConcernOffice"]] = relationship(
        cascade="all, delete-orphan", order_by="ConcernOffice.office_id"
    )
    documents: Mapped[list["ConcernDocument"]] = relationship(
        cascade="all, delete-orphan", order_by="ConcernDocument.position"
    )


class ConcernOffice(Base):
    """Which office offers a concern, how long it takes there (null: as usual), and who may book it."""

    __tablename__ = "concern_office"

    concern_id: Mapped[int] = mapped_column(ForeignKey("concern.id"), primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True, index=True)
    minutes: Mapped[int | None]
    extra_minutes: Mapped[int | None]
    online: Mapped[bool] = mapped_column(default=True)
    staff: Mapped[bool] = mapped_column(default=True)


class ConcernDocument(Base):
    """One line of a concern's checklist."""

    __tablename__ = "concern_document"

    concern_id: Mapped[int] = mapped_column(ForeignKey("concern.id"), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)
    required: Mapped[bool] = mapped_column(default=True)
    per_unit: Mapped[bool] = mapped_column(default=False)
    when: Mapped[Words] = mapped_column("when_text", Json, default=dict)
    note: Mapped[Words] = mapped_column(Json, default=dict)

    document: Mapped[Document] = relationship()
