"""What is counted of appointments before they are erased."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking.rules.counts import Ahead, Counts, Hour, Kind, count, count_minutes, count_unconfirmed
from booking.rules.figures import Case
from booking.rules.lifecycle import Status
from booking.rules.spans import Span

BERLIN = ZoneInfo("Europe/Berlin")
LATE = datetime(2026, 11, 24, 22, 50, tzinfo=UTC)  # ten to midnight in Berlin
DAY = date(2026, 11, 24)
NOW = LATE + timedelta(days=31)
MINUTE = timedelta(minutes=1)


def a_case(**fields: object) -> Case:
    defaults: dict[str, object] = {
        "office": 1,
        "status": Status.SERVED,
        "channel": "online",
        "span": Span(LATE, LATE + 20 * MINUTE),
        "arrived_at": None,
        "created_at": LATE - timedelta(days=5),
        "called_at": None,
        "served_at": None,
        "clerks": (1,),
        "concerns": (7,),
    }
    return Case(**{**defaults, **fields})  # type: ignore[arg-type]


def counted(*cases: Case, now: datetime = NOW) -> Counts:
    counts = Counts()
    count(cases, counts, zone=BERLIN, now=now)
    return counts


def test_an_appointment_belongs_to_the_local_day_on_which_it_begins() -> None:
    assert list(counted(a_case()).first) == [Kind(DAY, 1, 7, "online", "served")]


def test_two_concerns_are_two_mentions_of_one_appointment() -> None:
    counts = counted(a_case(concerns=(7, 8)))
    assert sum(counts.mentions.values()) == sum(counts.ahead_mentions.values()) == 2
    assert sum(counts.first.values()) == sum(counts.ahead_first.values()) == 1


def test_days_ahead_stand_apart_from_channel_and_outcome() -> None:
    assert counted(a_case()).ahead_first == {Ahead(DAY, 1, 7, 5): 1}


def test_whoever_walks_in_has_booked_nothing_ahead() -> None:
    counts = counted(a_case(arrived_at=LATE, created_at=LATE, channel="desk"))
    assert list(counts.first) == [Kind(DAY, 1, 7, "walk-in", "served")]
    assert counts.ahead_first == {}


def test_what_is_erased_undecided_is_unmarked_and_not_open_for_ever() -> None:
    counts = counted(a_case(status=Status.SERVING), now=LATE + MINUTE)
    assert [kind.outcome for kind in counts.first] == ["unmarked"]


def test_what_nobody_confirmed_has_an_outcome_of_its_own() -> None:
    counts = Counts()
    count_unconfirmed([a_case(status=Status.EXPIRED)], counts, zone=BERLIN)
    assert list(counts.first) == [Kind(DAY, 1, 7, "online", "unconfirmed")]
    assert counts.ahead_first == {}


def test_minutes_are_counted_within_the_hours_that_were_open() -> None:
    counts = Counts()
    count_minutes([a_case()], {1: [Span(LATE - 50 * MINUTE, LATE + 5 * MINUTE)]}, counts, zone=BERLIN)
    assert counts.minutes == {Hour(DAY, 1, 23): 5}
