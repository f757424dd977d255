"""The day schedule as a desk uses it: a morning, two desks at once, the keyboard alone, no script, no connection."""

import re
from datetime import time, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from booking import clock
from tests.browser import layouts, pictures
from tests.browser.staff.test_states import DESK

SHIFT = ({"kind": "online", "start": time(8), "end": time(18)},)
FIVE_SECONDS = 5_000


def entry(page: Page, name: str):
    """Return somebody's entry in the plan or list."""
    return page.locator("#board [data-start]").filter(has=page.locator(".dy-who", has_text=name))


def told(page: Page, words: str) -> None:
    expect(page.locator("#said")).to_contain_text(words)


def test_a_desk_clerk_s_morning(counter, visit):
    desk = counter.office(clerks=2)
    names = ["Anna Beispiel", "Kim Nguyen", "Peter Schulze"]
    references = [counter.appointment(desk, f"00:{10 * n:02}", minutes=10, name=name) for n, name in enumerate(names)]
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", desk)
    expect(page).to_have_url(re.compile(rf"/staff/{desk.place}/day/{counter.today}$"))  # a desk begins at its day

    anna, plan = entry(page, "Anna Beispiel"), page.locator("#scroll").bounding_box()
    first = anna.get_by_role("button", name="Ist da")
    expect(first).to_have_accessible_description(re.compile("00:00.* Anna Beispiel"))  # there are three of them
    for button, status in (("Ist da", "checked_in"), ("Aufrufen", "called"), ("Am Platz", "serving")):
        anna.get_by_role("button", name=button).click()
        expect(anna).to_have_class(re.compile(f"dy-entry--{status}"))
        expect(anna).to_be_focused()  # not on the button, which now does something else
    expect(anna).to_contain_text("Nr. 1")
    anna.get_by_role("button", name="Fertig").click()
    told(page, "Anna Beispiel (00:00) ist fertig")
    assert counter.status(references[0]) == "served"
    page.locator("#said").get_by_role("button", name="Rückgängig").click()
    told(page, "Anna Beispiel (00:00) steht wieder wie zuvor")
    assert counter.status(references[0]) == "serving"

    kim = entry(page, "Kim Nguyen")
    kim.locator("summary").click()
    assert page.locator("#scroll").bounding_box() == plan  # what is said moves nothing
    kim.get_by_role("button", name="Nicht erschienen").click()
    told(page, "Kim Nguyen (00:10) ist nicht erschienen")
    expect(kim).to_have_count(0)
    expect(page.locator(".dy-free").filter(has_text="00:10–00:20")).to_contain_text("frei")
    page.locator("#gone > summary").click()
    page.locator("#gone").get_by_role("button", name="Rückgängig").first.click()
    expect(kim).to_be_visible()

    page.get_by_role("link", name="Hier sitze ich (Platz 2)").click()
    expect(page.get_by_text("mein Platz")).to_be_visible()
    page.wait_for_load_state()  # keys that are pressed before the scripts have come are lost
    page.locator("body").press("o")
    expect(page.get_by_label("Anliegen suchen")).to_be_focused()
    page.keyboard.type("wohns")
    page.keyboard.press("Enter")
    told(page, "Wartenummer 2")
    waiting = page.locator(".dy-wait").filter(has_text="Nr. 2")
    expect(waiting).to_contain_text("Meldebescheinigung")
    waiting.get_by_role("button", name="Aufrufen").click()
    told(page, "Nr. 2")
    expect(page.locator("#board [data-column='2']").filter(has_text="Nr. 2")).to_contain_text("aufgerufen")

    page.get_by_role("searchbox").fill(references[2])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Peter Schulze")
    page.go_back()
    page.get_by_role("link", name="Drucken").click()
    page.emulate_media(media="print")
    expect(page.get_by_text("Peter Schulze").first).to_be_visible()
    assert page.pdf(path=pictures.FOLDER / "staff/day.pdf", prefer_css_page_size=True).startswith(b"%PDF")


