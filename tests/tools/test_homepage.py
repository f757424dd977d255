"""The sample homepage: as strict as a careful town's, and plainly no real one."""

import pytest

from tools.homepage.pages import make_pages


@pytest.fixture
def homepage():
    return make_pages("https://termine.example.de/amt", "schwarmstedt").test_client()


@pytest.mark.parametrize("path", ["/", "/rahmen"])
def test_every_page_says_that_it_is_a_sample_and_loads_from_one_other_host_only(homepage, path):
    answer = homepage.get(path)
    policy = dict(each.split(" ", 1) for each in answer.headers["Content-Security-Policy"].split("; "))
    assert "Beispielseite" in answer.text
    assert policy["default-src"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "connect", "font", "frame")} == {"https://termine.example.de"}
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "style=" not in answer.text


def test_one_page_embeds_the_widget_and_one_the_frame(homepage):
    widget, frame = homepage.get("/").text, homepage.get("/rahmen").text
    assert '<script src="https://termine.example.de/amt/widget.js" defer></script>' in widget
    assert '<wartefrei-booking municipality="schwarmstedt">' in widget
    assert '<iframe src="https://termine.example.de/amt/schwarmstedt/?frame=1"' in frame
    assert '<script src="https://termine.example.de/amt/frame.js" defer></script>' in frame


@pytest.mark.parametrize("name", ["town.css", "arms.svg", "heath.svg"])
def test_what_the_pages_load_of_their_own_is_there(homepage, name):
    with homepage.get(f"/static/{name}") as answer:
        assert answer.status_code == 200
