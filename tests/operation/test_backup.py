"""Backups: everything as it stood at one moment, back on either engine, and nothing that must not come back."""

import contextlib
import hashlib
import json
import os
import sqlite3
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from sqlalchemy.exc import OperationalError

from booking import clock, create_app
from booking.actions import make_backup as making
from booking.actions import restore_backup as restoring
from booking.actions.backup_file import Manifest, Unreadable, read_manifest
from booking.actions.cancel import cancel
from booking.actions.catalogues import catalogue_by_id
from booking.actions.check_deployment import broken_ownership
from booking.actions.erase import Why, erase
from booking.actions.erase_expired import forget
from booking.actions.erased_list import as_tombstones, read_list, renewed_list
from booking.actions.hold_letters import release_held_letters
from booking.actions.make_backup import LEFT_OUT, NotReady, make_backup
from booking.actions.prune_backups import prune_backups
from booking.actions.restore_backup import NotEmpty, restore_backup
from booking.actions.send_letters import send_letters
from booking.actions.staff_sessions import open_session, who_is_logged_in
from booking.actions.tombstones import buried
from booking.cli.writing import whole_file
from booking.extensions import Base, db
from booking.models import (
    Appointment,
    Audit,
    DayCount,
    HashKey,
    Letter,
    LetterStatus,
    Login,
    Municipality,
    Office,
    Replay,
)
from booking.models.stamps import ClerkStamp
from booking.rules.figures import Outcome
from booking.rules.lifecycle import Status
from tests import databases
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment
from tests.colleagues import a_colleague
from tests.conftest import settings_for
from tests.relays import Relay, listening
from tests.serving import environment_for, start

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MONDAY + HOUR
Rows = dict[str, list[tuple[Any, ...]]]


def everything() -> Rows:
    """Every row of every table that backups hold, in the order of the keys."""
    db.session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]
    found = {
        table.name: [tuple(row) for row in db.session.execute(sa.select(table).order_by(*table.primary_key.columns))]
        for table in tables
    }
    db.session.rollback()
    found["hash_key"] = [key for key in found["hash_key"] if not key[0].startswith("network:")]
    return found


def backed_up(folder: Path, name: str = "backup", now: Any = LATER) -> Path:
    file = folder / name
    with file.open("w+b") as opened:
        make_backup(opened, now=now)
    return file


@pytest.fixture
def stocked(app: Flask) -> Flask:
    """A town with somebody at the counter, two appointments and an audit log; no context is open."""
    with app.app_context():
        a_municipality()
    a_colleague(app, "desk")
    with app.app_context():
        an_appointment()
        a_booking(start=NINE + HOUR, email="berta@example.org")
        db.session.add(Audit(**AN_ENTRY, municipality_id=db.session.scalar(sa.select(Municipality.id))))
        db.session.commit()
    return app


@pytest.fixture
def town(stocked: Flask) -> Iterator[Flask]:
    """The same, in its context."""
    with stocked.app_context():
        yield stocked


AN_ENTRY = {"at": MONDAY, "role": "desk", "verb": "moved", "subject": "appointment ABC2346", "details": {"by": 1}}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Flask]:
    """Another installation, on SQLite, without any table yet."""
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}"))
    yield app
    with app.app_context():
        db.engine.dispose()


def counters_aside(rows: Rows) -> Rows:
    """The same without what a restore changes on purpose: counters rise, unsent letters are held."""
    return {
        name: [
            tuple(value for key, value in zip(columns(name), row, strict=True) if key not in CHANGED) for row in found
        ]
        for name, found in rows.items()
    }


CHANGED = {"version", "revision", "held_at", "claimed_until"}


def columns(table: str) -> list[str]:
    return [column.name for column in Base.metadata.tables[table].columns]


