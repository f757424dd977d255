"""The counter: marks, holds, calls, notices, feeds, day sheets; who is logged in, and who did what"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
FACTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

# A municipality may choose a longer or shorter time, but never less than 30 days: nobody erases a trace at once.
SQLITE_GUARD = (
    """
    CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log never changes'); END
    """,
    """
    CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
    WHEN julianday('now') - julianday(OLD.at) < max(30, coalesce(
        (SELECT json_extract(retention, '$.audit') FROM municipality WHERE id = OLD.municipality_id), 365))
    BEGIN SELECT RAISE(ABORT, 'the audit log is kept until its deadline'); END
    """,
)
POSTGRESQL_GUARD = (
    """
    CREATE FUNCTION guard_audit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.at < now() - make_interval(days => greatest(30, coalesce(
                (SELECT (retention ->> 'audit')::int FROM municipality WHERE id = OLD.municipality_id), 365))) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'the audit log is kept until its deadline' USING ERRCODE = 'restrict_violation';
        END IF;
        RAISE EXCEPTION 'the audit log never changes' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    "CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION guard_audit()",
    "CREATE TRIGGER audit_stays BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION guard_audit()",
)


def upgrade() -> None:
    _make_logins()
    _make_offices_papers()
    _make_counter()
    _add_columns()
    _guard_audit()


