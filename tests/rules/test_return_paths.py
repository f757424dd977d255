"""Envelope senders: each says which message it is, fits in 64 octets, and only we can make it."""

import pytest

from booking.rules.return_paths import LONGEST_LOCAL, LONGEST_REST, Posted, Sort, is_proven, return_path, tag_in
from booking.rules.secrets import Keyring

PATTERN = "bounce+{}@termine.example.de"
KEYS = Keyring.of("k" * 40)
LETTER = Posted(Sort.LETTER, 17, "<1@example.org>")


def test_the_address_says_which_message_it_was_and_proves_it() -> None:
    address = return_path(PATTERN, LETTER, KEYS)
    assert address.startswith("bounce+l17-")
    tag = tag_in(address, PATTERN)
    assert tag is not None
    assert (tag.sort, tag.id) == (Sort.LETTER, 17)
    assert is_proven(tag, LETTER.message_id, KEYS)


def test_a_relay_that_shouts_changes_nothing() -> None:
    tag = tag_in(f" {return_path(PATTERN, LETTER, KEYS).upper()} ", PATTERN)
    assert tag is not None
    assert is_proven(tag, LETTER.message_id, KEYS)


@pytest.mark.parametrize(
    "other",
    [LETTER._replace(id=18), LETTER._replace(sort=Sort.DAY_SHEET), LETTER._replace(message_id="<2@example.org>")],
    ids=["another letter", "a day sheet", "the number given anew"],
)
def test_the_proof_of_one_message_is_none_for_another(other: Posted) -> None:
    tag = tag_in(return_path(PATTERN, LETTER, KEYS), PATTERN)
    assert tag is not None
    assert not is_proven(tag._replace(sort=other.sort, id=other.id), other.message_id, KEYS)


def test_a_former_key_still_proves_what_left_under_it_and_a_strangers_never() -> None:
    tag = tag_in(return_path(PATTERN, LETTER, KEYS), PATTERN)
    assert tag is not None
    assert is_proven(tag, LETTER.message_id, Keyring.of("n" * 40, ("k" * 40,)))
    assert not is_proven(tag, LETTER.message_id, Keyring.of("n" * 40))


def test_the_longest_address_still_has_64_octets_before_its_at() -> None:
    posted = Posted(Sort.LETTER, 2**63 - 1, "<1@example.org>")
    local, _, _ = return_path(f"{'x' * LONGEST_REST}{{}}@example.de", posted, KEYS).partition("@")
    assert len(local) == LONGEST_LOCAL


@pytest.mark.parametrize(
    "address",
    [
        "termine@example.org",
        "bounce+@termine.example.de",
        "bounce+l17@termine.example.de",
        "bounce+l0-abcdefghijklmnop@termine.example.de",
        "bounce+x17-abcdefghijklmnop@termine.example.de",
        "bounce+l17-abcdefghijklmno1@termine.example.de",
        "bounce+l17-abcdefghijklmnop@elsewhere.example.de",
        "bounce+l17-abcdefghijklmnop@termine.example.de.evil.example",
        "bounce+l99999999999999999999-abcdefghijklmnop@termine.example.de",
        "bounce+l9223372036854775808-abcdefghijklmnop@termine.example.de",
    ],
)
def test_what_has_not_our_form_has_no_tag(address: str) -> None:
    assert tag_in(address, PATTERN) is None
