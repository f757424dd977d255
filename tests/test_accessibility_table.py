"""docs/accessibility.md names every criterion of WCAG 2.2 A and AA once, and no test or gap that does not exist."""

import re
from pathlib import Path

from booking.web.citizen.legal import GAPS

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs/accessibility.md").read_text(encoding="utf-8")
LEVELS = {  # https://www.w3.org/TR/WCAG22/, without 4.1.1, which it removed
    "A": "1.1.1 1.2.1 1.2.2 1.2.3 1.3.1 1.3.2 1.3.3 1.4.1 1.4.2 2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3 "
    "2.4.4 2.5.1 2.5.2 2.5.3 2.5.4 3.1.1 3.2.1 3.2.2 3.2.6 3.3.1 3.3.2 3.3.7 4.1.2",
    "AA": "1.2.4 1.2.5 1.3.4 1.3.5 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13 2.4.5 2.4.6 2.4.7 2.4.11 2.5.7 2.5.8 "
    "3.1.2 3.2.3 3.2.4 3.3.3 3.3.4 3.3.8 4.1.3",
}


def test_every_criterion_has_one_row_and_its_level() -> None:
    rows = re.findall(r"^\| (\d\.\d\.\d+) [^|]+ \| (A+) \|", PAGE, re.MULTILINE)
    wanted = [(criterion, level) for level, criteria in LEVELS.items() for criterion in criteria.split()]
    assert len(wanted) == 55
    assert sorted(rows) == sorted(wanted)


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)
    missing = [(file, name) for file, name in named if f"def {name}(" not in (TESTS / file).read_text(encoding="utf-8")]
    assert named
    assert missing == []


def test_every_gap_that_people_are_told_of_is_in_the_table() -> None:
    assert re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE) == [gap.id for gap in GAPS]
