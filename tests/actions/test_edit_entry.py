"""What is edited in the application: by the rules of a catalogue file, at once, and no load of a file undoes it."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from booking.actions.absences import Times, enter_absence
from booking.actions.add_entry import add_entry
from booking.actions.blocks import Slot, blocks_of, remove_block, save_blocks
from booking.actions.browse import open_catalogue
from booking.actions.closures import closures_of, remove_closure, save_closure
from booking.actions.edit_entry import edit_entry, open_entries, open_entry
from booking.actions.load_catalogue import Report, export_catalogue, load_catalogue
from booking.errors import Forbidden, Invalid, NotFound, Strands
from booking.extensions import db
from booking.models import Absence, Audit, Closure, Municipality
from booking.rules.roles import Actor
from tests.builders import MONDAY, a_municipality, an_appointment, an_office
from tests.catalogue.samples import FOLDER, SMALL
from tests.colleagues import a_login

pytestmark = pytest.mark.usefixtures("context")
TUESDAY = date(2026, 11, 24)


@pytest.fixture
def admin() -> Actor:
    load()
    return a_login("ada", "admin")


def load(**options: bool) -> Report:
    return load_catalogue(SMALL.encode(), FOLDER, now=MONDAY, **options)


def edit(by: Actor, section: str, key: str, **fields: Any) -> None:
    edit_entry(by, section, key, fields, now=MONDAY)


def faults(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.key) for fault in refused.value.faults]


def test_an_edited_policy_holds_at_once(admin: Actor) -> None:
    policy = open_entry(admin, "municipality", "musterstadt")["policy"]
    edit(admin, "municipality", "musterstadt", policy={**policy, "horizon_days": 14})
    assert open_catalogue("musterstadt").policy.horizon_days == 14


@pytest.mark.parametrize(
    ("section", "key", "fields", "expected"),
    [
        ("offices", "rathaus", {"policy": {"horizon_days": 9999}}, ("/policy/horizon_days", "at-most")),
        ("offices", "rathaus", {"policy": {"confirm_minutes": 1}}, ("/policy/confirm_minutes", "at-least")),
        ("offices", "rathaus", {"phone": "call me"}, ("/phone", "phone")),
        ("offices", "rathaus", {"email": "nowhere"}, ("/email", "email")),
        ("offices", "rathaus", {"name": {}}, ("/name", "required")),
        ("offices", "rathaus", {"room": {"en": "Room 1"}}, ("/room", "required")),
        ("clerks", "platz-1", {"after_minutes": 7}, ("/after_minutes", "in-steps")),
        ("clerks", "platz-1", {"concerns": []}, ("/concerns", "required")),
    ],
)
def test_what_a_file_could_not_say_is_refused_beside_its_field(
    admin: Actor, section: str, key: str, fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        edit(admin, section, key, **fields)
    assert faults(refused) == [expected]


def test_no_load_undoes_an_edit_unless_it_is_forced(admin: Actor) -> None:
    edit(admin, "offices", "rathaus", phone="05071 1")
    assert [(one.section, one.field) for one in load().conflicts] == [("offices", "phone")]
    assert open_catalogue("musterstadt").office("rathaus").phone == "05071 1"
    load(force=True)
    assert open_catalogue("musterstadt").office("rathaus").phone != "05071 1"


def test_no_load_undoes_a_change_of_hours(admin: Actor) -> None:
    clerk = open_catalogue("musterstadt").clerks[0].slug
    first = blocks_of(admin, clerk)[0]
    remove_block(admin, Slot(clerk, first.id), since=None, now=MONDAY)
    entry = {"office": "rathaus", "weekday": "fri", "hours": "06:00-07:00", "kind": "staff"}
    save_blocks(admin, Slot(clerk), [entry], since=None, now=MONDAY)
    expected = [one.entry for one in blocks_of(admin, clerk)]
    assert [(one.section, one.field) for one in load().conflicts] == [("clerks", "blocks")]
    assert [one.entry for one in blocks_of(admin, clerk)] == expected


def test_no_load_ends_an_absence(admin: Actor) -> None:
    clerk = open_catalogue("musterstadt").clerks[0].slug
    enter_absence(admin, [clerk], Times(TUESDAY, TUESDAY), now=MONDAY)
    load(force=True)
    assert len(db.session.scalars(sa.select(Absence)).all()) == 1


def test_no_load_opens_what_was_shut_here(admin: Actor) -> None:
    save_closure(admin, {"date": "2026-12-11", "name": {"de": "Betriebsausflug"}}, now=MONDAY)
    assert load().changes == ()
    assert "2026-12-11" in days(admin)


def test_no_load_brings_back_a_closure_that_was_removed_here(admin: Actor) -> None:
    before = closures_of(admin, now=MONDAY)
    assert open_catalogue("musterstadt").closures
    remove_closure(admin, before[0].id, now=MONDAY)
    assert open_catalogue("musterstadt").closures == ()
    report = load()
    assert [(one.section, one.field) for one in report.conflicts] == [("closures", "active")]
    assert len(closures_of(admin, now=MONDAY)) == len(before) - 1
    load(force=True)
    assert len(closures_of(admin, now=MONDAY)) == len(before)


def test_a_closure_of_a_file_that_was_moved_here_does_not_come_twice(admin: Actor) -> None:
    before = closures_of(admin, now=MONDAY)
    moved = {"date": "2027-03-01", "name": before[0].entry["name"]}
    save_closure(admin, moved, closure=before[0].id, now=MONDAY)
    load()
    assert len(closures_of(admin, now=MONDAY)) == len(before)
    assert "2027-03-01" in days(admin)


def test_a_removed_closure_can_be_entered_again(admin: Actor) -> None:
    before = closures_of(admin, now=MONDAY)
    remove_closure(admin, before[0].id, now=MONDAY)
    save_closure(admin, before[0].entry, now=MONDAY)
    assert closures_of(admin, now=MONDAY) == before


def test_what_was_edited_here_can_be_exported_and_loaded(admin: Actor) -> None:
    remove_closure(admin, closures_of(admin, now=MONDAY)[0].id, now=MONDAY)
    edit(admin, "offices", "rathaus", phone="05071 1")
    exported = export_catalogue("musterstadt").text
    assert load_catalogue(exported.encode(), FOLDER, now=MONDAY).changes == ()


def test_one_day_is_not_shut_twice(admin: Actor) -> None:
    entry = {"date": "2026-12-11", "name": {"de": "Betriebsausflug"}}
    save_closure(admin, entry, now=MONDAY)
    with pytest.raises(Invalid) as refused:
        save_closure(admin, entry, now=MONDAY)
    assert faults(refused) == [("/name", "closure-exists")]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"date": "2026-13-01", "name": {"de": "x"}}, ("/date", "day")),
        ({"from": "2026-12-11", "to": "2026-12-10", "name": {"de": "x"}}, ("/to", "before-first")),
        ({"date": "2026-12-11", "hours": "12:01-13:00", "name": {"de": "x"}}, ("/hours", "hours")),
        ({"date": "2026-12-11"}, ("/name", "required")),
    ],
)
def test_a_faulty_closure_is_refused_beside_its_field(
    admin: Actor, entry: dict[str, Any], expected: tuple[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        save_closure(admin, entry, now=MONDAY)
    assert faults(refused) == [expected]


def test_a_closure_takes_the_day_away_and_tells_what_it_strands() -> None:
    a_municipality()
    booked = an_appointment()
    stranded = save_closure(
        a_login("mia", "manager"), {"date": "2026-11-24", "name": {"de": "Wasserschaden"}}, now=MONDAY
    )
    assert [one.reference for one in stranded] == [booked.reference]


def test_who_manages_one_office_shuts_that_one_only() -> None:
    an_office(a_municipality(), "standesamt")
    db.session.commit()
    head = a_login("rita", "manager", office="standesamt")
    day = {"date": "2026-11-24", "name": {"de": "Umzug"}}
    save_closure(head, {**day, "office": "standesamt"}, now=MONDAY)
    for entry in (day, {**day, "office": "buergerbuero"}):
        with pytest.raises(Forbidden):
            save_closure(head, entry, now=MONDAY)
    everywhere = save_and_find(a_login("mia", "manager"), {"date": "2026-11-25", "name": {"de": "Umzug"}})
    with pytest.raises(Forbidden):
        remove_closure(head, everywhere, now=MONDAY)


def test_a_stranger_finds_no_closure_of_this_town(admin: Actor) -> None:
    a_municipality("anderswo")
    with pytest.raises(NotFound):
        remove_closure(a_login("sven", "admin", town="anderswo"), closures_of(admin, now=MONDAY)[0].id, now=MONDAY)


def test_retention_is_for_admins_and_the_rules_of_the_town_for_who_manages_all_of_it(admin: Actor) -> None:
    longer = {"unconfirmed": 1, "cancelled": 7, "past": 60}
    with pytest.raises(Forbidden):
        edit(a_login("mia", "manager"), "municipality", "musterstadt", retention_days=longer)
    edit(admin, "municipality", "musterstadt", retention_days=longer)
    assert db.session.scalars(sa.select(Municipality)).one().retention == longer
    head = a_login("rita", "manager", office="rathaus")
    policy = open_entry(admin, "municipality", "musterstadt")["policy"]
    with pytest.raises(Forbidden):
        edit(head, "municipality", "musterstadt", policy={**policy, "horizon_days": 14})
    edit(head, "offices", "rathaus", policy={"horizon_days": 14})


def test_a_concern_is_changed_by_who_manages_every_office_that_offers_it() -> None:
    an_office(a_municipality(), "standesamt")
    db.session.commit()
    here, there = ({"office": slug, "online": True, "staff": True} for slug in ("buergerbuero", "standesamt"))
    head = a_login("rita", "manager", office="buergerbuero")
    edit_entry(head, "concerns", "personalausweis", {"minutes": 20}, now=MONDAY)
    with pytest.raises(Forbidden):
        edit_entry(head, "concerns", "personalausweis", {"offices": [here, there]}, now=MONDAY)
    edit_entry(a_login("mia", "manager"), "concerns", "personalausweis", {"offices": [here, there]}, now=MONDAY)
    with pytest.raises(Forbidden):
        edit_entry(head, "concerns", "personalausweis", {"minutes": 15}, now=MONDAY)


def test_a_clerk_who_has_appointments_is_not_switched_off_unawares() -> None:
    a_municipality()
    an_appointment()
    manager = a_login("mia", "manager")
    with pytest.raises(Strands):
        edit_entry(manager, "clerks", "platz1", {"active": False}, now=MONDAY, accepts=0)
    assert open_catalogue("musterstadt").clerks
    assert len(edit_entry(manager, "clerks", "platz1", {"active": False}, now=MONDAY, accepts=1)) == 1
    assert not open_catalogue("musterstadt").clerks


def test_the_audit_names_what_was_edited_but_not_its_content(admin: Actor) -> None:
    edit(admin, "offices", "rathaus", phone="05071 1", email="buero@example.org")
    row = db.session.scalars(sa.select(Audit)).one()
    assert (row.verb, row.subject, row.details) == ("edited", "office rathaus", {"fields": ["email", "phone"]})


def test_saving_what_is_there_already_raises_no_revision(admin: Actor) -> None:
    before = db.session.scalars(sa.select(Municipality.revision)).one()
    edit(admin, "offices", "rathaus", phone=open_entry(admin, "offices", "rathaus")["phone"])
    assert db.session.scalars(sa.select(Municipality.revision)).one() == before


def days(by: Actor) -> list[str]:
    return [one.entry.get("date", "") for one in closures_of(by, now=MONDAY)]


def save_and_find(by: Actor, entry: dict[str, Any]) -> int:
    save_closure(by, entry, now=MONDAY - timedelta(days=1))
    return db.session.scalars(sa.select(sa.func.max(Closure.id))).one()


def test_no_load_takes_away_what_was_added_here(admin: Actor) -> None:
    sample = open_entries(admin, "concerns")
    like = next(iter(sample.values()))
    assert add_entry(admin, "documents", {"kind": "thing", "name": {"de": "Schlüssel"}}, now=MONDAY) == "schluessel"
    added = add_entry(admin, "concerns", {**like, "name": {"de": "Fundsachen"}}, now=MONDAY)
    report = load()
    assert (report.changes, report.conflicts) == ((), ())
    assert open_entry(admin, "concerns", added)["name"] == {"de": "Fundsachen"}
    exported = export_catalogue("musterstadt").text
    assert load_catalogue(exported.encode(), FOLDER, now=MONDAY).changes == ()


def test_what_no_file_could_say_is_not_added(admin: Actor) -> None:
    with pytest.raises(Invalid):
        add_entry(admin, "concerns", {"name": {"de": "Fundsachen"}}, now=MONDAY)
    assert "fundsachen" not in open_entries(admin, "concerns")


def test_one_document_stands_on_a_checklist_once(admin: Actor) -> None:
    slug, like = next((key, one) for key, one in open_entries(admin, "concerns").items() if one.get("documents"))
    with pytest.raises(Invalid) as refused:
        edit_entry(admin, "concerns", slug, {"documents": [like["documents"][0]] * 2}, now=MONDAY)
    assert [fault.pointer for fault in refused.value.faults] == ["/documents/1/document"]
