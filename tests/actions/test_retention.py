"""The Löschkonzept, seen: a marker in every personal column of every table, gone at its deadline and not before."""

import inspect
import re
import secrets
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking import clock
from booking.actions import erase_expired as erase_expired_module
from booking.actions.erase import empty_journal
from booking.actions.erase_expired import erase_expired, forget
from booking.actions.lost_link import note_request
from booking.extensions import Base, db
from booking.models import (
    Absence,
    Answer,
    Appointment,
    Audit,
    Call,
    ContactBlock,
    DaySheet,
    ErasedBooking,
    Feed,
    Hold,
    Login,
    LoginAttempt,
    LoginSession,
    Mark,
    Membership,
    Relocation,
    Replay,
    Tombstone,
    Undo,
    VainSearch,
)
from tests.builders import MONDAY, NINE, a_municipality, an_appointment
from tests.colleagues import a_login
from tests.columns import OF_PEOPLE
from tests.counter import TUESDAY, a_counter
from tests.deadlines import DEADLINES

TABLES = Base.metadata.tables
# Where each deadline begins, for those that do not begin with the scene.
STOPPED = min(clock.now(), MONDAY) - timedelta(days=367)  # the database keeps the audit log by a clock of its own
BEGINS = {
    "erase_expired": NINE + timedelta(minutes=15),
    "forget_day_sheets": datetime.combine(TUESDAY, time(), UTC),
    "forget_logins": STOPPED,
}
SECOND = timedelta(seconds=1)


@pytest.fixture
def markers(context: AppContext) -> dict[str, str]:
    """Store a row in every table with personal columns, and a marker of its own in each of them."""
    desk = a_counter()
    an_appointment(body=b'{"a": 1}')
    note_request("musterstadt", "", "anna@example.org", network="10.0.0.1", now=MONDAY)
    appointment = db.session.scalars(sa.select(Appointment)).one()
    leaver = Login(name="leaver", created_at=STOPPED - timedelta(days=99), active=False)
    db.session.add(leaver)
    db.session.flush()
    at = {"created_at": MONDAY}
    office, town = appointment.office_id, appointment.municipality_id
    block = ContactBlock(municipality_id=town, contact="x", reason="resale", login_id=desk.login, until=MONDAY, **at)
    stop = Audit(at=STOPPED, municipality_id=town, role="operator", verb="login-stopped", subject=f"login {leaver.id}")
    db.session.add_all(
        [
            Answer(appointment_id=appointment.id, question="q", label={"de": "?"}, text="x"),
            DaySheet(office_id=office, day=TUESDAY, address="x", message_id="<x>", next_at=MONDAY),
            Feed(secret="x", office_id=office, shows="busy", **at),
            LoginAttempt(name="x", network="x", at=MONDAY),
            LoginSession(id="x", login_id=desk.login, expires_at=MONDAY, **at),
            block,
            ErasedBooking(municipality_id=town, contact="x", network="x", until=MONDAY),
            stop,
        ]
    )
    if not db.session.scalars(sa.select(Replay)).first():
        db.session.add(Replay(municipality_id=town, route="x", key="x", body="x", appointment_id=appointment.id, **at))
    db.session.commit()
    made = {name: _marker() for name in DEADLINES}
    for name, marker in made.items():
        _write(name, marker, leaver.id)
    db.session.commit()
    return made


def _marker() -> str:
    return f"m{secrets.token_hex(12)}"


def _write(name: str, marker: str, leaver: int) -> None:
    table, _, column = name.partition(".")
    target = TABLES[table].c[column]
    value: Any = marker.encode() if isinstance(target.type, sa.LargeBinary) else marker
    if isinstance(target.type, sa.JSON):
        value = {"de": marker, "name": marker}
    which: sa.ColumnElement[bool] = sa.true()
    if table == "login":
        which = TABLES["login"].c.id == leaver
    elif table == "clerk":  # no two have one slug
        which = TABLES["clerk"].c.id == sa.select(sa.func.min(TABLES["clerk"].c.id)).scalar_subquery()
    elif table == "hash_key":
        which = TABLES["hash_key"].c.purpose.startswith("network:")
    done = db.session.connection().execute(sa.update(TABLES[table]).where(which).values({column: value}))
    assert done.rowcount, f"no row of {table} holds a marker: store one in the scene"


def found(markers: dict[str, str]) -> set[str]:
    """Return whose markers stand anywhere in any column of any table, also where nobody thought of."""
    text = []
    for table in TABLES.values():
        for row in db.session.connection().execute(sa.select(table)):
            text += [value.hex() if isinstance(value, bytes) else str(value) for value in row]
    db.session.rollback()
    everything = "\n".join(text)
    return {name for name, marker in markers.items() if marker in everything or marker.encode().hex() in everything}


def begins(name: str) -> datetime:
    return BEGINS.get(DEADLINES[name].by, MONDAY)


def sweep(now: datetime) -> None:
    erase_expired(now=now)
    forget(now=now)


def moments() -> dict[datetime, set[str]]:
    """Return when which columns have to be empty, in order."""
    due: dict[datetime, set[str]] = {}
    for name, deadline in DEADLINES.items():
        if deadline.after is not None:
            due.setdefault(begins(name) + deadline.after, set()).add(name)
    return dict(sorted(due.items()))


