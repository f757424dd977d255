"""Secrets are compared in constant time: by one function of ours, and by the libraries that check signatures."""

import ast
import re
from pathlib import Path

import pytest

from booking.rules.secrets import is_same

HOUSE = Path(__file__).resolve().parents[2] / "booking"
SECRET = re.compile(r"(^|_)(secret|token|holder|proof|code|password|signature|digest|mac|key|csrf|nonce)$")
MAY_COMPARE = {"rules/secrets.py"}  # where hmac.compare_digest is called
NO_SECRETS = {  # named like one; each with what it is
    "answer.status_code": "an HTTP status",
    "code": "a status of SMTP, or the name of a refusal",
    "digest": "the name of a picture's content, in its public address",
    "field.key": "a name in a form",
    "key": "a name in a mapping",
    "known.password": "a hash that was read a moment ago, compared by the database",
    "part.rows.key": "a name in a form",
    "refused.smtp_code": "a status of SMTP",
}


def comparisons() -> list[tuple[str, str]]:
    """Return (file, name) of each == and != whose side is named like a secret and neither side is a constant."""
    found = []
    for path in sorted(HOUSE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Compare) or not any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                continue
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.Constant) for side in sides):
                continue
            found += [
                (str(path.relative_to(HOUSE)), ast.unparse(side))
                for side in sides
                if SECRET.search(ast.unparse(side).rpartition(".")[2].removesuffix("()"))
            ]
    return found


def test_no_secret_is_compared_by_an_equals_sign() -> None:
    """Columns (``Login.password == …``) are compared by the database, where a hash stands and an index looks."""
    wrong = [
        (file, name) for file, name in comparisons() if name not in NO_SECRETS and not re.match(r"[A-Z_]\w*\.", name)
    ]
    assert wrong == []


def test_only_one_room_compares_digests() -> None:
    users = {str(path.relative_to(HOUSE)) for path in HOUSE.rglob("*.py") if "compare_digest" in path.read_text()}
    assert users <= MAY_COMPARE


def test_the_search_sees_what_it_looks_for() -> None:
    assert SECRET.search("given_token")
    assert SECRET.search("holder")
    assert not SECRET.search("status")


@pytest.mark.parametrize(
    ("one", "other", "same"), [("ä", "ä", True), ("a", "b", False), ("a", "aa", False), ("", "", True)]
)
def test_what_is_compared_may_be_any_text(one: str, other: str, *, same: bool) -> None:
    assert is_same(one, other) is same


def test_a_lone_surrogate_is_only_wrong() -> None:
    assert not is_same("\ud800", "a")
