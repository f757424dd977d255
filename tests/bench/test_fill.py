"""The promise behind gapless starts, on months small enough for every run of the tests; `make fill` prints more."""

from statistics import mean

from bench.fill import gapless, lenient, quarter_hours, simulate, snug

MONTHS = range(3)


def test_gapless_starts_fill_a_clerk_where_the_quarter_hour_raster_wastes_a_fifth() -> None:
    raster, ours = (mean(simulate(offer, 1.5, seed=seed) for seed in MONTHS) for offer in (quarter_hours, gapless))
    assert ours >= 0.97
    assert 0.75 <= raster <= 0.85


def test_gapless_starts_fill_a_team_too() -> None:
    assert simulate(gapless, 1.5, clerks=3, weeks=1) >= 0.97


def test_what_is_offered_on_near_days_fills_better_than_snug_starts() -> None:
    near, in_steps = (mean(simulate(offer, 1.5, seed=seed) for seed in MONTHS) for offer in (lenient, snug))
    assert near > in_steps > 0.9


def test_a_seed_tells_the_whole_story() -> None:
    assert simulate(gapless, 1.0, weeks=1, seed=7) == simulate(gapless, 1.0, weeks=1, seed=7)
    assert simulate(gapless, 1.0, weeks=1, seed=7) != simulate(gapless, 1.0, weeks=1, seed=8)
