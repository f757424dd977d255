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

# A clerk's stamp rises whenever what they have taken may have changed (models/stamps.py).
STAMP = """
    INSERT INTO clerk_stamp (clerk_id, stamp) {clerks}
    ON CONFLICT (clerk_id) DO UPDATE SET stamp = clerk_stamp.stamp + 1
"""
FUNCTION = f"CREATE FUNCTION {{name}}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {STAMP}; RETURN NULL; END $$"
OF_APPOINTMENT = "SELECT DISTINCT clerk_id, 1 FROM cell WHERE appointment_id = NEW.id"
OTHER_TIME = "OLD.status IS DISTINCT FROM NEW.status OR OLD.confirm_by IS DISTINCT FROM NEW.confirm_by"
STAMPS_SQLITE = (
    *(
        f"CREATE TRIGGER cell_stamp_{event} AFTER {event} ON cell BEGIN "
        + STAMP.format(clerks=f"VALUES ({row}.clerk_id, 1)")
        + "; END"
        for event, row in (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))
    ),
    "CREATE TRIGGER appointment_stamp AFTER UPDATE OF status, confirm_by ON appointment WHEN "
    + OTHER_TIME.replace("IS DISTINCT FROM", "IS NOT")
    + " BEGIN "
    + STAMP.format(clerks=OF_APPOINTMENT)
    + "; END",
)
STAMPS_POSTGRESQL = (
    FUNCTION.format(name="stamp_clerks", clerks="SELECT DISTINCT clerk_id, 1 FROM changed ORDER BY clerk_id"),
    *(
        f"CREATE TRIGGER cell_stamp_{event} AFTER {event} ON cell REFERENCING {rows} TABLE AS changed "
        "FOR EACH STATEMENT EXECUTE FUNCTION stamp_clerks()"
        for event, rows in (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))
    ),
    FUNCTION.format(name="stamp_clerks_of_appointment", clerks=OF_APPOINTMENT),
    f"""
    CREATE TRIGGER appointment_stamp AFTER UPDATE OF status, confirm_by ON appointment FOR EACH ROW
    WHEN ({OTHER_TIME}) EXECUTE FUNCTION stamp_clerks_of_appointment()
    """,
)


def upgrade() -> None:
    _hold_letters()
    _count_the_erased()
    _bury_the_erased()
    _guard_booking()
    _stop_logins()
    _hear_back()
    _compare_clocks()
    _stamp_clerks()  # last: on SQLite a table that is made anew loses its triggers


def _stop_logins() -> None:
    """Remember that the operator stopped a login: no municipality lets it in again."""
    op.add_column("login", sa.Column("stopped_by_operator", sa.Boolean(), nullable=False, server_default=sa.false()))


def _hear_back() -> None:
    """Remember what calendars answer, and how far the mailbox has been read."""
    op.add_column("appointment", sa.Column("declined_at", INSTANT, nullable=True))
    op.add_column("appointment", sa.Column("declined_sequence", sa.Integer(), nullable=True))
    op.create_table(
        "mailbox_position",
        sa.Column("folder", sa.String(length=255), primary_key=True),
        sa.Column("uid_validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
    )


def _forget_what_was_heard() -> None:
    op.drop_table("mailbox_position")
    for column in ("declined_sequence", "declined_at"):
        op.drop_column("appointment", column)


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


def _stamp_clerks() -> None:
    clerk = sa.Column(
        "clerk_id", SERIAL, sa.ForeignKey("clerk.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    op.create_table("clerk_stamp", clerk, sa.Column("stamp", sa.BigInteger(), nullable=False))
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in STAMPS_POSTGRESQL if is_postgresql else STAMPS_SQLITE:
        op.execute(statement)
    # Only now: making the triggers has waited for whoever was writing, and what they wrote is seen.
    op.execute("INSERT INTO clerk_stamp (clerk_id, stamp) SELECT DISTINCT clerk_id, 1 FROM cell")


def _forget_stamps() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for name, table in [*((f"cell_stamp_{event}", "cell") for event in ("insert", "update", "delete")),
                        ("appointment_stamp", "appointment")]:  # fmt: skip
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgresql else ""))
    if is_postgresql:
        op.execute("DROP FUNCTION stamp_clerks()")
        op.execute("DROP FUNCTION stamp_clerks_of_appointment()")
    op.drop_table("clerk_stamp")


def _compare_clocks() -> None:
    op.add_column("heartbeat", sa.Column("ahead", sa.Float(), nullable=True))


def _guard_booking() -> None:
    op.create_table(
        "traffic",
        sa.Column("office_id", SERIAL, sa.ForeignKey("office.id"), primary_key=True, autoincrement=False),
        sa.Column("hour", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("booked", sa.Integer(), nullable=False),
        sa.Column("lapsed", sa.Integer(), nullable=False),
        sa.CheckConstraint("hour % 3600 = 0", name=op.f("ck_traffic_hour")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "guard",
        sa.Column("office_id", SERIAL, sa.ForeignKey("office.id"), primary_key=True, autoincrement=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
    )
    op.create_table(
        "used_proof",
        sa.Column("signature", sa.String(64), primary_key=True),
        sa.Column("until", INSTANT, nullable=False, index=True),
    )
    op.create_table(
        "contact_block",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("municipality_id", SERIAL, sa.ForeignKey("municipality.id"), nullable=False),
        sa.Column("contact", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("login_id", SERIAL, sa.ForeignKey("login.id"), nullable=False, index=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False, index=True),
        sa.UniqueConstraint("municipality_id", "contact"),
        sa.CheckConstraint(
            "reason IN ('hoarding', 'resale', 'program', 'insults')", name=op.f("ck_contact_block_reason")
        ),
    )
    op.create_table(
        "erased_booking",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("municipality_id", SERIAL, sa.ForeignKey("municipality.id"), nullable=False),
        sa.Column("contact", sa.String(64), nullable=True),
        sa.Column("network", sa.String(64), nullable=True),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("until", INSTANT, nullable=False, index=True),
        sa.Index("ix_erased_booking_municipality_id_contact", "municipality_id", "contact"),
        sa.Index("ix_erased_booking_municipality_id_network", "municipality_id", "network"),
    )


def downgrade() -> None:
    _forget_stamps()
    _forget_what_was_heard()
    for table in ("erased_booking", "contact_block", "used_proof", "guard", "traffic"):
        op.drop_table(table)
    with op.batch_alter_table("login") as batch:
        batch.drop_column("stopped_by_operator")
    with op.batch_alter_table("heartbeat") as batch:
        batch.drop_column("ahead")
    for table in ("tombstone", "sweep", "hour_count", "lead_count", "day_count"):
        op.drop_table(table)
    with op.batch_alter_table("letter") as batch:
        batch.drop_column("held_at")