def test_a_restored_town_is_the_same_table_by_table(town, tmp_path):
    before, file = everything(), backed_up(tmp_path)
    for row in db.session.scalars(sa.select(Appointment)):
        row.name = "Somebody Else"
    a_booking(start=NINE + 2 * HOUR, email="cecil@example.org")
    db.session.commit()
    restore_backup(file, now=LATER, replace=True)
    assert counters_aside(everything()) == counters_aside(before)
    assert before["audit"]
    assert broken_ownership(LATER) == []


def test_a_backup_of_one_engine_is_restored_on_the_other(town, elsewhere, tmp_path):
    before, file = everything(), backed_up(tmp_path)
    with elsewhere.app_context():
        restore_backup(file, now=LATER, replace=False)
        assert counters_aside(everything()) == counters_aside(before)
        back = backed_up(tmp_path, "back")
    restore_backup(back, now=LATER, replace=True)
    assert counters_aside(everything()) == counters_aside(before)


def test_bookings_go_on_after_a_restore_with_ids_of_their_own(town, tmp_path):
    file = backed_up(tmp_path)
    restore_backup(file, now=LATER, replace=True)
    known = set(db.session.scalars(sa.select(Appointment.id)))
    assert an_appointment(now=LATER, start=NINE + 2 * HOUR, email="dora@example.org").id not in known


def test_a_backup_made_among_bookings_shows_one_moment(town, tmp_path):
    stop = threading.Event()
    starts = [NINE + DAY * day + timedelta(minutes=15) * step for day in (1, 2, 3) for step in range(10)]

    def book() -> None:
        with town.app_context():
            for number, start in enumerate(starts):
                if not stop.is_set():
                    found = an_appointment(start=start, email=f"{number}@example.org")
                    if number % 3 == 0:
                        cancel(found.token, now=LATER)
            db.session.remove()

    people = threading.Thread(target=book)
    people.start()
    try:
        files = [backed_up(tmp_path, f"during-{number}") for number in range(3)]
    finally:
        stop.set()
        people.join()
    for file in files:
        restore_backup(file, now=LATER, replace=True)
        assert broken_ownership(LATER) == []
        letters = set(db.session.scalars(sa.select(Letter.appointment_id)))
        assert letters == set(db.session.scalars(sa.select(Appointment.id)))


def test_a_backup_whose_connection_breaks_begins_its_file_anew(town, tmp_path, monkeypatch):
    usual, broken = making.write_part, []

    def breaks_once(*told: Any) -> Any:
        part = usual(*told)
        if told[1] == "appointment" and not broken:
            broken.append(part.rows)
            raise sa.exc.OperationalError("SELECT", {}, Exception("gone"), connection_invalidated=True)
        return part

    monkeypatch.setattr(making, "write_part", breaks_once)
    with zipfile.ZipFile(backed_up(tmp_path)) as archive:
        assert min(member.header_offset for member in archive.infolist()) == 0  # nothing of the first attempt is left
    assert broken == [2]


def test_neither_network_keys_nor_sessions_nor_replays_are_in_the_file(town, tmp_path):
    assert db.session.scalars(sa.select(HashKey.purpose).where(HashKey.purpose.startswith("network:"))).all()
    assert db.session.scalars(sa.select(Replay.key)).all()
    with zipfile.ZipFile(backed_up(tmp_path)) as archive:
        assert not {f"{table}.jsonl" for table in LEFT_OUT} & set(archive.namelist())
        assert b"network:" not in archive.read("hash_key.jsonl")
        assert b"contact" in archive.read("hash_key.jsonl")


def test_what_is_left_out_are_tables_that_exist() -> None:
    assert set(LEFT_OUT) <= set(Base.metadata.tables)


def test_no_letter_leaves_after_a_restore_until_it_is_released(town, tmp_path, with_settings):
    restore_backup(backed_up(tmp_path), now=LATER, replace=True)
    waiting = db.session.scalars(sa.select(Letter).where(Letter.status == LetterStatus.WAITING)).all()
    assert waiting
    with listening(Relay()) as relay, with_settings(mail_port=relay.port).app_context():
        send_letters(lambda: LATER)
        assert relay.taken == []
        release_held_letters(now=LATER)
        send_letters(lambda: LATER)
        assert relay.taken


