"""What was chosen stays chosen, applied or not, on every way out of the checklist; without JavaScript too."""

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize("scripted", [True, False])
def test_a_quantity_survives_adding_removing_going_back_and_another_language(walk, scripted):
    citizen = walk(java_script_enabled=scripted)
    page = citizen.page
    citizen.choose()
    page.get_by_label("Wie viele? Personalausweis").select_option("3 Personen")
    citizen.press("Weiteres Anliegen hinzufügen")
    citizen.heading("Was möchten Sie noch erledigen?")
    expect(page.get_by_text("3 Personen")).to_be_visible()
    page.get_by_role("link", name="Führungszeugnis beantragen").click()
    page.get_by_label("Wie viele? Führungszeugnis").select_option("2 Zeugnisse")
    citizen.press("Zurück")
    page.get_by_role("link", name="Weiter mit dieser Auswahl").click()
    expect(page.get_by_text("Zusammen etwa 50 Minuten")).to_be_visible()
    page.get_by_label("Wie viele? Personalausweis").select_option("2 Personen")
    citizen.press("English")
    expect(page.get_by_text("About 40 minutes together")).to_be_visible()
    citizen.press("Deutsch")
    page.get_by_label("Wie viele? Personalausweis").select_option("4 Personen")
    citizen.press("Entfernen: Führungszeugnis")
    expect(page.get_by_text("4 Personen: etwa 45 Minuten")).to_be_visible()
    expect(page.get_by_text("2 Zeugnisse")).to_have_count(0)
    page.get_by_label("Wie viele? Personalausweis").select_option("5 Personen")
    citizen.go_on()
    expect(page.get_by_text("5 Personen")).to_be_visible()
