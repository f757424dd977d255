import re
from pathlib import Path

import pytest

from config.settings import WrongSettings, load, misspelt

KEY = "0123456789abcdef0123456789abcdef"


def faults(**environ: str) -> list[str]:
    with pytest.raises(WrongSettings) as refused:
        load({"SECRET_KEY": KEY} | environ)
    return refused.value.sentences


def test_a_secret_key_is_all_that_must_be_set() -> None:
    settings = load({"SECRET_KEY": KEY})
    assert settings.database_url.startswith("sqlite:///")
    assert settings.database_url.endswith("/instance/wartefrei.sqlite3")
    assert (settings.port, settings.base_url) == (8000, "http://localhost:8000")


def test_nothing_starts_without_a_secret_key() -> None:
    assert len(faults(SECRET_KEY="")) == 1
    assert faults(SECRET_KEY="  ")[0].startswith("SECRET_KEY is missing")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", KEY[:-1]),
        ("SECRET_KEY_FALLBACKS", f"{KEY},short"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgresql://host/name"),  # which driver would it be?
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:////no/such/folder/db.sqlite3"),
        ("DATABASE_URL", "sqlite:////"),  # a folder itself
        ("DATABASE_URL", "no address at all"),
        ("DATABASE_URL", "postgresql+psycopg://me@host:x/name"),
        ("DATABASE_URL", "postgresql+psycopg://me:hunter2@db1:5432,db2:5432/name"),  # libpq's form, not SQLAlchemy's
        ("DATABASE_URL", "postgresql+psycopg://me@/name?host=db1:5432,db2:5432&target_session_attrs=read-write"),
        ("DATABASE_URL", "postgresql+psycopg://me@db1,db2/name"),
        ("DATABASE_URL", "postgresql+psycopg://me@/name?host=db1:5432&host=db2:5432"),  # a standby would do
        ("DATABASE_URL", "postgresql+psycopg://me@/name?host=db1:5432&host=db2:5432&target_session_attrs=any"),
        ("DATABASE_URL", "sqlite:////tmp/db.sqlite3?timeout=abc"),
        ("DATABASE_URL", "sqlite:////tmp/db.sqlite3?timeout=5&timeout=6"),
        ("DATABASE_URL", "sqlite://host/db.sqlite3"),
        ("DATABASE_URL", "postgresql+psycopg://me:hunter2@host/name?foo=bar"),
        ("DATABASE_URL", "postgresql+psycopg://me:hunter2@host/name?autocommit=yes"),  # psycopg's, not libpq's
        ("DATABASE_URL", "postgresql+psycopg://me:hunter2@host/name?connect_timeout=x"),
        ("DATABASE_URL", "postgresql+psycopg://me:hunter2@host/name?tcp_user_timeout=10s"),
        ("DATABASE_URL", "postgresql+psycopg://me:hunter2@/name?host=db1&port=x"),
        ("BASE_URL", "termine.example.de"),
        ("BASE_URL", "ftp://termine.example.de"),
        ("BASE_URL", "https://termine.example.de:none"),
        ("BASE_URL", "https://termine.example.de/?a=b"),
        ("BASE_URL", "https://[termine.example.de"),
        ("BASE_URL", "https://someone@termine.example.de"),
        ("BASE_URL", "https://termine example.de"),
        ("SECRET_KEY", "\udcff" * 40),  # bytes that are no UTF-8
        ("SECRET_KEY_FALLBACKS", "\udcff" * 40),
        ("MAIL_USERNAME", "\udcff"),
        ("EMBEDDING_ORIGINS", "www.example.de"),
        ("EMBEDDING_ORIGINS", "https://www.example.de/termin"),
        ("EMBEDDING_ORIGINS", "https://*.example.de"),
        ("EMBEDDING_ORIGINS", "https://www.example.de https://example.de"),
        ("EMBEDDING_ORIGINS", "https://www.example.de:none"),
        ("EMBEDDING_ORIGINS", "http://www.example.de"),
        ("EMBEDDING_ORIGINS", "https://.."),
        ("EMBEDDING_ORIGINS", "https://-"),
        ("EMBEDDING_ORIGINS", "https://www.example.de,https://süd.example.de"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "٨"),
        ("WEB_CONCURRENCY", "0"),
        ("MAIL_PORT", "smtp"),
        ("MAIL_SERVER", "relay example"),
        ("STAFF_IDLE_MINUTES", "4"),
        ("STAFF_IDLE_MINUTES", "721"),
        ("MAIL_USE_TLS", "perhaps"),
        ("LOG_FORMAT", "xml"),
        ("METRICS_TOKEN", "short"),
        ("METRICS_TOKEN", f"{KEY[:20]}\n{KEY}"),
        ("METRICS_TOKEN", f"{KEY}ä"),
        ("VALKEY_URL", "http://127.0.0.1:6379"),
        ("VALKEY_URL", "valkey://127.0.0.1:99999"),
        ("VALKEY_URL", "valkey://127.0.0.1:abc"),
        ("VALKEY_URL", "valkey://127.0.0.1:0"),
        ("VALKEY_URL", "valkey://:hunter2@[::1"),
        ("VALKEY_URL", "valkey://127.0.0.1:6379/0?socket_timeout=x"),
        ("VALKEY_URL", "valkey://127.0.0.1:6379/0?foo=bar"),
        ("VALKEY_URL", "rediss://127.0.0.1:6379/0?ssl_cert_reqs=x"),
        ("VALKEY_URL", "valkey://127.0.0.1:6379/0?protocol=x"),
        ("METRICS_PORT", "0"),
        ("MAIL_USE_SSL", "perhaps"),
        ("MAIL_DEFAULT_SENDER", "Wartefrei"),
        ("MAIL_DEFAULT_SENDER", "Wartefrei <termine@example.org"),
        ("MAIL_DEFAULT_SENDER", "termine@example.org\nBcc: everyone@example.org"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(name: str, value: str) -> None:
    (sentence,) = faults(**{name: value})
    assert sentence.startswith(f"{name} ")
    assert sentence.endswith(".")
    assert re.match(r"[A-Z_]+ (is|must|has|names) ", sentence), "a library's words, not a sentence of ours"


@pytest.mark.parametrize(
    "hosts",
    ["host=db1:5432&host=db2:5433", "host=db1&host=db2", "host=db1,db2&port=5432,5433"],
)
def test_several_hosts_are_taken_when_the_one_that_takes_writes_is_wanted(hosts: str) -> None:
    url = f"postgresql+psycopg://me:hunter2@/name?{hosts}&target_session_attrs=read-write"
    assert load({"SECRET_KEY": KEY, "DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "sqlite:////tmp/db.sqlite3?timeout=5"),
        ("database_url", "postgresql+psycopg://me@host/name?sslmode=verify-full&connect_timeout=3&options=-c%20a%3Db"),
        ("valkey_url", "valkeys://:hunter2@host:6379/1?socket_timeout=2.5&ssl_cert_reqs=required"),
    ],
)
def test_an_address_may_say_more_after_its_question_mark(name: str, value: str) -> None:
    assert getattr(load({"SECRET_KEY": KEY, name.upper(): value}), name) == value


def test_a_missing_certificate_file_is_refused_by_its_name() -> None:
    assert faults(MAIL_CA_FILE="/does/not/exist.pem", MAIL_USE_TLS="yes") == [
        "MAIL_CA_FILE names a file that does not exist, or not for this user: /does/not/exist.pem."
    ]


def test_a_file_that_this_user_may_not_see_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "is_file", refuse)
    (sentence,) = faults(MAIL_CA_FILE="/root/ca.pem", MAIL_USE_TLS="yes")
    assert sentence.startswith("MAIL_CA_FILE names a file")


def test_all_faults_are_told_at_once() -> None:
    told = faults(SECRET_KEY="short", PORT="none", MAIL_USE_TLS="1", MAIL_USE_SSL="1", MAIL_USERNAME="someone")
    assert [sentence.split()[0] for sentence in told] == ["SECRET_KEY", "PORT", "MAIL_USE_TLS", "MAIL_USERNAME"]


def test_no_fault_repeats_a_secret() -> None:
    told = faults(SECRET_KEY="tooshort!", SECRET_KEY_FALLBACKS="alsoshort", DATABASE_URL="mysql://me:hunter2@host/name")
    told += faults(DATABASE_URL="postgresql+psycopg://me:hunter2@db1:5432,db2:5432/name")
    told += faults(VALKEY_URL="valkey://:hunter2@[::1", METRICS_TOKEN="tooshort!\n")
    told += faults(VALKEY_URL="valkey://:hunter2@127.0.0.1:abc")
    told += faults(VALKEY_URL="valkey://127.0.0.1:abc?password=hunter2")
    told += faults(VALKEY_URL="valkey://:hunter2@127.0.0.1?hunter2=x", DATABASE_URL="sqlite:////tmp/x?timeout=hunter2")
    told += faults(DATABASE_URL="postgresql+psycopg://me:hunter2@host/name?hunter2=x&connect_timeout=hunter2")
    assert not any(secret in " ".join(told) for secret in ("tooshort!", "alsoshort", "hunter2"))


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(
        load(
            {
                "SECRET_KEY": KEY,
                "SECRET_KEY_FALLBACKS": KEY,
                "DATABASE_URL": "postgresql+psycopg://me:hunter2@host/name",
                "MAIL_USERNAME": "me",
                "MAIL_PASSWORD": "hunter3",
            }
        )
    )
    assert not any(secret in shown for secret in (KEY, "hunter2", "hunter3"))


@pytest.mark.parametrize(
    ("encryption", "port"), [({}, 25), ({"MAIL_USE_TLS": "yes"}, 587), ({"MAIL_USE_SSL": "true"}, 465)]
)
def test_the_mail_port_goes_with_the_encryption(encryption: dict[str, str], port: int) -> None:
    assert load({"SECRET_KEY": KEY} | encryption).mail_port == port
    assert load({"SECRET_KEY": KEY, "MAIL_PORT": "2525"} | encryption).mail_port == 2525


def test_flask_learns_the_path_below_which_it_lives() -> None:
    config = load({"SECRET_KEY": KEY, "BASE_URL": "https://example.de/termine/"}).flask_config()
    assert config["BASE_URL"] == "https://example.de/termine"
    assert (config["APPLICATION_ROOT"], config["PREFERRED_URL_SCHEME"]) == ("/termine", "https")


def test_former_keys_stay_valid_in_the_order_given() -> None:
    config = load({"SECRET_KEY": KEY, "SECRET_KEY_FALLBACKS": f"{'a' * 32} , {'b' * 32},"}).flask_config()
    assert config["SECRET_KEY_FALLBACKS"] == ["a" * 32, "b" * 32]


def test_several_origins_may_embed_every_municipality() -> None:
    origins = "https://neu.example.de, http://localhost:8001,"
    assert load({"SECRET_KEY": KEY, "EMBEDDING_ORIGINS": origins}).embedding_origins == (
        "https://neu.example.de",
        "http://localhost:8001",
    )


def test_the_sender_may_carry_a_name() -> None:
    sender = "Samtgemeinde Schwarmstedt <termine@example.org>"
    assert load({"SECRET_KEY": KEY, "MAIL_DEFAULT_SENDER": sender}).mail_default_sender == sender


@pytest.mark.parametrize(
    "issuer",
    ["sso.example.de", "http://sso.example.de/realm", "https://", "https://sso.example.de/?realm=1", "https://[sso"],
)
def test_single_sign_on_needs_an_encrypted_address(issuer: str) -> None:
    (sentence,) = faults(OIDC_ISSUER=issuer, OIDC_CLIENT_ID="wartefrei", OIDC_CLIENT_SECRET="secret")
    assert sentence.startswith("OIDC_ISSUER must be the https address")


@pytest.mark.parametrize("name", ["OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"])
def test_the_settings_of_single_sign_on_belong_together(name: str) -> None:
    whole = {"OIDC_ISSUER": "https://sso.example.de", "OIDC_CLIENT_ID": "us", "OIDC_CLIENT_SECRET": "hunter4"}
    assert load({"SECRET_KEY": KEY} | whole).oidc_issuer == "https://sso.example.de"
    (sentence,) = faults(**{each: value for each, value in whole.items() if each != name})
    assert sentence.startswith(f"{name} must be set too")
    assert "hunter4" not in sentence + repr(load({"SECRET_KEY": KEY} | whole))


@pytest.mark.parametrize("name", ["IMAP_SERVER", "IMAP_USERNAME", "IMAP_PASSWORD"])
def test_the_settings_of_the_mailbox_belong_together(name: str) -> None:
    whole = {"IMAP_SERVER": "imap.example.de", "IMAP_USERNAME": "us", "IMAP_PASSWORD": "hunter5"}
    loaded = load({"SECRET_KEY": KEY} | whole)
    assert (loaded.imap_server, loaded.imap_port, loaded.imap_folder) == ("imap.example.de", 993, "INBOX")
    (sentence,) = faults(**{each: value for each, value in whole.items() if each != name})
    assert sentence.startswith(f"{name} must be set too")
    assert "hunter5" not in sentence + repr(loaded)


def test_job_and_web_processes_do_not_listen_on_one_port() -> None:
    with pytest.raises(WrongSettings, match="METRICS_PORT is the port"):
        load({"SECRET_KEY": KEY, "METRICS_PORT": "8000", "PORT": "8000"})
    for web in ({}, {"PORT": "8001"}):  # where none is named, pages may come by a socket of systemd
        assert load({"SECRET_KEY": KEY, "METRICS_PORT": "8000", **web}).metrics_port == 8000


@pytest.mark.parametrize(("tls", "port"), [("direct", 993), ("starttls", 143), ("none", 143)])
def test_the_mailboxs_port_goes_with_its_encryption(tls: str, port: int) -> None:
    whole = {"IMAP_SERVER": "localhost", "IMAP_USERNAME": "us", "IMAP_PASSWORD": "hunter5", "IMAP_TLS": tls}
    assert load({"SECRET_KEY": KEY} | whole).imap_port == port
    assert load({"SECRET_KEY": KEY, "IMAP_PORT": "1143"} | whole).imap_port == 1143


def test_a_mailbox_elsewhere_is_never_read_in_the_clear() -> None:
    whole = {"IMAP_SERVER": "imap.example.de", "IMAP_USERNAME": "us", "IMAP_PASSWORD": "hunter5", "IMAP_TLS": "none"}
    (sentence,) = faults(**whole)
    assert sentence.startswith("IMAP_TLS may be none on this machine only")


@pytest.mark.parametrize(
    "address",
    [
        "bounce@example.de",
        "bounce+{}@localhost",
        "bounce+{}{}@example.de",
        "{}",
        "rückläufer+{}@example.de",
        "bounce+{}@süd.example.de",
        "Bounce <bounce+{}@example.de>",
        "an-address-that-leaves-no-room+{}@example.de",
        "bounce@{}.example.de",
    ],
)
def test_an_envelope_sender_that_cannot_hold_a_tag_is_refused(address: str) -> None:
    (sentence,) = faults(BOUNCE_ADDRESS=address)
    assert sentence.startswith("BOUNCE_ADDRESS ")


@pytest.mark.parametrize("address", ["bounce+{}@termine.example.de", "{}@rueck.example.de"])
def test_an_envelope_sender_that_can_is_taken_as_it_is(address: str) -> None:
    assert load({"SECRET_KEY": KEY, "BOUNCE_ADDRESS": address}).bounce_address == address


def test_a_name_that_cannot_be_printed_is_no_slip_of_the_pen() -> None:
    assert misspelt({"TRUSTED_PROXY": "1", "MAIL_SERVER\udcff": "x"}) == {"TRUSTED_PROXY": "TRUSTED_PROXIES"}
