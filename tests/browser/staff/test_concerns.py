"""A manager edits what people come for, without a script and on a narrow screen, too."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import layouts
from tests.browser.axe import Examined
from tests.browser.staff.counter import Counter


def test_a_new_concern_is_filled_in_and_offered(visit: Callable[..., Page], counter: Counter, tmp_path: Path) -> None:
    desk = counter.office(clerks=1)
    page = visit(viewport={"width": 1280, "height": 900})
    examined = Examined(page)
    counter.log_in(page, "manager")
    page.goto(f"{counter.url}/staff/musterstadt/concerns")
    page.get_by_label("Name").fill("Fundsachen abholen")
    page.get_by_label("Gruppe").fill("Fundbüro")
    page.get_by_label("Minuten").fill("5")
    page.get_by_label("Stelle").select_option(desk.slug)
    page.get_by_role("button", name="Anlegen und ausfüllen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fundsachen abholen")

    page.get_by_label("Beschreibung").fill("Wir bewahren Fundsachen sechs Monate auf.")
    page.get_by_label("Minuten für die erste Person").fill("0")
    page.get_by_label("Wird angeboten").check()
    page.get_by_role("button", name="Anliegen speichern").click()
    expect(page.get_by_role("alert")).to_contain_text("Bitte prüfen Sie Ihre Angaben")
    expect(page.get_by_label("Beschreibung")).to_have_value("Wir bewahren Fundsachen sechs Monate auf.")
    examined.look("a fault")
    page.get_by_label("Minuten für die erste Person").fill("10")
    page.get_by_role("button", name="Anliegen speichern").click()
    expect(page.get_by_role("status")).to_contain_text("Das Anliegen ist gespeichert")
    layouts.resize(page, {"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert examined.found == []
    assert examined.invalid(tmp_path) == []
