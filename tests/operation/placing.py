"""The files of deploy/, put below one folder: every absolute path begins there, and ports are free ones.

``PLACES`` is the one list of what is moved; a file that names another path of the machine fails its test.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.serving import ROOT

DEPLOY = ROOT / "deploy"
PLACES = ("/etc/", "/opt/wartefrei", "/var/", "/run/")
CURRENT = "/opt/wartefrei/current"


def placed(file: str, root: Path, others: Mapping[str, str] | None = None) -> str:
    """Return the text of a file of deploy/ with every place below ``root`` and further words exchanged."""
    text = (DEPLOY / file).read_text(encoding="utf-8")
    text = re.sub(r"(?<![\w./-])(" + "|".join(PLACES) + ")", rf"{root}\1", text)
    for word, other in (others or {}).items():
        assert word in text, f"{file} no longer says {word!r}"
        text = text.replace(word, other)
    return text


def put(root: Path, place: str, text: str) -> Path:
    """Write a file at its place below ``root``."""
    file = Path(f"{root}{place}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def scratch(root: Path) -> None:
    """Make the folders that a server has, and what it shows of the program."""
    for folder in (
        "/etc/nginx/snippets",
        "/var/log/wartefrei",
        "/var/cache/nginx",
        "/var/cache/apache2/wartefrei",
        "/run",
    ):
        Path(f"{root}{folder}").mkdir(parents=True)
    shutil.copytree(DEPLOY / "errors", Path(f"{root}{CURRENT}/deploy/errors"))
