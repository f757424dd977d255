"""What is counted how: outcomes, days ahead, full hours; and what is not shown of few people."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.rules.figures import Case, Outcome, Use, figures_of, outcome_of, tally, use_of
from booking.rules.lifecycle import Status
from booking.rules.spans import Span

BERLIN = ZoneInfo("Europe/Berlin")
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)  # a Tuesday, 09:00 in Berlin
NOW = NINE + timedelta(hours=3)
MINUTE = timedelta(minutes=1)


def a_case(status: Status = Status.CONFIRMED, start: datetime | None = NINE, **fields: object) -> Case:
    defaults: dict[str, object] = {
        "office": 1,
        "status": status,
        "channel": "online",
        "span": start and Span(start, start + 15 * MINUTE),
        "arrived_at": None,
        "created_at": NINE - timedelta(days=5),
        "called_at": None,
        "served_at": None,
        "clerks": (1,),
        "concerns": (1,),
    }
    return Case(**{**defaults, **fields})  # type: ignore[arg-type]


def a_walk_in(status: Status = Status.CHECKED_IN, at: datetime = NINE, **fields: object) -> Case:
    return a_case(status, **{"start": None, "arrived_at": at, "created_at": at, "channel": "desk", **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        (a_case(Status.SERVED), Outcome.SERVED),
        (a_case(Status.NO_SHOW), Outcome.NO_SHOW),
        (a_case(Status.CANCELLED), Outcome.CANCELLED),
        (a_case(Status.CONFIRMED), Outcome.UNMARKED),
        (a_case(Status.CHECKED_IN), Outcome.OPEN),
        (a_case(Status.CALLED), Outcome.OPEN),
        (a_case(Status.SERVING), Outcome.OPEN),
        (a_case(Status.SERVING, NINE - timedelta(days=1)), Outcome.UNMARKED),
        (a_case(start=NOW), Outcome.OPEN),
        (a_case(start=NOW - 10 * MINUTE), Outcome.OPEN),
        (a_walk_in(), Outcome.OPEN),
        (a_walk_in(at=NINE - timedelta(days=1)), Outcome.UNMARKED),
        (a_walk_in(Status.SERVED), Outcome.SERVED),
    ],
)
def test_every_appointment_has_one_outcome(case: Case, outcome: Outcome) -> None:
    assert outcome_of(case, BERLIN, NOW) is outcome


def test_booked_and_walk_ins_together_are_the_outcomes() -> None:
    counted = tally([a_case(status) for status in Status] + [a_walk_in(), a_walk_in(Status.SERVED)], BERLIN, NOW)
    assert counted.walk_ins == 2
    assert counted.booked + counted.walk_ins == sum(counted.outcomes.values())


def test_days_ahead_are_those_of_the_calendar_and_walk_ins_have_none() -> None:
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)  # half past eleven at night in Berlin, the day before
    ahead = [a_case(created_at=late), a_case(), a_case(created_at=NINE - timedelta(days=20)), a_walk_in()]
    assert tally(ahead, BERLIN, NOW).lead_days == 5
    assert tally(ahead[:1], BERLIN, NOW).lead_days == 1
    assert tally([a_walk_in()], BERLIN, NOW).lead_days is None


def test_an_hour_is_as_full_as_its_minutes() -> None:
    hours = {1: [Span(NINE - 30 * MINUTE, NINE + 60 * MINUTE)], 2: [Span(NINE, NINE + 60 * MINUTE)]}
    cases = [
        a_case(start=NINE - 5 * MINUTE),
        a_case(start=NINE + 30 * MINUTE, clerks=(2,)),
        a_case(Status.CANCELLED, NINE + 30 * MINUTE),
        a_case(Status.NO_SHOW, NINE + 15 * MINUTE),
        a_case(start=NINE + 180 * MINUTE),
    ]
    assert use_of(cases, hours, BERLIN) == {(1, 8): Use(5, 30), (1, 9): Use(25, 120)}


def test_the_hour_that_the_clocks_show_twice_counts_twice() -> None:
    night = Span(datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC))
    assert use_of([], {1: [night]}, BERLIN) == {(6, 2): Use(0, 120)}


def served_by(*clerks: int, minutes: int = 10) -> list[Case]:
    end = NINE + minutes * MINUTE
    return [a_case(Status.SERVED, called_at=NINE, served_at=end, clerks=(clerk,)) for clerk in clerks]


@pytest.mark.parametrize(("clerks", "shown"), [((1,), None), ((1, 2, 2, 1), None), ((1, 2, 3), 10)])
def test_service_times_of_fewer_than_three_clerks_are_nobody_s_business(
    clerks: tuple[int, ...], shown: float | None
) -> None:
    assert figures_of(1, served_by(*clerks), {}, zone=BERLIN, now=NOW).service_minutes == shown


def test_what_was_finished_the_next_morning_did_not_last_so_long() -> None:
    cases = served_by(1, 2, 3) + served_by(4, minutes=60 * 23)
    assert figures_of(1, cases, {}, zone=BERLIN, now=NOW).service_minutes == 10


def test_who_comes_for_two_concerns_counts_in_both_and_once_in_all() -> None:
    found = figures_of(1, [a_case(concerns=(1, 2)), a_case(concerns=(2,))], {}, zone=BERLIN, now=NOW)
    assert (found.total.booked, found.concerns[1].booked, found.concerns[2].booked) == (2, 1, 2)


def test_channels_tell_walk_ins_from_what_the_desk_booked() -> None:
    cases = [a_case(), a_case(channel="desk"), a_walk_in()]
    assert figures_of(1, cases, {}, zone=BERLIN, now=NOW).channels == {"online": 1, "desk": 1, "walk-in": 1}
