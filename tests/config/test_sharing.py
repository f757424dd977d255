"""The folder of figures: what killed processes left is cleared away, whoever else does the same just now."""

import os
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
