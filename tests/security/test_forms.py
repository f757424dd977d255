"""Every form, filled in with whatever a hand or a program can send: a sentence, never an error, nothing half-written.

The routes are found, not listed, and so are the names of their fields. `make test` sends a few hundred forms, always
the same; `make test-long` twenty times as many, drawn anew.
"""

import inspect
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from booking import clock
from booking.extensions import Base, db
from tests import databases
from tests.budgets import examples
from tests.builders import MONDAY, a_booking, a_municipality, an_appointment, an_office
from tests.colleagues import Colleague, a_colleague
from tests.serving import ROOT

pytestmark = pytest.mark.hypothesis
ROLES = ("desk", "phone", "manager", "admin")
COUNTED = {"login_attempt", "audit", "hash_key", "vain_search", "link_asking"}  # what a refused request may write
NAMES = re.compile(r"""(?:name="|\.get(?:list)?\("|form\["|field\("|form\.)([a-z][a-z_]{1,30})""")
SCRIPT = "\"'><script>alert(7)</script>"
NASTY = [
    "", " ", SCRIPT, "\x00", "a\x00b", "\ud800", "\u202eabc", "\ufeff", "\r\nSet-Cookie: x=1", "x" * 5000,
    "9" * 400, "-1", "0", "1e9", "NaN", "99999999999999999999", "👩‍👩‍👧" * 40, "مرحبا", "{{7*7}}", "%s%n",
    "../../etc/passwd", "=1+1", "' OR 1=1 --", "on", "true", "null", "[]", "2026-02-30", "0000-00-00",
    "9999-12-31", "25:61", "24:00", "12:00-08:00", "//evil.example", "javascript:alert(1)",
    "2026-11-24T08:00:00", "10000-01-01T00:00:00Z", "a@b", "x@[127.0.0.1]",
]  # fmt: skip
RIGHT = [
    "personalausweis", "personalausweis:1", "meldebescheinigung:2", "buergerbuero", "standesamt", "platz1",
    "2026-11-24", "2026-11-25", "2026-11-24T08:00:00Z", "2026-11-24T09:15:00+01:00", "09:00", "08:30-12:00",
    "1", "2", "3", "15", "de", "en", "Anna Beispiel", "anna@example.org", "05071 80999", "desk", "manager",
    "online", "citizen", "yes", "save",
]  # fmt: skip
TYPES = [*[None] * 12, "application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"]


@dataclass
class House:
    """The app with people at its forms, and what its routes' modules call their fields."""

    app: Flask
    staff: dict[str, Colleague]
    token: str
    reference: str
    rules: list[Rule]

    def way(self, rule: Rule, number: int) -> str:
        values = {"municipality": "musterstadt", "town": "musterstadt", "place": "musterstadt.buergerbuero"}
        values |= {"token": self.token, "reference": self.reference, "day": "2026-11-24"}
        path = rule.rule
        for name, converter in rule._converters.items():
            is_number = type(converter).__name__ in {"IntegerConverter", "IdConverter"}
            path = re.sub(rf"<(?:[^<>]*:)?{name}>", values.get(name) or (str(number) if is_number else "move"), path)
        return path

    def names(self, rule: Rule) -> list[str]:
        module = inspect.getmodule(inspect.unwrap(self.app.view_functions[rule.endpoint]))
        found = set(NAMES.findall(inspect.getsource(module))) if module else set()
        return sorted((found | COMMON) - {"csrf_token"})


def from_templates() -> set[str]:
    return {name for path in (ROOT / "templates").rglob("*.html") for name in NAMES.findall(path.read_text())}


COMMON = from_templates()


@pytest.fixture(scope="module")
def house(shared_app: Flask, migrated_url: str) -> Iterator[House]:
    databases.empty(migrated_url)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now", lambda: MONDAY)
        patched.setitem(shared_app.config, "PROPAGATE_EXCEPTIONS", False)
        with shared_app.app_context():
            an_office(a_municipality(), "standesamt")
            db.session.commit()
            kept = an_appointment()
            a_booking(start=kept.end)
        staff = {role: a_colleague(shared_app, role, now=MONDAY) for role in ROLES}
        rules = [rule for rule in shared_app.url_map.iter_rules() if "POST" in (rule.methods or ())]
        forms = [rule for rule in rules if not rule.endpoint.startswith("api.") and rule.endpoint not in ENDING]
        yield House(shared_app, staff, kept.token, kept.reference, sorted(forms, key=lambda rule: rule.rule))
    databases.empty(migrated_url)


ENDING = {"staff.leave", "staff.leave_everywhere"}  # whoever sends these has no further form to send
values = st.sampled_from(NASTY) | st.sampled_from(RIGHT) | st.text(max_size=60)


def test_no_form_breaks_the_house_whatever_is_sent(house: House) -> None:
    seen: Counter[int] = Counter()
    known = digest(house.app)

    @settings(max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(st.data())
    def send(data: st.DataObject) -> None:
        nonlocal known
        rule = data.draw(st.sampled_from(house.rules), label="route")
        fields = data.draw(st.lists(st.tuples(st.sampled_from(house.names(rule)), values), max_size=14), label="fields")
        path = house.way(rule, data.draw(st.sampled_from([1, 2, 2**63]), label="number"))
        who = (
            data.draw(st.sampled_from(["nobody", *ROLES, "manager", "admin"]), label="who")
            if path.startswith("/staff")
            else "nobody"
        )
        kind = data.draw(st.sampled_from(TYPES), label="type")
        answer = post(house, who, path, fields, kind)
        seen[answer.status_code // 100] += 1
        now = digest(house.app)
        check(answer, is_changed=now != known)
        known = now

    send()
    assert {2, 3, 4} <= set(seen), seen


@pytest.mark.both_engines  # PostgreSQL takes less of what is no text
def test_every_form_is_sent_once_empty_and_once_full_of_script(house: House) -> None:
    """So that none is left out by the dice."""
    for rule in house.rules:
        for who, value in (("nobody", SCRIPT), ("admin", ""), ("admin", SCRIPT + "\ud800\x00")):
            fields = [(name, value) for name in house.names(rule)]
            known = digest(house.app)
            answer = post(house, who, house.way(rule, 1), fields if value else [], None)
            check(answer, is_changed=digest(house.app) != known)


def post(house: House, who: str, path: str, fields: list[tuple[str, str]], kind: str | None) -> TestResponse:
    """Send a form as a browser does; ``kind`` is another type of content than the fields really have."""
    client = house.app.test_client() if who == "nobody" else house.staff[who].client
    if who != "nobody":
        fields = [*fields, ("csrf_token", house.staff[who].token)]
    body = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in fields)
    return client.post(path, data=body, content_type=kind or "application/x-www-form-urlencoded", buffered=True)


def check(answer: TestResponse, *, is_changed: bool) -> None:
    assert answer.status_code < 500, answer.text[:400]
    assert "<script>alert(7)" not in answer.text
    assert "Traceback" not in answer.text
    assert "Set-Cookie: x=1" not in str(answer.headers)
    if answer.status_code >= 400:
        assert not is_changed, "refused, and yet something was written"
        assert len(re.sub(r"<[^>]*>|\s+", " ", answer.text).strip()) > 20


def digest(app: Flask) -> str:
    """Return what all tables hold, but for what a refusal may count."""
    found = sha256()
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            if table.name not in COUNTED:
                rows = db.session.execute(sa.select(table)).all()
                found.update(repr(sorted(map(repr, rows))).encode(errors="surrogatepass"))
    return found.hexdigest()
