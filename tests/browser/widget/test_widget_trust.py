"""The widget trusts its own host alone, whatever else stands on the homepage."""

from playwright.sync_api import expect

from tests.browser.embedding import element

CLOBBER = '<img name="currentScript" id="currentScript" src="{foreign}/widget.js" alt="">'


def test_what_a_visitor_wrote_on_the_homepage_cannot_pose_as_our_script(cut_off_guest, homepage):
    citizen = cut_off_guest(CLOBBER.format(foreign=homepage.origin) + element())
    asked = []
    citizen.page.on("request", lambda request: asked.append(request.url))
    citizen.page.goto(citizen.start)
    citizen.heading("Wofür brauchen Sie einen Termin?")
    assert [url for url in asked if url.startswith(homepage.origin) and "schwarmstedt" in url] == []


def test_an_address_of_elsewhere_in_the_history_is_not_asked(cut_off_guest, homepage):
    citizen = cut_off_guest()
    page, asked = citizen.page, []
    page.goto(citizen.start)
    citizen.heading("Wofür brauchen Sie einen Termin?")
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        "address => dispatchEvent(new PopStateEvent('popstate', {state: {'wartefrei:1': {number: 7, address}}}))",
        f"{homepage.origin}/schwarmstedt/",
    )
    expect(page.get_by_role("alert").filter(has_text="Die Verbindung ist unterbrochen")).to_be_visible()
    assert [url for url in asked if url.startswith(homepage.origin)] == []  # a font of ours may come late
