"""The primary of three database machines is killed while people book: the drill of `make failover`, once."""

import pytest

from bench.failover import drill

pytestmark = [pytest.mark.faults, pytest.mark.long]


@pytest.mark.leaves_nothing("the drill asks the same by itself before its machines end (bench/failover.py, _report)")
def test_a_killed_primary_costs_half_a_minute_and_no_booking() -> None:
    assert drill(kills=1)
