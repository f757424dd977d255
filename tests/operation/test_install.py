"""The release's install script among odd surroundings, with a stand-in for Python that installs nothing."""

import hashlib
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.serving import ROOT

STAND_IN = """#!/bin/sh
[ "$1" = -c ] && exit 0  # it is asked for its version and its parts
mkdir -p "$3/bin"
printf '#!/bin/sh\\n%s\\n' "$MEANWHILE" >"$3/bin/python"
chmod +x "$3/bin/python"
"""


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """An archive as small as can be, in a folder whose name has a space."""
    root = tmp_path / "the archive"
    for name in ("program/booking/a.py", "program/requirements.txt", "wheels/a.whl", "sbom.cdx.json", "VERSION"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("1.0\n")
    shutil.copy(ROOT / "tools/install.sh", root / "install")
    files = sorted(file for file in root.rglob("*") if file.is_file())
    sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(root)}\n" for file in files]
    (root / "SHA256SUMS").write_text("".join(sums))
    (tmp_path / "python").write_text(STAND_IN)
    (tmp_path / "python").chmod(0o755)
    return root


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    made = tmp_path / "the clerk's place"
    made.mkdir()
    return made


def install(unpacked: Path, prefix: Path, meanwhile: str = "exit 0") -> "subprocess.CompletedProcess[str]":
    """Run the script; ``meanwhile`` is what its virtual environment's Python does instead of pip's work."""
    environment = os.environ | {"PYTHON": str(unpacked.parent / "python"), "MEANWHILE": meanwhile}
    return subprocess.run(
        ["sh", unpacked / "install", prefix], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_it_is_installed_once_and_says_how_to_do_it_again(unpacked: Path, prefix: Path) -> None:
    assert install(unpacked, prefix).returncode == 0
    assert (prefix / "current").readlink() == Path("releases/1.0")
    again = install(unpacked, prefix)
    assert again.returncode == 1
    typed = again.stderr.partition("To install it again: ")[2]
    assert shlex.split(typed) == ["rm", "-r", str(prefix / "releases/1.0")]


@pytest.mark.parametrize("name", ["current", "current.new"])
def test_a_folder_where_the_link_belongs_fails_the_installation(unpacked: Path, prefix: Path, name: str) -> None:
    (prefix / name).mkdir()
    done = install(unpacked, prefix)
    assert done.returncode != 0
    assert "failed" in done.stderr
    assert not (prefix / "releases/1.0").exists()
    assert not (prefix / "current.new").is_symlink()
    (prefix / name).rmdir()
    assert install(unpacked, prefix).returncode == 0


def test_an_installation_that_was_killed_does_not_block_the_next_one(unpacked: Path, prefix: Path) -> None:
    killed = install(unpacked, prefix, meanwhile="kill -9 $PPID")
    assert killed.returncode == -9
    assert (prefix / "releases/1.0").exists()
    assert not (prefix / "current").exists()
    assert install(unpacked, prefix).returncode == 0
    assert (prefix / "current/booking/a.py").exists()


def test_of_two_installations_at_once_the_second_is_refused(unpacked: Path, prefix: Path) -> None:
    second = f"sh {shlex.quote(str(unpacked / 'install'))} {shlex.quote(str(prefix))} && exit 1; exit 0"
    assert "Another installation" in install(unpacked, prefix, meanwhile=second).stderr
    assert (prefix / "current/booking/a.py").exists()


@pytest.mark.parametrize("name", ["program/booking/evil.py", "wheels/a-2.whl", "program/booking/two\nlines.py"])
def test_what_was_not_packed_is_not_installed(unpacked: Path, prefix: Path, name: str) -> None:
    (unpacked / name).write_text("print('evil')")
    done = install(unpacked, prefix)
    assert done.returncode == 1
    assert "What was added" in done.stderr
    assert list(prefix.iterdir()) == []


def test_a_link_that_was_not_packed_is_not_followed(unpacked: Path, prefix: Path) -> None:
    (unpacked / "program/booking/link").symlink_to("/etc")
    assert install(unpacked, prefix).returncode == 1
    assert list(prefix.iterdir()) == []
