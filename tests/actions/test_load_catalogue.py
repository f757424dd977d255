"""Loading a catalogue: all or nothing, repeatable, and nobody's work is lost."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import func, select

from booking.actions.catalogues import catalogue_of
from booking.actions.load_catalogue import (
    CatalogueFaults,
    Change,
    Conflict,
    Report,
    check_catalogue,
    export_catalogue,
    load_catalogue,
)
from booking.errors import NotFound
from booking.extensions import Base, db
from booking.models import (
    Appointment,
    Block,
    Clerk,
    Closure,
    Concern,
    ConcernDocument,
    Document,
    Municipality,
    Office,
    Referral,
)
from booking.models.reading import read_catalogue
from tests.builders import MONDAY, an_appointment
from tests.catalogue.samples import FOLDER, SCHWARMSTEDT, SMALL, edited

pytestmark = pytest.mark.usefixtures("context")

TUESDAY_NINE = MONDAY.replace(hour=8, day=24)
TUESDAYS = edited(
    'weekday: mon, hours: "08:00-10:00", kind: online',
    'weekday: tue, hours: "08:00-12:00", kind: online',
    edited('      - {office: rathaus, weekday: mon, hours: "10:00-12:00", kind: staff}\n', ""),
)
"""The small catalogue, with the only clerk at work on Tuesday mornings (and one Saturday)."""


def load(text: str = SMALL, **options: bool) -> Report:
    return load_catalogue(text.encode(), FOLDER, now=MONDAY, **options)


def verbs(report: Report) -> list[tuple[str, str, str]]:
    return [(change.verb, change.section, change.id) for change in report.changes]


def one(table: type[Any], slug: str | None = None) -> Any:
    query = select(table) if slug is None else select(table).where(table.slug == slug)
    return db.session.scalars(query).one()


def snapshot() -> dict[str, list[Any]]:
    """Everything that is stored, table by table."""
    db.session.rollback()
    return {
        table.name: sorted(tuple(map(str, row)) for row in db.session.execute(select(table)).all())
        for table in Base.metadata.sorted_tables
    }


def a_visit(slug: str = "pass") -> Any:
    from booking.rules.appointments import Wish

    return an_appointment(municipality="musterstadt", office="rathaus", start=TUESDAY_NINE, wishes=(Wish(slug),))


def test_the_first_catalogue_is_there_with_every_row() -> None:
    report = load(SCHWARMSTEDT)
    assert {change.verb for change in report.changes} == {"add"}
    counts = {
        table: db.session.scalar(select(func.count()).select_from(table))
        for table in (Office, Clerk, Block, Concern, ConcernDocument, Closure, Referral)
    }
    assert counts == {Office: 2, Clerk: 3, Block: 27, Concern: 20, ConcernDocument: 94, Closure: 2, Referral: 14}


def test_what_was_loaded_is_what_the_service_reads() -> None:
    load(SCHWARMSTEDT)
    town = catalogue_of("schwarmstedt")
    perso = town.concern("personalausweis")
    assert [item.id for item in perso.documents][:2] == ["bisheriger-ausweis", "biometrisches-lichtbild"]
    assert (perso.minutes, perso.extra_minutes, perso.max_quantity, perso.leika) == (15, 10, 6, "99008001012000")
    assert (perso.units["de"], perso.units["en"]) == ("Personen", "people")
    assert (perso.forms[0].format, perso.forms[0].size_kb) == ("PDF", 110)
    assert town.referrals[0].name["en"] == "Driving licence"
    assert (perso.documents[0].when["de"], perso.documents[0].when["en"]) == ("vorhanden", "you have one")
    assert town.concern("kirchenaustritt").discreet
    assert town.concern("vaterschaftsanerkennung").questions[0].max_length == 60
    assert town.office("buergerbuero").opening_hours[0] == ((time(8, 30), time(14)),)
    assert town.policy.horizon_days == 28
    assert [clerk.slug for clerk in town.clerks] == ["bb1", "sta1"]
    assert {closure.first for closure in town.closures} >= {date(2026, 12, 24), date(2026, 12, 31)}


def test_a_second_load_changes_nothing_and_says_so() -> None:
    load(SCHWARMSTEDT)
    before = snapshot()
    report = load(SCHWARMSTEDT)
    assert (report.changes, report.conflicts, report.stranded) == ((), (), ())
    assert snapshot() == before


def test_a_load_that_changes_something_raises_revision_and_versions() -> None:
    load()
    revision, version = one(Municipality).revision, one(Office).version
    load(edited("minutes: 15", "minutes: 20"))
    assert (one(Municipality).revision, one(Office).version) == (revision + 1, version + 1)
    assert catalogue_of("musterstadt").concern("pass").minutes == 20


def test_a_dry_run_says_what_a_load_would_do_and_writes_nothing() -> None:
    text = edited("minutes: 15", "minutes: 20")
    load()
    before = snapshot()
    dry = load(text, dry_run=True)
    assert dry.changes == (Change("change", "concerns", "pass", {"minutes": (15, 20)}),)
    assert dry.dry_run
    assert snapshot() == before
    assert load(text).changes == dry.changes


def test_a_dry_run_of_a_new_municipality_writes_nothing() -> None:
    before = snapshot()
    assert load(dry_run=True).changes
    assert snapshot() == before


def test_a_faulty_file_writes_nothing_at_all() -> None:
    load()
    before = snapshot()
    text = edited("minutes: 15", "minutes: 20").replace("document: ausweis", "document: auswies")
    with pytest.raises(CatalogueFaults) as refusal:
        load(text)
    assert [fault.line for fault in refusal.value.faults] == [63]
    assert snapshot() == before


def test_a_load_that_breaks_in_the_middle_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    from booking.catalogue import applying

    def fail(*_: object) -> None:
        raise RuntimeError("the power went off")

    load()
    before = snapshot()
    monkeypatch.setattr(applying, "_drop", fail)
    with pytest.raises(RuntimeError):
        load(edited("minutes: 15", "minutes: 20"))
    assert snapshot() == before


EDITS = [
    ("a number of a concern", "minutes: 15", "minutes: 20", "concerns", "minutes"),
    ("a text of a concern", "name: {de: Reisepass}", "name: {de: Pass, en: Passport}", "concerns", "name"),
    ("its words", "keywords: {de: [Pass]}", "keywords: {de: [Pass, Ausland]}", "concerns", "keywords"),
    ("its fee", "amount_from: 37.50", "amount: 70.00", "concerns", "fee"),
    ("its condition", "when: {de: vorhanden}", "when: {de: da}", "concerns", "documents"),
    ("its questions", "label: {de: Eilig?}", "label: {de: Sehr eilig?}", "concerns", "questions"),
    ("its offices", "online: true, staff: true", "online: true, staff: false, minutes: 25", "concerns", "offices"),
    ("its window", "max_quantity: 4", "max_quantity: 4\n    window: {lead_minutes: 0}", "concerns", "window"),
    ("its discretion", "max_quantity: 4", "max_quantity: 4\n    discreet: true", "concerns", "discreet"),
    ("its forms", "max_quantity: 4", "max_quantity: 4\n    forms: [{name: {de: A}, url: https://a.example}]",
     "concerns", "forms"),
    ("its plural", "unit: {de: Person}", "unit: {de: Person}\n    units: {de: {other: Personen}}", "concerns", "units"),
    ("a key that the file drops", '    leika: "99085001000000"\n', "", "concerns", "leika"),
    ("a block", 'date: 2026-12-05, hours: "09:00-12:00"', 'date: 2026-12-05, hours: "09:00-13:00"', "clerks", "blocks"),
    ("every second week", "every_weeks: 2", "every_weeks: 3", "clerks", "blocks"),
    ("what a clerk handles", "concerns: [pass]", "concerns: all", "clerks", "concerns"),
    ("minutes after each", "    concerns: all", "    after_minutes: 5\n    concerns: all", "clerks", "after_minutes"),
    ("a switch", "    active: false\n", "", "clerks", "active"),
    ("an address", "street: Markt 1", "street: Markt 2", "offices", "address"),
    ("opening hours", 'opening_hours: {mon: ["08:00-12:00"]}', 'opening_hours: {tue: ["08:00-12:00"]}',
     "offices", "opening_hours"),
    ("an office's policy", "    phone:",
     '    policy: {release: {kind: weekly, weekday: mon, at: "08:00"}}\n    phone:', "offices", "policy"),
    ("check-in", "    phone:", "    check_in: false\n    phone:", "offices", "check_in"),
    ("the policy", "horizon_days: 28", "horizon_days: 56", "municipality", "policy"),
    ("the release", "kind: rolling", "kind: weekly, weekday: wed", "municipality", "policy"),
    ("local holidays", "add: []", 'add: [{every: "08-15", name: {de: Mariä Himmelfahrt}}]', "municipality", "holidays"),
    ("holidays that are none here", "remove: []", "remove: [Reformationstag]", "municipality", "holidays"),
    ("the sender", "address: termine@example.org", "address: buergerbuero@example.org", "municipality", "sender"),
    ("the retention", "past: 30", "past: 14", "municipality", "retention_days"),
    ("a document's kind", "kind: document", "kind: thing", "documents", "kind"),
    ("a closure's name", "{de: Inventur}", "{de: Umzug}", "closures", "name"),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "old", "new", "section", "field"), EDITS, ids=[row[0] for row in EDITS])
def test_what_the_file_changes_is_written_once(reason: str, old: str, new: str, section: str, field: str) -> None:
    load()
    text = edited(old, new)
    report = load(text)
    assert [(change.verb, change.section, [*change.fields]) for change in report.changes] == [
        ("change", section, [field])
    ], reason
    assert load(text).changes == (), reason
    exported = export_catalogue("musterstadt").text
    assert load(exported).changes == (), reason
    assert [(change.section, [*change.fields]) for change in load().changes] == [(section, [field])], reason


ADDITIONS = [
    ("an office", "clerks:\n", """\
  - id: schule
    name: {de: Schule}
    address: {street: Weg 1, postal_code: "29690", city: Musterstadt}
    phone: "05071 809-1"
    email: schule@example.org
    opening_hours: {}
