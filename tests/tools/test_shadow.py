"""The pages' style sheets, rewritten for a shadow root."""

import re
from pathlib import Path

import pytest

from tools.shadow import rewritten

BUILT = Path(__file__).parents[2] / "booking/web/static/vendor/widget/widget.css"


@pytest.mark.parametrize(
    ("css", "meant"),
    [
        (":root{--a: 1}", ".wf-shadow{--a: 1}"),
        ("html[dir=rtl] .wf-a,body{margin:0}", ".wf-shadow[dir=rtl] .wf-a,.wf-shadow{margin:0}"),
        ("main form > .a{gap:1px}", ".wf-main form > .a{gap:1px}"),
        (".domain .wf-main{gap:1px}", ".domain .wf-main{gap:1px}"),
        (".a{margin:-.5rem 1.5rem}", ".a{margin:calc(-.5 * var(--wf-rem)) calc(1.5 * var(--wf-rem))}"),
        (".a{--kern-16rem:1px}", ".a{--kern-16rem:1px}"),
        (".a{padding:clamp(1px, 4vw, 9px)}", ".a{padding:clamp(1px, 4cqi, 9px)}"),
        ("@media (min-width: 60rem){.a{gap:0}}", "@container wf (min-width: 60em){.a{gap:0}}"),
        ("@media print{body{gap:0}}", "@media print{.wf-shadow{gap:0}}"),
        (
            "@media (prefers-color-scheme: dark){:root{--a:0}.b{gap:0}}",
            ".wf-shadow[data-theme=dark]{--a:0}.wf-shadow[data-theme=dark] .b{gap:0}",
        ),
        ('.a{mask:url("data:image/svg+xml,%3Csvg;}") no-repeat;gap:0}', ".a{gap:0}"),
        ("/* html { } */.a{gap:0}", ".a{gap:0}"),
    ],
)
def test_a_rule_means_the_same_inside(css, meant):
    assert rewritten(css) == meant


@pytest.mark.parametrize("css", ["@import 'a.css';", "@media screen and (min-width: 1px){.a{gap:0}}"])
def test_what_cannot_be_rewritten_stops_the_build(css):
    with pytest.raises(ValueError, match=r"place|container"):
        rewritten(css)


def test_the_built_sheet_asks_nothing_of_the_host_page():
    css = BUILT.read_text(encoding="utf-8")
    assert "data:" not in css
    assert re.findall(r"[\d.]rem\b", css) == []
    assert re.findall(r"@media[^{]*width", css) == []
    assert re.findall(r"(?:^|[},\s]):root\b", css) == []
    assert "@font-face" not in css
