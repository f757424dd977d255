"""Name the languages whose texts a person has checked"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("municipality") as batch:
        batch.add_column(sa.Column("proofread", JSON, nullable=False, server_default="[]"))
    with op.batch_alter_table("municipality") as batch:
        batch.alter_column("proofread", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("municipality") as batch:
        batch.drop_column("proofread")