def test_a_restore_logs_everybody_out(town, tmp_path):
    login = db.session.scalars(sa.select(Login.id).limit(1)).one()
    secret = open_session(login, now=LATER)
    restore_backup(backed_up(tmp_path), now=LATER, replace=True)
    assert who_is_logged_in(secret, now=LATER) is None


def test_a_restore_leaves_behind_what_workers_keep(town, tmp_path):
    file = backed_up(tmp_path)
    an_appointment(start=NINE + 2 * HOUR, email="emil@example.org")
    counters = sa.select(Office.version, Municipality.revision).join(Municipality)
    before = db.session.execute(counters).one()
    restore_backup(file, now=LATER, replace=True)
    after = db.session.execute(counters).one()
    assert after.version > before.version
    assert {stamp > 0 for stamp in db.session.scalars(sa.select(ClerkStamp.stamp))} == {True}
    again = restore_backup(file, now=LATER, replace=True)
    assert again.manifest.rows
    assert db.session.execute(counters).one().version > after.version  # what came after the first may be kept, too
    assert after.revision > before.revision


def test_free_times_are_those_of_the_backup_for_workers_that_kept_others(stocked, tmp_path, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: MONDAY)  # no time passes, of the free ones neither
    with stocked.app_context():
        file = backed_up(tmp_path)
    client = stocked.test_client()
    query = "/api/v1/municipalities/musterstadt/availability?concern=personalausweis"
    before = client.get(query).json
    with stocked.app_context():
        starts = [start for office in before["offices"] for day in office["days"] for start in day["starts"]]
        a_booking(now=clock.now(), start=datetime.fromisoformat(starts[len(starts) // 2]), email="kurt@example.org")
    assert client.get(query).json != before
    with stocked.app_context():
        restore_backup(file, now=clock.now(), replace=True)
    assert client.get(query).json == before


@pytest.mark.long_on("postgresql")
def test_what_is_past_its_time_is_swept_at_once(town, tmp_path):
    done = restore_backup(backed_up(tmp_path), now=MONDAY + 60 * DAY, replace=True)
    assert done.swept > 0
    assert db.session.scalars(sa.select(Appointment).where(Appointment.status == Status.CONFIRMED)).all() == []


def test_what_was_erased_since_the_backup_is_erased_again(town, tmp_path):
    file = backed_up(tmp_path)
    reference = erased_on_request()
    for _ in range(2):  # also by a second restore of the same backup
        assert restore_backup(file, now=LATER, replace=True).erased_again == 1
        assert db.session.scalars(sa.select(Appointment).where(Appointment.reference == reference)).all() == []
    assert broken_ownership(LATER) == []


@pytest.mark.long_on("postgresql")
def test_what_was_to_come_and_is_erased_again_is_counted_as_cancelled(town, tmp_path):
    file = backed_up(tmp_path)
    erased_on_request()
    restore_backup(file, now=LATER, replace=True)
    assert db.session.scalars(sa.select(DayCount.outcome)).all() == [Outcome.CANCELLED]


def erased_on_request() -> str:
    """Erase the confirmed appointment because somebody asked; return its reference."""
    row = db.session.scalars(sa.select(Appointment).where(Appointment.status == Status.CONFIRMED)).one()
    reference = row.reference
    erase(catalogue_by_id(row.municipality_id), [row.id], Why(requested=1), now=LATER)
    db.session.commit()
    return reference


@pytest.mark.long_on("postgresql")
def test_tombstones_are_forgotten_when_no_backup_can_be_older(town):
    erased_on_request()
    forget(now=LATER + 89 * DAY)
    assert len(buried()) == 1
    forget(now=LATER + 91 * DAY)
    assert buried() == {}


@pytest.mark.long_on("postgresql")
def test_a_list_of_erased_references_helps_where_the_database_was_lost(town, elsewhere, tmp_path):
    file = backed_up(tmp_path)
    reference = db.session.scalars(sa.select(Appointment.reference).where(Appointment.status == "confirmed")).one()
    with elsewhere.app_context():
        assert (
            restore_backup(file, now=LATER, replace=False, erased={reference: LATER, "NOBODY2": LATER}).erased_again
            == 1
        )
        assert db.session.scalars(sa.select(Appointment).where(Appointment.reference == reference)).all() == []


def test_a_database_that_holds_something_is_not_replaced_unasked(town, tmp_path):
    before, file = everything(), backed_up(tmp_path)
    with pytest.raises(NotEmpty):
        restore_backup(file, now=LATER, replace=False)
    assert everything() == before


def damaged(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def exchanged(file: Path) -> None:
    """Another table's rows, with every check of the archive itself in order."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["appointment.jsonl"] = members["appointment.jsonl"].replace(b"Anna", b"Otto")
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("harm", [damaged, cut_off, exchanged])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    town: Flask, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    before, file = everything(), backed_up(tmp_path)
    harm(file)
    with pytest.raises(Unreadable):
        restore_backup(file, now=LATER, replace=True)
    assert everything() == before


def rewritten(file: Path, *, told: Mapping[str, Any] | None = None, **tables: Iterable[bytes]) -> Path:
    """Put other lines into tables, and other words into the manifest, with every check of the file in order."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json")) | (told or {})
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            digest, count = hashlib.sha256(), 0
            with archive.open(name, "w") as opened:
                for piece in tables.get(name.removesuffix(".jsonl"), content.splitlines(keepends=True)):
                    opened.write(piece)
                    digest.update(piece)
                    count += piece.endswith(b"\n")
            if name.removesuffix(".jsonl") in tables:
                manifest["tables"][name.removesuffix(".jsonl")] |= {"rows": count, "sha256": digest.hexdigest()}
        archive.writestr("manifest.json", json.dumps(manifest))
    return file


ENDLESS = [b" " * 1_000_000] * 40


@pytest.mark.parametrize(
    "lines",
    [[b'["x"]\n'], [b'{"a":1}\n'], [b"5\n"], [b"[" * 100_000 + b"\n"], ENDLESS],
    ids=["too short", "no row", "a number", "too deep", "without end"],
)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # refused before the database has a part in it
def test_a_row_that_is_none_is_refused_in_a_sentence(town: Flask, tmp_path: Path, lines: Sequence[bytes]) -> None:
    before, file = everything(), rewritten(backed_up(tmp_path), login=lines)
    with pytest.raises(Unreadable, match=r"[a-z] \([A-Za-z]+\)\.$"):
        restore_backup(file, now=LATER, replace=True)
    assert everything() == before


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_value_that_its_table_cannot_hold_is_refused_in_a_sentence(town: Flask, tmp_path: Path) -> None:
    row = b"[" + b",".join([b"null"] * len(columns("login"))) + b"]\n"
    with pytest.raises(Unreadable, match="holds a row"):
        restore_backup(rewritten(backed_up(tmp_path), login=[row]), now=LATER, replace=True)


def with_value(file: Path, table: str, **values: object) -> Path:
    """Put other values into a table's last row."""
    with zipfile.ZipFile(file) as archive:
        *lines, last = archive.read(f"{table}.jsonl").splitlines(keepends=True)
    row = dict(zip(columns(table), json.loads(last), strict=True)) | values
    return rewritten(file, **{table: [*lines, json.dumps(list(row.values())).encode() + b"\n"]})


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("generation", "Erika Musterfrau"),  # an integer
        ("generation", True),
        ("generation", 1.5),
        ("name", 7),  # text
        ("name", ["Erika"]),
        ("extended", "Erika"),  # yes or no
        ("extended", 1),
        ("start", "Erika"),  # an instant
        ("start", 7),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # it minds no type, and is what lays out every backup
def test_a_value_of_another_type_is_refused_by_its_place(town: Flask, tmp_path: Path, column: str, value: Any) -> None:
    before, file = everything(), with_value(backed_up(tmp_path), "appointment", **{column: value})
    with pytest.raises(Unreadable) as refused:
        restore_backup(file, now=LATER, replace=True)
    assert str(refused.value) == f"{file}, row 2 of table appointment: column {column} cannot hold its value."
    assert everything() == before


@pytest.mark.parametrize("zone", ["Erika/Musterfrau", "../Erika", "Europe", ""])
def test_a_time_zone_that_nobody_knows_is_refused_by_its_place(town: Flask, tmp_path: Path, zone: str) -> None:
    before, file = everything(), with_value(backed_up(tmp_path), "municipality", timezone=zone)
    with pytest.raises(Unreadable, match=r"municipality \d+: column timezone holds no time zone") as refused:
        restore_backup(file, now=LATER, replace=True)
    assert "Erika" not in str(refused.value)
    assert everything() == before


def test_a_disk_too_full_to_lay_it_out_is_told_in_a_sentence(
    town: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for row in db.session.scalars(sa.select(Appointment)):
        row.note = "ß" * 2000  # with its other columns more than a page
    db.session.commit()
    before, file = everything(), backed_up(tmp_path)
    load = restoring._load

    def load_into_little(file: Path, manifest: Manifest, staging: sa.Connection) -> None:
        pages = staging.exec_driver_sql("PRAGMA page_count").scalar_one()
        staging.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        load(file, manifest, staging)

    monkeypatch.setattr(restoring, "_load", load_into_little)
    with pytest.raises(NotReady, match=r"laid out \(database or disk is full\)\. .* set TMPDIR"):
        restore_backup(file, now=LATER, replace=True)
    assert everything() == before


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        pytest.param(sqlite3.SQLITE_IOERR_WRITE, NotReady, id="a file that cannot be written"),
        pytest.param(sqlite3.SQLITE_CANTOPEN, NotReady, id="a file that cannot be made"),
        pytest.param(sqlite3.SQLITE_ERROR, OperationalError, id="a migration of ours that fails"),
    ],
)
def test_only_a_lack_of_room_is_told_as_such(
    town: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, refusal: type[Exception]
) -> None:
    before, file = everything(), backed_up(tmp_path)

    def fail(*_: object) -> None:
        said = sqlite3.OperationalError("as SQLite says")
        said.sqlite_errorcode = code
        raise OperationalError("CREATE TABLE", {}, said)

    monkeypatch.setattr(restoring, "_lay_out", fail)
    with pytest.raises(refusal, match="as SQLite says"):
        restore_backup(file, now=LATER, replace=True)
    assert everything() == before


def test_rows_that_refer_to_none_are_refused_in_a_sentence(town: Flask, tmp_path: Path) -> None:
    before, file = everything(), rewritten(backed_up(tmp_path), municipality=[])
    with pytest.raises(Unreadable, match=r"holds a row that this database cannot hold \(IntegrityError\)\.$"):
        restore_backup(file, now=LATER, replace=True)
    assert everything() == before


def naive(file: Path) -> None:
    rewritten(file, told={"made_at": "2026-01-01T00:00:00"})


def without_tables(file: Path) -> None:
    rewritten(file, told={"tables": []})


def deep(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", "[" * 400_000)


def encrypted(file: Path) -> None:
    """As zipfile sees it: the bit is set, in the list of members and at the manifest itself."""
    content = bytearray(file.read_bytes())
    listed = content.rfind(b"PK\x01\x02")
    content[listed + 8] |= 1
    content[int.from_bytes(content[listed + 42 : listed + 46], "little") + 6] |= 1
    file.write_bytes(content)


@pytest.mark.parametrize("harm", [naive, without_tables, deep, encrypted])
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_odd_file_does_not_keep_others_from_being_pruned(
    context: Flask, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    a_municipality()
    odd = backed_up(tmp_path, "odd", now=MONDAY)
    harm(odd)
    with pytest.raises(Unreadable):
        read_manifest(odd)
    backed_up(tmp_path, "old", now=MONDAY - 40 * DAY)
    backed_up(tmp_path, "new", now=MONDAY)
    assert [file.name for file in prune_backups(tmp_path, keep=30 * DAY, now=MONDAY).deleted] == ["old"]
    assert odd.exists()


def test_a_restore_that_dies_half_way_leaves_the_old_state(town, tmp_path, monkeypatch):
    before, file = everything(), backed_up(tmp_path)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(restoring, "_raise_counters", dies)
    with pytest.raises(KeyboardInterrupt):
        restore_backup(file, now=LATER, replace=True)
    assert everything() == before
    with pytest.raises(sa.exc.DatabaseError):  # and the audit log is guarded as before
        db.session.execute(sa.update(Audit).values(verb="nothing"))
    db.session.rollback()


@pytest.mark.long
@pytest.mark.parametrize("seconds", [0.2, 0.6, 1.0, 1.4, 1.8, 2.2, 2.6, 3.0])
def test_a_restore_that_is_killed_leaves_the_old_state_or_the_new_one(town, tmp_path, seconds):
    file = backed_up(tmp_path)
    a_booking(start=NINE + 2 * HOUR, email="cecil@example.org")
    old = everything()
    command = ["-m", "flask", "--app", "wsgi", "backup", "restore", "--force", str(file)]
    environment = environment_for(town.config["DATABASE_URL"], port=1)
    process = start(*command, environment=environment, log=tmp_path / "log")
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.kill()
    process.wait()
    found = everything()
    assert len(found["appointment"]) in {2, 3}
    if len(found["appointment"]) == 3:
        assert found == old
    assert broken_ownership(MONDAY) == []


def test_the_audit_log_is_guarded_again_after_a_restore(town, tmp_path):
    restore_backup(backed_up(tmp_path), now=LATER, replace=True)
    with pytest.raises(sa.exc.DatabaseError):
        db.session.execute(sa.update(Audit).values(verb="nothing"))
    db.session.rollback()


def test_a_backup_of_a_newer_program_is_refused(town, tmp_path):
    file = backed_up(tmp_path)
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["manifest.json"] = members["manifest.json"].replace(b'"migration": "00', b'"migration": "99')
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(NotReady, match="newer"):
        restore_backup(file, now=LATER, replace=True)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # it is migrated in SQLite, wherever it is to go
def test_an_older_backup_is_migrated_before_it_is_put_in(town, elsewhere, tmp_path):
    """As the release before wrote it: without the columns and tables that have come since."""
    before, file = everything(), backed_up(tmp_path)
    old = create_app(settings_for(f"sqlite:///{tmp_path / 'old.sqlite3'}"))
    databases.migrate(old, "0008")
    made_older(file, tmp_path / "old.sqlite3")
    with elsewhere.app_context():
        restore_backup(file, now=LATER, replace=False)
        assert [row[0] for row in everything()["appointment"]] == [row[0] for row in before["appointment"]]


def made_older(file: Path, model: Path) -> None:
    """Take from a backup what a database of an older migration does not have."""
    had = sqlite3.connect(model)
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        lines = {name: archive.read(f"{name}.jsonl").splitlines() for name in manifest["tables"]}
    parts = {}
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in manifest["tables"].items():
            known = [row[1] for row in had.execute(f'PRAGMA table_info("{name}")')]
            kept = [number for number, column in enumerate(part["columns"]) if column in known]
            if known:
                rows = [[json.loads(line)[number] for number in kept] for line in lines[name]]
                from booking.actions.backup_file import write_part

                made = write_part(archive, name, [part["columns"][number] for number in kept], rows)
                parts[name] = {"columns": made.columns, "rows": made.rows, "sha256": made.sha256}
        archive.writestr("manifest.json", json.dumps(manifest | {"migration": "0008", "tables": parts}))
    had.close()


@pytest.mark.long_on("postgresql")
def test_prune_deletes_what_is_past_its_deadline_and_nothing_else(context, tmp_path):
    a_municipality()
    for age in (1, 29, 31, 60):
        backed_up(tmp_path, f"{age}-days-old", now=MONDAY - age * DAY)
    (tmp_path / "notes.txt").write_text("not a backup")
    (tmp_path / "link").symlink_to(tmp_path / "60-days-old")
    done = prune_backups(tmp_path, keep=30 * DAY, now=MONDAY)
    assert sorted(file.name for file in done.deleted) == ["31-days-old", "60-days-old"]
    assert {file.name for file in tmp_path.iterdir()} == {"1-days-old", "29-days-old", "notes.txt", "link"}
    assert (done.kept, done.overdue) == (2, None)


@pytest.mark.long_on("postgresql")
def test_prune_spares_the_only_backup_that_is_left_and_says_so(context, tmp_path):
    a_municipality()
    backed_up(tmp_path, "older", now=MONDAY - 50 * DAY)
    newest = backed_up(tmp_path, "newest", now=MONDAY - 40 * DAY)
    done = prune_backups(tmp_path, keep=30 * DAY, now=MONDAY)
    assert (done.overdue, [file.name for file in tmp_path.iterdir()]) == (newest, ["newest"])


def aged(file: Path, days: float) -> Path:
    """Give a file the time of so many days before MONDAY."""
    moment = (MONDAY - days * DAY).timestamp()
    os.utime(file, (moment, moment))
    return file


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_backup_from_the_future_is_pruned_by_its_files_time(context, tmp_path):
    a_municipality()
    backed_up(tmp_path, "now", now=MONDAY)
    old = aged(backed_up(tmp_path, "old", now=MONDAY + 9000 * DAY), 31)
    new = aged(backed_up(tmp_path, "new", now=MONDAY + 9000 * DAY), 29)
    done = prune_backups(tmp_path, keep=30 * DAY, now=MONDAY)
    assert (done.deleted, done.misdated) == ([old], [new, old])
    assert new.exists()


def test_what_a_killed_backup_left_is_deleted_after_a_day(tmp_path: Path) -> None:
    """It holds people's data, and has no manifest that would tell when it was made."""
    with whole_file(tmp_path / "today.zip", replace=True):
        (name,) = (file.name for file in tmp_path.iterdir())
    running, others = ".today.zip.abcdefgh.unfinished", [".bashrc.settings", "a.abcdefgh.unfinished"]
    for left, days in ((name, 1.1), (running, 0.9), (others[0], 1.1), (others[1], 1.1)):
        (tmp_path / left).touch()
        aged(tmp_path / left, days)
    assert prune_backups(tmp_path, keep=30 * DAY, now=MONDAY).unfinished == [tmp_path / name]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([running, *others, "today.zip"])


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["backup", *words])


@pytest.mark.long_on("postgresql")
def test_the_commands_write_a_private_file_and_tell_what_they_did(stocked, elsewhere, tmp_path):
    file = tmp_path / "the backup"
    made = run(stocked, "create", str(file))
    assert "rows of" in made.output
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []
    again = run(stocked, "create", str(file))
    assert again.exit_code == 1
    assert "--force" in again.output
    assert run(stocked, "create", str(file), "--force").exit_code == 0
    assert read_manifest(file).rows > 0
    told = run(elsewhere, "restore", str(file)).output
    assert "Unsent letters, held: " in told
    assert "No list of erased appointments was given" in told
    assert "holds again: logins that were stopped" in told
    refused = run(elsewhere, "restore", str(file))
    assert refused.exit_code == 1
    assert "not empty" in refused.output


@pytest.mark.long_on("postgresql")
def test_a_restore_whose_sweep_fails_says_that_it_is_restored(stocked, elsewhere, tmp_path, monkeypatch):
    def fails(*, now):
        raise ExceptionGroup("some failed", [ValueError(now)])

    run(stocked, "create", str(tmp_path / "backup"))
    monkeypatch.setattr("booking.actions.restore_backup.erase_expired", fails)
    done = run(elsewhere, "restore", str(tmp_path / "backup"))
    assert (done.exit_code, done.output.partition(",")[0]) == (1, "Error: The backup is restored")
    with elsewhere.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Appointment.id))) == 2


