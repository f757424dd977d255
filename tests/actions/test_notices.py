"""Notices: who may write them, for how long they stand there, and that pages read them with the catalogue."""

from datetime import date, timedelta

import pytest

from booking.actions.browse import open_catalogue
from booking.actions.notices import LONGEST, Wording, delete_notice, save_notice
from booking.errors import Invalid, NotFound
from booking.rules.roles import Actor
from tests.builders import MONDAY, a_municipality, an_office
from tests.colleagues import a_login

pytestmark = pytest.mark.usefixtures("context")
TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)
TEXT = {"de": "Morgen fallen Termine aus.", "en": ""}


@pytest.fixture
def by() -> Actor:
    town = a_municipality()
    an_office(town, "standesamt")
    from booking.extensions import db

    db.session.commit()
    return a_login("leitung", "manager")


def office(slug: str) -> int:
    return open_catalogue("musterstadt").office(slug).id


def shown(day: date, *slugs: str) -> list[str]:
    return [at.text["de"] for at in open_catalogue("musterstadt").notices_on(day, [office(slug) for slug in slugs])]


def save(by: Actor, notice: int | None = None, **changed: object) -> None:
    fields = {"text": TEXT, "first": TODAY, "last": TOMORROW, "office": office("standesamt"), **changed}
    save_notice(by, Wording(**fields), now=MONDAY, notice=notice)


def test_a_notice_stands_on_its_days_at_its_office(by: Actor) -> None:
    save(by)
    assert shown(TODAY, "standesamt", "buergerbuero") == shown(TOMORROW, "standesamt") == [TEXT["de"]]
    assert shown(TODAY, "buergerbuero") == shown(TOMORROW + timedelta(days=1), "standesamt") == []
    assert shown(TODAY - timedelta(days=1), "standesamt") == []


def test_a_notice_for_all_offices_stands_everywhere(by: Actor) -> None:
    save(by, office=None)
    assert shown(TODAY, "buergerbuero") == [TEXT["de"]]


def test_it_can_be_changed_and_taken_away(by: Actor) -> None:
    save(by)
    (notice,) = open_catalogue("musterstadt").notices
    assert notice.text == {"de": TEXT["de"]}, "what is empty is left out: German stands for it"
    save(by, notice=notice.id, text={"de": "Doch nicht."})
    assert shown(TODAY, "standesamt") == ["Doch nicht."]
    for _ in range(2):
        delete_notice(by, notice.id, now=MONDAY)
    assert shown(TODAY, "standesamt") == []


WRONG = [
    ({"text": {"de": ""}}, "/text-de"),
    ({"text": {"de": "x" * (LONGEST + 1)}}, "/text-de"),
    ({"text": {"de": "gut", "en": "x" * (LONGEST + 1)}}, "/text-en"),
    ({"first": TOMORROW, "last": TODAY}, "/last"),
    ({"first": TODAY - timedelta(days=2), "last": TODAY - timedelta(days=1)}, "/last"),
    ({"last": TODAY + timedelta(days=400)}, "/last"),
]


@pytest.mark.parametrize(("changed", "pointer"), WRONG)
def test_what_is_wrong_is_named(by: Actor, changed: dict, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        save(by, **changed)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]
    assert open_catalogue("musterstadt").notices == ()


def test_whoever_works_at_one_office_speaks_for_that_one_only(by: Actor) -> None:
    clerk = a_login("erna", "desk", office="standesamt")
    save(clerk)
    (notice,) = open_catalogue("musterstadt").notices
    save(by, office=None, notice=notice.id)
    for refused in (
        lambda: save(clerk, office=office("buergerbuero")),
        lambda: save(clerk, office=None),
        lambda: save(clerk, notice=notice.id),
        lambda: delete_notice(clerk, notice.id, now=MONDAY),
    ):
        with pytest.raises(NotFound):
            refused()
    a_municipality("anderswo")
    with pytest.raises(NotFound):
        delete_notice(a_login("fremd", "admin", town="anderswo"), notice.id, now=MONDAY)
    assert shown(TODAY, "buergerbuero") == [TEXT["de"]]
