"""Which marks an office makes when, and how long a visit was."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from booking.errors import NotPossibleNow
from booking.rules.catalogue import Office
from booking.rules.lifecycle import Status, Verb
from booking.rules.marks import marked, shortened_end, steps_of, undoes
from booking.rules.windows import Policy

DAY = date(2026, 11, 24)
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
EVERY = (Verb.CHECK_IN, Verb.CALL, Verb.SERVE, Verb.FINISH, Verb.MISS)


def an_office(**uses: bool) -> Office:
    texts: dict[str, Any] = dict.fromkeys(("street", "postal_code", "city", "phone", "email"), "")
    names: dict[str, Any] = {key: {} for key in ("name", "unit", "room")}
    return Office(
        id=1, slug="amt", accessibility=(), payment=(), opening_hours={}, policy=Policy(), **texts, **names, **uses
    )


def steps(status: Status, own: date = DAY, **uses: bool) -> tuple[Verb, ...]:
    return steps_of(status, an_office(**uses), days=(own, DAY), has_begun=True)


@pytest.mark.parametrize(
    ("status", "uses", "wanted"),
    [
        (Status.CONFIRMED, {}, EVERY),
        (Status.CONFIRMED, {"uses_check_in": False}, EVERY[1:]),
        (Status.CONFIRMED, {"uses_call": False}, (Verb.CHECK_IN, Verb.FINISH, Verb.MISS)),
        (Status.CHECKED_IN, {"uses_call": False}, (Verb.FINISH, Verb.MISS)),
        (Status.CALLED, {}, EVERY[1:]),
        (Status.SERVING, {}, (Verb.FINISH,)),
        (Status.PENDING, {}, ()),
        (Status.SERVED, {}, ()),
        (Status.NO_SHOW, {}, ()),
    ],
)
def test_an_office_is_shown_the_marks_it_makes(status: Status, uses: dict[str, bool], wanted: tuple[Verb, ...]) -> None:
    assert steps(status, **uses) == wanted


def test_whoever_waits_is_called_also_where_nobody_else_is() -> None:
    office = an_office(uses_call=False)
    assert Verb.CALL in steps_of(Status.CHECKED_IN, office, days=(DAY, DAY), has_begun=True, waits=True)


@pytest.mark.parametrize(("days_ago", "wanted"), [(-1, ()), (0, EVERY), (1, (Verb.FINISH, Verb.MISS))])
def test_nobody_arrives_tomorrow_and_yesterday_can_be_told(days_ago: int, wanted: tuple[Verb, ...]) -> None:
    assert steps(Status.CONFIRMED, DAY - timedelta(days=days_ago)) == wanted


@pytest.mark.parametrize(
    ("minutes", "ends"), [(-30, 5), (0, 5), (4, 5), (5, 5), (5.01, 10), (14, 15), (15, 15), (40, 15)]
)
def test_a_visit_ends_on_the_grid_after_at_least_one_cell(minutes: float, ends: int) -> None:
    over = shortened_end(NINE, NINE + timedelta(minutes=15), NINE + timedelta(minutes=minutes))
    assert over == NINE + timedelta(minutes=ends)


@pytest.mark.parametrize(
    ("verb", "status", "waits", "open_"),
    [
        (Verb.CHECK_IN, Status.CHECKED_IN, False, True),
        (Verb.CHECK_IN, Status.CALLED, False, False),
        (Verb.CHECK_IN, Status.CHECKED_IN, True, False),
        (Verb.MISS, Status.NO_SHOW, True, True),
        (Verb.EXTEND, Status.SERVING, False, True),
        (Verb.EXTEND, Status.SERVED, False, False),
        (Verb.MISS, Status.CANCELLED, False, False),
    ],
)
def test_a_mark_is_taken_back_while_it_is_the_latest_thing(
    verb: Verb, status: Status, waits: bool, open_: bool
) -> None:
    assert undoes(verb, status, waits=waits) is open_


def test_what_is_not_confirmed_is_not_marked() -> None:
    with pytest.raises(NotPossibleNow) as refused:
        marked(Status.PENDING, Verb.CHECK_IN)
    assert refused.value.status == "mark"
