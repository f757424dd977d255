"""A manager's morning in a real browser: somebody is ill, a week gets other hours, and every page is fit to be used."""

from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from booking.rules.secrets import speakable
from tests.browser import layouts
from tests.browser.axe import Examined
from tests.browser.staff.counter import Counter, Desk


def test_a_manager_runs_an_office(visit: Callable[..., Page], counter: Counter, tmp_path: Path) -> None:
    hours = {"kind": "online", "start": time(8), "end": time(23, 55)}
    desk = counter.office(clerks=2, blocks=(hours,), name={"de": "Bürgerbüro mit Kfz-Zulassung und Fundbüro"})
    stranded = counter.appointment(desk, "23:30", day=counter.today + timedelta(days=1))
    page = visit(viewport={"width": 1920, "height": 1080})
    examined = Examined(page)
    counter.log_in(page, "manager", desk)

    _call_in_sick(page, counter, desk, examined)
    _change_hours(page, counter, desk, stranded, examined)
    for name in ("times", "closures", "clerks", "clerks/new", "office", "why?concern=personalausweis", "figures"):
        page.goto(f"{counter.url}/staff/{desk.place}/{name}")
        examined.look(name)
        layouts.resize(page, {"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        page.set_viewport_size({"width": 1920, "height": 1080})
    _see_every_area(page, counter, desk, examined)
    assert examined.found == []
    assert examined.invalid(tmp_path) == []


def _call_in_sick(page: Page, counter: Counter, desk: Desk, examined: Examined) -> None:
    """From the first page: run the office, until tomorrow, though it strands somebody, to whom one comes at once."""
    page.goto(f"{counter.url}/staff/")
    page.get_by_role("link", name="Verwalten").first.click()
    page.get_by_role("button", name="bis morgen").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Betrifft einen Termin")
    examined.look("stranding")
    page.get_by_role("button", name="Trotzdem eintragen").click()
    expect(page.get_by_text("Die Abwesenheit ist eingetragen.")).to_be_visible()
    page.goto(f"{counter.url}/staff/{desk.place}/absences")
    page.get_by_role("button", name="Ab jetzt wieder da").click()
    expect(page.get_by_text("Es ist keine Abwesenheit eingetragen.")).to_be_visible()


def _change_hours(page: Page, counter: Counter, desk: Desk, stranded: str, examined: Examined) -> None:
    tomorrow = (counter.today + timedelta(days=1)).weekday()
    page.goto(f"{counter.url}/staff/{desk.place}/times")
    page.locator(".st-week").first.locator(".st-week__day").nth(tomorrow).get_by_role("link", name="ändern").click()
    page.get_by_label("Bis", exact=True).fill("08:00")
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("alert")).to_contain_text("Bitte prüfen Sie Ihre Angaben")
    examined.look("faulty hours")
    page.get_by_label("Bis", exact=True).fill("12:00")
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("alert")).to_contain_text(speakable(stranded))
    examined.look("hours that strand")
    page.get_by_role("button", name="Trotzdem speichern").click()
    expect(page.get_by_role("status")).to_contain_text("gespeichert")
    expect(page.locator(".st-week").first.locator(".st-week__day").nth(tomorrow)).to_contain_text("08:00–12:00")


def _see_every_area(page: Page, counter: Counter, desk: Desk, examined: Examined) -> None:
    """However many areas there are: they stand in one row, or all behind one button."""
    counter.log_in(page, "admin", way=f"{desk.place}/stranded")
    page.goto(f"{counter.url}/staff/phone")  # from here the way back names the office
    areas = page.get_by_role("navigation", name="Bereiche").get_by_role("link")
    for width, height in ((1280, 720), (1440, 900), (1920, 1080)):
        layouts.resize(page, {"width": width, "height": height})
        boxes = [area.bounding_box() for area in areas.all()]
        assert len(boxes) == 12
        assert len({box["y"] for box in boxes}) == 1, width
        assert boxes[-1]["x"] + boxes[-1]["width"] <= width
    page.set_viewport_size({"width": 390, "height": 844})
    expect(areas).to_have_count(0)
    page.get_by_role("button", name="Menü").press("Enter")
    expect(areas).to_have_count(12)
    examined.look("menu of a phone")
    page.keyboard.press("Escape")
    expect(areas).to_have_count(0)
    page.get_by_role("button", name="Menü").click()
    areas.get_by_text("Protokoll").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Protokoll")
