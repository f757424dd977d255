"""Which bookings are shown to people as suspicious, and which are not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from booking.rules import clusters as rules
from booking.rules.clusters import QUICK, Cluster, Sighting, Sign, beginning, clusters, shape

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
START = NOW + timedelta(days=3)
MINUTES = (0, 7, 9, 31, 33, 58, 90, 91, 130)  # as people book: unevenly


def a_sighting(number: int, **fields: object) -> Sighting:
    """Somebody of their own: other name, address, network and time."""
    made = Sighting(
        reference=f"AAAAAA{number}",
        office=1,
        start=START + timedelta(minutes=15 * number),
        created_at=NOW + timedelta(minutes=MINUTES[number]),
        name=f"Person {chr(65 + number)}",
        email=f"person.{chr(97 + number)}@web.de",
        network=f"network {number}",
        freed_at=None,
        is_open=True,
    )
    return replace(made, **fields)  # type: ignore[arg-type] # of a test


def people(number: int, **fields: object) -> list[Sighting]:
    return [a_sighting(each, **fields) for each in range(number)]


def signs(seen: list[Sighting]) -> list[Sign]:
    return [found.sign for found in clusters(seen)]


def test_different_people_are_no_cluster() -> None:
    assert clusters(people(8)) == []


def test_many_addresses_of_one_network_are() -> None:
    [found] = clusters(people(4, network="one"))
    assert found == Cluster(Sign.NETWORK, tuple(people(4, network="one")))


def test_one_address_that_books_four_times_is_not() -> None:
    assert clusters(people(4, network="one", email="anna@web.de")) == []


def test_bookings_without_a_network_have_nothing_in_common() -> None:
    assert clusters(people(6, network=None)) == []


def test_addresses_that_differ_in_digits_are() -> None:
    seen = [a_sighting(each, email=f"max.muster{each}{each}@web.de") for each in range(4)]
    assert signs(seen) == [Sign.PATTERN]


def test_one_name_with_three_addresses_is() -> None:
    seen = [a_sighting(each, name=name) for each, name in enumerate(["Max  Muster", "max muster", "MAX MUSTER"])]
    assert signs(seen) == [Sign.NAME]


def test_a_domain_of_few_people_is_and_one_of_many_is_not() -> None:
    others = people(9)[4:]
    assert signs([*others, *(a_sighting(each, email=f"{chr(97 + each)}x@fang.example") for each in range(4))]) == [
        Sign.DOMAIN
    ]
    assert signs([*others, *(a_sighting(each, email=f"{chr(97 + each)}x@gmx.de") for each in range(4))]) == []


def test_a_domain_that_half_the_town_has_is_no_cluster() -> None:
    seen = [a_sighting(each, email=f"{chr(97 + each)}x@dorfnetz.example") for each in range(4)]
    assert signs([*seen, *people(8)[4:]]) == []


def test_a_time_that_is_taken_seconds_after_it_was_given_up_is() -> None:
    former = a_sighting(0, start=START, freed_at=NOW + timedelta(minutes=5), is_open=False)
    quick = a_sighting(1, start=START, created_at=NOW + timedelta(minutes=5) + QUICK)
    assert [found.members for found in clusters([former, quick])] == [(former, quick)]
    assert clusters([former, replace(quick, created_at=quick.created_at + timedelta(seconds=1))]) == []
    assert clusters([former, replace(quick, office=2)]) == []


def test_who_takes_the_own_time_again_is_not() -> None:
    former = a_sighting(0, start=START, freed_at=NOW + timedelta(minutes=5))
    assert clusters([former, replace(former, reference="B", created_at=NOW + timedelta(minutes=5, seconds=3))]) == []


def test_many_addresses_in_the_seconds_of_a_release_are() -> None:
    assert signs(people(4, opened_at=NOW)) == [Sign.RELEASE]
    assert signs([a_sighting(each, opened_at=NOW, office=each) for each in range(4)]) == []


def test_even_gaps_are() -> None:
    seen = [a_sighting(each, created_at=NOW + timedelta(seconds=30 * each)) for each in range(7)]
    assert signs(seen) == [Sign.RHYTHM]
    assert signs(seen[:5]) == []


def test_bookings_of_one_second_keep_no_rhythm() -> None:
    assert signs([a_sighting(each, created_at=NOW) for each in range(7)]) == []


def test_a_long_run_is_one_cluster_and_each_booking_is_compared_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = []
    spread = rules.pstdev
    monkeypatch.setattr(rules, "pstdev", lambda gaps: looked_at.append(len(gaps)) or spread(gaps))
    made = [NOW + timedelta(seconds=30 * each) for each in range(60)]
    seen = [a_sighting(each % 8, created_at=at, reference=f"B{each:06}") for each, at in enumerate(made)]
    [found] = [each for each in clusters(seen) if each.sign is Sign.RHYTHM]
    assert len(found.members) == 60
    assert max(looked_at) == rules.LOOKED_AT


@pytest.mark.parametrize(
    ("email", "told"),
    [
        ("anna.beispiel7@dings.de", "a…7@d….de"),
        ("anna@dings.example", "a…@d….example"),
        ("a@b.de", "a…@b….de"),
        ("", "…"),
        ("no address", "…"),
    ],
)
def test_an_address_is_told_as_a_shape_only(email: str, told: str) -> None:
    assert shape(email) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [("Anna Beispiel", "Anna Bei…"), ("Anna  Ab", "Anna Ab"), ("Annamaria Beispiel", "Annamari…"), ("", "")],
)
def test_of_a_name_only_the_beginning_is_told(name: str, told: str) -> None:
    assert beginning(name) == told
