"""Doctor around the service: each thing that is wrong is named, and what is right stays quiet."""

import os
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dns.resolver
import pytest
import trustme
from dnslib import MX, QTYPE, RCODE, RR, TXT, A, DNSLabel, DNSRecord
from dnslib.server import BaseResolver, DNSServer
from flask import Flask

from booking import clock, create_app
from booking.actions import check_database, check_machine
from booking.actions.beat import beat
from booking.actions.check_address import check_address
from booking.actions.check_database import check_clock
from booking.actions.check_domains import check_alignment, check_domains
from booking.actions.check_machine import zones_of_year
from booking.actions.check_mail import check_mail
from booking.actions.check_settings import check_settings, is_weak
from booking.actions.check_surroundings import check_surroundings
from booking.actions.findings import Finding
from booking.actions.probe import PROBE, probe
from booking.extensions import db
from booking.rules.languages import LANGUAGES
from tests import databases, relays
from tests.builders import MONDAY, a_municipality
from tests.conftest import settings_for
from tests.relays import listening
from tests.serving import environment_for, serving

SENDER = "termine@stadt.de"
GOOD = {
    ("stadt.de", "TXT"): ["google-site-verification=x", "v=spf1 ip4:192.0.2.1 -all"],
    ("_dmarc.stadt.de", "TXT"): ["v=DMARC1; p=quarantine"],
    ("stadt.de", "MX"): ["mail.stadt.de"],
}
Zone = dict[tuple[str, str], list[str]]


def sentences(findings: Any) -> list[str]:
    return [("wrong " if found.is_fault else "note ") + found.sentence for found in findings]


def only(findings: Any, level: str, word: str) -> None:
    told = sentences(findings)
    assert len(told) == 1, told
    assert told[0].startswith(level)
    assert word in told[0]


class Answering(BaseResolver):  # type: ignore[misc] # dnslib ships no types
    """A name server of one zone; ``silent`` answers every question with SERVFAIL."""

    def __init__(self) -> None:
        self.zone: Zone = {}
        self.silent = False

    def resolve(self, request: DNSRecord, _handler: object) -> DNSRecord:
        reply = request.reply()
        name, kind = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        if self.silent:
            reply.header.rcode = RCODE.SERVFAIL
        elif not any(known == name for known, _ in self.zone):
            reply.header.rcode = RCODE.NXDOMAIN
        for text in self.zone.get((name, kind), []):
            made = {"TXT": lambda: TXT(text), "MX": lambda: MX(DNSLabel(text), 10), "A": lambda: A(text)}[kind]()  # noqa: B023 - called at once
            reply.add_answer(RR(name, getattr(QTYPE, kind), rdata=made, ttl=1))
        return reply


@pytest.fixture(scope="module")
def name_server() -> Iterator[tuple[Answering, dns.resolver.Resolver]]:
    answering = Answering()
    server = DNSServer(answering, address="127.0.0.1", port=0)
    server.start_thread()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.server.server_address[1]
    yield answering, resolver
    server.stop()
    server.server.server_close()


Named = tuple[Answering, dns.resolver.Resolver]


def asked(named: Named, changes: Zone) -> list[Finding]:
    answering, resolver = named
    answering.silent = False
    answering.zone = {key: value for key, value in {**GOOD, **changes}.items() if value}
    return list(check_domains([SENDER], resolver))


def test_a_domain_with_spf_dmarc_and_mx_is_in_order(name_server: Named) -> None:
    assert asked(name_server, {}) == []


@pytest.mark.parametrize(
    ("changes", "level", "word"),
    [
        pytest.param({("stadt.de", "TXT"): ["else"]}, "wrong", "no SPF", id="no SPF"),
        pytest.param({("stadt.de", "TXT"): ["v=spf1 -all", "v=spf1 a -all"]}, "wrong", "2 SPF", id="two SPF records"),
        pytest.param({("stadt.de", "TXT"): ["v=spf1 +all"]}, "wrong", "+all", id="everybody may send"),
        pytest.param({("stadt.de", "TXT"): ["v=spf1 a"]}, "note", "does not say", id="an open end"),
        pytest.param({("_dmarc.stadt.de", "TXT"): []}, "wrong", "no DMARC", id="no DMARC"),
        pytest.param({("_dmarc.stadt.de", "TXT"): ["v=DMARC1; p=none"]}, "note", "p=none", id="only watched"),
        pytest.param({("stadt.de", "MX"): ["."]}, "wrong", "null MX", id="takes no mail"),
        pytest.param({("stadt.de", "MX"): []}, "wrong", "no MX", id="nobody takes replies"),
    ],
)
def test_what_a_domain_lacks_is_named(name_server: Named, changes: Zone, level: str, word: str) -> None:
    only(asked(name_server, changes), level, word)


