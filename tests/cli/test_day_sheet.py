"""``day-sheet``: a file that only its owner reads, whole or not at all."""

import os
import stat
from pathlib import Path

import pytest
from flask import Flask

from tests.builders import MONDAY, a_municipality, an_appointment
from tests.paper import texts

PLACE = "musterstadt.buergerbuero"
DAY = ("--day", "2026-11-24")


@pytest.fixture(autouse=True)
def town(app: Flask) -> None:
    with app.app_context():
        a_municipality()
        an_appointment(MONDAY)


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    done = app.test_cli_runner().invoke(args=["day-sheet", *arguments])
    return done.exit_code, done.output


def test_the_sheet_is_written_for_its_owner_alone_and_without_names(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "heute.pdf"
    file.write_text("yesterday's")
    file.chmod(0o644)
    code, said = run(app, PLACE, str(file), *DAY)
    assert (code, said) == (0, f"{file}: {PLACE} on 2026-11-24, without names.\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (text,) = texts(file.read_bytes())
    assert "Personalausweis" in text
    assert "Anna" not in text
    assert list(tmp_path.iterdir()) == [file]


def test_names_are_on_it_when_asked_for(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "heute.pdf"
    assert run(app, PLACE, str(file), *DAY, "--names")[0] == 0
    assert "Anna Beispiel" in texts(file.read_bytes())[0]


def test_without_a_day_it_is_the_one_at_hand(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "heute.pdf"
    code, said = run(app, PLACE, str(file))
    assert code == 0
    assert " on 20" in said


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("musterstadt.nowhere", "There is no such office"),
        ("nowhere.buergerbuero", "There is no such municipality"),
        ("buergerbuero", "There is no such municipality"),
    ],
)
def test_an_unknown_office_is_named(app: Flask, tmp_path: Path, place: str, said: str) -> None:
    code, output = run(app, place, str(tmp_path / "x.pdf"), *DAY)
    assert code == 1
    assert said in output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named_and_nothing_is_left(app: Flask, tmp_path: Path) -> None:
    code, output = run(app, PLACE, str(tmp_path / "missing" / "x.pdf"), *DAY)
    assert code == 1
    assert "cannot be written" in output


def test_what_is_no_file_is_not_replaced_by_one(app: Flask, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # as /dev/null and /dev/stdout are
    code, said = run(app, PLACE, str(pipe), *DAY)
    assert (code, said) == (1, f"Error: {pipe} cannot be written: This is no file, and stays as it is.\n")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]
