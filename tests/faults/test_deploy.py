"""A deployment in the middle of the day: the release before serves on the new tables, then the new one takes over."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from booking.extensions import db
from booking.models import Municipality
from tests.faults.load import CALM, OPEN, assert_whole_after, busy_town, under_load, wait_for_more
from tests.serving import ROOT, end, environment_for, flask, free_port, serving

pytestmark = [pytest.mark.faults, pytest.mark.long]

NEWEST = "migrations/versions/0009_*.py"  # the first migration after the release that is taken as "before"
BEFORE = "0008"


@pytest.fixture(scope="session")
def old_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit before today's migration, in a folder of its own; what is built is taken from here."""
    house = tmp_path_factory.mktemp("before")
    added = _git("log", "--diff-filter=A", "--format=%H", "--", NEWEST)
    if not added.strip():
        pytest.skip("there is no git history here to take the release before from: this test runs in a clone")
    archive = _git("archive", f"{added.split()[-1].decode()}^", binary=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(house, filter="data")
    for built in (
        "booking/web/static/vendor",
        *(_relative(file) for file in ROOT.glob("booking/translations/**/*.mo")),
    ):
        if (ROOT / built).is_dir():
            shutil.copytree(ROOT / built, house / built, dirs_exist_ok=True)
        elif (house / built).parent.exists():
            shutil.copy(ROOT / built, house / built)
    return house


def _relative(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _git(*command: str, binary: bool = False) -> bytes:
    git = shutil.which("git")
    if not git:
        pytest.skip("git is missing")
    done = subprocess.run([git, *command], cwd=ROOT, capture_output=True, check=False)
    if done.returncode and binary:
        pytest.skip(f"git cannot give the release before: {done.stderr.decode().strip()}")
    return done.stdout


def test_the_release_before_serves_on_while_the_new_tables_come_and_the_new_one_takes_over(
    old_house: Path, empty_database: Callable[[str], str], tmp_path: Path, tally: Counter[str]
) -> None:
    url = empty_database("deploy")
    with busy_town(url, policy=OPEN) as (app, relay):
        old = environment_for(url, port=free_port(), MAIL_PORT=relay.port)
        new = old | {"PORT": str(free_port())}
        flask("db", "downgrade", BEFORE, environment=new)  # what the release before had made, with a town in it
        with serving(old, log=tmp_path / "old", house=old_house) as before, under_load(before.url, app) as load:
            wait_for_more(load, 10)
            flask("db", "upgrade", environment=new)
            wait_for_more(load, 10)
            with serving(new, log=tmp_path / "new") as after:  # both at once, two job processes among them
                wait_for_more(load, 10)
                load.pause = 1  # what is new and strict about many bookings is told below that there may be many
                load.url = after.url
                wait_for_more(load, 2)
                tally["kills"] += 1
                assert before.jobs is not None
                for process in (before.web, before.jobs):
                    end(process)
                _allow_many(app)
                load.pause = 0.02
                wait_for_more(load, 20)
                load.stop.set()
        assert "Traceback" not in (tmp_path / "old").read_text() + (tmp_path / "new").read_text()
        assert set(load.statuses) <= {"201", "200", "409 start-taken"}, load.statuses
        assert load.silences == 0
        assert_whole_after(load, app, relay, tally)


def _allow_many(app: Flask) -> None:
    """Settings of the new release are made when nothing of the old one is left: it would not know them."""
    with app.app_context():
        db.session.connection(execution_options={"writes": True})  # as every writer: SQLite refuses one that read first
        town = db.session.scalars(sa.select(Municipality)).one()
        town.policy, town.revision = dict(CALM), town.revision + 1
        db.session.commit()
        db.session.remove()


@pytest.mark.leaves_nothing("it looks at the files of the release before")
def test_the_old_house_is_really_the_release_before(old_house: Path) -> None:
    names = {file.name[:4] for file in (old_house / "migrations/versions").glob("0*.py")}
    assert max(names) == BEFORE
    shown = subprocess.run(
        [sys.executable, "-c", "import booking; print(booking.__file__)"],
        cwd=old_house,
        env={"PATH": os.environ.get("PATH", "")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith(str(old_house))
