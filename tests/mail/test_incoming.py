"""What comes back by mail: what real programs write is understood, and what nobody can understand breaks nothing."""

import time
from email.message import Message

import pytest

from booking.ical.replies import Reply
from booking.mail.incoming import DEEPEST, Bounce, Chatter, understand
from booking.rules.bounces import reason_of
from booking.rules.return_paths import Posted, Sort, return_path, tag_in
from booking.rules.secrets import Keyring
from tests.returned import REPLIES, a_message, a_reply

PATTERN = "bounce+{}@termine.example.de"
ADDRESS = return_path(PATTERN, Posted(Sort.LETTER, 17, "<1@example.org>"), Keyring.of("k" * 40))
TAG = tag_in(ADDRESS, PATTERN)
FROM_ROBOT = b"To: " + ADDRESS.encode() + b"\r\nFrom: <mailer-daemon@x>\r\n"


@pytest.mark.parametrize(
    ("sample", "status"),
    [
        ("postfix", "5.1.1"),
        ("postfix-expired", "4.4.1"),  # after "failed" nobody tries again, whatever the code
        ("exim", "5.2.2"),
        ("exchange", "5.1.10"),
        ("gmail", "5.2.1"),
        ("qmail", "5.1.1"),
        ("smtp-words", "5.0.0"),
    ],
)
def test_a_letter_that_came_back_is_known_by_its_envelope_and_its_code(sample: str, status: str) -> None:
    assert TAG is not None
    assert understand(a_message(sample, ADDRESS), PATTERN) == Bounce(TAG, status)


@pytest.mark.parametrize(
    "sample", ["postfix-delayed", "exim-warning", "out-of-office", "autoresponder", "read-receipt"]
)
def test_what_only_takes_longer_and_what_machines_say_changes_nothing(sample: str) -> None:
    assert TAG is not None
    assert understand(a_message(sample, ADDRESS), PATTERN) == Chatter(TAG)


@pytest.mark.parametrize("sample", ["question", "complaint"])
def test_people_are_left_to_people(sample: str) -> None:
    assert understand(a_message(sample, ADDRESS), PATTERN) is None


def test_a_bounce_of_somebody_elses_mail_is_left_to_people() -> None:
    assert understand(a_message("postfix", "termine@termine.example.de"), PATTERN) is None
    assert understand(a_message("postfix", ADDRESS), None) is None


@pytest.mark.parametrize("answer", ["DECLINED", "ACCEPTED", "TENTATIVE"])
@pytest.mark.parametrize("sample", REPLIES)
def test_the_answers_of_real_calendars_are_understood(sample: str, answer: str) -> None:
    found = understand(a_reply(sample, "one@example.org", answer, 2), PATTERN)
    assert found == Reply("one@example.org", 2, "anna@example.org", answer, is_spoken=False)


def test_words_that_somebody_wrote_to_an_answer_are_noticed() -> None:
    spoken = a_reply("reply-outlook", "one@example.org").replace(b"de-DE:\\n", b"de-DE:Geht es auch am Freitag?")
    found = understand(spoken, None)
    assert isinstance(found, Reply)
    assert found.is_spoken


