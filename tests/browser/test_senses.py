"""Every state for those who see no colours, use no mouse, want no motion or listen."""

from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page, Response

from tests.browser import senses
from tests.browser.journeys import JOURNEYS, NO_PAGES, SHOWN

FAULTS = """
.bare:focus { outline: none; box-shadow: none } .moving { transition: color 1s }
.cover { position: fixed; inset: 0; background: white; z-index: 9 }"""
ALERTS = {
    "contact with faults",
    "an address that looks misspelled",
    "moving to a time taken meanwhile",
    "a wrong code",
    "an address that is none",
    "a time taken meanwhile",
    "a code that is locked",
    "an undo that is refused",
    "too late, and taken meanwhile",
    "lost link with faults",
}
STATUSES = {
    "sent again",
    "address corrected",
    "more time",
    "booked by code",
    "confirmed",
    "moved",
    "a move undone",
    "cancelled",
}


def pages_of(page: Page, app: Flask) -> set[str]:
    """Return a set that grows by the endpoint of each page that is answered."""
    urls, shown = app.url_map.bind("here"), set()

    def note(answer: Response) -> None:
        is_page = answer.request.is_navigation_request() and "text/html" in answer.headers.get("content-type", "")
        if is_page and answer.status not in {*range(300, 400), 404, 405}:
            shown.add(urls.match(urlsplit(answer.url).path, answer.request.method)[0])

    page.on("response", note)
    return shown


@pytest.mark.parametrize("journey", JOURNEYS)
def test_every_state_can_be_perceived_without_eyes_colours_mouse_and_motion(wander, app, journey):
    """WCAG 1.3.5, 1.4.1, 2.3.3, 2.4.2, 2.4.7, 2.4.11, 2.5.3, 4.1.3."""
    citizen, found = wander(), []
    shown = pages_of(citizen.page, app)
    for state in JOURNEYS[journey](citizen):
        if role := "alert" if state in ALERTS else "status" if state in STATUSES else "":
            found += [f"{state}, {fault}" for fault in senses.untold(citizen.page, role)]
        found += [f"{state}, {fault}" for fault in senses.faults(citizen.page)]
    assert "\n".join(found) == ""
    assert shown == {f"citizen.{name}" for name in SHOWN[JOURNEYS[journey]]}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("<a class='bare' href='#x'>x</a>", "a.bare “x” shows no focus"),
        ("<button>x</button><div class='cover'></div>", "div.cover covers button"),
        ("<button name='start' value='2026-11-24T09:00'>09:00</button>", "has no date"),
        ("<input id='name'>", "input#name has no autocomplete"),
        ("<input aria-invalid='true' autocomplete='off'>", "is wrong in colour only"),
        ("<div class='kern-alert'><div class='kern-alert__header'>!</div></div>", "has a colour, but no sign"),
        ("<button class='wf-day--chosen'>Mo</button>", "the chosen day is not told"),
        ("<button aria-label='Go'>Weiter</button>", "is called “Go”"),
        ("<p class='moving'>x</p>", "p.moving moves"),
        ("<h1>Another</h1>", "2 headings"),
    ],
)
def test_what_cannot_be_perceived_is_found_out(open_page, fault, words):
    page = open_page()
    head = f"<head><title>Step</title><style>{FAULTS}</style></head>"
    page.set_content(f"<html lang=en>{head}<body><h1>Step</h1>{fault}</body></html>")
    assert any(words in found for found in senses.faults(page)), list(senses.faults(page))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_draw_icons_like_the_words_beside_them(wander, scheme):
    citizen = wander(forced_colors="active", color_scheme=scheme)
    citizen.book()
    painted = citizen.page.locator(".wf-icon").evaluate_all(
        "all => all.map(one => getComputedStyle(one).color === getComputedStyle(one.parentElement).color)"
    )
    assert painted
    assert all(painted)


def test_every_page_is_shown_by_a_journey(app):
    ours = {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("citizen.")}
    shown = frozenset[str]().union(*SHOWN.values(), NO_PAGES)
    assert {f"citizen.{name}" for name in shown} == ours
