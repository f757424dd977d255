"""The mailbox, against a real IMAP server: what is understood is noted and deleted, the rest is left for people."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import trustme
from flask import Flask

from booking.actions import read_mailbox as reading
from booking.actions.check_mailbox import check_mailbox
from booking.actions.read_mailbox import read_mailbox
from booking.actions.send_letters import send_letters
from booking.errors import Unavailable
from booking.extensions import db
from booking.jobs import Timetable
from booking.mail.incoming import Incoming
from booking.mail.mailbox import LARGEST, MailboxAway
from booking.models import Appointment, Heartbeat, Kind, Letter, LetterStatus, MailboxPosition
from tests.builders import MONDAY, a_municipality, an_appointment
from tests.mailboxes import Mailbox, running
from tests.relays import Relay, listening
from tests.returned import a_message, a_reply

NOW = MONDAY + timedelta(minutes=2)
PATTERN = "bounce+{}@termine.example.org"
HUMAN = b"Subject: Frage\r\nFrom: Otto <otto@example.org>\r\n\r\nWann haben Sie auf?\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Mailbox]:
    with running() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(server: Mailbox) -> Mailbox:
    server.empty()
    return server


@pytest.fixture
def relay() -> Iterator[Relay]:
    with listening(Relay()) as opened:
        yield opened


@pytest.fixture
def reader(mailbox: Mailbox, relay: Relay, with_settings: Callable[..., Flask]) -> Iterator[Flask]:
    app = with_settings(mail_port=relay.port, bounce_address=PATTERN, **mailbox.settings)
    with app.app_context():
        a_municipality()
        yield app


def read() -> bool:
    return read_mailbox(lambda: NOW)


def booked_and_told(relay: Relay, email: str) -> tuple[Appointment, str]:
    """Return an appointment whose confirmation is out, and that letter's envelope sender."""
    start = MONDAY + timedelta(days=1, hours=2, minutes=15 * len(relay.taken))
    found = an_appointment(email=email, start=start)
    send_letters(lambda: NOW)
    return db.session.get_one(Appointment, found.id), relay.envelopes[-1][0]


def test_bounces_and_answers_are_noted_and_deleted_and_people_left(
    reader: Flask, relay: Relay, mailbox: Mailbox
) -> None:
    gone, tag = booked_and_told(relay, "gone@example.org")
    away, _ = booked_and_told(relay, "anna@example.org")
    mailbox.receive(a_message("postfix", tag), HUMAN, a_reply("reply-gmail", away.uid))
    assert read()
    assert mailbox.subjects() == ["Frage"]
    db.session.expire_all()
    assert gone.mail_failure == "5.1.1 no such mailbox"
    assert away.declined_at == NOW
    assert db.session.scalars(sa.select(Letter.status).where(Letter.kind == Kind.DECLINED)).all() == ["waiting"]


