"""The day schedule as a desk uses it, in a real browser."""

from playwright.sync_api import expect


def test_a_desk_logs_in(counter, visit):
    desk = counter.office(clerks=2)
    counter.appointment(desk, "09:00", name="Anna Beispiel")
    page = visit()
    counter.log_in(page, "desk", desk)
    expect(page.get_by_role("button", name="Abmelden")).to_be_visible()
