"""The commands for catalogues: what an operator reads, and the status that a script reads."""

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from booking import clock
from tests.catalogue.samples import SMALL, edited


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "musterstadt.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def run(app: Flask, *arguments: object) -> Result:
    return app.test_cli_runner().invoke(args=["catalogue", *map(str, arguments)])


def test_a_check_of_a_right_file_says_whose_it_is(app: Flask, file: Path) -> None:
    result = run(app, "check", file)
    assert (result.exit_code, result.output) == (0, f"{file}: the catalogue of musterstadt is in order.\n")


def test_a_check_names_every_fault_with_line_and_column(app: Flask, file: Path) -> None:
    file.write_text(edited("max_quantity: 4", "max_quantity: 0").replace("kind: document", "kind: paper"))
    result = run(app, "check", file)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f'{file}:49:25: documents[ausweis].kind: This must be document or person or thing or payment, not "paper".',
        f"{file}:59:19: concerns[pass].max_quantity: 0 is too small; the least is 1.",
        "2 faults; nothing was written.",
    ]  # fmt: skip


def test_a_load_refuses_what_a_check_refuses(app: Flask, file: Path) -> None:
    file.write_text(edited("max_quantity: 4", "max_quantity: 0"))
    result = run(app, "load", file)
    assert result.exit_code == 1
    assert "1 fault; nothing was written." in result.output
    assert run(app, "export", "musterstadt").exit_code == 1


def test_a_file_that_is_not_there_is_a_sentence(app: Flask, file: Path) -> None:
    result = run(app, "load", file.with_name("none.yaml"))
    assert result.exit_code == 2
    assert "does not exist" in result.output


def test_a_load_says_what_it_wrote_and_a_second_that_nothing_changes(app: Flask, file: Path) -> None:
    assert run(app, "load", file).output.splitlines() == [
        "+ municipality musterstadt",
        "+ offices rathaus",
        "+ documents ausweis",
        "+ concerns pass",
        "+ clerks platz-1",
        "+ clerks platz-2",
        "+ closures from 2026-12-28 to 2026-12-30",
        "musterstadt: 7 changes written.",
    ]
    assert run(app, "load", file).output == "musterstadt: nothing to change.\n"


def test_a_dry_run_shows_each_field_before_and_after(app: Flask, file: Path) -> None:
    run(app, "load", file)
    text = edited("minutes: 15", "minutes: 20").replace('"10:00-12:00"', '"10:00-11:00"')
    file.write_text(text.replace("  - {from: 2026-12-28, to: 2026-12-30, name: {de: Inventur}}\n", "").replace(
        "closures:\n", "closures: []\n"))  # fmt: skip
    for _ in range(2):
        assert run(app, "load", file, "--dry-run").output.splitlines() == [
            "~ concerns pass",
            "    minutes: 15 -> 20",
            "~ clerks platz-1",
            '    blocks: - {"office": "rathaus", "weekday": "mon", "hours": "10:00-12:00", "kind": "staff"}',
            '    blocks: + {"office": "rathaus", "weekday": "mon", "hours": "10:00-11:00", "kind": "staff"}',
            "- closures from 2026-12-28 to 2026-12-30: no longer in the file",
            "musterstadt: 3 changes; nothing was written (--dry-run).",
        ]


def test_an_edit_of_the_application_is_kept_until_it_is_forced(app: Flask, file: Path) -> None:
    from sqlalchemy import update

    from booking.extensions import db
    from booking.models import Concern

    run(app, "load", file)
    with app.app_context():
        db.session.execute(update(Concern).values(minutes=30, leika=None))
        db.session.commit()
    assert run(app, "load", file).output.splitlines() == [
        "! concerns pass minutes: kept as edited in the application (here 30, in the file 15); --force overwrites it.",
        (
            "! concerns pass leika: kept as edited in the application "
            '(here nothing, in the file "99085001000000"); --force overwrites it.'
        ),
        "musterstadt: nothing to change.",
    ]
    assert "musterstadt: 1 changes written." in run(app, "load", file, "--force").output


def test_appointments_that_new_hours_strand_are_told(app: Flask, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from booking.rules.appointments import Wish
    from tests.builders import MONDAY, an_appointment

    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    tuesdays = edited('weekday: mon, hours: "08:00-10:00"', 'weekday: tue, hours: "08:00-10:00"')
    file.write_text(tuesdays)
    run(app, "load", file)
    with app.app_context():
        start = MONDAY.replace(day=24, hour=8)
        visit = an_appointment(municipality="musterstadt", office="rathaus", start=start, wishes=(Wish("pass"),))
    file.write_text(SMALL)
    output = run(app, "load", file).output
    assert f"? {visit.reference}, 2026-11-24 09:00 at rathaus: no longer within the hours of its clerk" in output
    assert visit.name not in output


def test_an_export_can_be_checked_and_loaded_and_changes_nothing(app: Flask, file: Path) -> None:
    run(app, "load", file)
    exported = run(app, "export", "musterstadt").output
    file.write_text(exported, encoding="utf-8")
    assert run(app, "check", file).exit_code == 0
    assert run(app, "load", file).output == "musterstadt: nothing to change.\n"
    assert run(app, "export", "musterstadt").output == exported


def test_an_export_of_nobody_is_a_sentence(app: Flask) -> None:
    result = run(app, "export", "nirgendwo")
    assert result.exit_code == 1
    assert "There is no municipality 'nirgendwo'." in result.output


LOGO = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>'
DRESSED = edited(
    "  embedding_origins:", '  logo: {file: wappen.svg, alt: {de: Wappen}}\n  colour: "#ffd500"\n  embedding_origins:'
)


@pytest.fixture
def dressed(file: Path) -> Path:
    file.write_text(DRESSED, encoding="utf-8")
    file.with_name("wappen.svg").write_text(LOGO, encoding="utf-8")
    return file


def test_a_check_says_where_the_colour_is_not_used_as_it_is(app: Flask, dressed: Path) -> None:
    result = run(app, "check", dressed)
    assert result.exit_code == 0
    assert (
        "  The colour #ffd500 is hard to read on light pages: links and buttons there have it darkened" in result.output
    )


def test_an_export_into_a_file_writes_the_logo_beside_it(app: Flask, dressed: Path, tmp_path: Path) -> None:
    run(app, "load", dressed)
    target = tmp_path / "copy" / "musterstadt.yaml"
    target.parent.mkdir()
    assert run(app, "export", "musterstadt", "--to", target).output == ""
    assert target.with_name("wappen.svg").read_text(encoding="utf-8") == LOGO
    assert run(app, "load", target).output == "musterstadt: nothing to change.\n"
    assert "wappen.svg belongs beside this file" in run(app, "export", "musterstadt").stderr


def test_a_redrawn_logo_is_a_change(app: Flask, dressed: Path) -> None:
    run(app, "load", dressed)
    dressed.with_name("wappen.svg").write_text(LOGO.replace("9", "8"), encoding="utf-8")
    assert run(app, "load", dressed).output.splitlines()[-1] == "musterstadt: 1 changes written."
    dressed.with_name("wappen.svg").unlink()
    run(app, "export", "musterstadt", "--to", dressed)
    assert dressed.with_name("wappen.svg").read_text(encoding="utf-8") == LOGO.replace("9", "8")


def test_a_logo_that_the_file_no_longer_names_is_gone(app: Flask, dressed: Path) -> None:
    run(app, "load", dressed)
    dressed.write_text(SMALL, encoding="utf-8")
    assert run(app, "load", dressed).output.splitlines()[-1] == "musterstadt: 1 changes written."
    assert "logo" not in run(app, "export", "musterstadt").output
