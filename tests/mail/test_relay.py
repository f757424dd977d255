"""The connection to the mail relay: certificates are checked, nothing hangs, refusals are told apart."""

import ssl
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from flask import Flask

from booking import create_app
from booking.mail.relay import Deferred, Interrupted, Rejected, Relay, RelayAway
from tests import relays
from tests.conftest import settings_for
from tests.relays import listening

SENDER, TO = "termine@example.org", "anna@example.org"
Making = Callable[..., Flask]


@pytest.fixture
def away(tmp_path: Path) -> Making:
    """An application that never touches its database, sending where it is told."""

    def make(port: int, **settings: Any) -> Flask:
        return create_app(settings_for(f"sqlite:///{tmp_path}/unused.sqlite3", mail_port=port, **settings))

    return make


@pytest.fixture
def relay() -> Iterator[relays.Relay]:
    with listening(relays.Relay()) as opened:
        yield opened


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, str]:
    made = trustme.CA()
    file = tmp_path / "ca.pem"
    made.cert_pem.write_to_path(file)
    return made, str(file)


def server_context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def a_message() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "Hallo"
    message.set_content("Guten Tag")
    return message


def deliver(app: Flask, **options: Any) -> None:
    with Relay(app, **options) as connection:
        connection.deliver(a_message(), sender=SENDER, to=TO)


def test_a_batch_shares_one_connection(away: Making, relay: relays.Relay) -> None:
    with Relay(away(relay.port)) as connection:
        for _ in range(3):
            connection.deliver(a_message(), sender=SENDER, to=TO)
    assert len(relay.taken) == 3
    assert relay.connections == 1


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        ("450 4.2.1 mailbox busy", Deferred),
        ("550 5.1.1 no such user", Rejected),
        ("421 4.3.2 shutting down", Deferred),
    ],
)
def test_what_the_relay_says_of_an_address_is_told_apart(
    away: Making, relay: relays.Relay, answer: str, refusal: type[Exception]
) -> None:
    relay.answers[TO] = answer
    with pytest.raises(refusal) as said:
        deliver(away(relay.port))
    assert str(said.value) == answer


@pytest.mark.parametrize(
    ("answer", "refusal"), [("451 4.3.0 queue full", Deferred), ("554 5.6.0 looks like spam", Rejected)]
)
def test_what_the_relay_says_of_the_content_is_told_apart(
    away: Making, relay: relays.Relay, answer: str, refusal: type[Exception]
) -> None:
    relay.data = answer
    with pytest.raises(refusal):
        deliver(away(relay.port))


def test_a_refused_sender_is_no_fault_of_the_address(away: Making, relay: relays.Relay) -> None:
    relay.senders[SENDER] = "550 5.7.1 not your sender"
    with pytest.raises(Deferred):
        deliver(away(relay.port))


def test_a_refusal_leaves_the_connection_usable(away: Making, relay: relays.Relay) -> None:
    relay.answers["nobody@example.org"] = "550 5.1.1 no such user"
    with Relay(away(relay.port)) as connection:
        with pytest.raises(Rejected):
            connection.deliver(a_message(), sender=SENDER, to="nobody@example.org")
        connection.deliver(a_message(), sender=SENDER, to=TO)
    assert len(relay.taken) == 1


def test_a_line_dropped_in_mid_message_is_an_interruption(away: Making, relay: relays.Relay) -> None:
    relay.drops = 1
    with pytest.raises(Interrupted):
        deliver(away(relay.port))


def test_after_a_dropped_line_the_next_letter_gets_a_new_connection(away: Making, relay: relays.Relay) -> None:
    relay.drops = 1
    with Relay(away(relay.port)) as connection:
        with pytest.raises(Interrupted):
            connection.deliver(a_message(), sender=SENDER, to=TO)
        connection.deliver(a_message(), sender=SENDER, to=TO)
    assert len(relay.taken) == 1


def test_nobody_listening_is_a_relay_that_is_away(away: Making, free_port: int) -> None:
    with pytest.raises(RelayAway):
        deliver(away(free_port))


def test_a_relay_that_says_nothing_is_away_after_the_time_limit(away: Making) -> None:
    with relays.silent_port() as port, pytest.raises(RelayAway):
        deliver(away(port), time_limit=0.2)


def test_a_relay_that_falls_silent_in_mid_message_is_an_interruption(away: Making, relay: relays.Relay) -> None:
    relay.pause = 0.6
    with pytest.raises(Interrupted):
        deliver(away(relay.port), time_limit=0.2)


