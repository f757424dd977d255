"""Keep the way back from a move or cancellation, who was given more time, and who asked for a lost link"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _make_undo()
    op.create_table(
        "link_request",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("municipality_id", SERIAL, nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.id"], name=op.f("fk_link_request_municipality_id_municipality")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_request")),
    )
    with op.batch_alter_table("appointment") as batch:
        batch.add_column(sa.Column("extended", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("appointment") as batch:
        batch.alter_column("extended", server_default=None)


def _make_undo() -> None:
    op.create_table(
        "undo",
        sa.Column("appointment_id", SERIAL, autoincrement=False, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("office_id", SERIAL, nullable=False),
        sa.Column("clerk_id", SERIAL, nullable=False),
        sa.Column("after_minutes", sa.Integer(), nullable=False),
        sa.Column("start", INSTANT, nullable=False),
        sa.Column("end", INSTANT, nullable=False),
        sa.Column("is_quiet", sa.Boolean(), nullable=False),
        sa.Column("is_done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_undo_appointment_id_appointment")
        ),
        sa.ForeignKeyConstraint(["clerk_id"], ["clerk.id"], name=op.f("fk_undo_clerk_id_clerk")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_undo_office_id_office")),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_undo")),
    )
    op.create_index(op.f("ix_undo_until"), "undo", ["until"])


def downgrade() -> None:
    with op.batch_alter_table("appointment") as batch:
        batch.drop_column("extended")
    op.drop_table("link_request")
    op.drop_index(op.f("ix_undo_until"), table_name="undo")
    op.drop_table("undo")
