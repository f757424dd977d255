"""Under fire: what is counted, guarded, kept and heard back"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _hold_letters()
    _count_the_erased()
    _bury_the_erased()


def _hold_letters() -> None:
    op.add_column("letter", sa.Column("held_at", INSTANT, nullable=True))


def _count_the_erased() -> None:
    """What stays of erased appointments (models/counted.py), and what each sweep did."""
    _count("day_count", _concern(), *_words("channel", "outcome"), *_numbers("mentions", "appointments"))
    _count("lead_count", _concern(), _key("days"), *_numbers("mentions", "appointments"))
    _count("hour_count", _key("hour"), *_numbers("minutes"))
    op.create_table(
        "sweep",
        sa.Column("municipality_id", SERIAL, sa.ForeignKey("municipality.id"), primary_key=True, autoincrement=False),
        sa.Column("at", INSTANT, primary_key=True),
        *_numbers("unconfirmed", "cancelled", "past", "requested"),
    )
    op.create_index("ix_sweep_at", "sweep", ["at"])


def _bury_the_erased() -> None:
    op.create_table(
        "tombstone",
        sa.Column("reference", sa.String(length=12), primary_key=True),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("ix_tombstone_at", "tombstone", ["at"])


def _count(table: str, *columns: sa.Column[Any]) -> None:
    office = sa.Column("office_id", SERIAL, sa.ForeignKey("office.id"), primary_key=True, autoincrement=False)
    op.create_table(table, office, sa.Column("day", sa.Date(), primary_key=True), *columns)


def _concern() -> sa.Column[Any]:
    return sa.Column("concern_id", SERIAL, sa.ForeignKey("concern.id"), primary_key=True, autoincrement=False)


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), primary_key=True, autoincrement=False)


def _words(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(length=16), primary_key=True) for name in names]


def _numbers(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def downgrade() -> None:
    for table in ("tombstone", "sweep", "hour_count", "lead_count", "day_count"):
        op.drop_table(table)
    with op.batch_alter_table("letter") as batch:
        batch.drop_column("held_at")
