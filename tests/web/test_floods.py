"""Floods of GETs: counted by a real Valkey where one is configured, and nowhere else."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from booking.web import floods
from tests import valkeys
from tests.builders import a_municipality
from tests.serving import free_port

PATH = "/api/v1/municipalities"


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with valkeys.running(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture
def counted(valkey: str, with_settings: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Callable[[], Flask]:
    monkeypatch.setattr(floods, "MOST", 3)
    monkeypatch.setattr(floods, "PATIENCE", 30)  # a Valkey that a busy machine keeps waiting for a second is not away

    def made() -> Flask:
        return with_settings(valkey_url=valkey, trusted_proxies=1)

    return made


def gets(app: Flask, address: str, number: int, path: str = PATH) -> list[int]:
    client = app.test_client()
    return [client.get(path, headers={"X-Forwarded-For": address}).status_code for _ in range(number)]


def test_all_workers_count_together_and_each_network_for_itself(counted: Callable[[], Flask]) -> None:
    one, other = counted(), counted()
    assert gets(one, "198.51.100.1", 2) == [200, 200]
    assert gets(other, "198.51.100.1", 2) == [200, 429]
    assert gets(one, "198.51.100.2", 1) == [200]
    assert gets(one, "2001:db8:1:2::1", 3) == [200] * 3
    assert gets(other, "2001:db8:1:2:ffff::2", 1) == [429]


def test_the_refusal_says_how_long_to_wait_and_nobody_keeps_it(counted: Callable[[], Flask]) -> None:
    app = counted()
    gets(app, "198.51.100.3", 3)
    answer = app.test_client().get(PATH, headers={"X-Forwarded-For": "198.51.100.3"})
    assert (answer.status_code, answer.json["code"]) == (429, "rate-limited")
    assert answer.headers["Retry-After"] == str(floods.SECONDS)
    assert answer.headers["Cache-Control"] == "no-store"
    assert not [name for name, _ in answer.headers if name.startswith("X-RateLimit")]


def test_what_books_is_not_counted_here_and_staff_and_probes_are_not(counted: Callable[[], Flask]) -> None:
    app = counted()
    with app.app_context():
        a_municipality()
    gets(app, "198.51.100.4", 4)
    sent = app.test_client().post("/musterstadt/time", headers={"X-Forwarded-For": "198.51.100.4"})
    assert sent.status_code != 429
    assert 429 not in gets(app, "198.51.100.4", 5, "/healthz")
    assert 429 not in gets(app, "198.51.100.4", 5, "/staff/login")


def test_without_the_setting_nothing_is_counted(with_settings: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(floods, "MOST", 3)
    assert gets(with_settings(), "198.51.100.5", 6) == [200] * 6


def test_while_valkey_is_away_each_worker_counts_for_itself(
    with_settings: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(floods, "MOST", 3)
    away = f"valkey://127.0.0.1:{free_port()}/0"
    one, other = (with_settings(valkey_url=away, trusted_proxies=1) for _ in range(2))
    assert gets(one, "198.51.100.6", 4) == [200, 200, 200, 429]
    assert gets(other, "198.51.100.6", 1) == [200]


def test_no_address_is_kept_there(valkey: str, counted: Callable[[], Flask]) -> None:
    import valkey as library

    gets(counted(), "198.51.100.77", 1)
    keys = library.from_url(valkey).keys("*")
    assert keys
    assert not [key for key in keys if b"198.51.100" in key]
