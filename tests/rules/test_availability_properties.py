"""What holds for every calendar: the engine against the naive rules, and any sequence of bookings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.rules.availability import Desk, any_start, can_start, choose_clerk, mask_of, offered_starts
from booking.rules.cells import bits_of_words, moments_of
from booking.rules.spans import GRID_SECONDS, Span, instant_of
from tests.budgets import examples
from tests.rules import naive

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_AWAY = datetime(2099, 1, 1, tzinfo=UTC)

minutes = st.integers(1, 8).map(lambda cells: cells * 5)
rests = st.sampled_from([0, 5, 10, 15, 20])
moments_near = st.integers(-2, 40).map(naive.at)


@st.composite
def desks(draw: st.DrawFn, clerk: int = 1) -> Desk:
    """Any mixture of free, taken and shut cells, with a bias to long free stretches."""
    parts = draw(st.lists(st.tuples(st.sampled_from("....xo "), st.integers(1, 9)), max_size=9))
    drawing = "".join(sign * count for sign, count in parts)
    return naive.a_desk(drawing, clerk=clerk, after_minutes=draw(st.sampled_from([0, 0, 5, 10, 15])))


teams = st.integers(1, 3).flatmap(lambda size: st.tuples(*(desks(clerk=n) for n in range(1, size + 1))))


def offers(
    *team: Desk, length: int, rest: int = 10, lenient: datetime = FAR_AWAY, earliest: datetime = LONG_AGO
) -> set[int]:
    return set(
        offered_starts(team, minutes=length, useful_rest_minutes=rest, lenient_before=lenient, earliest=earliest)
    )


def booked(desk: Desk, start: int, length: int) -> Desk:
    """The desk with one appointment more, its minutes afterwards included."""
    own = range(start, start + (length + desk.after_minutes) * 60, GRID_SECONDS)
    taken = naive.taken_cells(desk)
    assert taken.isdisjoint(own), "a cell is owned twice"
    return replace(desk, words=naive.words_of(taken.union(own)))


@given(desks(), minutes)
def test_the_engine_accepts_what_the_naive_rules_accept(desk: Desk, length: int) -> None:
    grid = range(naive.EIGHT - 900, naive.EIGHT + 90 * GRID_SECONDS, GRID_SECONDS)
    accepted = [start for start in grid if can_start(desk, instant_of(start), length)]
    assert accepted == naive.acceptable(desk, length)
    assert any_start(desk, length) == bool(accepted)


@settings(max_examples=examples(1000))
@given(desks(), minutes, rests, moments_near, moments_near)
def test_the_engine_offers_what_the_naive_rules_offer(
    desk: Desk, length: int, rest: int, lenient: datetime, earliest: datetime
) -> None:
    fast = offered_starts([desk], minutes=length, useful_rest_minutes=rest, lenient_before=lenient, earliest=earliest)
    assert fast == naive.offered(desk, length, rest=rest, lenient_before=lenient, earliest=earliest)


@given(teams, minutes, rests, moments_near)
def test_a_team_offers_what_its_members_offer(
    team: tuple[Desk, ...], length: int, rest: int, lenient: datetime
) -> None:
    each = [offers(desk, length=length, rest=rest, lenient=lenient) for desk in team]
    assert offers(*team, length=length, rest=rest, lenient=lenient) == set().union(*each)


@given(teams, minutes, moments_near)
def test_as_time_goes_by_a_start_appears_only_where_one_has_passed(
    team: tuple[Desk, ...], length: int, earliest: datetime
) -> None:
    then = offers(*team, length=length, earliest=earliest)
    later = offers(*team, length=length, earliest=earliest + timedelta(minutes=5))
    assert all(start > earliest.timestamp() for start in later)
    assert then == later or earliest.timestamp() in then


@given(teams, minutes, rests)
def test_every_offered_start_can_be_booked_with_the_clerk_that_is_chosen(
    team: tuple[Desk, ...], length: int, rest: int
) -> None:
    by_clerk = {desk.clerk: desk for desk in team}
    for start in offers(*team, length=length, rest=rest):
        clerk = choose_clerk(team, instant_of(start), length, useful_rest_minutes=rest, load={})
        assert clerk is not None
        assert start in naive.acceptable(by_clerk[clerk], length)


@given(desks(), minutes, rests, moments_near)
def test_a_near_stretch_that_fits_is_never_refused(desk: Desk, length: int, rest: int, earliest: datetime) -> None:
    fitting = [start for start in naive.acceptable(desk, length) if start >= earliest.timestamp()]
    assert bool(offers(desk, length=length, rest=rest, earliest=earliest)) == bool(fitting)


@given(teams, st.lists(st.tuples(minutes, st.integers(0, 10**6)), max_size=12))
def test_after_any_bookings_nothing_overlaps_and_all_lies_inside_blocks(
    team: tuple[Desk, ...], wishes: list[tuple[int, int]]
) -> None:
    by_clerk = {desk.clerk: desk for desk in team}
    for length, wish in wishes:
        team_now = list(by_clerk.values())
        choice = sorted(offers(*team_now, length=length))
        if choice:
            start = choice[wish % len(choice)]
            clerk = choose_clerk(team_now, instant_of(start), length, useful_rest_minutes=10, load={})
            assert clerk is not None
            by_clerk[clerk] = booked(by_clerk[clerk], start, length)
            assert naive.open_cells(by_clerk[clerk]).issuperset(range(start, start + length * 60, GRID_SECONDS))


@given(teams, minutes, minutes, st.data())
def test_booking_one_start_never_makes_another_clerks_start_disappear(
    team: tuple[Desk, ...], length: int, other_length: int, data: st.DataObject
) -> None:
    choice = sorted(offers(*team, length=length))
    if not choice:
        return
    start = data.draw(st.sampled_from(choice))
    clerk = choose_clerk(team, instant_of(start), length, useful_rest_minutes=10, load={})
    others = [desk for desk in team if desk.clerk != clerk]
    team_after = [booked(desk, start, length) if desk.clerk == clerk else desk for desk in team]
    assert offers(*others, length=other_length) <= offers(*team_after, length=other_length)


@given(desks(), minutes, st.data())
def test_a_moved_appointment_may_overlap_itself(desk: Desk, length: int, data: st.DataObject) -> None:
    before = naive.acceptable(desk, length)
    if not before:
        return
    start = instant_of(data.draw(st.sampled_from(before)))
    own = Span(start, start + timedelta(minutes=length + desk.after_minutes)).moments()
    others = naive.taken_cells(booked(desk, own[0], length)).difference(own)
    mover = replace(desk, words=naive.words_of(others))
    assert [other for other in before if can_start(mover, instant_of(other), length)] == before


@given(desks())
def test_no_cell_is_lost_between_the_database_and_the_engine(desk: Desk) -> None:
    mask = mask_of(desk)
    assert set(moments_of(mask.free, mask.base)) == naive.open_cells(desk) - naive.taken_cells(desk)
    assert bits_of_words(desk.words, naive.EIGHT).bit_count() == len(naive.taken_cells(desk))
