"""Slips in an address are noticed, and what may well be right is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.rules.email_slips import USUAL, suggestion


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmial.cmo", "gmail.com"),
        ("gmail.comm", "gmail.com"),
        ("gmailcom", "gmail.com"),
        ("gmail,com", "gmail.com"),
        ("gmail", "gmail.com"),
        ("gmail.de", "gmail.com"),
        ("GMIAL.COM", "gmail.com"),
        ("gmx.ed", "gmx.de"),
        ("gxm.de", "gmx.de"),
        ("gmx", "gmx.de"),
        ("gmxde", "gmx.de"),
        ("gmx.nte", "gmx.net"),
        ("web.ed", "web.de"),
        ("wbe.de", "web.de"),
        ("web", "web.de"),
        ("hotmial.com", "hotmail.com"),
        ("hotmail.ed", "hotmail.de"),
        ("t-online.ed", "t-online.de"),
        ("t-onlien.de", "t-online.de"),
        ("tonline.de", "t-online.de"),
        ("t-online", "t-online.de"),
        ("outlok.de", "outlook.de"),
        ("freenet.ed", "freenet.de"),
        ("icluod.com", "icloud.com"),
        ("yahooo.de", "yahoo.de"),
    ],
)
def test_a_slip_in_a_common_domain_is_noticed(typed, meant):
    assert suggestion(f"Anna.Beispiel@{typed}") == f"Anna.Beispiel@{meant}"


@pytest.mark.parametrize(
    "domain",
    [
        *USUAL,
        "GMX.de",
        "schwarmstedt.de",
        "heidekreis.de",
        "example.org",
        "wob.de",
        "gm.de",
        "ge.com",
        "em.com",
        "we.de",
        "mu.de",
        "live.nl",
        "line.de",
        "yahoo.fr",
        "yahoo.co.uk",
        "yahoo.be",
        "outlook.fr",
        "hotmail.es",
        "uni-hannover.de",
        "gmx.eu",
        "mailbox.tu-dresden.de",
        "kommune.online",
    ],
)
def test_what_may_well_be_right_is_left_alone(domain):
    assert suggestion(f"anna@{domain}") is None


@pytest.mark.parametrize("typed", ["", "anna", "@", "anna@", "@gmial.com", "anna@ ", "anna@."])
def test_what_is_no_address_is_not_guessed_at(typed):
    assert suggestion(typed) is None


@given(st.text(max_size=300))
def test_nothing_that_can_be_typed_breaks_it_and_a_suggestion_is_not_doubted(typed):
    meant = suggestion(typed)
    assert meant is None or (meant != typed and suggestion(meant) is None)
