"""Half past seven: a clerk falls ill, three appointments fall out, and somebody is just about to book that clerk."""

import re
from datetime import date, timedelta
from email.message import EmailMessage
from functools import partial

import holidays
from playwright.sync_api import Page, Route, expect

from tests.browser.axe import Examined
from tests.browser.walking import Town, turn_to

PHONE = "0170 1234567"
A_WHILE = 5_000  # ms, of the browser's own time


def test_an_absence_in_the_morning_is_worked_off_and_everybody_hears_of_it(counter, visit, tmp_path):
    desk = counter.office(clerks=1)
    tomorrow = _next_working_day(counter.today)
    people = {"Anna Anders": "anna@example.org", "Berta Beispiel": "", "Clara Conrad": "clara@example.org"}
    for number, (name, email) in enumerate(people.items()):
        fields = {"name": name, "email": email, "phone": PHONE if not email else "", "address_proven": True}
        counter.appointment(desk, f"{9 + number:02}:00", day=tomorrow, **fields)

    citizen = visit()
    _choose_time(citizen, counter, desk, tomorrow)
    page = visit()
    counter.log_in(page, "manager", desk)
    _enter_absence(page, counter, desk, tomorrow)

    citizen.locator(".wf-day-times .wf-time").first.click()
    expect(citizen.get_by_role("alert")).to_be_visible()
    expect(citizen.locator(".wf-nearest button").first).to_be_visible()

    examined = Examined(page)
    page.clock.install()
    page.goto(f"{counter.url}/staff/{desk.place}/stranded")
    for name in people:
        expect(page.get_by_text(name)).to_be_visible()
    examined.look("the work list")
    _stays_up_to_date(page, counter, desk, tomorrow)
    page.get_by_role("button", name="Angekreuzte verlegen").click()
    expect(page.get_by_text("Noch ist nichts geschehen")).to_be_visible()
    expect(page.get_by_text("Neue Zeit:")).to_have_count(3)
    examined.look("the preview")
    page.get_by_role("button", name="Jetzt so verlegen").click()
    expect(page.get_by_text("3 Termine sind erledigt.")).to_be_visible()
    examined.look("what was done")

    _accept_by_letter(visit(), counter)
    page.get_by_role("link", name="Zur Anrufliste (1)").click()
    expect(page.get_by_text("Berta Beispiel")).to_be_visible()
    expect(page.get_by_role("link", name=PHONE)).to_be_visible()
    examined.look("the call list")
    page.get_by_role("button", name="Nicht erreicht").click()
    expect(page.get_by_text("1 Versuch, zuletzt")).to_be_visible()
    page.get_by_role("button", name="Erreicht", exact=True).click()
    expect(page.get_by_text("Niemand muss angerufen werden")).to_be_visible()
    page.get_by_role("button", name="Zurücknehmen").click()
    expect(page.get_by_role("link", name=PHONE)).to_be_visible()

    page.goto(f"{counter.url}/staff/{desk.place}/stranded")
    expect(page.get_by_text("Kein Termin fällt aus")).to_be_visible()
    unanswered = page.get_by_role("region", name="Verlegt, noch nicht bestätigt")
    expect(unanswered.get_by_text("Clara Conrad")).to_be_visible()
    expect(unanswered.get_by_text("Anna Anders")).to_have_count(0)
    _write_notice(page, citizen, counter, desk, tomorrow)
    examined.look("the notices")
    assert "\n".join(examined.found) == ""
    assert examined.invalid(tmp_path) == []


def _next_working_day(today: date) -> date:
    closed = holidays.country_holidays("DE", subdiv="NI")
    return next(day for ahead in range(1, 9) if (day := today + timedelta(days=ahead)) not in closed)


def _choose_time(page: Page, counter, desk, day) -> None:
    """Go as far as the free times of the day on which the clerk will be ill."""
    page.goto(f"{counter.url}/musterstadt/checklist?concern=personalausweis&office={desk.slug}")
    page.get_by_role("button", name="Weiter zu Ihren Angaben").click()
    page.get_by_label("Name", exact=True).fill("Dora Dorn")
    page.get_by_label("E-Mail-Adresse").fill("dora@example.org")
    page.get_by_role("button", name="Weiter zu den freien Zeiten").click()
    turn_to(page.locator(f'.wf-day[value="{day}"]'))


def _enter_absence(page: Page, counter, desk, day) -> None:
    page.goto(f"{counter.url}/staff/{desk.place}/absences")
    page.get_by_role("checkbox", name="Platz 1").check()
    page.get_by_label("Erster Tag").fill(f"{day}")
    page.get_by_label("Letzter Tag").fill(f"{day}")
    page.get_by_role("button", name="Eintragen", exact=True).click()
    page.get_by_role("button", name="Trotzdem eintragen").click()
    expect(page.get_by_text("Die Abwesenheit ist eingetragen.")).to_be_visible()  # at the work list


def _stays_up_to_date(page: Page, counter, desk, day) -> None:
    """What others do appears by itself and is told, ticks stay; a list that gets old says so."""
    anna = page.get_by_role("checkbox", name="Anna Anders")
    anna.uncheck()
    extra = counter.appointment(desk, "08:30", day=day, name="Emil Eilig", email="emil@example.org")
    page.clock.run_for(A_WHILE)
    expect(page.get_by_text("Emil Eilig")).to_be_visible()
    expect(page.locator("#news")).to_have_text("Die Liste hat sich geändert: 1 neu")
    expect(anna).not_to_be_checked()
    expect(anna).to_be_focused()
    anna.check()
    counter.cancel(extra)
    page.clock.run_for(A_WHILE)
    expect(page.get_by_text("Emil Eilig")).to_have_count(0)
    expect(page.locator("#news")).to_have_text("Die Liste hat sich geändert: 1 nicht mehr dabei")

    lost = page.locator("#lost")
    for answer, words in ((403, "keinen Zugriff mehr"), (401, "Sie sind abgemeldet")):
        page.route("**/changes**", partial(_answered, answer))
        page.clock.run_for(A_WHILE)
        expect(lost).to_contain_text(words)
        page.unroute("**/changes**")
    page.reload()
    expect(lost).to_be_hidden()


def _answered(status: int, route: Route) -> None:
    route.fulfill(status=status)


def _accept_by_letter(page: Page, counter) -> None:
    """Read the letter, follow its link, and press the one button."""
    letter = Town(counter.url, "", counter.relay).letter("anna@example.org", "Vom Amt verlegt")
    page.goto(_links(letter, counter.url)[0])
    expect(page.get_by_role("heading", level=1)).to_contain_text("Wir mussten Ihren Termin verlegen")
    page.get_by_role("button", name="Neue Zeit annehmen").click()
    expect(page.get_by_text("Es bleibt bei der neuen Zeit")).to_be_visible()


def _links(letter: EmailMessage, url: str) -> list[str]:
    body = letter.get_body(("plain",))
    assert body is not None
    return re.findall(rf"{re.escape(url)}/t/\S+", body.get_content())


def _write_notice(page: Page, citizen: Page, counter, desk, day) -> None:
    page.goto(f"{counter.url}/staff/{desk.place}/notices?day={day}")
    words = page.get_by_label("Deutsch").input_value()
    assert "fallen im Bürgerbüro Termine aus. Wir melden uns bei allen." in words
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("status")).to_contain_text("Gespeichert")
    citizen.goto(f"{counter.url}/musterstadt/checklist?concern=personalausweis&office={desk.slug}")
    expect(citizen.get_by_text(words)).to_be_visible()
