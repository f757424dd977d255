"""Which sites may embed: origins are compared whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.embedding import is_origin, is_trustworthy, may_embed, origin_of

LISTED = ("https://www.example.de", "http://localhost:8001")


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://www.example.de", "https://www.example.de"),
        ("HTTPS://WWW.Example.DE/Termin?lang=de#oben", "https://www.example.de"),
        ("https://www.example.de:443/", "https://www.example.de"),
        ("http://www.example.de:80", "http://www.example.de"),
        ("https://www.example.de:80", "https://www.example.de:80"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://www.example.de.", "https://www.example.de."),
        ("null", None),
        ("", None),
        ("www.example.de", None),
        ("ftp://www.example.de", None),
        ("https://", None),
        ("https://a@www.example.de", None),
        ("https://www.exämple.de", None),
        ("https://www.example.de:eighty", None),
        ("https://www.example.de:65536", None),
        ("https://[::1", None),
        ("https://*.example.de", None),
    ],
)
def test_an_address_has_the_origin_that_browsers_see(address, origin):
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    ("origin", "may", "why"),
    [
        ("https://www.example.de", True, "it is listed"),
        ("https://WWW.EXAMPLE.DE:443", True, "the same origin, written differently"),
        ("http://localhost:8001", True, "it is listed with its port"),
        ("http://www.example.de", False, "another scheme: anybody on the way could be it"),
        ("https://example.de", False, "another host"),
        ("https://www.example.de.evil.test", False, "another host that begins alike"),
        ("https://evil.www.example.de", False, "another host that ends alike"),
        ("https://www.example.de:8443", False, "another port"),
        ("http://localhost", False, "another port"),
        ("https://www.example.de/", False, "no header holds a path: this is something else"),
        ("https://www.example.de https://evil.test", False, "one origin, not a list"),
        ("https://www.example.de\\@evil.test", False, "a trick on the reader"),
        ("https://www.example.de\t", False, "no header holds it"),
        ("null", False, "a sandboxed frame or a local file: anybody"),
        ("", False, "nobody"),
    ],
)
def test_only_a_listed_origin_may_embed(origin, may, why):
    assert may_embed(origin, LISTED) is may, why


def test_nobody_may_embed_where_nobody_is_listed():
    assert not may_embed("https://www.example.de", ())


def test_what_is_no_origin_is_not_in_a_list_either():
    assert not may_embed("null", ("null",))


@pytest.mark.parametrize(
    ("origin", "is_so"),
    [
        ("https://www.example.de", True),
        ("http://localhost:8001", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:8001", False),
        ("http://www.example.de", False),
        ("http://localhost.example.de", False),
    ],
)
def test_only_https_and_this_machine_can_be_trusted(origin, is_so):
    assert is_trustworthy(origin) is is_so


@given(st.text())
def test_any_text_is_an_origin_or_not_but_never_a_fault(text):
    origin = origin_of(text)
    assert origin is None or (is_origin(origin) and origin_of(origin) == origin)
    assert not may_embed(text, LISTED) or origin in LISTED
