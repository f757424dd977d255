"""Count how often a network asks for lost links"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "link_asking",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("municipality_id", SERIAL, nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.id"], name=op.f("fk_link_asking_municipality_id_municipality")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_asking")),
    )
    op.create_index("ix_link_asking_network_created_at", "link_asking", ["network", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_link_asking_network_created_at", table_name="link_asking")
    op.drop_table("link_asking")
