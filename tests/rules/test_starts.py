"""Starts and the choice of clerk, drawn: ``.`` is a free cell of five minutes, ``x`` a taken one, from eight on."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.rules.availability import (
    Desk,
    can_start,
    choose_clerk,
    longest_free_minutes,
    mask_of,
    nearest_starts,
    offered_starts,
)
from booking.rules.cells import cells_of
from booking.rules.spans import Span
from tests.rules.naive import EIGHT, a_desk, at

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_AWAY = datetime(2099, 1, 1, tzinfo=UTC)


def offered_cells(
    *desks: Desk, minutes: int = 15, rest: int = 10, near: bool = False, earliest: datetime = LONG_AGO
) -> list[int]:
    starts = offered_starts(
        desks,
        minutes=minutes,
        useful_rest_minutes=rest,
        lenient_before=FAR_AWAY if near else LONG_AGO,
        earliest=earliest,
    )
    return [(start - EIGHT) // 300 for start in starts]


@pytest.mark.parametrize(
    ("free", "minutes", "cells", "why"),
    [
        ("............", 15, [0, 3, 6, 9], "an empty hour offers every quarter"),
        ("..........", 15, [0, 3, 7], "the last start stays when the duration does not fit evenly"),
        (".....", 15, [0, 2], "a rest of ten minutes is useful"),
        ("....", 15, [], "a rest of five is not"),
        ("...", 15, [0], "what fits exactly is offered"),
        ("..", 15, [], "what is too short is not"),
        ("...x...", 15, [0, 4], "each free stretch by itself"),
        ("... ...", 15, [0, 4], "a pause between blocks divides like an appointment"),
        (".......", 5, [0, 2, 3, 4, 6], "a five-minute visit leaves ten minutes or nothing"),
        ("", 15, [], "a clerk without hours offers nothing"),
        ("xxxx", 15, [], "nor does a full one"),
    ],
)
def test_starts_leave_no_useless_rest(free: str, minutes: int, cells: list[int], why: str) -> None:
    assert offered_cells(a_desk(free), minutes=minutes) == cells, why


def test_an_office_may_do_without_a_useful_rest() -> None:
    assert offered_cells(a_desk("...."), rest=0) == [0, 1]


def test_minutes_afterwards_may_run_past_the_block_but_not_into_an_appointment() -> None:
    desk = a_desk("...", after_minutes=5)
    assert offered_cells(desk) == [0]
    assert offered_cells(a_desk("...x", after_minutes=5)) == []
    assert offered_cells(a_desk("...o", after_minutes=5)) == []


def test_a_rest_is_useful_only_with_room_for_the_minutes_that_follow_it() -> None:
    assert offered_cells(a_desk("......x", after_minutes=5)) == []
    assert offered_cells(a_desk(".......x", after_minutes=5)) == [0, 3]


def test_on_near_days_an_awkward_stretch_offers_its_beginning() -> None:
    assert offered_cells(a_desk("x...."), near=True) == [1]
    assert offered_cells(a_desk("x....")) == []


def test_what_time_has_left_of_an_awkward_stretch_is_offered_on_a_near_day() -> None:
    assert offered_cells(a_desk("...."), near=True, earliest=at(1)) == [1]
    assert offered_cells(a_desk("......"), near=True, earliest=at(1)) == [3]


def test_the_starts_of_all_desks_are_offered_once_each_and_in_order() -> None:
    early, late = a_desk("......", clerk=1), a_desk("   ......", clerk=2)
    assert offered_cells(late, early) == [0, 3, 6]


def test_no_start_is_offered_before_the_earliest() -> None:
    assert offered_cells(a_desk("............"), earliest=at(3)) == [3, 6, 9]
    assert offered_cells(a_desk("............"), earliest=at(3) + timedelta(seconds=1)) == [6, 9]


def test_a_part_of_a_cell_at_the_edge_of_a_block_is_not_bookable() -> None:
    odd = Desk(1, 0, cells_of([Span(at(0) + timedelta(minutes=2), at(4) + timedelta(minutes=3))]))
    assert offered_cells(odd, minutes=5, rest=5) == [1, 2, 3]
    assert offered_cells(Desk(1, 0, cells_of([Span(at(0), at(0) + timedelta(minutes=4))])), minutes=5) == []


def test_any_start_on_the_grid_is_accepted_where_the_clerk_is_free() -> None:
    desk = a_desk("....xx....")
    accepted = [cell for cell in range(-2, 12) if can_start(desk, at(cell), 15)]
    assert accepted == [0, 1, 6, 7]


def test_a_start_off_the_grid_is_not_accepted() -> None:
    assert not can_start(a_desk("......"), at(0) + timedelta(minutes=1), 15)
    assert not can_start(a_desk("......"), at(0) + timedelta(microseconds=1), 15)


@pytest.mark.parametrize("minutes", [0, -5])
def test_an_appointment_without_length_is_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="minutes"):
        can_start(a_desk("...."), at(0), minutes)


def test_a_mask_that_was_kept_means_the_same() -> None:
    desk = a_desk("..x......")
    assert mask_of(mask_of(desk)) == mask_of(desk)
    assert offered_starts(
        [mask_of(desk)], minutes=15, useful_rest_minutes=10, lenient_before=LONG_AGO, earliest=LONG_AGO
    ) == [EIGHT + 900, EIGHT + 1800]


@pytest.mark.parametrize(("free", "minutes"), [("..x...x.", 15), ("", 0), ("....", 20)])
def test_the_longest_free_stretch_is_known(free: str, minutes: int) -> None:
    assert longest_free_minutes(a_desk(free)) == minutes


# The choice of clerk


def chosen(*desks: Desk, cell: int = 0, load: dict[int, int] | None = None) -> int | None:
    return choose_clerk(desks, at(cell), 15, useful_rest_minutes=10, load=load or {})


def test_nobody_is_chosen_when_nobody_is_free() -> None:
    assert chosen(a_desk("x..."), a_desk(" ...", clerk=2)) is None


def test_first_comes_a_clerk_for_whom_the_start_leaves_no_gap() -> None:
    tight_but_wasteful, wide = a_desk("....", clerk=1), a_desk("...........", clerk=2)
    assert chosen(tight_but_wasteful, wide, load={2: 9}) == 2


def test_then_the_tightest_fit() -> None:
    wide, tight = a_desk("........", clerk=1), a_desk("...x....", clerk=2)
    assert chosen(wide, tight, load={2: 9}) == 2


def test_the_tightest_fit_counts_the_free_time_on_both_sides() -> None:
    before, after = a_desk("......... x", clerk=1), a_desk("   .......", clerk=2)
    assert chosen(before, after, cell=5) == 2


def test_then_the_least_loaded_that_day() -> None:
    assert chosen(a_desk("......", clerk=1), a_desk("......", clerk=2), load={1: 3, 2: 2}) == 2


def test_then_the_lowest_number() -> None:
    assert chosen(a_desk("......", clerk=2), a_desk("......", clerk=1)) == 1


# Alternatives


def test_the_nearest_starts_come_in_the_order_of_time() -> None:
    assert nearest_starts([EIGHT + n * 900 for n in range(10)], at(10), count=3) == [EIGHT + n * 900 for n in (2, 3, 4)]


def test_of_two_equally_near_starts_the_earlier_is_kept() -> None:
    assert nearest_starts([EIGHT, EIGHT + 600], at(1), count=1) == [EIGHT]


def test_five_alternatives_are_enough() -> None:
    assert len(nearest_starts(range(EIGHT, EIGHT + 9000, 300), at(0))) == 5
    assert nearest_starts([], at(0)) == []
