"""Each language once through, from the first page to the entry in the calendar; Arabic from the right."""

import re

import pytest
from playwright.sync_api import expect

from booking.rules.languages import LANGUAGES, direction
from tests.browser.axe import Examined
from tests.translating import COMPLETE

GERMAN = re.compile(r"\b(Sie|Ihre?|Termin|bitte|nicht)\b")
OTHERS = [tag for tag in COMPLETE if tag in LANGUAGES]  # ``de@simple`` is German, and no tag
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What the page itself says: the catalogue's texts may be German, marked as such, and addresses are everywhere.
OWN_WORDS = """() => {
  const body = document.body.cloneNode(true);
  for (const other of body.querySelectorAll("[lang], address, bdi, script")) other.remove();
  return body.textContent.replace(/\\([^)]*\\)/g, "");
}"""
PHONE = {"width": 360, "height": 780}


class Reader:
    """Somebody who goes by what the pages are made of, not by what they say."""

    def __init__(self, citizen, tag):
        self.citizen, self.page, self.tag = citizen, citizen.page, tag

    def look(self):
        expect(self.page.locator("html")).to_have_attribute("lang", self.tag)
        expect(self.page.locator("html")).to_have_attribute("dir", direction(self.tag))
        self.page.wait_for_load_state()  # before its style sheets are there, everything is too wide
        assert self.page.evaluate(WIDE) <= 0
        if self.tag in OTHERS:
            assert GERMAN.findall(self.page.evaluate(OWN_WORDS)) == []

    def contact(self):
        self.page.goto(f"{self.citizen.town.url}/schwarmstedt/?lang={self.tag}")
        self.look()
        self.page.locator("a[href*='concern=personalausweis']").first.click()
        self.look()
        self.page.locator("button[formaction*='/contact']").click()
        self.look()

    def times(self):
        self.page.locator("#name").fill("Олена Ґудзь")
        self.page.locator("#email").fill(self.citizen.address)
        self.page.locator("#step button.kern-btn--primary").click()
        self.look()

    def book(self):
        self.page.locator(".wf-day-times .wf-time").first.click()
        expect(self.page.locator("#code")).to_be_visible()
        self.look()
        self.page.goto(self.link())
        self.look()
        self.page.locator(".wf-confirm button").click()
        expect(self.page.locator("a[href$='calendar.ics'], a[href*='calendar.ics?']")).to_be_visible()
        self.look()

    def link(self):
        letter = self.citizen.town.letter(self.citizen.address, "")
        assert letter["Content-Language"] == self.tag
        body = letter.get_body(("plain",))
        return re.findall(rf"{re.escape(self.citizen.town.url)}/t/\S+", body.get_content())[0]


@pytest.mark.parametrize("tag", LANGUAGES)
def test_each_language_leads_from_the_first_page_to_the_booking(walk, tag):
    reader = Reader(walk(viewport=PHONE), tag)
    reader.contact()
    reader.times()
    reader.book()


def test_arabic_runs_from_the_right(walk):
    citizen = walk(viewport={"width": 1280, "height": 900})
    reader = Reader(citizen, "ar")
    reader.contact()
    main, aside = (citizen.page.locator(place).bounding_box() for place in ("main", "aside"))
    assert aside["x"] + aside["width"] <= main["x"]
    arrow = citizen.page.locator("#step button.kern-btn--primary svg")
    assert arrow.evaluate("arrow => getComputedStyle(arrow).transform").startswith("matrix(-1")
    label, phone = citizen.page.locator("label[for=name]"), citizen.page.locator("a[href^='tel:']").first
    assert label.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert phone.locator("bdi").evaluate("one => getComputedStyle(one).direction") == "ltr"
    assert citizen.page.locator("#email").evaluate("one => getComputedStyle(one).direction") == "ltr"


def test_the_pages_are_as_accessible_from_right_to_left(walk, tmp_path):
    citizen = walk(viewport=PHONE)
    reader, seen = Reader(citizen, "ar"), Examined(citizen.page)
    reader.contact()
    seen.look("contact")
    reader.times()
    seen.look("times")
    assert seen.found == []
    assert seen.invalid(tmp_path) == []


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
def test_what_stands_in_the_fields_changes_the_language_with_the_page(walk, script):
    """On the contact page as a link opens it, where a link to the other language would forget it."""
    citizen = walk(java_script_enabled=script)
    citizen.page.goto(f"{citizen.town.url}/schwarmstedt/contact?concern=personalausweis:1&office=buergerbuero")
    citizen.page.locator("#name").fill("Erika Mustermann")
    citizen.page.locator("#email").fill("erika@")
    citizen.page.get_by_role("button", name="Türkçe").click()
    expect(citizen.page.locator("html")).to_have_attribute("lang", "tr")
    expect(citizen.page.locator("#name")).to_have_value("Erika Mustermann")
    expect(citizen.page.locator("#email")).to_have_value("erika@")


def test_enter_in_a_field_goes_on_and_changes_no_language(walk, address):
    citizen = walk()
    citizen.page.goto(f"{citizen.town.url}/schwarmstedt/contact?concern=personalausweis:1&office=buergerbuero")
    citizen.page.locator("#name").fill("Erika Mustermann")
    citizen.page.locator("#email").fill(address)
    citizen.page.locator("#email").press("Enter")
    citizen.heading("Wann möchten Sie kommen?")


def test_a_search_that_was_only_typed_is_there_in_the_other_language(walk):
    citizen = walk(java_script_enabled=False)
    citizen.page.goto(f"{citizen.town.url}/schwarmstedt/")
    citizen.page.locator("#q").fill("Perso")
    citizen.page.get_by_role("button", name="English").click()
    expect(citizen.page.locator("html")).to_have_attribute("lang", "en")
    expect(citizen.page.locator("#q")).to_have_value("Perso")


def test_a_translation_that_nobody_checked_says_so_and_german_does_not(walk):
    citizen = walk()
    for tag, count in (("de", 0), ("uk", 1), ("de-simple", 1)):
        citizen.page.goto(f"{citizen.town.url}/schwarmstedt/?lang={tag}")
        expect(citizen.page.locator(".wf-unchecked")).to_have_count(count)


def test_a_concern_that_is_there_in_german_only_is_marked_in_words(walk):
    citizen = walk()
    citizen.page.goto(f"{citizen.town.url}/schwarmstedt/?lang=en")
    expect(citizen.page.locator(".wf-foreign")).to_have_count(0)
    citizen.page.goto(f"{citizen.town.url}/schwarmstedt/?lang=uk")
    expect(citizen.page.locator(".wf-foreign").first).to_be_visible()
    assert citizen.page.locator(".wf-tile:has(.wf-foreign) [lang=de]").first.text_content()
