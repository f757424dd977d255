import pytest

from booking.errors import TooManyAppointments
from booking.rules.limits import Full, full_limit, lowest_free_place
from booking.rules.windows import Policy

POLICY = Policy(max_open_per_contact=3, max_open_per_network=30)


@pytest.mark.parametrize(("taken", "place"), [(set(), 1), ({1}, 2), ({2, 3}, 1), ({1, 3}, 2)])
def test_the_lowest_free_place_is_taken(taken: set[int], place: int) -> None:
    assert lowest_free_place(taken, 3) == place


def test_one_more_than_allowed_is_refused() -> None:
    with pytest.raises(TooManyAppointments):
        lowest_free_place({1, 2, 3}, 3)


@pytest.mark.parametrize(
    ("of_contact", "of_network", "limit"),
    [(0, 0, None), (2, 29, None), (3, 29, Full.CONTACT), (2, 30, Full.NETWORK), (3, 30, Full.NETWORK)],
)
def test_unconfirmed_bookings_have_a_limit_per_address_and_per_network(
    of_contact: int, of_network: int, limit: Full | None
) -> None:
    assert full_limit(POLICY, open_of_contact=of_contact, open_of_network=of_network) is limit
