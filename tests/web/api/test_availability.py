"""Free times over HTTP: what they say, when they are kept, what a warm answer costs."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from booking.extensions import db
from booking.models import Municipality
from booking.web.api import kept
from booking.web.api.availability import SHARED
from booking.web.api.kept import Kept, KeptAnswers
from tests.builders import MONDAY, a_clerk, a_concern, an_office
from tests.web.api.conftest import Caller

pytestmark = pytest.mark.both_engines

QUERY = "/municipalities/musterstadt/availability?concern=personalausweis:2"


def starts(answer: Any) -> list[str]:
    return [start for place in answer.json["offices"] for day in place["days"] for start in day["starts"]]


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Collect what is sent to the database."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_the_free_times_of_the_whole_window_are_told_by_day(api: Caller) -> None:
    told = api.get(QUERY).json
    assert told["timezone"] == "Europe/Berlin"
    (place,) = told["offices"]
    assert {name: place[name] for name in ("office", "minutes", "window", "next")} == {
        "office": "buergerbuero",
        "minutes": 25,
        "window": {"first": "2026-11-23", "last": "2026-12-21"},
        "next": "2026-11-23T08:30:00+01:00",
    }
    assert [day["date"] for day in place["days"]][4:6] == ["2026-11-27", "2026-11-30"]  # nobody works at the weekend
    assert all(start.startswith(day["date"]) for day in place["days"] for start in day["starts"])


def test_summer_and_winter_time_have_their_own_offsets(api: Caller, at: Callable[[datetime], None]) -> None:
    at(MONDAY - timedelta(days=33))
    offsets = {start[:10]: start[-6:] for start in starts(api.get(QUERY))}
    assert (offsets["2026-10-23"], offsets["2026-10-26"]) == ("+02:00", "+01:00")


def test_days_can_be_chosen_and_next_looks_beyond_them(api: Caller) -> None:
    chosen = api.get(f"{QUERY}&from=2026-11-28&to=2026-11-29").json["offices"][0]
    assert (chosen["days"], chosen["next"]) == ([], "2026-11-30T08:30:00+01:00")
    both = api.get(f"{QUERY}&from=2026-11-25&to=2026-11-26").json["offices"][0]
    assert [day["date"] for day in both["days"]] == ["2026-11-25", "2026-11-26"]


def test_the_view_next_leaves_out_the_days(api: Caller) -> None:
    (place,) = api.get(f"{QUERY}&view=next").json["offices"]
    assert "days" not in place
    assert place["next"] == "2026-11-23T08:30:00+01:00"


def test_a_booked_start_disappears_at_once(api: Caller) -> None:
    before = starts(api.get(QUERY))
    api.book(start=before[0])
    assert before[0] not in starts(api.get(QUERY))


def test_an_unconfirmed_start_comes_back_by_itself(api: Caller, at: Callable[[datetime], None]) -> None:
    later = [start for start in starts(api.get(QUERY)) if start > "2026-11-26"]
    api.book(start=later[0])
    assert later[0] not in starts(api.get(QUERY))
    at(MONDAY + timedelta(days=1))
    assert later[0] in starts(api.get(QUERY))


def test_a_start_disappears_when_its_lead_time_begins(api: Caller, at: Callable[[datetime], None]) -> None:
    assert api.get(QUERY).json["offices"][0]["next"] == "2026-11-23T08:30:00+01:00"
    at(MONDAY + timedelta(minutes=31))
    assert api.get(QUERY).json["offices"][0]["next"] > "2026-11-23T08:30:00+01:00"


def test_only_offices_that_serve_all_of_it_are_named(api: Caller) -> None:
    with api.app.app_context():
        town = db.session.query(Municipality).one()
        second = an_office(town, "standesamt")
        a_concern(town, second, "geburtsurkunde", minutes=20)
        a_clerk(town, second, "platz2")
        town.revision += 1
        db.session.commit()
    assert [place["office"] for place in api.get(QUERY).json["offices"]] == ["buergerbuero"]
    refused = api.get(f"{QUERY}&concern=geburtsurkunde")
    assert (refused.status_code, refused.json["code"]) == (422, "not-combinable")


def test_a_client_that_has_the_answer_is_told_so(api: Caller) -> None:
    first = api.get(QUERY)
    etag = first.headers["ETag"]
    for known in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = api.get(QUERY, **{"If-None-Match": known})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    api.book(start=starts(first)[0])
    changed = api.get(QUERY, **{"If-None-Match": etag})
    assert (changed.status_code, changed.headers["ETag"] == etag) == (200, False)


@pytest.mark.parametrize("view", ["", "&view=next"])
def test_a_proxy_may_answer_everybody_for_three_seconds_and_a_browser_always_asks(api: Caller, view: str) -> None:
    told = api.get(f"{QUERY}{view}")
    again = api.get(f"{QUERY}{view}", **{"If-None-Match": told.headers["ETag"]})
    for answer in (told, again):
        assert answer.headers["Cache-Control"] == SHARED
        assert answer.headers["Vary"] == "Accept-Encoding"


def test_one_kept_answer_serves_the_pages_of_every_origin(api: Caller) -> None:
    asked: list[dict[str, str]] = [{}, {"Origin": "https://www.stadt.example"}, {"Origin": "null"}]
    answers = [api.get(QUERY, **headers) for headers in asked]
    told = [{name: text for name, text in each.headers.items() if name != "X-Request-ID"} for each in answers]
    assert told[0] == told[1] == told[2]
    assert told[0]["Access-Control-Allow-Origin"] == "*"


def test_who_unpacks_gzip_gets_the_same_answer_smaller_and_under_the_same_name(api: Caller) -> None:
    plain = api.get(QUERY, **{"Accept-Encoding": "identity, gzip;q=0"})
    packed = api.get(QUERY, **{"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] == plain.headers["ETag"]


def test_a_rush_packs_an_answer_once(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[int] = []
    monkeypatch.setattr(kept.gzip, "compress", lambda body, *_, **__: packed.append(len(body)) or b"packed")
    for _ in range(3):
        assert api.get(QUERY, **{"Accept-Encoding": "gzip"}).data == b"packed"
    assert len(packed) == 1


def test_each_question_has_an_etag_of_its_own(api: Caller) -> None:
    tags = {api.get(f"{QUERY}{more}").headers["ETag"] for more in ("", "&view=next", "&lang=de", "&lang=en")}
    assert len(tags) == 4


def test_a_warm_answer_costs_one_select(api: Caller) -> None:
    api.get(QUERY)
    with statements(api.app) as seen:
        assert api.get(QUERY).status_code == 200
    asked = [statement for statement in seen if statement != "BEGIN"]
    assert len(asked) == 1
    assert asked[0].startswith("SELECT")


def test_what_changes_the_catalogue_changes_the_answer(api: Caller) -> None:
    api.get(QUERY)
    with api.app.app_context():
        town = db.session.query(Municipality).one()
        town.policy = town.policy | {"horizon_days": 7}
        town.revision += 1
        db.session.commit()
    assert api.get(QUERY).json["offices"][0]["window"]["last"] == "2026-11-30"


def test_refusals_are_not_kept(api: Caller) -> None:
    refused = api.get("/municipalities/musterstadt/availability?concern=dog")
    assert refused.headers["Cache-Control"] == "no-store"
    assert "ETag" not in refused.headers


@pytest.mark.parametrize(
    ("most", "most_bytes", "left"),
    [
        pytest.param(2, 10_000, [b"b", b"c"], id="by number"),
        pytest.param(10, 400, [b"c"], id="by size"),
        pytest.param(10, 10_000, [b"a", b"b", b"c"], id="within both bounds"),
    ],
)
def test_kept_answers_are_bounded_and_the_oldest_goes_first(most: int, most_bytes: int, left: list[bytes]) -> None:
    answers = KeptAnswers(most, most_bytes)
    for query in (b"a", b"b", b"a", b"b", b"c"):
        answers.put(("town", query), Kept(b"x" * 150, {}, found=None))  # type: ignore[arg-type]
    assert [query for query in (b"a", b"b", b"c") if answers.get(("town", query))] == left
