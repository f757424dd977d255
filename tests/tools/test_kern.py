"""The part of KERN's style sheet that we ship is whole for what we use."""

import gzip
import re
from pathlib import Path

import pytest

from tools import kern

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "booking/web/static/vendor/kern/parts.css"
STAFF = BUILT.with_name("staff.css")
SHEET = """@charset "UTF-8";
:root { --kern-blue: #00f; --kern-deep: var(--kern-blue); --kern-idle: #123; }
body { color: var(--kern-deep) }
/* .kern-old { } */
.kern-btn, .kern-menu { color: red }
.kern-btn:has(.kern-menu) { color: green }
:is(body, .kern-dark) { --kern-night: #000 }
.kern-btn .kern-menu { color: blue }
@media print { .kern-menu { display: none } .kern-btn { display: none } }
@media screen { .kern-menu { color: pink } }
.kern-icon--ok { mask: url("data:image/svg+xml,{;}") }
"""


@pytest.fixture(scope="module")
def shipped() -> str:
    return kern.parts(SHEET, {"kern-btn", "kern-icon--ok"}, also="a { color: var(--kern-night) }")


@pytest.mark.parametrize(
    "rule",
    [
        "body{",
        ".kern-btn{ color: red }",
        ".kern-btn:has(.kern-menu){",
        "--kern-blue: #00f",
        "--kern-night: #000",
        "@media print{.kern-btn{",
        '"data:image/svg+xml,{;}"',
    ],
)
def test_what_is_used_is_kept(shipped, rule):
    assert rule in shipped


@pytest.mark.parametrize("rule", [".kern-menu{", ".kern-btn .kern-menu", "--kern-idle", "kern-old", "pink", "@charset"])
def test_what_is_not_used_is_left_out(shipped, rule):
    assert rule not in shipped


def test_a_sheet_that_is_cut_off_is_refused():
    with pytest.raises(ValueError, match="never closed"):
        kern.parts("a { color: red", set())


def test_every_class_that_a_template_names_has_a_rule():
    sheet = STAFF.read_text(encoding="utf-8")  # the staff's pages use the citizens' parts and more
    used = kern.classes_in((ROOT / "templates").rglob("*.html"))
    assert sorted(name for name in used if f".{name}" not in sheet) == []


def test_every_token_that_our_own_sheet_names_has_a_value():
    sheets = [STAFF, *(ROOT / "booking/web/static").glob("*.css"), *(ROOT / "booking/web/static/staff").glob("*.css")]
    css = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    named = set(re.findall(r"var\((--[\w-]+)\)", css))  # without a value to fall back on
    assert sorted(token for token in named if f"{token}:" not in css) == []


def test_styles_and_scripts_of_the_first_page_stay_small():
    """All that the first page needs besides HTML and fonts, compressed, in bytes."""
    static = ROOT / "booking/web/static"
    files = [BUILT, static / "citizen.css", static / "citizen.js"]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 20_000