def test_a_certificate_nobody_vouches_for_is_refused(away: Making, authority: tuple[trustme.CA, str]) -> None:
    stranger = server_context(trustme.CA())
    with listening(relays.Relay(), **relays.with_starttls(stranger)) as relay:
        with pytest.raises(RelayAway, match="CERTIFICATE_VERIFY_FAILED"):
            deliver(away(relay.port, mail_use_tls=True, mail_ca_file=authority[1]))
        with pytest.raises(RelayAway, match="CERTIFICATE_VERIFY_FAILED"):
            deliver(away(relay.port, mail_use_tls=True))
        assert not relay.taken


def test_a_certificate_for_another_host_is_refused(away: Making, authority: tuple[trustme.CA, str]) -> None:
    context = server_context(authority[0], "other.example.org")
    with listening(relays.Relay(), **relays.with_starttls(context)) as relay, pytest.raises(RelayAway):
        deliver(away(relay.port, mail_use_tls=True, mail_ca_file=authority[1]))


def test_starttls_with_a_certificate_of_our_own_authority_works(
    away: Making, authority: tuple[trustme.CA, str]
) -> None:
    with listening(relays.Relay(), **relays.with_starttls(server_context(authority[0]))) as relay:
        deliver(away(relay.port, mail_use_tls=True, mail_ca_file=authority[1]))
    assert len(relay.taken) == 1


def test_tls_from_the_first_byte_works_and_is_checked(away: Making, authority: tuple[trustme.CA, str]) -> None:
    with listening(relays.Relay(), ssl_context=server_context(authority[0])) as relay:
        deliver(away(relay.port, mail_use_ssl=True, mail_ca_file=authority[1]))
        with pytest.raises(RelayAway, match="CERTIFICATE_VERIFY_FAILED"):
            deliver(away(relay.port, mail_use_ssl=True))
    assert len(relay.taken) == 1


def test_a_relay_without_starttls_gets_nothing_in_clear_text(away: Making, relay: relays.Relay) -> None:
    with pytest.raises(RelayAway):
        deliver(away(relay.port, mail_use_tls=True))
    assert not relay.taken


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # the loopback interface needs no TLS
def test_a_refused_login_is_a_relay_that_is_away(away: Making) -> None:
    with listening(relays.Relay(), **relays.with_login((b"wartefrei", b"right"))) as relay:
        deliver(away(relay.port, mail_username="wartefrei", mail_password="right"))
        with pytest.raises(RelayAway):
            deliver(away(relay.port, mail_username="wartefrei", mail_password="wrong"))
        with pytest.raises(RelayAway, match="530"):
            deliver(away(relay.port))
    assert len(relay.taken) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # likewise
@pytest.mark.parametrize(("name", "password"), [("amt", "Schlüssel"), ("bürgerbüro", "right")])
def test_a_login_may_have_other_letters_than_ascii(away: Making, name: str, password: str) -> None:
    with listening(relays.Relay(), **relays.with_login((name.encode(), password.encode()))) as relay:
        deliver(away(relay.port, mail_username=name, mail_password=password))
        with pytest.raises(RelayAway, match="535"):
            deliver(away(relay.port, mail_username=name, mail_password="Schloß"))
    assert len(relay.taken) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # likewise
def test_a_relay_that_cannot_take_such_a_login_is_away_and_says_why(away: Making) -> None:
    options = relays.with_login((b"amt", b"right")) | {"auth_exclude_mechanism": ["PLAIN"]}
    with listening(relays.Relay(), **options) as relay, pytest.raises(RelayAway, match="only AUTH PLAIN"):
        deliver(away(relay.port, mail_username="amt", mail_password="Schlüssel"))


def test_a_mailbox_in_another_script_needs_a_relay_that_knows_them(away: Making, relay: relays.Relay) -> None:
    message = a_message()
    message.policy = message.policy.clone(utf8=True)
    with Relay(away(relay.port)) as connection:
        connection.deliver(message, sender=SENDER, to="änne@example.org")
    assert relay.envelopes == [(SENDER, ["änne@example.org"])]
    with (
        listening(relays.Relay(), enable_SMTPUTF8=False) as old,
        Relay(away(old.port)) as connection,
        pytest.raises(Rejected, match="SMTPUTF8"),
    ):
        connection.deliver(message, sender=SENDER, to="änne@example.org")


def test_a_relay_that_closed_the_line_between_two_letters_is_called_again(away: Making, relay: relays.Relay) -> None:
    with Relay(away(relay.port)) as connection:
        connection.deliver(a_message(), sender=SENDER, to=TO)
        connection.host.sock.shutdown(2)
        connection.deliver(a_message(), sender=SENDER, to=TO)
    assert (len(relay.taken), relay.connections) == (2, 2)
