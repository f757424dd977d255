"""Looking at the staff's pages changes nothing: no GET writes, whoever looks at whatever is there."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from booking.extensions import db
from tests.builders import a_municipality, an_appointment
from tests.colleagues import a_colleague
from tests.web.staff.test_admission import address, staff_rules

pytestmark = pytest.mark.both_engines

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|ALTER|CREATE|DROP)\b", re.IGNORECASE)
RETURN = "staff.end_sign_on"  # the identity provider sends people back by GET; the decision page says why


def test_no_get_of_the_staff_writes(app: Flask) -> None:
    """Over every GET that an admin can reach; what the address names is there wherever it can be."""
    with app.app_context():
        a_municipality()
        real = {"reference": an_appointment().reference, "clerk": "platz1", "slug": "personalausweis", "block": "1"}
        engine = db.engine
    admin, written = a_colleague(app, "admin"), []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        written.extend(WRITES.findall(statement))

    event.listen(engine, "before_cursor_execute", note)
    seen = []
    for rule in staff_rules(app):
        if "GET" in (rule.methods or ()) and rule.endpoint != RETURN:
            answer = admin.get(address(rule, **real))
            assert answer.status_code < 500, rule
            seen += [rule.endpoint] if answer.status_code == 200 else []
    event.remove(engine, "before_cursor_execute", note)
    assert written == []
    assert len(seen) > 30, seen
