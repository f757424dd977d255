"""What the widget does while an answer is late, lost or a refusal: keep what was typed, and say so."""

from playwright.sync_api import expect

DROPPED = "Die Verbindung ist unterbrochen"


def test_what_was_typed_stays_when_the_network_drops_and_the_next_try_goes_on(cut_off_guest, town, address):
    citizen = cut_off_guest()
    citizen.choose()
    citizen.go_on()
    citizen.page.get_by_label("Name", exact=True).fill("Erika Mustermann")
    citizen.page.get_by_label("E-Mail-Adresse").fill(address)
    citizen.lose("**/time?*")
    citizen.press("Weiter zu den freien Zeiten")
    expect(citizen.page.get_by_role("alert")).to_contain_text(DROPPED)
    expect(citizen.page.get_by_label("E-Mail-Adresse")).to_have_value(address)
    citizen.find("**/time?*")
    citizen.press("Weiter zu den freien Zeiten")
    citizen.heading("Wann möchten Sie kommen?")
    citizen.lose("**/book?*", after=True)
    citizen.times().first.click()
    expect(citizen.page.get_by_role("alert")).to_contain_text(DROPPED)
    assert town.appointments(address) == ["pending"], "the answer was lost, not the booking"
    citizen.find("**/book?*")
    citizen.press("Noch einmal versuchen")
    citizen.heading("noch nicht gebucht")
    assert town.appointments(address) == ["pending"]


def test_a_fault_of_the_server_is_told_beside_what_was_typed(guest, address):
    citizen = guest()
    citizen.choose()
    citizen.go_on()
    citizen.page.get_by_label("E-Mail-Adresse").fill(address)
    citizen.page.get_by_label("Name", exact=True).fill("x" * 200_000)
    citizen.page.get_by_label("Name", exact=True).evaluate(
        "it => { it.removeAttribute('maxlength'); it.value = 'x'.repeat(2e5) }"
    )
    citizen.press("Weiter zu den freien Zeiten")
    expect(citizen.page.get_by_role("alert")).to_contain_text("zu groß")
    expect(citizen.page.get_by_label("E-Mail-Adresse")).to_have_value(address)


def test_a_slow_answer_is_announced_and_a_second_click_ignored(guest, town, address):
    citizen = guest()
    citizen.page.clock.install()
    citizen.reach_times()
    held = []
    citizen.page.route("**/book?*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    time = citizen.times().first
    time.dblclick()
    citizen.page.clock.run_for(400)
    expect(citizen.page.get_by_role("status").first).to_have_text("Einen Moment, bitte …")
    expect(citizen.page.locator("[aria-busy=true]")).to_have_count(1)
    citizen.page.clock.run_for(9_000)
    expect(citizen.page.get_by_role("status").first).to_contain_text("Das dauert länger als sonst")
    time.click()
    assert len(held) == 1
    held[0].continue_()
    citizen.heading("noch nicht gebucht")
    expect(citizen.page.locator("[aria-busy=true]")).to_have_count(0)
    assert town.appointments(address) == ["pending"]


def test_an_answer_that_never_comes_counts_as_lost(guest):
    citizen = guest()
    citizen.page.clock.install()
    citizen.begin()
    held = []
    citizen.page.route("**/checklist?*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    citizen.page.get_by_role("link", name="Personalausweis beantragen").click()
    citizen.page.clock.run_for(41_000)
    expect(citizen.page.get_by_role("alert")).to_contain_text(DROPPED)
    citizen.heading("Wofür brauchen Sie einen Termin?")


def test_a_style_sheet_that_never_comes_counts_as_lost_too(guest):
    citizen = guest()
    citizen.page.clock.install()
    held = []
    citizen.page.route("**/widget.css*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    citizen.page.goto(citizen.start)
    expect(citizen.page.locator("[aria-busy=true]")).to_have_count(1)
    citizen.page.clock.run_for(41_000)
    expect(citizen.page.get_by_role("alert")).to_contain_text("gerade nicht erreichbar")
    citizen.page.unroute("**/widget.css*")
    citizen.press("Noch einmal versuchen")
    citizen.heading("Wofür brauchen Sie einen Termin?")


def test_a_style_sheet_that_was_refused_is_asked_for_again(cut_off_guest):
    citizen = cut_off_guest()
    citizen.page.route("**/widget.css*", lambda route: route.fulfill(status=503, body="<p>later</p>"))
    citizen.page.goto(citizen.start)
    expect(citizen.page.get_by_role("alert")).to_contain_text("gerade nicht erreichbar")
    citizen.page.unroute("**/widget.css*")
    citizen.press("Noch einmal versuchen")
    citizen.heading("Wofür brauchen Sie einen Termin?")
    rules = "document.querySelector('wartefrei-booking').shadowRoot.adoptedStyleSheets[0].cssRules.length"
    assert citizen.page.evaluate(rules) > 100


def test_where_nothing_arrives_at_first_the_plain_link_stays(cut_off_guest):
    citizen = cut_off_guest()
    citizen.lose("**/schwarmstedt/?*")
    citizen.page.goto(citizen.start)
    expect(citizen.page.get_by_role("alert")).to_contain_text("gerade nicht erreichbar")
    expect(citizen.page.get_by_role("link", name="Termin buchen")).to_be_visible()
    citizen.find("**/schwarmstedt/?*")
    citizen.press("Noch einmal versuchen")
    citizen.heading("Wofür brauchen Sie einen Termin?")


def test_the_countdown_is_silent_but_for_five_minutes_and_one(guest):
    citizen = guest()
    citizen.page.clock.install()
    citizen.reach_times()
    citizen.hold()
    line, told = citizen.page.locator("[data-deadline]"), citizen.page.locator("[data-deadline] + [role=status]")
    expect(line).to_have_text("Noch 30 Minuten")
    for minutes, shown, said in (
        (10, "Noch 20 Minuten", ""),
        (15, "Noch 5 Minuten", "Noch 5 Minuten"),
        (1, "Noch 4 Minuten", "Noch 5 Minuten"),
        (3, "Noch 1 Minute", "Noch 1 Minute"),
    ):
        citizen.page.clock.run_for(minutes * 60_000)
        expect(line).to_have_text(shown)
        expect(told).to_have_text(said)