clerks:
""", ("offices", "schule")),
    ("a document", "concerns:\n  - id: pass", "  - {id: foto, kind: thing, name: {de: Foto}}\nconcerns:\n  - id: pass",
     ("documents", "foto")),
    ("a closure of a year's day", "offices:\n  - id", '  - {every: "12-24", name: {de: Heiligabend}}\noffices:\n  - id',
     ("closures", "every 12-24")),
    ("a closure of one office's afternoon", "offices:\n  - id",
     '  - {date: 2026-12-23, hours: "12:00-24:00", office: rathaus, name: {de: Feier}}\noffices:\n  - id',
     ("closures", "date 2026-12-23 hours 12:00-24:00 office rathaus")),
    ("a clerk", "documents:\n  - {id",
     "  - {id: platz-3, name: {de: Platz 3}, concerns: all, blocks: []}\ndocuments:\n  - {id", ("clerks", "platz-3")),
    ("a referral", "max_length: 20}\n", """max_length: 20}
referrals:
  - {id: kreis, name: {de: Kfz}, keywords: {de: [Auto]}, who: {de: Kreis}, url: https://a.example, phone: "05071 1234"}
""", ("referrals", "kreis")),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "old", "new", "added"), ADDITIONS, ids=[row[0] for row in ADDITIONS])
def test_what_a_file_adds_comes_and_what_it_drops_goes(reason: str, old: str, new: str, added: tuple[str, str]) -> None:
    load()
    before = snapshot()
    text = edited(old, new)
    assert verbs(load(text)) == [("add", *added)], reason
    assert load(export_catalogue("musterstadt").text).changes == (), reason
    assert verbs(load()) == [("remove", *added)], reason
    after = snapshot()
    assert {name: rows for name, rows in after.items() if name not in {"municipality", "office"}} == {
        name: rows for name, rows in before.items() if name not in {"municipality", "office"}
    }, reason


def test_what_was_edited_in_the_application_stays_and_is_reported() -> None:
    load()
    one(Concern).minutes = 30
    db.session.commit()
    expected = (Conflict("concerns", "pass", "minutes", here=30, in_file=15),)
    report = load()
    assert (report.changes, report.conflicts) == ((), expected)
    assert one(Concern).minutes == 30
    assert load().conflicts == expected, "it is reported as long as it lasts"


def test_an_edit_stays_although_the_file_changes_the_same_field_and_others() -> None:
    load()
    one(Concern).minutes = 30
    db.session.commit()
    report = load(edited("minutes: 15", "minutes: 20", edited("max_quantity: 4", "max_quantity: 3")))
    assert report.changes == (Change("change", "concerns", "pass", {"max_quantity": (4, 3)}),)
    assert report.conflicts == (Conflict("concerns", "pass", "minutes", here=30, in_file=20),)
    assert (one(Concern).minutes, one(Concern).max_quantity) == (30, 3)


def test_force_overwrites_what_was_edited() -> None:
    load()
    one(Concern).minutes = 30
    clerk = one(Clerk, "platz-1")
    clerk.blocks.pop()
    db.session.commit()
    report = load(force=True)
    assert {(change.section, *change.fields) for change in report.changes} == {
        ("concerns", "minutes"),
        ("clerks", "blocks"),
    }
    assert report.conflicts == ()
    assert one(Concern).minutes == 15
    assert len(one(Clerk, "platz-1").blocks) == 3
    assert load().changes == ()


def test_an_edit_that_the_file_has_learnt_is_no_conflict() -> None:
    load()
    one(Concern).minutes = 20
    db.session.commit()
    text = edited("minutes: 15", "minutes: 20")
    assert (load(text).changes, load(text).conflicts) == ((), ())
    assert verbs(load()) == [("change", "concerns", "pass")], "from now on the file leads again"


def test_an_export_takes_edits_along() -> None:
    load()
    one(Concern).minutes = 30
    db.session.commit()
    report = load(export_catalogue("musterstadt").text)
    assert (report.changes, report.conflicts) == ((), ())
    assert load().changes == (Change("change", "concerns", "pass", {"minutes": (30, 15)}),)


def test_what_only_the_application_knows_stays() -> None:
    load()
    town = one(Municipality)
    db.session.add(Closure(municipality_id=town.id, first=date(2026, 12, 1), last=date(2026, 12, 2), start=time(12)))
    db.session.commit()
    assert (load().changes, load(force=True).changes) == ((), ())
    assert db.session.scalar(select(func.count()).select_from(Closure)) == 2
    assert "12:00-24:00" in export_catalogue("musterstadt").text


def test_an_entry_that_was_edited_is_not_dropped_without_force() -> None:
    text = edited("concerns:\n  - id: pass", "  - {id: foto, kind: thing, name: {de: Foto}}\nconcerns:\n  - id: pass")
    load(text)
    one(Document, "foto").name = {"de": "Lichtbild"}
    db.session.commit()
    report = load()
    assert (report.changes, report.conflicts) == ((), (Conflict("documents", "foto", "", here=["name"], in_file=None),))
    assert verbs(load(force=True)) == [("remove", "documents", "foto")]


SECOND_CONCERN = """\
  - id: perso
    offices: [{office: rathaus, online: true, staff: true}]
    group: {de: Ausweise}
    name: {de: Personalausweis}
    keywords: {de: [Perso]}
    minutes: 10
    extra_minutes: 5
    unit: {de: Person}
    max_quantity: 2
    fee: {text: {de: frei}, currency: EUR}
    documents: [{document: foto, required: always}]
"""
TWO = edited("documents:\n  - {id", "documents:\n  - {id: foto, kind: thing, name: {de: Foto}}\n  - {id", TUESDAYS)
TWO += SECOND_CONCERN


def test_a_concern_without_appointments_is_deleted_with_what_only_it_needs() -> None:
    load(TWO)
    assert verbs(load(TUESDAYS)) == [("remove", "concerns", "perso"), ("remove", "documents", "foto")]
    assert db.session.scalar(select(func.count()).select_from(Concern)) == 1


def test_a_concern_with_appointments_is_switched_off_and_not_deleted() -> None:
    load(TWO)
    visit = a_visit("perso")
    assert verbs(load(TUESDAYS)) == [("deactivate", "concerns", "perso")]
    assert load(TUESDAYS).changes == ()
    with pytest.raises(NotFound):
        catalogue_of("musterstadt").concern("perso")
    kept = db.session.scalars(select(Appointment).where(Appointment.reference == visit.reference)).one()
    assert kept.concerns[0].name == {"de": "Personalausweis"}


def test_what_was_switched_off_comes_back_with_the_file() -> None:
    load(TWO)
    a_visit("perso")
    load(TUESDAYS)
    report = load(TWO)
    assert report.changes == (Change("change", "concerns", "perso", {"active": (False, None)}),)
    assert report.conflicts == ()
    assert catalogue_of("musterstadt").concern("perso").minutes == 10


def test_an_export_holds_what_is_switched_off() -> None:
    load(TWO)
    a_visit("perso")
    load(TUESDAYS)
    exported = export_catalogue("musterstadt").text
    assert "active: false" in exported
    assert (load(exported).changes, load(exported).conflicts) == ((), ())


def test_a_clerk_with_appointments_is_switched_off_and_not_deleted() -> None:
    load(TUESDAYS)
    visit = a_visit()
    text = TUESDAYS.replace("platz-1", "platz-9")
    report = load(text)
    assert verbs(report) == [("add", "clerks", "platz-9"), ("deactivate", "clerks", "platz-1")]
    assert [stranded.reference for stranded in report.stranded] == [visit.reference]


def test_a_new_order_of_the_file_is_the_new_order_of_the_page() -> None:
    load(TWO)
    first, second = TWO.split("  - id: pass\n")[1].split(SECOND_CONCERN)[0], SECOND_CONCERN
    turned = TWO.split("  - id: pass\n")[0] + second + "  - id: pass\n" + first
    assert verbs(load(turned)) == [("reorder", "concerns", "")]
    assert [concern.slug for concern in catalogue_of("musterstadt").concerns] == ["perso", "pass"]
    assert load(turned).changes == ()


STRANDING = [
    ("the hours shrink", 'weekday: tue, hours: "08:00-12:00"', 'weekday: tue, hours: "09:10-12:00"', True),
    ("the hours move", 'weekday: tue, hours: "08:00-12:00"', 'weekday: wed, hours: "08:00-12:00"', True),
    ("the hours only grow", 'weekday: tue, hours: "08:00-12:00"', 'weekday: tue, hours: "07:00-13:00"', False),
    ("citizens' hours become staff's", 'tue, hours: "08:00-12:00", kind: online',
     'tue, hours: "08:00-12:00", kind: staff', False),
    ("they become hours without appointment", 'tue, hours: "08:00-12:00", kind: online',
     'tue, hours: "08:00-12:00", kind: walk-in', True),
    ("a closure covers it", "from: 2026-12-28, to: 2026-12-30", "from: 2026-11-23, to: 2026-12-30", True),
    ("a closure begins after it", "from: 2026-12-28, to: 2026-12-30", 'date: 2026-11-24, hours: "10:00-12:00"', False),
    ("a local holiday covers it", "add: []", "add: [{date: 2026-11-24, name: {de: Stadtfest}}]", True),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "old", "new", "is_stranded"), STRANDING, ids=[row[0] for row in STRANDING])
def test_appointments_that_new_hours_strand_are_listed(reason: str, old: str, new: str, is_stranded: bool) -> None:
    load(TUESDAYS)
    visit = a_visit()
    text = edited(old, new, TUESDAYS)
    for dry_run in (True, False):
        report = load(text, dry_run=dry_run)
        assert [(one.reference, one.office) for one in report.stranded] == (
            [(visit.reference, "rathaus")] if is_stranded else []
        ), reason
        assert all(f"{one.start:%Y-%m-%d %H:%M}" == "2026-11-24 09:00" for one in report.stranded)
    assert load(text).stranded == (), "it is news only once"


def test_cancelled_and_past_appointments_cannot_be_stranded() -> None:
    load(TUESDAYS)
    a_visit()
    later = TUESDAY_NINE.replace(day=25)
    text = edited("weekday: tue", "weekday: wed", TUESDAYS)
    assert load_catalogue(text.encode(), now=later).stranded == ()


def test_another_municipality_is_left_alone() -> None:
    load()
    before = snapshot()
    load(SMALL.replace("id: musterstadt", "id: anderstadt"))
    load(SMALL.replace("id: musterstadt", "id: anderstadt").replace("minutes: 15", "minutes: 20"))
    after = snapshot()
    assert all(set(rows) <= set(after[name]) for name, rows in before.items())


def test_holidays_are_removed_by_name_and_added_by_day() -> None:
    added = 'add: [{every: "08-15", name: {de: Mariä Himmelfahrt}}]'
    load(edited("add: [], remove: []", f'{added}, remove: [Ostermontag, "10-31"]'))
    days = read_catalogue(one(Municipality)).holidays
    assert date(2026, 8, 15) in days
    assert date(2027, 3, 29) not in days, "Easter Monday, which is another day each year"
    assert date(2026, 10, 31) not in days
    assert date(2026, 12, 25) in days
    assert load(export_catalogue("musterstadt").text).changes == ()


def test_a_check_needs_no_database() -> None:
    assert check_catalogue(SMALL.encode()).municipality == "musterstadt"


def test_a_municipality_that_does_not_exist_has_no_export() -> None:
    with pytest.raises(NotFound):
        export_catalogue("nirgendwo")


def test_a_load_waits_for_a_booking_and_a_booking_for_a_load(app: Flask, context: AppContext) -> None:
    """Both lock; neither deadlocks: ten loads and ten bookings at once all come to an end."""
    import threading

    load(TUESDAYS)
    context.pop()
    try:
        answers: list[object] = []

        def attempt(action: Callable[[int], object], number: int) -> None:
            with app.app_context():
                try:
                    answers.append(action(number))
                except Exception as problem:  # noqa: BLE001 - whatever it is, the test shows it
                    answers.append(problem)

        def a_load(number: int) -> object:
            return load(edited("minutes: 15", f"minutes: {15 + number % 2 * 5}", TUESDAYS))

        def a_booking(number: int) -> object:
            from booking.rules.appointments import Wish
            from tests.builders import a_booking as book

            return book(
                office="rathaus",
                start=TUESDAY_NINE.replace(hour=7 + number % 4, minute=30 * (number // 8)),
                wishes=(Wish("pass"),),
                email=f"person{number}@example.org",
            )

        pairs = [(action, number) for number in range(8) for action in (a_load, a_booking)]
        threads = [threading.Thread(target=attempt, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        from booking.errors import Refusal

        assert len(answers) == len(threads)
        assert [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, Refusal)] == []
    finally:
        context.push()


def test_a_weekly_release_reaches_the_rules() -> None:
    from booking.rules.windows import Release

    load(edited("kind: rolling", "kind: weekly, weekday: wed"))
    assert catalogue_of("musterstadt").policy.release == Release("weekly", time(7), weekday=2)
