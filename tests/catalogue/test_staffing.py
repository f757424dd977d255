"""Blocks that overlap, and concerns that nobody can handle."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.rules.blocks import Block, BlockKind
from tests.budgets import examples
from tests.catalogue.samples import SMALL, edited, faults_of

LAST_LINE = '      - {office: rathaus, date: 2026-12-05, hours: "09:00-12:00", kind: online}\n'
FIRST_BLOCK = '{office: rathaus, weekday: mon, hours: "08:00-10:00", kind: online}'


def with_blocks(*blocks: str) -> str:
    lines = "".join(f"      - {{office: rathaus, kind: online, {block}}}\n" for block in blocks)
    return edited(LAST_LINE, LAST_LINE + lines)


def overlaps(text: str) -> int:
    return sum("Overlaps with" in fault.sentence for fault in faults_of(text))


MEETINGS = [
    ("they only touch", ['weekday: wed, hours: "08:00-10:00"', 'weekday: wed, hours: "10:00-12:00"'], 0),
    ("they share five minutes", ['weekday: wed, hours: "08:00-10:00"', 'weekday: wed, hours: "09:55-12:00"'], 1),
    ("one lies inside the other", ['weekday: wed, hours: "08:00-12:00"', 'weekday: wed, hours: "09:00-10:00"'], 1),
    ("they are on different days", ['weekday: wed, hours: "08:00-10:00"', 'weekday: thu, hours: "08:00-10:00"'], 0),
    ("dated blocks replace weekly ones", ['weekday: sat, hours: "09:00-12:00"'], 0),
    ("both are on one date", ['date: 2026-12-05, hours: "11:00-13:00"'], 1),
    ("they are on different dates", ['date: 2026-12-12, hours: "11:00-13:00"'], 0),
    (
        "one ends before the other begins",
        [
            'weekday: wed, hours: "08:00-10:00", valid_to: 2026-12-02',
            'weekday: wed, hours: "08:00-10:00", valid_from: 2026-12-03',
        ],
        0,
    ),
    (
        "they share one Wednesday",
        [
            'weekday: wed, hours: "08:00-10:00", valid_to: 2026-12-02',
            'weekday: wed, hours: "08:00-10:00", valid_from: 2026-12-02',
        ],
        1,
    ),
    (
        "what they share has no Wednesday",
        [
            'weekday: wed, hours: "08:00-10:00", valid_to: 2026-12-08',
            'weekday: wed, hours: "08:00-10:00", valid_from: 2026-12-03',
        ],
        0,
    ),
    (
        "even and odd weeks never meet",
        [
            'weekday: wed, hours: "08:00-10:00", every_weeks: 2, valid_from: 2026-12-02',
            'weekday: wed, hours: "08:00-10:00", every_weeks: 2, valid_from: 2026-12-09',
        ],
        0,
    ),
    (
        "every second and every third week meet in the sixth",
        [
            'weekday: wed, hours: "08:00-10:00", every_weeks: 2, valid_from: 2026-12-02',
            'weekday: wed, hours: "08:00-10:00", every_weeks: 3, valid_from: 2026-12-09',
        ],
        1,
    ),
]


@pytest.mark.parametrize(("reason", "blocks", "expected"), MEETINGS, ids=[row[0] for row in MEETINGS])
def test_a_clerk_is_at_one_place_at_a_time(reason: str, blocks: list[str], expected: int) -> None:
    assert overlaps(with_blocks(*blocks)) == expected, reason


def test_two_clerks_may_work_at_the_same_time() -> None:
    text = edited('weekday: fri, hours: "08:00-09:00", kind: online, every_weeks: 2, valid_from: 2026-11-27',
                  'weekday: mon, hours: "08:00-09:00", kind: online')  # fmt: skip
    assert faults_of(text) == ()


a_block = st.tuples(st.integers(1, 5), st.dates(date(2026, 1, 1), date(2026, 3, 1)), st.none() | st.integers(0, 200))


@settings(max_examples=examples(60), deadline=None)
@given(a_block, a_block)
def test_overlaps_are_those_that_the_calendar_shows(
    one: tuple[int, date, int | None], other: tuple[int, date, int | None]
) -> None:
    def as_text(weeks: int, first: date, days: int | None) -> str:
        until = f", valid_to: {first + timedelta(days)}" if days is not None else ""
        return f'weekday: wed, hours: "08:00-10:00", every_weeks: {weeks}, valid_from: {first}{until}'

    def falls_on(day: date, weeks: int, first: date, days: int | None) -> bool:
        until = first + timedelta(days) if days is not None else None
        rules = Block(1, 1, BlockKind.ONLINE, *HOURS, weekday=2, every_weeks=weeks, valid_from=first, valid_to=until)
        return rules.falls_on(day)

    days = (date(2026, 1, 1) + timedelta(day) for day in range(365))
    meet = any(falls_on(day, *one) and falls_on(day, *other) for day in days)
    assert overlaps(with_blocks(as_text(*one), as_text(*other))) == int(meet)


HOURS = (time(8), time(10))

NOBODY = "No active clerk has a block (online) at this office that admits this concern."
SERVED = [
    ("the only clerk is switched off", ["    concerns: all\n"], ["    active: false\n    concerns: all\n"], [NOBODY]),
    ("the only clerk does not handle it", ["    concerns: all\n", *()], ["    concerns: [perso]\n"], [NOBODY]),
    (
        "its blocks are for another concern",
        ['08:00-10:00", kind: online', '09:00-12:00", kind: online'],
        ['08:00-10:00", kind: online, concerns: [perso]', '09:00-12:00", kind: online, concerns: [perso]'],
        [NOBODY],
    ),
    (
        "citizens are promised what only staff can book",
        ['08:00-10:00", kind: online', '09:00-12:00", kind: online'],
        ['08:00-10:00", kind: staff', '09:00-12:00", kind: walk-in'],
        [NOBODY, NOBODY],
    ),
    (
        "it takes longer than any block",
        ["    minutes: 15\n"],
        ["    minutes: 185\n"],
        ["Takes 185 minutes, but the longest block that admits it has 180."],
    ),
    (
        "it takes longer at this office than any block",
        ["[{office: rathaus, online: true, staff: true}]\n    group: {de: Ausweise}"],
        ["[{office: rathaus, minutes: 200, online: true, staff: true}]\n    group: {de: Ausweise}"],
        ["Takes 200 minutes, but the longest block that admits it has 180."],
    ),
    (
        "blocks that touch are one stretch",
        ["    minutes: 15\n", '10:00-12:00", kind: staff'],
        ["    minutes: 240\n", '10:00-12:00", kind: online'],
        [],
    ),
    (
        "staff may book it in online blocks too",
        ["[{office: rathaus, online: true, staff: true}]\n    group: {de: Ausweise}", '10:00-12:00", kind: staff'],
        ["[{office: rathaus, online: false, staff: true}]\n    group: {de: Ausweise}", '10:00-12:00", kind: walk-in'],
        [],
    ),
    (
        "neither citizens nor staff book it there",
        ["[{office: rathaus, online: true, staff: true}]\n    group: {de: Ausweise}", "    minutes: 15\n"],
        ["[{office: rathaus, online: false, staff: false}]\n    group: {de: Ausweise}", "    minutes: 600\n"],
        [],
    ),
    ("it is switched off itself", ["    minutes: 15\n"], ["    minutes: 600\n    active: false\n"], []),
    ("the office is switched off", ["    concerns: all\n", "    phone:"],
     ["    active: false\n    concerns: all\n", "    active: false\n    phone:"], []),
]  # fmt: skip
SECOND = """\
  - id: perso
    offices: [{office: rathaus, online: true, staff: true}]
    group: {de: Ausweise}
    name: {de: Personalausweis}
    keywords: {de: [Perso]}
    minutes: 5
    extra_minutes: 5
    unit: {de: Stück}
    max_quantity: 1
    fee: {text: {de: frei}, currency: EUR}
    documents: []
