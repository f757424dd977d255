"""The audit calls nothing clean that it could not ask about, and knows every licence that we ship."""

import json

import pytest

from tools import audit

CLEAN = {"name": "flask", "version": "3.1.3", "vulns": []}
HOLED = {"name": "old", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}
SKIPPED = {"name": "lost", "skip_reason": "Dependency not found on PyPI"}


def told(*packages: dict[str, object]) -> audit.Found:
    return audit.python_vulnerabilities(json.dumps({"dependencies": packages, "fixes": []}))


def test_what_was_asked_and_has_no_hole_is_clean() -> None:
    assert told(CLEAN) == audit.Found()
    assert audit.npm_vulnerabilities('{"vulnerabilities": {}}') == audit.Found()


def test_a_known_hole_is_named_with_what_mends_it() -> None:
    assert told(CLEAN, HOLED).findings == ("old 1: PYSEC-1, mended in 2",)
    assert audit.npm_vulnerabilities('{"vulnerabilities": {"x": {"severity": "high"}}}').findings == ("x: high",)


@pytest.mark.parametrize("output", ["", "no json", "{}", "[]", '{"dependencies": []}', '{"message": "405"}'])
def test_no_answer_is_never_called_clean(output: str) -> None:
    assert audit.python_vulnerabilities(output).silent
    assert output == '{"vulnerabilities": {}}' or audit.npm_vulnerabilities(output).silent


def test_a_package_that_was_skipped_was_not_asked_about() -> None:
    assert told(CLEAN, SKIPPED).silent == "no answer about 1 of 2 packages"


def test_the_exit_status_tells_found_from_not_asked() -> None:
    clean, found, silent = audit.Found(), audit.Found(("x",)), audit.Found(silent="x")
    assert [audit.status([clean]), audit.status([clean, silent]), audit.status([silent, found])] == [0, 2, 1]


def test_everything_that_we_ship_has_a_licence_of_the_list() -> None:
    shipped = {**audit.python_licences(), **audit.npm_licences()}
    assert len(shipped) > 60
    assert list(audit.strange_licences(shipped)) == []


@pytest.mark.parametrize(
    ("licence", "is_strange"),
    [
        ("MIT", False),
        ("GPL-3.0-only", True),
        ("GPL-3.0-only OR MIT", False),
        ("MIT AND GPL-3.0-only", True),
        ("", True),
    ],
)
def test_a_licence_is_good_if_one_may_choose_a_good_one(licence: str, *, is_strange: bool) -> None:
    assert bool(list(audit.strange_licences({"x": licence}))) is is_strange