def _make_logins() -> None:
    op.create_table(
        "login_attempt",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempt")),
    )
    op.create_index("ix_login_attempt_name_at", "login_attempt", ["name", "at"])
    op.create_index("ix_login_attempt_network_at", "login_attempt", ["network", "at"])

    op.create_table(
        "login_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("login_id", SERIAL, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_login_session_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
    )
    op.create_index("ix_login_session_expires_at", "login_session", ["expires_at"])
    op.create_index("ix_login_session_login_id", "login_session", ["login_id"])

    op.create_table(
        "vain_search",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("login_id", SERIAL, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_vain_search_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vain_search")),
    )
    op.create_index("ix_vain_search_login_id_at", "vain_search", ["login_id", "at"])

    op.create_table(
        "audit",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("municipality_id", SERIAL, nullable=False),
        sa.Column("office_id", SERIAL, nullable=True),
        sa.Column("login_id", SERIAL, nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("verb", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=140), nullable=False),
        sa.Column("details", FACTS, nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_audit_login_id")),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name=op.f("fk_audit_municipality_id")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_audit_office_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_municipality_id_at", "audit", ["municipality_id", "at"])


def _make_offices_papers() -> None:
    op.create_table(
        "day_sheet",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("office_id", SERIAL, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("claimed_until", INSTANT, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("failure", sa.String(length=500), nullable=True),
        sa.Column("given_up", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_day_sheet_office_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_sheet")),
        sa.UniqueConstraint("office_id", "day", name=op.f("uq_day_sheet_office_id_day")),
    )
    op.create_table(
        "feed",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("office_id", SERIAL, nullable=False),
        sa.Column("clerk_id", SERIAL, nullable=True),
        sa.Column("shows", sa.String(length=16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.CheckConstraint("shows IN ('busy', 'concern', 'name', 'numbers')", name=op.f("ck_feed_shows")),
        sa.ForeignKeyConstraint(["clerk_id"], ["clerk.id"], name=op.f("fk_feed_clerk_id")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_feed_office_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
        sa.UniqueConstraint("secret", name=op.f("uq_feed_secret")),
    )
    op.create_index("ix_feed_office_id", "feed", ["office_id"])

    op.create_table(
        "group_role",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("group_name", sa.String(length=200), nullable=False),
        sa.Column("municipality_id", SERIAL, nullable=False),
        sa.Column("office_id", SERIAL, nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("books_only", sa.Boolean(), nullable=False),
        sa.CheckConstraint("role IN ('desk', 'phone', 'manager', 'admin')", name=op.f("ck_group_role_role")),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name=op.f("fk_group_role_municipality_id")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_group_role_office_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_role")),
        sa.UniqueConstraint(
            "group_name",
            "municipality_id",
            "office_id",
            name=op.f("uq_group_role_group_name_municipality_id_office_id"),
        ),
    )
    op.create_index("ix_group_role_municipality_id", "group_role", ["municipality_id"])

    op.create_table(
        "notice",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("municipality_id", SERIAL, nullable=False),
        sa.Column("office_id", SERIAL, nullable=True),
        sa.Column("text", FACTS, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.CheckConstraint("first <= last", name=op.f("ck_notice_order")),
        sa.ForeignKeyConstraint(["municipality_id"], ["municipality.id"], name=op.f("fk_notice_municipality_id")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_notice_office_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_municipality_id", "notice", ["municipality_id"])

    op.create_table(
        "call",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("appointment_id", SERIAL, nullable=False),
        sa.Column("office_id", SERIAL, nullable=False),
        sa.Column("news", sa.String(length=16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tried_at", INSTANT, nullable=True),
        sa.Column("tried_before", INSTANT, nullable=True),
        sa.Column("before", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.CheckConstraint("news IN ('moved', 'cancelled', 'stranded')", name=op.f("ck_call_news")),
        sa.CheckConstraint("outcome IN ('reached', 'given-up')", name=op.f("ck_call_outcome")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_call_appointment_id")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_call_office_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index("ix_call_appointment_id", "call", ["appointment_id"])
    op.create_index("ix_call_office_id_outcome", "call", ["office_id", "outcome"])


def _make_counter() -> None:
    op.create_table(
        "hold",
        sa.Column("login_id", SERIAL, autoincrement=False, nullable=False),
        sa.Column("appointment_id", SERIAL, nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_hold_appointment_id")),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_hold_login_id")),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_hold")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_hold_appointment_id")),
    )
    op.create_table(
        "mark",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("appointment_id", SERIAL, nullable=False),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("before", FACTS, nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_mark_appointment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark")),
    )
    op.create_index("ix_mark_appointment_id_id", "mark", ["appointment_id", "id"])

    op.create_table(
        "relocation",
        sa.Column("appointment_id", SERIAL, autoincrement=False, nullable=False),
        sa.Column("before", FACTS, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.CheckConstraint("answer IN ('accepted', 'moved', 'cancelled')", name=op.f("ck_relocation_answer")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_relocation_appointment_id")),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_relocation")),
    )


def _add_columns() -> None:
    with op.batch_alter_table("appointment") as batch:
        for moment in ("called_at", "serving_at", "served_at"):
            batch.add_column(sa.Column(moment, INSTANT, nullable=True))
        batch.create_index("ix_appointment_office_id_arrived_at", ["office_id", "arrived_at"])
    with op.batch_alter_table("login") as batch:
        batch.add_column(sa.Column("subject", sa.String(length=600), nullable=True))
        batch.add_column(sa.Column("totp", sa.LargeBinary(length=255), nullable=True))
        batch.add_column(sa.Column("totp_step", sa.BigInteger(), nullable=True))
        batch.create_unique_constraint(batch.f("uq_login_subject"), ["subject"])
    _add("appointment", outside_blocks=(sa.Boolean(), sa.false()))
    _add("membership", books_only=(sa.Boolean(), sa.false()), from_group=(sa.Boolean(), sa.false()))
    _add("undo", by_staff=(sa.Boolean(), sa.false()), outside_blocks=(sa.Boolean(), sa.false()))
    _add("letter", unasked=(sa.Boolean(), sa.false()))
    _add("closure", active=(sa.Boolean(), sa.true()))
    switches = {name: (sa.Boolean(), sa.false()) for name in ("day_sheet_names", "day_sheet_phones")}
    _add("office", day_sheet_to=(sa.String(length=254), ""), **switches)


def _guard_audit() -> None:
    """Have the database itself refuse to change the audit log, and to erase what is younger than its deadline."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL_GUARD:
            op.execute(statement)
    else:
        for statement in SQLITE_GUARD:
            op.execute(statement)


def _add(table: str, **columns: tuple[Any, Any]) -> None:
    """Add columns that are never null to a table that has rows: a default for those, none for later ones."""
    with op.batch_alter_table(table) as batch:
        for name, (kind, default) in columns.items():
            batch.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    with op.batch_alter_table(table) as batch:
        for name in columns:
            batch.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("letter") as batch:
        batch.drop_column("unasked")
    with op.batch_alter_table("undo") as batch:
        batch.drop_column("outside_blocks")
        batch.drop_column("by_staff")
    op.execute(sa.text("DELETE FROM closure WHERE NOT active"))
    with op.batch_alter_table("closure") as batch:
        batch.drop_column("active")

    with op.batch_alter_table("office") as batch:
        batch.drop_column("day_sheet_phones")
        batch.drop_column("day_sheet_names")
        batch.drop_column("day_sheet_to")

    with op.batch_alter_table("membership") as batch:
        batch.drop_column("from_group")
        batch.drop_column("books_only")

    with op.batch_alter_table("login") as batch:
        batch.drop_constraint(batch.f("uq_login_subject"), type_="unique")
        batch.drop_column("totp_step")
        batch.drop_column("totp")
        batch.drop_column("subject")

    with op.batch_alter_table("appointment") as batch:
        batch.drop_column("outside_blocks")
        batch.drop_index("ix_appointment_office_id_arrived_at")
        batch.drop_column("served_at")
        batch.drop_column("serving_at")
        batch.drop_column("called_at")

    op.drop_table("relocation")
    op.drop_index("ix_mark_appointment_id_id", table_name="mark")

    op.drop_table("mark")
    op.drop_table("hold")
    op.drop_index("ix_call_office_id_outcome", table_name="call")
    op.drop_index("ix_call_appointment_id", table_name="call")

    op.drop_table("call")
    op.drop_index("ix_notice_municipality_id", table_name="notice")

    op.drop_table("notice")
    op.drop_index("ix_group_role_municipality_id", table_name="group_role")

    op.drop_table("group_role")
    op.drop_index("ix_feed_office_id", table_name="feed")

    op.drop_table("feed")
    op.drop_table("day_sheet")
    op.drop_index("ix_audit_municipality_id_at", table_name="audit")

    op.drop_table("audit")
    op.drop_index("ix_vain_search_login_id_at", table_name="vain_search")

    op.drop_table("vain_search")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION guard_audit")
    op.drop_index("ix_login_session_login_id", table_name="login_session")
    op.drop_index("ix_login_session_expires_at", table_name="login_session")

    op.drop_table("login_session")
    op.drop_index("ix_login_attempt_network_at", table_name="login_attempt")
    op.drop_index("ix_login_attempt_name_at", table_name="login_attempt")

    op.drop_table("login_attempt")
