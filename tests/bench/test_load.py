"""The load programs run to their end in small: what they count must be right, however busy the machine is."""

import os
import subprocess
import sys

import pytest

from tests.serving import ROOT

pytestmark = pytest.mark.long


def run(*command: str) -> str:
    """Run a program of bench/ and return what it printed; its verdicts on times are for a quiet machine."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WARTEFREI_")}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert "processor seconds" in done.stdout or "a second" in done.stdout
    return done.stdout


def missed(told: str) -> list[str]:
    """Return the verdicts that are missed and not about time."""
    lines = [line for line in told.splitlines() if line.startswith("MISSED")]
    return [line for line in lines if "p95" not in line and " s," not in line]


@pytest.mark.parametrize("proof", ["off", "on"])
def test_a_small_rush_ends_with_all_places_confirmed(proof: str) -> None:
    people = ("--people", "200", "--places", "20", "--seconds", "10", "--pace", "0.1")
    told = run("bench.rush", *people, "--released", "--never-confirm", "0", "--proof", proof)
    assert missed(told) == []
    assert "met     confirmed at the end: 20" in told
    assert ("428×" in told) is (proof == "on")


def test_a_small_overload_is_refused_and_over_soon() -> None:
    told = run("bench.rush", "--only-overload", "--ramp-seconds", "6", "--ramp-to", "600")
    assert missed(told) == []
    assert "429×" in told


def test_a_small_district_is_compared_slice_by_slice() -> None:
    told = run("bench.district", "--rounds", "1", "--seconds", "6", "--people", "100")
    assert missed(told) == []
    assert "quiet→busy" in told


def test_a_small_metropolis_is_answered_from_the_cache() -> None:
    told = run("bench.metropolis", "--seconds", "10", "--offices", "3")
    assert missed(told) == []
    assert "HIT" in told


@pytest.mark.parametrize(
    "how", [("http", "300", "--clients", "8"), ("actions", "600"), ("http", "200", "--engine", "sqlite")]
)
def test_a_few_attempts_leave_the_tables_right(how: tuple[str, ...]) -> None:
    told = run("bench.attempts", *how)
    assert missed(told) == []
    assert "met     overlaps and wrong cells: {}" in told