@pytest.mark.long_on("postgresql")
def test_the_commands_keep_a_list_of_the_erased_and_prune(stocked, elsewhere, tmp_path, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: LATER)  # the list forgets what was erased 90 days ago
    folder, listed = tmp_path / "backups", tmp_path / "erased"
    folder.mkdir()
    assert run(stocked, "create", str(folder / "one")).exit_code == 0
    with stocked.app_context():
        reference = erased_on_request()
    assert "1 references" in run(stocked, "erased", str(listed)).output
    assert listed.read_text() == f"{reference} {LATER:%Y-%m-%d}\n"
    assert (
        "people had asked for it: 1 appointments"
        in run(elsewhere, "restore", str(folder / "one"), "--erased", str(listed)).output
    )
    assert "0 backups deleted, 1 kept" in run(stocked, "prune", str(folder)).output


def test_a_new_database_does_not_empty_the_list_of_the_erased(town, tmp_path):
    """The timer runs each hour, also between the loss of a database and its restore."""
    reference, listed = erased_on_request(), tmp_path / "erased"
    listed.write_text("NEWER22 2026-10-05\nABC2346\nOLDER22 2026-07-01\nFUTURE2 2999-01-01\n")
    assert renewed_list(listed, now=LATER) == {
        reference: LATER.date(),
        "ABC2346": LATER.date(),  # an older version's: the day is unknown, so that its time begins today
        "NEWER22": date(2026, 10, 5),
        "FUTURE2": LATER.date(),
    }


