"""A day goes to the printer: what Chromium makes of it, page by page, and that its pages are fit to be used."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.axe import Examined
from tests.browser.staff.counter import Counter
from tests.paper import drawn, ink, is_grey, texts


def printed(page: Page) -> bytes:
    """Return what the printer gets, in the paper size that the page asks for."""
    return bytes(page.pdf(prefer_css_page_size=True, print_background=True))


def test_a_day_and_its_slips_go_to_the_printer(visit: Callable[..., Page], counter: Counter, tmp_path: Path) -> None:
    desk = counter.office(clerks=2)
    named = counter.appointment(desk, "10:00", name="Ayşe Yılmaz")
    counter.appointment(desk, "10:15", clerk=1, concern="kirchenaustritt", name="Jonas Brandt")
    page = visit(viewport={"width": 1400, "height": 1000})
    examined = Examined(page)
    counter.log_in(page, "manager", desk)
    home = f"{counter.url}/staff/{desk.place}"

    page.goto(f"{home}/day/{counter.today}/print?platz=alle")
    expect(page.get_by_role("button", name="Drucken")).to_be_visible()
    examined.look("print")
    pdf = printed(page)
    first, second = texts(pdf)
    assert "Platz 1" in first
    assert "Ayşe Yılmaz" in first
    assert "Seite 1 von 2" in first
    assert "Anliegen vertraulich" in second
    assert "Kirchenaustritt" not in second
    assert "Ohne Namen" not in first, "the tools are not printed"
    assert all(is_grey(picture) and 0 < ink(picture) < 0.1 for picture in drawn(pdf))

    counter.appointment(desk, status="checked_in", number=1, arrived_at=counter.at("09:30"))
    page.goto(f"{home}/day/{counter.today}/print")
    expect(page.locator("main")).to_contain_text("ohne Zeit seit 09:30")
    width = page.get_by_role("columnheader", name="Zeit").bounding_box()["width"]
    assert width < 100, "who comes without a time takes no room from what everybody comes for"

    page.goto(f"{home}/appointments/{named}/slip")
    examined.look("slip")
    (slip,) = drawn(printed(page), scale=1)
    assert (slip.width, slip.height) in {(419, 595), (420, 595), (420, 596)}, "A5"
    assert "Ayşe" not in texts(printed(page))[0]

    page.goto(f"{home}/feeds")
    page.get_by_role("button", name="Adresse erzeugen").click()
    expect(page.get_by_label("Adresse des Kalenders")).to_be_visible()
    examined.look("feeds")
    page.goto(f"{home}/paper")
    examined.look("paper")
    assert examined.found == []
    assert examined.invalid(tmp_path) == []
