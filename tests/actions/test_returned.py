"""What came back: bounces reach the front desk, declines are asked about once, and nothing else changes anything."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.actions.cancel import cancel_by_office
from booking.actions.erase_expired import erase_expired
from booking.actions.keep import keep
from booking.actions.move import move
from booking.actions.plan_day_sheets import plan_day_sheets
from booking.actions.read_mailbox import is_settled
from booking.actions.send_day_sheets import send_day_sheets
from booking.actions.send_letters import send_letters
from booking.errors import NotPossibleNow
from booking.extensions import db
from booking.models import Appointment, Call, DaySheet, Kind, Letter, LetterStatus, Office
from booking.rules import appointments
from booking.rules.lifecycle import TIME_TO_UNDO, Status
from tests.builders import MONDAY, NINE, a_booking, a_municipality, an_appointment
from tests.relays import Relay, listening
from tests.returned import REPLIES, a_message, a_reply

NOW = MONDAY + timedelta(minutes=2)
LATER = NOW + timedelta(minutes=5)
PATTERN = "bounce+{}@termine.example.org"
ON_SQLITE = pytest.mark.long_on("postgresql")  # about what a letter says: both databases are asked the same


@pytest.fixture
def relay(with_settings: Callable[..., Flask]) -> Iterator[Relay]:
    with listening(Relay()) as opened, with_settings(mail_port=opened.port, bounce_address=PATTERN).app_context():
        a_municipality()
        yield opened


def sent(relay: Relay, now: datetime = NOW) -> str:
    """Let every letter leave, and return the envelope's sender of the last one."""
    assert send_letters(lambda: now).sent
    return relay.envelopes[-1][0]


def the_row() -> Appointment:
    db.session.expire_all()
    return db.session.scalars(sa.select(Appointment)).one()


def the_version() -> int:
    db.session.rollback()
    return db.session.scalars(sa.select(Office.version)).one()


def kinds() -> list[tuple[str, str]]:
    db.session.rollback()
    found = db.session.execute(sa.select(Letter.kind, Letter.status).order_by(Letter.id))
    return [(row.kind, row.status) for row in found]


@ON_SQLITE
def test_each_letter_has_an_envelope_sender_of_its_own_and_the_from_stays(relay: Relay) -> None:
    an_appointment()
    sent(relay)
    letters = db.session.scalars(sa.select(Letter).where(Letter.status == LetterStatus.SENT)).all()
    for letter, (sender, _) in zip(letters, relay.envelopes, strict=True):
        assert sender.startswith(f"bounce+l{letter.id}-")
        assert sender.endswith("@termine.example.org")
    assert {message["From"] for message in relay.taken} == {"Stadt Musterstadt <termine@example.org>"}


def test_what_came_back_stands_with_the_letter_and_the_appointment(relay: Relay) -> None:
    an_appointment()
    bounce, before = a_message("postfix", sent(relay)), the_version()
    assert is_settled(bounce, now=LATER)
    assert the_row().mail_failure == "5.1.1 no such mailbox"
    assert kinds()[-1] == (Kind.CONFIRMED, LetterStatus.FAILED)
    assert the_version() > before  # day pages look anew within five seconds


def test_a_second_report_of_one_letter_changes_nothing(relay: Relay) -> None:
    an_appointment()
    bounce = a_message("postfix", sent(relay))
    is_settled(bounce, now=LATER)
    before = the_version()
    assert is_settled(bounce, now=LATER)
    assert the_version() == before


@ON_SQLITE
def test_a_delay_or_an_absence_changes_nothing_and_is_not_kept(relay: Relay) -> None:
    an_appointment()
    tag = sent(relay)
    for sample in ("postfix-delayed", "exim-warning", "out-of-office", "read-receipt"):
        assert is_settled(a_message(sample, tag), now=LATER)
    assert the_row().mail_failure is None
    assert (Kind.CONFIRMED, LetterStatus.SENT) in kinds()