"""


@pytest.mark.parametrize(("reason", "old", "new", "expected"), SERVED, ids=[row[0] for row in SERVED])
def test_what_is_offered_can_be_handled(reason: str, old: list[str], new: list[str], expected: list[str]) -> None:
    text = SMALL + SECOND
    for before, after in zip(old, new, strict=True):
        text = text.replace(before, after, 1)
    found = [fault.sentence for fault in faults_of(text) if "perso" not in fault.path or len(expected) > 1]
    assert found == expected, reason


def test_a_faulty_clerk_does_not_make_every_concern_look_unserved() -> None:
    faults = faults_of(edited("    concerns: all\n", "    concerns: al\n"))
    assert [fault.path for fault in faults] == ["clerks[platz-1].concerns"]


def test_a_faulty_block_does_not_hide_an_overlap_of_others() -> None:
    text = with_blocks('weekday: wed, hours: "8:00-10:00"', 'weekday: mon, hours: "09:00-09:30"')
    assert [fault.path for fault in faults_of(text)] == [
        "clerks[platz-1].blocks[3].hours",
        "clerks[platz-1].blocks[4]",
    ]


def test_the_block_that_it_overlaps_with_is_named_by_its_line() -> None:
    text = edited(FIRST_BLOCK, FIRST_BLOCK.replace("10:00", "11:00"))
    assert [str(fault) for fault in faults_of(text)] == [
        "40:9: clerks[platz-1].blocks[1]: Overlaps with the block of the same clerk on line 39."
    ]