@pytest.mark.parametrize("method", [b"REQUEST", b"COUNTER", b"CANCEL", b"PUBLISH", b"REFRESH", b""])
def test_everything_but_an_answer_is_left_to_people(method: bytes) -> None:
    other = a_reply("reply-gmail", "one@example.org").replace(b"METHOD:REPLY", b"METHOD:" + method)
    assert understand(other, PATTERN) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"UID:one@example.org\r\n", b""),
        (b"UID:one", b"UID:" + b"x" * 300),
        (b"UID:one", b"UID:o\x00ne"),
        (b"SEQUENCE:2", b"SEQUENCE:many"),
        (b"SEQUENCE:2", b"SEQUENCE:-1"),
        (b"SEQUENCE:2", b"SEQUENCE:99999999999999999999"),
        (b"PARTSTAT=DECLINED", b"PARTSTAT=DELEGATED"),
        (b"ATTENDEE;", b"X-NOBODY;"),
        (b"END:VEVENT", b"RECURRENCE-ID:20261124T080000Z\r\nEND:VEVENT"),
        (b"END:VEVENT", b"END:VEVENT\r\nBEGIN:VEVENT\r\nUID:two\r\nEND:VEVENT"),
        (b"BEGIN:VCALENDAR", b"BEGIN:VCARD"),
        (b"END:VEVENT", b"\xff\xfe\x00END:VEVENTED"),
        (b"SUMMARY:", b"X:" + b"y" * 70_000 + b"\r\nSUMMARY:"),
        (b"END:VEVENT", b"DTSTART;TZID=Europe:20261124T090000\r\nEND:VEVENT"),  # a folder of time zones
        (b"END:VEVENT", b"DTSTART;TZID=" + b"x" * 256 + b":20261124T090000\r\nEND:VEVENT"),
    ],
)
def test_an_answer_with_something_wrong_is_left_to_people(old: bytes, new: bytes) -> None:
    whole = a_reply("reply-gmail", "one@example.org", sequence=2)
    assert old in whole
    assert understand(whole.replace(old, new), PATTERN) is None


def nested(depth: int) -> bytes:
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(depth))
    return b"To: " + ADDRESS.encode() + b"\r\nFrom: <mailer-daemon@x>\r\n" + opened + b"\r\nend\r\n"


def report(body: bytes, kind: bytes = b"message/delivery-status") -> bytes:
    head = b"To: " + ADDRESS.encode() + b"\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: "
    return head + kind + b"\r\n\r\n" + body + b"\r\n--x--\r\n"


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"\x00" * 1000,
        b"To: " + ADDRESS.encode(),
        nested(40),
        nested(5000),
        report(b"Action\r\n" * 1000),
        report(b"Status: 5.1.1\r\n\r\n" * 1000),
        report(b"Action: =?utf-8?q?failed?=\r\n"),
        report(b"BEGIN:VCALENDAR\r\n" * 5000, b"text/calendar"),
        report(b"=" * 4000, b"text/plain; charset=no-such-thing\r\nContent-Transfer-Encoding: base64"),
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 60_000,
        b"Content-Type: text/calendar; method=REPLY; charset=\xff\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n",
        b"To: " + b"(" * 5000 + ADDRESS.encode() + b"\r\n\r\n",
        b"To: =?utf-8?b?//8=?= <" + ADDRESS.encode() + b">\r\nFrom: \xff\xfe\r\nSubject: =?x?y?z?=\r\n\r\n550",
        FROM_ROBOT + b"\r\n" + b"\n" * 1000 + b"-" * 1000,
        FROM_ROBOT + b'Content-Type: multipart/mixed; boundary="' + b";" * 120_000 + b"\r\n\r\n550",
    ],
    ids=range(16),
)
def test_nothing_that_anybody_sends_breaks_the_reader_or_keeps_it_busy(hostile: bytes) -> None:
    began = time.process_time()
    assert not isinstance(understand(hostile, PATTERN), Bounce | Reply)
    assert time.process_time() - began < 8


def test_a_message_in_too_many_wrappers_is_left_to_people_without_being_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[Message] = []
    attach = Message.attach

    def counted(self: Message, payload: Message) -> None:
        opened.append(payload)
        attach(self, payload)

    monkeypatch.setattr(Message, "attach", counted)
    for depth in (DEEPEST + 1, 400):
        opened.clear()
        assert understand(wrapped(depth), PATTERN) is None
        assert len(opened) == DEEPEST
    assert isinstance(understand(wrapped(DEEPEST), PATTERN), Bounce)


def wrapped(depth: int) -> bytes:
    return nested(depth).replace(b"\r\nend\r\n", b"\r\n550 5.1.1 no such mailbox\r\n")


def test_the_reason_has_no_word_of_the_report() -> None:
    assert reason_of("5.1.1") == "5.1.1 no such mailbox"
    assert reason_of("5.1.99") == "5.1.99 the address was refused"
    assert reason_of("5.0.0") == "5.0.0 it came back"