def test_every_personal_column_is_empty_at_its_deadline_and_not_before(markers: dict[str, str]) -> None:
    left = set(DEADLINES)
    assert found(markers) == left
    for moment, names in moments().items():
        sweep(moment - SECOND)
        assert found(markers) == left, moment
        sweep(moment + SECOND)
        left -= names
        assert found(markers) == left, moment
    assert {name for name in left if DEADLINES[name].after is not None} == set()


def test_a_login_without_any_role_is_forgotten_like_one_that_was_stopped(context: AppContext) -> None:
    """Nobody but the operator would see it any more, and nobody stop it."""
    a_municipality()
    a_login("here", "desk")
    db.session.add(Login(name="left", created_at=MONDAY))
    db.session.execute(sa.update(Login).values(created_at=MONDAY))
    db.session.commit()
    for now, left in ((MONDAY + timedelta(days=30), ["here", "left"]), (MONDAY + timedelta(days=31), ["here"])):
        forget(now=now)
        assert db.session.scalars(sa.select(Login.name).order_by(Login.name)).all() == left


def test_every_deadline_names_what_there_is_to_erase_with() -> None:
    swept = inspect.getsource(erase_expired_module)
    named = {name: deadline.by for name, deadline in DEADLINES.items() if deadline.after is not None}
    for name, by in (named | OF_PEOPLE).items():
        assert re.search(rf"def {by}\(|^    {by}\(", swept, re.MULTILINE), name


# What is somebody's and yet still there: colleagues who have not left, the key of all contacts' hashes, and what the
# log tells of the day of the scene, which the database itself keeps for a month.
STAYING = {
    "audit": Audit.at > STOPPED,
    "hash_key": TABLES["hash_key"].c.purpose == "contact",
    "login": Login.active,
    "membership": Membership.login_id.in_(sa.select(Login.id).where(Login.active)),
}


def rows_of_people() -> dict[str, int]:
    """Return how many rows of people each table has, but for those who stay."""

    def count(name: str) -> int:
        mine = sa.select(sa.func.count()).select_from(TABLES[name]).where(sa.not_(STAYING.get(name, sa.false())))
        return int(db.session.scalar(mine) or 0)

    found = {name: count(name) for name in OF_PEOPLE}
    db.session.rollback()
    return found


def test_no_row_of_anybody_is_left_after_its_deadline(markers: dict[str, str]) -> None:
    """Dates, numbers and keys too: they go with their rows (``tests.columns``)."""
    _all_that_happens()
    assert [name for name, rows in rows_of_people().items() if not rows] == []
    last = max(*moments(), MONDAY + timedelta(days=91))
    sweep(last)
    sweep(last)  # logins go when the audit log has gone
    assert [name for name, rows in rows_of_people().items() if rows] == []


def _all_that_happens() -> None:
    """Store a row in each table that has no personal column of its own."""
    row = db.session.scalars(sa.select(Appointment)).one()
    desk = db.session.scalars(sa.select(Login).where(Login.active)).one()
    leaver = db.session.scalars(sa.select(Login).where(sa.not_(Login.active))).one()
    mine = {"appointment_id": row.id}
    was = {"status": row.status, "office_id": row.office_id, "clerks": [], "start": NINE, "end": NINE}
    db.session.add_all(
        [
            Absence(clerk_id=row.clerks[0].clerk_id, start=NINE, end=NINE + timedelta(hours=1)),
            Call(**mine, office_id=row.office_id, news="moved", created_at=MONDAY),
            Hold(**mine, login_id=desk.id),
            Mark(**mine, verb="arrive", at=MONDAY, before={}),
            Membership(login_id=leaver.id, municipality_id=row.municipality_id, role="desk"),
            Relocation(**mine, before={}, at=MONDAY, sequence=1),
            Tombstone(reference="ABC-DEF", at=MONDAY),
            Undo(**mine, **was, until=MONDAY, sequence=1, is_quiet=True),
            VainSearch(login_id=desk.id, at=MONDAY),
        ]
    )
    db.session.commit()


def test_on_sqlite_nothing_of_it_is_left_in_the_file_either(markers: dict[str, str]) -> None:
    """Deleted rows stay in free pages and in the journal, unless both are overwritten."""
    file = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or file is None:
        pytest.skip("PostgreSQL overwrites by VACUUM, and keeps its files to itself")
    assert in_files(file, markers) == set(DEADLINES)
    last = max(moments()) + timedelta(days=1)
    forget(now=last)
    erase_expired(now=last)
    forget(now=last)  # logins go when the audit log has gone
    empty_journal()
    kept = {name for name, deadline in DEADLINES.items() if deadline.after is None}
    assert in_files(file, markers) == kept


def in_files(file: str, markers: dict[str, str]) -> set[str]:
    """Return whose markers stand in the bytes of the database, its journal or its index."""
    content = b"".join(path.read_bytes() for path in Path(file).parent.glob(f"{Path(file).name}*"))
    return {name for name, marker in markers.items() if marker.encode() in content}
