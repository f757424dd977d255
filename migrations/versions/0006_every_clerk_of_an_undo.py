"""Keep every clerk of an appointment whose step can be undone"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.execute("DELETE FROM undo")  # a row lives for a minute
    with op.batch_alter_table("undo") as batch:
        batch.drop_constraint(op.f("fk_undo_clerk_id_clerk"), type_="foreignkey")
        batch.drop_column("clerk_id")
        batch.drop_column("after_minutes")
        batch.add_column(sa.Column("clerks", JSON, nullable=False))


def downgrade() -> None:
    op.execute("DELETE FROM undo")
    with op.batch_alter_table("undo") as batch:
        batch.drop_column("clerks")
        batch.add_column(sa.Column("clerk_id", SERIAL, nullable=False))
        batch.add_column(sa.Column("after_minutes", sa.Integer(), nullable=False))
        batch.create_foreign_key(op.f("fk_undo_clerk_id_clerk"), "clerk", ["clerk_id"], ["id"])