def test_what_is_left_for_people_stays_unread_and_is_looked_at_once(
    reader: Flask, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[bytes] = []
    understand = reading.understand
    monkeypatch.setattr(reading, "understand", lambda raw, pattern: looked.append(raw) or understand(raw, pattern))
    mailbox.receive(HUMAN)
    assert read()
    assert read()
    mailbox.receive(HUMAN.replace(b"Frage", b"Noch eine"))
    assert read()
    assert len(looked) == 2
    with mailbox.opened() as people:
        assert len(people.search("UNSEEN")) == 2


def test_a_folder_that_was_numbered_anew_is_read_from_the_beginning(
    reader: Flask, relay: Relay, mailbox: Mailbox
) -> None:
    db.session.add(MailboxPosition(folder="INBOX", uid_validity=1, uid=4_000_000))
    db.session.commit()
    row, tag = booked_and_told(relay, "gone@example.org")
    mailbox.receive(a_message("postfix", tag))
    assert read()
    db.session.refresh(row)
    assert row.mail_failure


def test_one_that_is_too_large_is_left_unread(reader: Flask, relay: Relay, mailbox: Mailbox) -> None:
    row, tag = booked_and_told(relay, "gone@example.org")
    mailbox.receive(a_message("postfix", tag) + b"x" * LARGEST)
    assert read()
    db.session.refresh(row)
    assert row.mail_failure is None
    assert len(mailbox.subjects()) == 1


def test_a_message_that_breaks_us_is_passed_over_and_said_and_the_next_is_read(
    reader: Flask,
    relay: Relay,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    row, tag = booked_and_told(relay, "gone@example.org")
    understand = reading.understand

    def stumble(raw: bytes, pattern: str | None) -> Incoming | None:
        if raw == HUMAN:
            raise KeyError("what nobody foresaw")
        return understand(raw, pattern)

    monkeypatch.setattr(reading, "understand", stumble)
    mailbox.receive(HUMAN, a_message("postfix", tag), HUMAN)
    with pytest.raises(ExceptionGroup) as told:
        read()
    assert len(told.value.exceptions) == 2
    assert caplog.text.count("read_mailbox failed at") == 2
    db.session.refresh(row)
    assert row.mail_failure
    assert mailbox.subjects() == ["Frage", "Frage"]
    assert read()  # the last one too has been passed over


def test_a_process_that_stops_leaves_the_rest_for_the_next(reader: Flask, mailbox: Mailbox) -> None:
    mailbox.receive(HUMAN)
    assert read_mailbox(lambda: NOW, is_stopping=lambda: True)
    assert db.session.scalars(sa.select(MailboxPosition.uid)).all() == []


def test_a_database_that_is_away_is_no_message_s_fault(
    reader: Flask, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_away(raw: bytes, _: str | None) -> None:
        raise Unavailable

    mailbox.receive(HUMAN, HUMAN)
    with monkeypatch.context() as patched:
        patched.setattr(reading, "understand", be_away)
        with pytest.raises(Unavailable):
            read()
    assert db.session.scalars(sa.select(MailboxPosition.uid)).all() == []


def test_a_mailbox_that_goes_away_is_no_message_s_fault(
    reader: Flask, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def go_away(raw: bytes, _: str | None) -> None:
        raise MailboxAway("its line broke")

    mailbox.receive(HUMAN)
    with monkeypatch.context() as patched:
        patched.setattr(reading, "understand", go_away)
        assert not read()
    assert db.session.scalars(sa.select(MailboxPosition.uid)).all() == []


def test_a_table_that_is_missing_is_no_message_s_fault_either(
    reader: Flask, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lack(raw: bytes, _: str | None) -> None:
        db.session.execute(sa.text("SELECT 1 FROM of_a_version_to_come"))

    mailbox.receive(HUMAN, HUMAN)
    with monkeypatch.context() as patched:
        patched.setattr(reading, "understand", lack)
        with pytest.raises((sa.exc.OperationalError, sa.exc.ProgrammingError)):
            read()
    db.session.rollback()
    assert db.session.scalars(sa.select(MailboxPosition.uid)).all() == []


def test_two_processes_at_once_note_everything_once(
    reader: Flask, relay: Relay, mailbox: Mailbox, with_settings: Callable[..., Flask]
) -> None:
    rows = [booked_and_told(relay, f"p{place}@example.org") for place in range(4)]
    ids = [row.id for row, _ in rows]
    mailbox.receive(*(a_message("postfix", tag) for _, tag in rows), *(a_message("exim", tag) for _, tag in rows))
    other = with_settings(bounce_address=PATTERN, **mailbox.settings)
    done: list[bool] = []

    def read_too() -> None:
        with other.app_context():
            done.append(read())

    beside = threading.Thread(target=read_too)
    beside.start()
    done.append(read())
    beside.join()
    assert done == [True, True]
    assert mailbox.subjects() == []
    failed = sa.select(Letter.attempts).where(Letter.status == LetterStatus.FAILED, Letter.appointment_id.in_(ids))
    assert db.session.scalars(failed).all() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "wrong",
    [{"imap_password": "guessed"}, {"imap_folder": "Nowhere"}, {"imap_ca_file": None}, {"imap_port": 9}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_mailbox_that_cannot_be_used_is_away(
    mailbox: Mailbox, with_settings: Callable[..., Flask], wrong: dict[str, Any]
) -> None:
    with with_settings(**{**mailbox.settings, **wrong}).app_context():
        assert not read()


def test_a_certificate_that_nobody_vouches_for_is_refused(
    mailbox: Mailbox, with_settings: Callable[..., Flask], tmp_path: Any
) -> None:
    stranger = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    with with_settings(**{**mailbox.settings, "imap_ca_file": str(stranger)}).app_context():
        assert not read()


@pytest.mark.parametrize("tls", ["starttls", "none"])
def test_the_other_ways_to_reach_it_work_too(mailbox: Mailbox, with_settings: Callable[..., Flask], tls: str) -> None:
    settings = {**mailbox.settings, "imap_tls": tls, "imap_port": mailbox.plain}
    with with_settings(**settings).app_context():
        assert read()


def test_doctor_opens_the_mailbox_and_names_whose_mail_may_miss_it(
    mailbox: Mailbox, with_settings: Callable[..., Flask]
) -> None:
    settings = {**mailbox.settings, "bounce_address": "bounce+{}@example.org"}
    with with_settings(**settings).app_context():
        assert list(check_mailbox(["termine@example.org"])) == []
        (elsewhere,) = check_mailbox(["termine@example.org", "rathaus@stadt.example"])
        assert "rathaus@stadt.example" in elsewhere.sentence
    with with_settings(**{**settings, "imap_password": "guessed"}).app_context():
        (refused,) = check_mailbox([])
        assert refused.is_fault
        assert "guessed" not in refused.sentence
    with with_settings(bounce_address="bounce+{}@example.org").app_context():
        (unread,) = check_mailbox([])
        assert "no mailbox is read" in unread.sentence
    with with_settings(**mailbox.settings).app_context():
        (untold,) = check_mailbox([])
        assert "BOUNCE_ADDRESS" in untold.sentence


def test_the_job_reads_and_beats_and_leaves_alone_what_is_away(
    mailbox: Mailbox, with_settings: Callable[..., Flask], free_port: int
) -> None:
    timetable = Timetable(with_settings(**mailbox.settings))
    timetable.mailbox()
    with timetable.app.app_context():
        assert db.session.scalars(sa.select(Heartbeat.job)).all() == ["mailbox"]
    away = Timetable(with_settings(**{**mailbox.settings, "imap_port": free_port}))
    away.mailbox()
    assert away.mailbox_rest.length == timedelta(minutes=1)
    assert away.mailbox_rest.until is not None
    with away.app.app_context():
        assert len(db.session.scalars(sa.select(Heartbeat.at)).all()) == 1  # only of the one that could read