def test_a_domain_that_does_not_exist_is_wrong(name_server: Named) -> None:
    answering, resolver = name_server
    answering.silent, answering.zone = False, {}
    only(check_domains([SENDER], resolver), "wrong", "does not exist")


def test_a_subdomain_has_the_dmarc_of_the_domain_above(name_server: Named) -> None:
    answering, resolver = name_server
    answering.silent = False
    answering.zone = GOOD | {("termine.stadt.de", "TXT"): ["v=spf1 -all"], ("termine.stadt.de", "A"): ["192.0.2.1"]}
    assert list(check_domains(["post@termine.stadt.de"], resolver)) == []


@pytest.mark.parametrize(
    ("returning", "is_named"),
    [("r+{}@stadt.de", False), ("r+{}@rueck.Stadt.de", False), ("r+{}@landkreis.de", True)],
)
def test_an_envelope_of_another_domain_needs_a_signature(returning: str, is_named: bool) -> None:
    told = sentences(check_alignment([SENDER, "post@termine.stadt.de"], returning))
    assert ["stadt.de" in each and "DKIM" in each for each in told] == ([True, True] if is_named else [])


def test_no_answer_is_not_checked_and_never_fine(name_server: Named) -> None:
    answering, resolver = name_server
    answering.silent = True
    only(check_domains([SENDER], resolver), "note", "not checked")
    only(check_domains([SENDER], None), "note", "not checked")
    only(check_domains(["termine@example.org"], resolver), "note", "not checked")


@pytest.fixture
def sending(tmp_path: Path) -> Callable[..., Flask]:
    return lambda **others: create_app(settings_for(f"sqlite:///{tmp_path}/unused.sqlite3", **others))


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, str]:
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    return made, str(tmp_path / "ca.pem")


def mailed(app: Flask, now: datetime = MONDAY) -> list[Finding]:
    with app.app_context():
        return list(check_mail([SENDER], now=now))


def offering(authority: trustme.CA, name: str = "127.0.0.1") -> dict[str, Any]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return {"tls_context": context}


def test_a_relay_that_takes_the_sender_is_in_order_and_gets_no_letter(sending: Callable[..., Flask]) -> None:
    with listening(relays.Relay()) as relay:
        assert mailed(sending(mail_port=relay.port)) == []
        assert relay.taken == []


def test_a_relay_that_is_away_is_wrong(sending: Callable[..., Flask], free_port: int) -> None:
    only(mailed(sending(mail_port=free_port)), "wrong", "cannot be used")


def test_a_relay_that_does_not_take_a_sender_is_wrong(sending: Callable[..., Flask]) -> None:
    with listening(relays.Relay()) as relay:
        relay.senders[SENDER] = "553 not yours"
        only(mailed(sending(mail_port=relay.port)), "wrong", "553 not yours")


def test_encryption_that_is_offered_and_not_used_is_named(
    sending: Callable[..., Flask], authority: tuple[trustme.CA, str]
) -> None:
    with listening(relays.Relay(), **offering(authority[0])) as relay:
        only(mailed(sending(mail_port=relay.port)), "note", "STARTTLS")  # a note, because it is this very machine
        used = sending(mail_port=relay.port, mail_use_tls=True, mail_ca_file=authority[1])
        assert mailed(used, clock.now()) == []
        (soon,) = sentences(mailed(used, datetime(2999, 12, 31, tzinfo=UTC)))
        assert "certificate ends" in soon


def test_a_certificate_of_nobody_we_know_is_wrong(
    sending: Callable[..., Flask], authority: tuple[trustme.CA, str]
) -> None:
    with listening(relays.Relay(), **offering(trustme.CA())) as relay:
        found = mailed(sending(mail_port=relay.port, mail_use_tls=True, mail_ca_file=authority[1]))
        only(found, "wrong", "certificate")


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_password_in_the_clear_is_named(sending: Callable[..., Flask]) -> None:
    with listening(relays.Relay(), **relays.with_login((b"me", b"secret"))) as relay:
        found = mailed(sending(mail_port=relay.port, mail_username="me", mail_password="secret"))
        only(found, "note", "in the clear")


