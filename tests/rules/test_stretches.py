"""How long a visit can be at all."""

from datetime import date, time
from types import SimpleNamespace

import pytest

from booking.rules.blocks import Block, BlockKind
from booking.rules.stretches import longest_visit

OFFICE, OTHER, CLERK = 1, 2, 7


def a_block(begin: int, end: int, **fields):
    facts = {"clerk": CLERK, "office": OFFICE, "kind": BlockKind.ONLINE, "weekday": 0}
    return Block(start=time(begin), end=time(end % 24), **facts | fields)


@pytest.mark.parametrize(
    ("reason", "blocks", "minutes"),
    [
        ("the longest counts", [a_block(8, 10), a_block(13, 16)], 180),
        ("what touches is joined", [a_block(8, 10), a_block(10, 12)], 240),
        ("what overlaps counts once", [a_block(8, 12), a_block(9, 10)], 240),
        ("days are not joined", [a_block(8, 12), a_block(12, 16, weekday=1)], 240),
        ("nor single days", [a_block(8, 9, weekday=None, date=date(2026, 12, 5)), a_block(9, 10)], 60),
        ("midnight ends the day", [a_block(20, 24)], 240),
        ("staff's time is not for citizens", [a_block(8, 12, kind=BlockKind.STAFF)], 0),
        ("another office's neither", [a_block(8, 12, office=OTHER)], 0),
        ("nor a clerk's who cannot do it", [a_block(8, 12, clerk=8)], 0),
        ("a block for one concern does not take two", [a_block(8, 12, concerns=frozenset({1})), a_block(13, 14)], 60),
    ],
)
def test_the_longest_visit_is_the_longest_stretch_of_an_able_clerk(reason, blocks, minutes):
    visit = SimpleNamespace(
        office=SimpleNamespace(id=OFFICE), clerks=[SimpleNamespace(id=CLERK)], concern_ids=frozenset({1, 2})
    )
    assert longest_visit(SimpleNamespace(blocks=blocks), visit) == minutes, reason
