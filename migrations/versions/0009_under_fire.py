"""Under fire: what is counted, guarded, kept and heard back"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _hold_letters()


def _hold_letters() -> None:
    op.add_column("letter", sa.Column("held_at", INSTANT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("letter") as batch:
        batch.drop_column("held_at")
