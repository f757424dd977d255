"""The house inspects itself: stairs lead only down, modules stay small, every column is classified."""

import ast
import re
from pathlib import Path

import pytest

from booking import models  # noqa: F401 - fills the metadata
from booking.extensions import Base
from tests.columns import BESIDE
from tests.deadlines import DEADLINES

HOUSE = Path(__file__).resolve().parent.parent / "booking"
MODULES = sorted(HOUSE.rglob("*.py"))

MAY_IMPORT = {  # booking/__init__ is exempt: it wires every floor together
    "errors": set(),
    "clock": set(),
    "extensions": set(),
    "metrics": set(),
    "rules": {"errors"},
    "models": {"rules", "extensions", "errors"},
    "ical": {"models", "rules"},
    "mail": {"models", "rules", "ical", "extensions", "errors"},
    "catalogue": {"models", "rules", "extensions", "errors"},
    "actions": {"models", "rules", "mail", "ical", "catalogue", "extensions", "errors", "metrics"},
    "web": {"actions", "models", "rules", "ical", "clock", "errors", "extensions", "metrics"},
    "jobs": {"actions", "clock", "extensions", "metrics"},
    "cli": {"actions", "models", "jobs", "clock", "errors", "extensions"},
}
RULES_MAY_USE = re.compile(r"booking\.|__future__")


def floor_of(path: Path) -> str:
    first = path.relative_to(HOUSE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: imports name the whole path"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_stairs_lead_only_down(path: Path) -> None:
    floor = floor_of(path)
    if floor == "__init__":
        return
    used = {name.split(".")[1] for name in imports(path) if name.startswith("booking.") and name.count(".") >= 1}
    assert used - {floor} <= MAY_IMPORT[floor]


def test_the_rules_know_only_the_standard_library() -> None:
    import sys

    for path in (HOUSE / "rules").rglob("*.py"):
        foreign = [name for name in imports(path) if not name.startswith("booking.")]
        assert {name.split(".")[0] for name in foreign} <= sys.stdlib_module_names, path.name


def test_only_actions_commit() -> None:
    for path in MODULES:
        if floor_of(path) not in {"actions", "extensions"}:  # extensions: the connection that listens to its own commit
            assert ".commit(" not in path.read_text(), path


def test_no_door_touches_the_session() -> None:
    for path in (HOUSE / "web").rglob("*.py"):
        assert not re.search(r"\bdb\b", path.read_text()), path


def test_only_doors_jobs_and_commands_ask_the_clock() -> None:
    for path in MODULES:
        if floor_of(path) in {"rules", "models", "actions", "mail", "ical", "catalogue"}:
            assert not re.search(r"datetime\.now\(|\.utcnow\(|time\.time\(|date\.today\(", path.read_text()), path


def test_only_the_settings_read_the_environment() -> None:
    for path in MODULES:
        assert not re.search(r"os\.environ|os\.getenv", path.read_text()), path


def test_nothing_in_the_house_is_called_a_service_or_a_drawer() -> None:
    banned = {"service", "services", "utils", "helpers", "manager", "common", "misc"}
    for path in MODULES:
        assert not banned & set(path.relative_to(HOUSE).with_suffix("").parts), path
        names = [node.name.lower() for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
        assert not [name for name in names if name.endswith(("service", "manager", "helper"))], path


def test_every_column_is_classified_as_personal_or_not() -> None:
    """Of every type, in every table: what is in neither list is new, and somebody has to say whose it is."""
    columns = {f"{table.name}.{each.name}": each for table in Base.metadata.tables.values() for each in table.columns}
    beside = [f"{table}.{name}" for table, (_, names) in BESIDE.items() for name in names.split()]
    personal = {name for name, column in columns.items() if column.info.get("personal")}
    assert personal == set(DEADLINES)  # and for each of them tests/actions/test_retention.py sees it go
    assert sorted(beside) == sorted(set(columns) - personal)
