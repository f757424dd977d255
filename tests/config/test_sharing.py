"""The folder of figures: what killed processes left is cleared away, whoever else does the same just now."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import sharing

DEAD = 4194304  # no pid is so high


def test_a_folder_that_another_process_clears_away_just_now_stops_no_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sharing.VARIABLE, "")
    left = [tmp_path / f"{sharing.PREFIX}{DEAD}-{name}" for name in ("one", "two")]
    for folder in left:
        folder.mkdir()

    def cleared_elsewhere(_owner: int) -> bool:
        if left[0].exists():
            left[0].rmdir()
        return False

    monkeypatch.setattr(sharing, "_lives", cleared_elsewhere)
    made = sharing.prepare(tmp_path)
    assert os.environ[sharing.VARIABLE] == str(made)
    assert list(tmp_path.iterdir()) == [made]


def test_a_link_under_such_a_name_is_no_folder_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sharing.VARIABLE, "")
    kept = tmp_path / "kept"
    kept.mkdir()
    link = tmp_path / f"{sharing.PREFIX}{DEAD}-link"
    link.symlink_to(kept)
    asked: list[object] = []
    monkeypatch.setattr(sharing.shutil, "rmtree", lambda path, **_: asked.append(path))
    sharing.prepare(tmp_path)
    assert asked == []


@pytest.mark.parametrize("name", ["missing", "a-file"])
def test_a_folder_that_is_none_ends_the_start_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").touch(mode=0o700)
    environment = os.environ | {sharing.VARIABLE: str(tmp_path / name)}
    command = [sys.executable, "-c", "import booking"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{sharing.VARIABLE} must be a folder")
    assert ended.stderr.count("\n") == 1