@ON_SQLITE
def test_nobody_else_can_say_that_a_letter_did_not_arrive(relay: Relay) -> None:
    an_appointment()
    tag = sent(relay)
    at = tag.index("@") - 1
    forged = tag[:at] + ("a" if tag[at] != "a" else "b") + tag[at + 1 :]
    assert is_settled(a_message("postfix", forged), now=LATER)
    assert the_row().mail_failure is None


@ON_SQLITE
def test_what_came_back_under_a_former_key_is_still_believed(relay: Relay, with_settings: Callable[..., Flask]) -> None:
    an_appointment()
    bounce = a_message("postfix", sent(relay))
    former = "a key that only the tests know, of 48 characters"
    db.session.rollback()
    with with_settings(secret_key="n" * 40, secret_key_fallbacks=(former,), bounce_address=PATTERN).app_context():
        is_settled(bounce, now=LATER)
        assert the_row().mail_failure


def test_a_bounce_of_what_has_been_erased_is_dropped(relay: Relay) -> None:
    an_appointment()
    bounce = a_message("postfix", sent(relay))
    assert erase_expired(now=NOW + timedelta(days=40)) == 1
    assert is_settled(bounce, now=NOW + timedelta(days=40))


@ON_SQLITE
def test_an_address_corrected_meanwhile_keeps_its_chance(relay: Relay) -> None:
    an_appointment()
    bounce = a_message("postfix", sent(relay))
    db.session.execute(sa.update(Appointment).values(email="neu@example.org"))
    db.session.commit()
    is_settled(bounce, now=LATER)
    assert the_row().mail_failure is None
    assert kinds()[-1] == (Kind.CONFIRMED, LetterStatus.FAILED)


