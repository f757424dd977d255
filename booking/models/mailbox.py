"""How far the mailbox has been read."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from booking.extensions import Base


class MailboxPosition(Base):
    """The last message of a folder that was looked at: its UID, under the folder's UIDVALIDITY (RFC 3501 §2.3.1.1).

    Not a flag in the mailbox: people read there too, and some servers keep no flags of others' making.
    """

    __tablename__ = "mailbox_position"

    folder: Mapped[str] = mapped_column(String(255), primary_key=True)
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