def test_two_desks_see_each_other_s_changes_within_five_seconds(counter, visit):
    """Time is the browsers' own: five seconds pass at once, however slow the machine."""
    desk = counter.office(clerks=2)
    counter.appointment(desk, "09:00", name="Anna Beispiel")
    counter.appointment(desk, "09:30", name="Kim Nguyen", clerk=1)
    one, other = visit(viewport=DESK), visit(viewport=DESK)
    for page in (one, other):
        counter.log_in(page, "desk", desk)
    other.clock.install()
    counter.day(other, desk)
    kim = entry(other, "Kim Nguyen")
    kim.locator("summary").click()
    other.get_by_role("searchbox").fill("halb getippt")
    other.evaluate("window.stays = true")

    entry(one, "Anna Beispiel").get_by_role("button", name="Ist da").click()
    told(one, "Anna Beispiel (09:00) ist da")
    with other.expect_response(re.compile("/changes")):
        other.clock.run_for(FIVE_SECONDS)
    expect(entry(other, "Anna Beispiel")).to_have_class(re.compile("dy-entry--checked_in"))
    expect(other.locator("#news")).to_have_text(re.compile("09:00 Anna Beispiel wartet"))
    assert other.evaluate("window.stays")  # no reload
    expect(kim.locator("details")).to_have_attribute("open", "")  # and nothing was taken out of anybody's hands
    expect(other.get_by_role("searchbox")).to_have_value("halb getippt")
    expect(other.get_by_role("searchbox")).to_be_focused()

    def passes(words: str) -> None:
        with other.expect_response(re.compile("/changes")):
            other.clock.run_for(FIVE_SECONDS)
        expect(other.locator("#news")).to_have_text(re.compile(words))

    one.locator("body").press("o")
    expect(one.get_by_label("Anliegen suchen")).to_be_focused()
    one.keyboard.type("wohns")
    one.keyboard.press("Enter")
    told(one, "Wartenummer 2")
    passes("Nr. 2 wartet")  # whoever comes without an appointment is told of, and who takes them
    one.locator(".dy-wait").filter(has_text="Nr. 2").get_by_role("button", name="→ Platz 2").click()
    told(one, "Nr. 2")
    passes("aufgerufen")

    kim.get_by_role("button", name="Fertig").click()
    told(other, "Kim Nguyen (09:30) ist fertig")
    expect(entry(one, "Kim Nguyen")).to_have_class(re.compile("dy-entry--served"))


def test_a_lost_connection_is_said_and_heals_by_itself(counter, open_page):
    desk = counter.office()
    counter.appointment(desk, "09:00", name="Anna Beispiel")
    page = open_page(viewport=DESK)
    login = counter.log_in(page, "desk", desk)
    page.clock.install()
    counter.day(page, desk)
    page.route("**/changes**", lambda route: route.fulfill(status=503))
    page.clock.run_for(FIVE_SECONDS)
    lost = page.get_by_role("alert")
    expect(lost).to_have_text(re.compile(r"Keine Verbindung seit \d\d:\d\d Uhr"))
    page.unroute("**/changes**")
    page.clock.run_for(FIVE_SECONDS)
    expect(lost).to_be_hidden()

    page.route("**/mark*", lambda route: route.abort())
    entry(page, "Anna Beispiel").get_by_role("button", name="Ist da").click()
    told(page, "Keine Antwort. Ob es eingetragen ist, sehen Sie")
    page.unroute("**/mark*")
    page.evaluate("document.querySelector('#act [name=csrf_token]').value = 'zu alt'")
    entry(page, "Anna Beispiel").get_by_role("button", name="Ist da").click()
    told(page, "Die Seite war zu lange offen.")
    page.evaluate("act.csrf_token.value = document.querySelector('[name=csrf_token]').value")
    counter.take_role(login)
    entry(page, "Anna Beispiel").get_by_role("button", name="Ist da").click()
    told(page, "Diese Seite gibt es nicht.")
    page.clock.run_for(FIVE_SECONDS)
    expect(lost).to_contain_text("Sie haben auf diese Seite keinen Zugriff mehr")
    told(page, "Diese Seite gibt es nicht.")  # it stays until the next button

    page.context.clear_cookies()
    page.clock.run_for(FIVE_SECONDS)
    expect(lost).to_contain_text("Sie sind abgemeldet")
    lost.get_by_role("link", name="Wieder anmelden").click()
    expect(page.get_by_label("Anmeldename")).to_be_visible()


def test_time_moves_without_the_server(counter, visit):
    desk = counter.office()
    counter.appointment(desk, "09:00", name="Anna Beispiel")
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", desk)
    page.clock.install()
    counter.day(page, desk)
    page.route("**/changes**", lambda route: route.fulfill(status=204))
    board = page.locator("#board")
    board.evaluate("(board, now) => { board.dataset.now = now }", int(counter.at("08:59").timestamp()))
    page.evaluate("import('/static/staff/ticking.js').then(m => m.setClock(document.getElementById('board')))")
    late = entry(page, "Anna Beispiel").locator("[data-late]")
    page.clock.fast_forward(60_000)
    expect(late).to_be_hidden()
    expect(page.locator("#now")).to_have_text(re.compile("09:0[01]"))
    page.clock.fast_forward(4 * 60_000)
    expect(late).to_have_text(re.compile(r"[45] Min. überfällig"))
    expect(page.locator("#now")).to_have_text(re.compile("09:0[3-7]"))


