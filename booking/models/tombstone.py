"""Which appointments were erased because somebody asked: no restored backup may bring them back."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from booking.extensions import Base
from booking.models.types import Instant


class Tombstone(Base):
    """The reference of an appointment that was erased on request; it names nobody, and opens nothing."""

    __tablename__ = "tombstone"

    reference: Mapped[str] = mapped_column(String(12), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