def looked(app: Flask) -> list[Finding]:
    with app.app_context():
        return list(check_settings())


def test_usual_settings_are_in_order(sending: Callable[..., Flask]) -> None:
    assert looked(sending()) == []


@pytest.mark.parametrize(
    ("others", "word"),
    [
        pytest.param({"secret_key": "a" * 48}, "easy to guess", id="one letter"),
        pytest.param({"secret_key": "passwordpassword" * 3}, "easy to guess", id="a word over and over"),
        pytest.param({"secret_key_fallbacks": (settings_for("").secret_key,)}, "nothing has been rotated", id="same"),
        pytest.param({"metrics_token": settings_for("").secret_key}, "METRICS_TOKEN is", id="one key for two doors"),
        pytest.param({"base_url": "http://town.example", "trusted_proxies": 1}, "not https", id="in the clear"),
        pytest.param({"secret_key_fallbacks": ("passwordpassword" * 3,)}, "FALLBACKS is easy", id="a weak former key"),
        pytest.param({"mail_server": "relay.stadt.de"}, "links lead nowhere", id="letters for others, links to here"),
    ],
)
def test_a_setting_that_starts_and_is_wrong_is_named(
    sending: Callable[..., Flask], others: dict[str, Any], word: str
) -> None:
    only(looked(sending(**others)), "wrong", word)


