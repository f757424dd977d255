"""Keep the municipality's logo, and who answers for it"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
FACTS = ("logo", "responsible", "data_protection", "accessibility")


def upgrade() -> None:
    with op.batch_alter_table("municipality") as batch:
        for name in FACTS:
            batch.add_column(sa.Column(name, JSON, nullable=False, server_default="{}"))
        batch.add_column(sa.Column("logo_content", sa.LargeBinary(), nullable=True))
        batch.drop_column("logo_url")
    with op.batch_alter_table("municipality") as batch:
        for name in FACTS:
            batch.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("municipality") as batch:
        batch.add_column(sa.Column("logo_url", sa.String(length=500), nullable=False, server_default=""))
        for name in (*FACTS, "logo_content"):
            batch.drop_column(name)
    with op.batch_alter_table("municipality") as batch:
        batch.alter_column("logo_url", server_default=None)
