"""Doctor at a real Valkey: whether the workers can count there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from booking import create_app
from booking.actions.check_valkey import check_valkey
from tests import valkeys
from tests.conftest import settings_for
from tests.serving import free_port


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[str | None], list[str]]:
    def ask(url: str | None) -> list[str]:
        app: Flask = create_app(settings_for(f"sqlite:///{tmp_path}/unused.sqlite3", valkey_url=url))
        with app.app_context():
            return [found.sentence for found in check_valkey() if found.is_fault]

    return ask


def test_without_valkey_there_is_nothing_to_say(asked: Callable[[str | None], list[str]]) -> None:
    assert asked(None) == []


def test_a_valkey_that_counts_is_in_order(asked: Callable[[str | None], list[str]], tmp_path: Path) -> None:
    with valkeys.running(tmp_path) as url:
        assert asked(url) == []


def test_a_valkey_that_is_away_is_wrong(asked: Callable[[str | None], list[str]]) -> None:
    (sentence,) = asked(f"valkey://:hunter2@127.0.0.1:{free_port()}/0")
    assert "Valkey does not count (ConnectionError)" in sentence
    assert "hunter2" not in sentence


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        pytest.param(("--requirepass", "another"), "AuthenticationError", id="another password"),
        pytest.param(("--maxmemory", "1"), "OutOfMemoryError", id="full"),
        pytest.param(("--replicaof", "127.0.0.1 9"), "ReadOnlyError", id="a replica that only reads"),
    ],
)
def test_a_valkey_that_answers_and_does_not_count_is_wrong_too(
    asked: Callable[[str | None], list[str]], tmp_path: Path, options: tuple[str, ...], fault: str
) -> None:
    with valkeys.running(tmp_path, *options) as url:
        (sentence,) = asked(url.replace("//", "//:hunter2@") if "--requirepass" in options else url)
    assert f"does not count ({fault})" in sentence


def test_a_password_on_its_way_to_another_machine_has_to_be_encrypted(
    asked: Callable[[str | None], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("limits.storage.RedisStorage.incr", lambda *_args, **_more: 1)  # nobody is asked
    assert "write valkeys://" in asked("valkey://:hunter2@192.0.2.1:6379/0")[0]
    assert asked("valkeys://:hunter2@192.0.2.1:6379/0") == []