def test_a_misspelt_setting_is_a_note(sending: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXY", "1")
    only(looked(sending()), "note", "is TRUSTED_PROXIES meant?")
    monkeypatch.setenv("TRUSTED_PROXIES", "1")
    assert looked(sending()) == []


def test_a_drawn_key_is_not_weak() -> None:
    import secrets

    assert not any(is_weak(secrets.token_urlsafe(48)) for _ in range(50))
    assert not is_weak(secrets.token_hex(32))


def test_debug_mode_and_missing_translations_are_wrong(
    sending: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = sending()
    app.debug = True
    only(looked(app), "wrong", "Debug mode")
    app.debug = False
    monkeypatch.setattr(app, "root_path", str(tmp_path))
    told = sentences(looked(app))
    assert "front end is not built" in told.pop()
    assert len(told) == len(LANGUAGES)
    assert all("not compiled" in sentence for sentence in told)


def test_files_that_one_may_not_read_are_named(sending: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _place, _mode: False)
    told = [sentence for sentence in sentences(looked(sending())) if "may not read" in sentence]
    assert len(told) == 1 + len(LANGUAGES)
    assert all("or let this user read" in sentence for sentence in told)


@pytest.fixture
def machine(
    sending: Callable[..., Flask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[Finding]]:
    app = sending()
    file = tmp_path / "unused.sqlite3"
    file.touch(mode=0o600)
    monkeypatch.setattr(check_machine, "zones_of_year", lambda: MONDAY.year)
    monkeypatch.setattr(check_machine.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1 << 40}))

    def look(*zones: str, now: datetime = MONDAY) -> list[Finding]:
        with app.app_context():
            return list(check_machine.check_machine(zones, now=now))

    return look


def test_a_machine_with_room_zones_and_a_closed_file_is_in_order(machine: Callable[..., list[Finding]]) -> None:
    assert machine("Europe/Vienna") == []


def test_what_the_machine_lacks_is_named(
    machine: Callable[..., list[Finding]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(machine("Europe/Atlantis"), "wrong", "Europe/Atlantis")
    only(machine(now=MONDAY + timedelta(days=800)), "note", "time zone data is of 2026")
    (tmp_path / "unused.sqlite3").chmod(0o644)
    only(machine(), "wrong", "chmod 600")
    (tmp_path / "unused.sqlite3").chmod(0o600)
    (tmp_path / "mounts").write_text(f"server:/x {tmp_path} nfs4 rw 0 0\nnone / ext4 rw 0 0\n")
    with monkeypatch.context() as patched:
        patched.setattr(check_machine, "MOUNTS", tmp_path / "mounts")
        only(machine(), "wrong", "network file system (nfs4)")
    with monkeypatch.context() as patched:
        patched.setattr(check_machine.os, "access", lambda folder, _mode: folder != tmp_path)
        only(machine(), "wrong", "cannot be written")
    with monkeypatch.context() as patched:  # 'db upgrade' was once typed as root
        (tmp_path / "unused.sqlite3-wal").touch()
        patched.setattr(check_machine.os, "access", lambda place, _mode: not place.name.endswith("-wal"))
        only(machine(), "wrong", "unused.sqlite3-wal cannot be written")
    with monkeypatch.context() as patched:  # nor may its folder be entered, where even a look raises an error

        def refused(place: Path, **_: object) -> None:
            raise PermissionError(place)

        patched.setattr(check_machine.os, "access", lambda place, _mode: not place.is_relative_to(tmp_path))
        patched.setattr(check_machine.Path, "stat", refused)
        patched.setattr(check_machine.shutil, "disk_usage", refused)
        patched.setattr(check_machine.tempfile, "tempdir", str(tmp_path))
        only(machine(), "wrong", f"{tmp_path} cannot be written")


@pytest.mark.parametrize(("free", "level"), [(50 << 20, "wrong"), (500 << 20, "note")])
def test_a_disk_that_fills_up_is_named(
    machine: Callable[..., list[Finding]], monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    monkeypatch.setattr(check_machine.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    told = sentences(machine())
    assert told
    assert all(sentence.startswith(level) and "MB are free" in sentence for sentence in told)


def test_the_year_of_the_zones_is_read_as_python_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.TZPATH", ())
    assert zones_of_year() is not None  # the package's
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe/Berlin").touch()
    (tmp_path / "tzdata.zi").write_text("# version 2019c\n")
    monkeypatch.setattr("zoneinfo.TZPATH", (str(tmp_path),))
    assert zones_of_year() == 2019


def test_settings_of_postgresql_that_lose_data_are_wrong(app: Flask, engine: str) -> None:
    """The tests' own cluster is such a one: it dies with the run."""
    with app.app_context():
        told = sentences(check_database.check_database())
        on = {name for name in check_database.LOSING if db.engine.dialect.name == "postgresql" and shown(name) != "off"}
    assert not [sentence for sentence in told for name in on if name in sentence]
    assert any("fsync = off" in sentence for sentence in told) is (engine == "postgresql")


PRUDENT = {
    "in_hot_standby": "off",
    "default_transaction_read_only": "off",
    "server_encoding": "UTF8",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("changed", "level", "word"),
    [
        pytest.param({"in_hot_standby": "on"}, "wrong", "takes no writes", id="a standby"),
        pytest.param({"default_transaction_read_only": "on"}, "wrong", "takes no writes", id="only to be read"),
        pytest.param({"server_encoding": "LATIN1"}, "wrong", "encoded in LATIN1", id="not every name fits"),
        pytest.param(
            {"log_statement": "mod", "log_error_verbosity": "default"},
            "wrong",
            "people's names",
            id="logs what it does",
        ),
        pytest.param(
            {"log_min_duration_statement": "250", "log_error_verbosity": "default"}, "wrong", "people's", id="logs slow"
        ),
        pytest.param(
            {"log_statement": "all", "log_error_verbosity": "default", "log_parameter_max_length": "0"},
            "note",
            "what it refuses",
            id="logs statements without their values",
        ),
        pytest.param({"log_error_verbosity": "default"}, "note", "what it refuses", id="logs refused rows"),
        pytest.param({"log_min_error_statement": "error"}, "note", "what it refuses", id="logs refused statements"),
    ],
)
def test_a_server_that_refuses_writes_or_logs_names_is_named(
    app: Flask, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], level: str, word: str
) -> None:
    execute = db.session.execute

    def told(settings: dict[str, str]) -> list[str]:
        def answer(asked: Any, *others: Any, **named: Any) -> Any:
            found = execute(asked, *others, **named)
            return {**dict(map(tuple, found)), **settings}.items() if "pg_settings" in str(asked) else found

        with monkeypatch.context() as patched, app.app_context():
            patched.setattr(db.session, "execute", answer)
            return [each for each in sentences(check_database.check_database()) if not re.search("= off:", each)]

    assert told(PRUDENT) == []
    (found,) = told(PRUDENT | changed)
    assert found.startswith(level)
    assert word in found


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_what_the_server_is_asked_for_is_what_it_is_set_to(
    engine_url: str, with_settings: Callable[..., Flask]
) -> None:
    added = "&options=-c%20default_transaction_read_only%3Don%20-c%20log_statement%3Dall"
    with with_settings(database_url=engine_url + added).app_context():
        told = " ".join(sentences(check_database.check_database()))
    assert "takes no writes" in told
    assert "logs statements with their values" in told


def shown(name: str) -> str:
    import sqlalchemy as sa

    return str(db.session.execute(sa.text(f"SHOW {name}")).scalar_one())


def test_more_workers_than_connections_are_wrong(with_settings: Callable[..., Flask], engine: str) -> None:
    def told(workers: int) -> list[str]:
        with with_settings(web_concurrency=workers).app_context():
            return [found for found in sentences(check_database.check_database()) if "WEB_CONCURRENCY" in found]

    assert told(2) == []
    assert told(40) == []  # four threads each, one connection at a time: 169 of 197
    assert len(told(500)) == (1 if engine == "postgresql" else 0)


def test_clocks_that_differ_are_wrong(app: Flask, engine: str) -> None:
    with app.app_context():
        assert list(check_clock(now=clock.now())) == []
        late = list(check_clock(now=clock.now() - timedelta(hours=1)))
    assert len(late) == (1 if engine == "postgresql" else 0)


def test_a_job_that_beats_by_another_clock_is_wrong(app: Flask, engine: str) -> None:
    with app.app_context():
        beat("letters", now=clock.now())
        beat("expire", now=clock.now() - timedelta(hours=1))
        found = [finding.sentence for finding in check_clock(now=clock.now())]
    assert len(found) == (1 if engine == "postgresql" else 0)
    assert all("'expire'" in sentence and "3600 seconds" in sentence for sentence in found)


def opened(url: str, others: Sequence[str] = (), **settings: Any) -> list[Finding]:
    app = create_app(settings_for("sqlite:////dev/null", base_url=url, **settings))
    with app.app_context():
        return list(check_address(others, now=clock.now()))


def test_the_way_in_is_tried_with_a_forged_address(tmp_path: Path, free_port: int) -> None:
    database = f"sqlite:///{tmp_path}/way.sqlite3"
    databases.migrate(create_app(settings_for(database)))
    url = f"http://127.0.0.1:{free_port}"
    log = tmp_path / "log"
    with serving(environment_for(database, port=free_port), workers=1, jobs=False, log=log):
        assert opened(url) == []
        only(opened(url, others=[f"{url}/", f"{url}/elsewhere"]), "wrong", f"{url}/elsewhere is answered by something")
        only(opened(url, secret_key="another key that only the tests know, of 48 signs"), "wrong", "another SECRET_KEY")
    with serving(environment_for(database, port=free_port, TRUSTED_PROXIES=1), workers=1, jobs=False, log=log):
        only(opened(url), "wrong", "anybody can pretend")  # there is no proxy, though one is counted
    only(opened(url), "note", "not checked")


def test_an_address_that_cannot_be_one_is_a_note() -> None:
    only(opened("https://termine..stadt.de"), "note", "could not be reached")


def test_an_address_that_answers_half_of_it_is_answered_by_something_else(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Answer:
        def json(self) -> dict[str, object]:
            return {"seen": {}}

    monkeypatch.setattr("booking.actions.check_address._ask", lambda *_: Answer())
    with app.app_context():
        only(check_address(now=clock.now()), "wrong", "answered by something else")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "", None], ids=["IPv4", "IPv6", "a socket", "nothing"])
def test_a_service_that_sees_its_proxy_in_place_of_people_is_wrong(
    app: Flask, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    class Answer:
        headers = {"Content-Security-Policy": "default-src 'none'"}  # noqa: RUF012 - of a stand-in

        def json(self) -> dict[str, object]:
            return {"status": "alive", "seen": {"address": address, "scheme": "https"}}

    monkeypatch.setattr("booking.actions.check_address._ask", lambda *_: Answer())
    app.config["BASE_URL"] = "https://termine.stadt.de"
    with app.app_context():
        only(check_address(now=clock.now()), "wrong", "TRUSTED_PROXIES")


def test_only_our_own_doctor_is_told_how_it_seems_to_come(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        right = probe(clock.now())
    assert client.get("/healthz", headers={PROBE: right}).json["seen"] == {"address": "127.0.0.1", "scheme": "http"}
    assert client.get("/healthz", headers={PROBE: right[:-1]}).json == {"status": "alive"}


def test_everything_around_is_looked_at_once(app: Flask, name_server: Named) -> None:
    with app.app_context():
        a_municipality(sender_email=SENDER)
        told = " ".join(sentences(check_surroundings(name_server[1], now=clock.now())))
    assert "mail relay cannot be used" in told
    assert "stadt.de" in told
    assert "could not be reached from here" in told
