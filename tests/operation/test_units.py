"""The systemd units of deploy/: systemd itself reads them, and says how much a hijacked process could do."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operation.placing import CURRENT, DEPLOY

UNITS = sorted(file.name for file in (DEPLOY / "systemd").iterdir())
SERVICES = [name for name in UNITS if name.endswith(".service")]
EXPOSURE = 25  # of 100, as `systemd-analyze security` counts: "OK"

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="a machine without systemd")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units with the program at a place that exists here, and without the account that does not."""
    made = tmp_path_factory.mktemp("units")
    for name in UNITS:
        text = (DEPLOY / "systemd" / name).read_text().replace(f"{CURRENT}/venv/bin/python", sys.executable)
        (made / name).write_text(
            text.replace("User=wartefrei", "User=daemon").replace("Group=wartefrei", "Group=daemon")
        )
    return made


def analyse(*words: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )


def test_systemd_finds_nothing_wrong_in_the_units(folder: Path) -> None:
    named = [folder / name.replace("@.", "@musterstadt.buergerbuero.") for name in UNITS]
    for name in UNITS:
        if "@." in name:
            (folder / name.replace("@.", "@musterstadt.buergerbuero.")).symlink_to(folder / name)
    done = analyse("verify", "--recursive-errors=no", "--man=no", *named)
    ours = [line for line in done.stderr.splitlines() if "wartefrei" in line and "Failed to prepare" not in line]
    assert ours == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_hijacked_process_can_do_little(folder: Path, name: str) -> None:
    done = analyse("security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", folder / name)
    told = re.search(r"Overall exposure level.*: ([\d.]+) (\w+)", done.stdout)
    assert told, done.stdout + done.stderr
    assert float(told[1]) < EXPOSURE / 10, done.stdout
    assert done.returncode == 0


def test_backups_are_pruned_also_when_none_could_be_made() -> None:
    """After an ExecStart that fails systemd starts no other one, but whatever stands in ExecStopPost."""
    lines = (DEPLOY / "systemd/wartefrei-backup.service").read_text().splitlines()
    assert [line.partition("=")[0] for line in lines if " backup prune " in line] == ["ExecStopPost"]


def test_every_service_runs_as_the_same_account_with_the_same_settings() -> None:
    for name in SERVICES:
        text = (DEPLOY / "systemd" / name).read_text()
        assert "User=wartefrei\n" in text
        assert "EnvironmentFile=/etc/wartefrei/settings.env\n" in text
        assert "ProtectSystem=strict\n" in text