@pytest.mark.long_on("postgresql")
def test_the_restored_database_goes_on_with_the_days_of_the_list(town, elsewhere, tmp_path):
    file, listed = backed_up(tmp_path), tmp_path / "erased"
    listed.write_text("NEWER22 2026-10-05\n")
    with elsewhere.app_context():
        erased = as_tombstones(read_list(listed, now=LATER))
        restore_backup(file, now=LATER, replace=False, erased=erased)
        assert {reference: at.date() for reference, at in buried().items()} == {"NEWER22": date(2026, 10, 5)}


@pytest.mark.long_on("postgresql")
def test_the_list_of_the_erased_takes_no_other_files_place(stocked, tmp_path):
    other = tmp_path / "backup.zip"
    assert run(stocked, "create", str(other)).exit_code == 0
    before = other.read_bytes()
    refused = run(stocked, "erased", str(other))
    assert (refused.exit_code, other.read_bytes() == before) == (1, True)
    assert "is not a list" in refused.output
    assert "is not a list" in run(stocked, "restore", str(other), "--force", "--erased", str(other)).output


@pytest.mark.long_on("postgresql")
def test_a_folder_that_does_not_exist_is_named_and_not_made(stocked, tmp_path):
    folder = tmp_path / "missing"
    for word in ("create", "erased"):
        done = run(stocked, word, str(folder / "today"))
        assert (done.exit_code, done.output) == (1, f"Error: {folder}: There is no such folder: make it first.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long_on("postgresql")
def test_a_file_that_is_no_backup_is_refused_in_a_sentence(stocked, tmp_path):
    (tmp_path / "x").write_text("hello")
    refused = run(stocked, "restore", str(tmp_path / "x"), "--force")
    assert refused.exit_code == 1
    assert "is not a backup of Wartefrei" in refused.output