def test_the_keyboard_alone_does_it_all(counter, visit):
    desk = counter.office(clerks=2)
    other, first = (counter.appointment(desk, hands, name=f"Person {hands}") for hands in ("08:00", "08:30"))
    counter.appointment(desk, "08:30", clerk=1, name="Nachbarin")
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", desk)
    page.locator("#scroll").focus()
    for key in "jkkj":  # somebody is nearest to now; then to the first, and one on
        page.keyboard.press(key)
    expect(page.locator(f"#t-{first}")).to_be_focused()
    for key, words in (
        ("d", "ist da"),
        ("a", "aufgerufen"),
        ("p", "ist am Platz"),
        ("v", "bekommt mehr Zeit"),
        ("r", "zuvor"),
    ):
        page.keyboard.press(key)
        told(page, words)
        expect(page.locator(f"#t-{first}")).to_be_focused()
    page.keyboard.press("f")
    told(page, "ist fertig")
    page.keyboard.press("k")
    expect(page.locator(f"#t-{other}")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(entry(page, "Nachbarin")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Tasten im Tagesplan").get_by_role("button")).to_be_focused()
    page.keyboard.press("f")  # not while the help stands open
    page.keyboard.press("Escape")
    page.get_by_role("searchbox", name="Termin finden").press_sequentially("Ofd")  # letters there are letters
    page.get_by_role("searchbox", name="Termin finden").press("o")
    expect(page.get_by_role("searchbox", name="Termin finden")).to_have_value("Ofdo")
    expect(page.locator("#walk-in")).to_be_hidden()
    page.locator("#scroll").focus()
    page.keyboard.press("o")
    expect(page.get_by_label("Anliegen suchen")).to_be_focused()
    page.keyboard.type("gibt es nicht")
    expect(page.get_by_text("Dazu gibt es hier kein Anliegen.")).to_be_visible()
    page.keyboard.press("Enter")  # gives nobody a number
    expect(page.locator("#walk-in")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".dy-wait")).to_have_count(0)
    page.get_by_role("button", name="Hilfe und Tasten").press("Enter")
    page.get_by_role("link", name="Tasten ausschalten").press("Enter")
    page.wait_for_url("**keys=off")
    entry(page, "Nachbarin").focus()
    page.keyboard.press("f")
    page.keyboard.press("o")
    expect(page.locator("#walk-in")).to_be_hidden()
    page.emulate_media(forced_colors="active")  # where the page one is on is told by a line alone
    for area, line in (("Anrufliste", "rgb(255, 255, 255)"), ("Tagesplan", "rgb(0, 0, 159)")):
        expect(page.get_by_role("navigation").get_by_role("link", name=area)).to_have_css("border-bottom-color", line)
    expect(entry(page, "Nachbarin")).to_have_class(re.compile("confirmed"))


def test_letters_that_are_typed_while_the_panel_opens_are_kept(counter, visit):
    """Within one task of the browser: what the panel does as it opens comes before any key, not after some."""
    desk = counter.office(clerks=1)
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", desk)
    for _ in ("the first time", "with words left in it"):
        page.evaluate(
            "() => { document.querySelector('[data-page-key=o]').click();"
            " document.activeElement.value += 'wohns';"
            " document.activeElement.dispatchEvent(new Event('input', { bubbles: true })) }"
        )
        expect(page.locator(".dy-wish").filter(visible=True)).to_have_text("Meldebescheinigung")
        expect(page.get_by_label("Anliegen suchen")).to_have_value("wohns")
        page.get_by_role("button", name="Abbrechen").click()


def test_what_is_called_so_goes_before_what_is_only_found_by_it(counter, visit):
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", counter.office())
    page.keyboard.press("o")
    expect(page.get_by_label("Anliegen suchen")).to_be_focused()
    page.keyboard.type("kirch")
    expect(page.locator(".dy-wish").filter(visible=True)).to_have_text(["Meldebescheinigung", "Kirchenaustritt"])
    expect(page.get_by_role("radio", name="Kirchenaustritt")).to_be_checked()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Meldebescheinigung")).to_be_checked()


def test_the_menu_of_somebody_who_waits_is_seen_whole(counter, visit):
    desk = counter.office(clerks=2)
    counter.appointment(desk, status="checked_in", channel="desk", number=1, arrived_at=counter.at("00:04"), name="")
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", desk)
    page.get_by_role("link", name="Hier sitze ich (Platz 1)").click()
    expect(page.get_by_text("mein Platz")).to_be_visible()
    side = page.locator(".dy-side")
    side.locator(".dy-more summary").click()
    expect(side.locator(".dy-menu").get_by_role("button", name="Fertig")).to_be_visible()
    edges = "each => { const { left, right } = each.getBoundingClientRect(); return [left, right] }"
    left, right = side.evaluate(edges)  # it scrolls, so it cuts off whatever stands out of it
    for act in side.locator(".dy-act").all():
        begins, ends = act.evaluate(edges)
        assert left <= begins < ends <= right, act.inner_text()


def test_the_next_walk_in_needs_one_key_again(counter, visit):
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", counter.office())
    for number in (1, 2):  # the second time the focus is still on what was said
        page.keyboard.press("o")
        expect(page.get_by_label("Anliegen suchen")).to_be_focused()
        page.keyboard.type("wohns")
        page.keyboard.press("Enter")
        told(page, f"Wartenummer {number}")


def test_without_a_script_every_button_is_a_form(counter, visit):
    desk = counter.office()
    counter.appointment(desk, "00:00", name="Anna Beispiel")
    page = visit(java_script_enabled=False, viewport=DESK)
    counter.log_in(page, "desk", desk)
    entry(page, "Anna Beispiel").get_by_role("button", name="Ist da").click()
    expect(page).to_have_url(re.compile(r"said=check_in&of=(\w+)#t-\1$"))
    told(page, "Anna Beispiel (00:00) ist da")
    page.locator("#said").get_by_role("button", name="Rückgängig").click()
    expect(entry(page, "Anna Beispiel").get_by_role("button", name="Ist da")).to_be_visible()
    page.get_by_role("button", name="Ohne Termin").click()
    page.get_by_role("radio", name="Kirchenaustritt").check()
    page.get_by_role("button", name="Nummer ausgeben").click()
    told(page, "Wartenummer 1")
    page.get_by_label("Anderer Tag").fill("2026-12-01")
    page.get_by_role("button", name="Zeigen").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("1. Dezember 2026")


@pytest.mark.parametrize("clerks", [4, 10])
def test_a_full_day_fits_on_one_screen(counter, visit, clerks):
    """Twenty appointments for each of four clerks on 1920×1080; ten clerks scroll sideways inside the plan only."""
    desk = counter.office(clerks=clerks, blocks=SHIFT)
    starts = [f"{8 + place // 2:02}:{place % 2 * 30:02}" for place in range(20)]
    names = ["Erika Mustermann", "Mehmet Yılmaz", "Dr. Karl-Heinz von der Wümme", "Oksana Kowalenko"]
    came = {"arrived_at": clock.now(), "called_at": clock.now()}  # nobody is late: that would depend on the hour
    visits = [{"status": status, **came} for status in ("served", "serving", "checked_in", "called")]
    day = [
        {"name": names[(place + clerk) % 4], "quantity": 1 + place % 2, **visits[place * 4 // 20 % 4]}
        | {"hands": hands, "clerk": clerk, "minutes": 30}
        for clerk in range(clerks)
        for place, hands in enumerate(starts)
    ]
    counter.appointments(desk, day)
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", desk)
    pictures.take(page, f"staff/full-day-{clerks}")
    assert page.locator(".dy-entry").count() == clerks * 20
    over = page.evaluate(
        "(root => [root.scrollWidth - root.clientWidth, root.scrollHeight - innerHeight])(document.documentElement)"
    )
    assert max(over) == 0
    hidden, sideways = page.locator("#scroll").evaluate(
        "board => [board.scrollHeight - board.clientHeight, board.scrollWidth - board.clientWidth]"
    )
    if clerks == 4:
        assert (hidden, sideways) == (0, 0)
        last = page.locator(".dy-entry").last.bounding_box()
        assert last["y"] + last["height"] <= 1080
        _begins_at_the_present(page)
    else:
        assert sideways > 0


def _begins_at_the_present(page: Page) -> None:
    """Where the day does not fit, it begins near now; after closing, with the last ones."""
    first, last = page.locator(".dy-entry").first, page.locator(".dy-entry").last
    ahead = [3600, 0]  # seconds to closing, each time that the page is loaded

    def at_another_hour(route: Route) -> None:
        words = route.fetch().text()
        (over,) = re.findall(r'data-last="(\d+)"', words)
        told = f'data-now="{int(over) - (ahead.pop(0) if ahead else 0)}"'
        route.fulfill(body=re.sub(r'data-now="\d+"', told, words), content_type="text/html")

    page.route(re.compile(r"/day/[\d-]+$"), at_another_hour)
    page.route("**/changes**", lambda route: route.fulfill(status=204))  # the hour that it really is stays outside
    page.set_viewport_size({"width": 1280, "height": 600})
    page.reload()
    expect(page.locator("#now > span")).to_have_text("17:00")
    expect(page.locator("#now > span")).to_be_in_viewport()
    expect(first).not_to_be_in_viewport()
    page.reload()
    expect(page.locator("#now")).to_be_hidden()
    expect(last).to_be_in_viewport()
    page.goto(f"{page.url}#{first.get_attribute('id')}")  # whoever is led to somebody sees them
    page.reload()
    expect(first).to_be_in_viewport()


def test_a_second_click_acts_on_nobody_else(counter, visit):
    """Neither the other half of a double click, nor a click on whoever the answer or another desk has put there."""
    desk = counter.office(clerks=1)
    came = {"status": "checked_in", "number": 1}
    first, second, third = (
        counter.appointment(
            desk, hands, name=name, arrived_at=counter.at("00:00") + minute * timedelta(minutes=1), **came
        )
        for minute, (hands, name) in enumerate(
            [("09:00", "Anna Beispiel"), ("09:30", "Kim Nguyen"), ("10:00", "Uwe Ost")]
        )
    )
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", desk)
    queue = page.locator(".dy-wait")
    place = queue.first.get_by_role("button", name="Aufrufen").bounding_box()
    at = (place["x"] + 8, place["y"] + 8)
    page.mouse.dblclick(*at)
    told(page, "Anna Beispiel (09:00) aufgerufen")
    expect(page.locator(f"#w-{first}")).to_contain_text("aufgerufen")
    assert [counter.status(each) for each in (first, second, third)] == ["called", "checked_in", "checked_in"]

    page.evaluate("now => { performance.now = () => now }", 1e9)  # the clicks of this moment all come at once
    page.mouse.click(*at)
    told(page, "Anna Beispiel (09:00) ist am Platz")
    expect(page.locator(f"#w-{first}")).to_have_count(0)  # the others have moved up
    page.mouse.click(*at)
    page.mouse.click(*at)
    page.wait_for_load_state("networkidle")
    assert [counter.status(each) for each in (second, third)] == ["checked_in", "checked_in"]
    page.evaluate("now => { performance.now = () => now }", 1e9 + 1000)
    page.mouse.click(*at)
    told(page, "Kim Nguyen (09:30) aufgerufen")


def test_a_key_that_does_nothing_says_why(counter, visit):
    desk = counter.office(clerks=1)
    counter.appointment(desk, "23:30", name="Anna Beispiel", status="checked_in", number=1, arrived_at=clock.now())
    counter.appointment(desk, "00:00", name="Kim Nguyen", status="serving", called_at=clock.now())
    counter.appointment(desk, "00:15", name="Uwe Ost")
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", desk)
    for name, key, words in (
        ("Anna Beispiel", "n", "Anna Beispiel: Nicht erschienen: erst ab 23:30 Uhr."),
        ("Anna Beispiel", "d", "Anna Beispiel: „Ist da“ ist hier jetzt nicht möglich."),
        ("Kim Nguyen", "v", "Kim Nguyen: Verlängern geht nicht: Um 00:15 Uhr ist Uwe Ost dran."),
    ):
        entry(page, name).focus()
        page.keyboard.press(key)
        expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()
    page.locator(".dy-wait").first.focus()
    page.keyboard.press("n")
    told(page, "erst ab 23:30 Uhr")


def test_a_called_number_stands_in_one_line(counter, visit):
    desk = counter.office(clerks=1)
    numbers = ((7, "00:00"), (20, "00:15"), (123, "00:30"))
    for number, hands in numbers:
        counter.appointment(desk, hands, status="called", number=number, called_at=clock.now())
    page = visit(viewport=DESK)
    counter.log_in(page, "desk", desk)
    page.goto(f"{counter.url}/staff/{desk.place}/waiting-room")
    for width, height in ((320, 640), (390, 844), (1280, 720), (1366, 768), (1920, 1080), (3840, 2160)):
        layouts.resize(page, {"width": width, "height": height})
        high = page.locator("td").evaluate_all(
            "all => all.map(cell => { const words = document.createRange(); words.selectNodeContents(cell);"
            " return words.getBoundingClientRect().height / parseFloat(getComputedStyle(cell).fontSize) })"
        )
        assert len(high) == 2 * len(numbers)
        assert max(high) < 1.5, (width, high)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