def test_news_that_came_back_must_be_told_by_telephone(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    cancel_by_office(found.id, now=NOW)
    bounce = a_message("postfix", sent(relay, NOW + TIME_TO_UNDO))
    is_settled(bounce, now=LATER)
    assert db.session.scalars(sa.select(Call.news)).all() == ["cancelled"]


@ON_SQLITE
def test_news_of_what_is_over_need_not_be_told(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    cancel_by_office(found.id, now=NOW)
    is_settled(a_message("postfix", sent(relay, NOW + TIME_TO_UNDO)), now=NINE + timedelta(hours=2))
    assert db.session.scalars(sa.select(Call.news)).all() == []


def test_a_decline_is_noted_cancels_nothing_and_is_asked_about_once(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    before = the_version()
    for sample in REPLIES:  # again and again, from every device
        assert is_settled(a_reply(sample, found.uid), now=LATER)
    row = the_row()
    assert (row.status, row.declined_at) == (Status.CONFIRMED, LATER)
    assert the_version() > before
    sent(relay, LATER)
    assert [kind for kind, _ in kinds()].count(Kind.DECLINED) == 1
    asked = relay.taken[-1]
    assert str(asked["Subject"]).startswith("Wirklich absagen?")
    assert f"/t/{found.token}" in text_of(relay)
    assert "text/calendar" not in asked.as_string()


def test_whoever_accepts_after_all_is_not_asked(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    is_settled(a_reply("reply-gmail", found.uid), now=LATER)
    is_settled(a_reply("reply-gmail", found.uid, "ACCEPTED"), now=LATER)
    assert the_row().declined_at is None
    assert not send_letters(lambda: LATER).sent
    assert kinds()[-1] == (Kind.DECLINED, LetterStatus.SUPERSEDED)


def test_whoever_says_on_the_page_that_they_come_is_not_asked(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    is_settled(a_reply("reply-gmail", found.uid), now=LATER)
    before = the_version()
    for _ in range(2):
        assert keep(found.token, now=LATER).declined_at is None
    assert the_version() > before  # the day schedules see it
    assert not send_letters(lambda: LATER).sent
    assert kinds()[-1] == (Kind.DECLINED, LetterStatus.SUPERSEDED)
    with pytest.raises(NotPossibleNow):
        keep(found.token, now=NINE)


@ON_SQLITE
def test_clicking_to_and_fro_brings_no_second_letter(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    is_settled(a_reply("reply-gmail", found.uid), now=LATER)
    sent(relay, LATER)
    for answer in ("ACCEPTED", "DECLINED"):
        is_settled(a_reply("reply-gmail", found.uid, answer), now=LATER)
    assert the_row().declined_at == LATER
    assert [kind for kind, _ in kinds()].count(Kind.DECLINED) == 1


@ON_SQLITE
def test_who_accepts_raises_no_version_and_leaves_nothing(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    before = the_version()
    for answer in ("ACCEPTED", "TENTATIVE"):
        assert is_settled(a_reply("reply-gmail", found.uid, answer), now=LATER)
    assert the_version() == before


@ON_SQLITE
def test_declining_the_old_time_does_not_decline_the_new_one(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    move(found.token, NINE + timedelta(hours=1), now=NOW)
    sent(relay, NOW + TIME_TO_UNDO)
    assert is_settled(a_reply("reply-outlook", found.uid, sequence=found.sequence), now=LATER)
    assert the_row().declined_at is None


def test_a_decline_is_forgotten_when_another_time_is_agreed(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    is_settled(a_reply("reply-outlook", found.uid), now=LATER)
    moved: appointments.Appointment = move(found.token, NINE + timedelta(hours=1), now=LATER)
    assert moved.declined_at is None


@ON_SQLITE
def test_only_whoever_was_invited_can_decline(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    strangers = a_reply("reply-gmail", found.uid).replace(b"mailto:anna@", b"mailto:otto@")
    assert is_settled(strangers, now=LATER)
    assert the_row().declined_at is None


@ON_SQLITE
def test_a_booking_that_was_never_confirmed_has_no_entry_to_decline(relay: Relay) -> None:
    found = a_booking()
    sent(relay)
    is_settled(a_reply("reply-gmail", found.uid), now=LATER)
    assert the_row().declined_at is None


@ON_SQLITE
@pytest.mark.parametrize(("uid", "settled"), [("gone@example.org", True), ("lunch@calendar.example", False)])
def test_answers_to_what_was_erased_are_dropped_and_those_to_others_entries_left(
    relay: Relay, uid: str, settled: bool
) -> None:
    assert is_settled(a_reply("reply-gmail", uid), now=LATER) is settled


@ON_SQLITE
def test_an_answer_with_words_is_noted_and_left_for_people(relay: Relay) -> None:
    found = an_appointment()
    sent(relay)
    spoken = a_reply("reply-outlook", found.uid).replace(b"de-DE:\\n", b"de-DE:Geht es auch am Freitag?")
    assert not is_settled(spoken, now=LATER)
    assert the_row().declined_at == LATER


def text_of(relay: Relay) -> str:
    part = relay.taken[-1].get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_day_sheet_that_came_back_is_given_up_with_its_code(relay: Relay) -> None:
    an_appointment()
    db.session.execute(sa.update(Office).values(day_sheet_to="blatt@example.org"))
    db.session.commit()
    evening = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    plan_day_sheets(now=evening)
    assert send_day_sheets(lambda: evening).sent == 1
    tag = relay.envelopes[-1][0]
    assert tag.startswith("bounce+d")
    for forged in (tag.replace("+d", "+l"), tag.replace("-", "0-")):
        is_settled(a_message("postfix", forged), now=evening)
    assert not the_sheet().given_up
    assert is_settled(a_message("exim", tag), now=evening)
    assert (the_sheet().given_up, the_sheet().failure) == (True, "5.2.2 the mailbox is full")


def the_sheet() -> DaySheet:
    db.session.rollback()
    return db.session.scalars(sa.select(DaySheet)).one()
