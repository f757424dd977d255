"""What the project takes from others is pinned, explained, and tied to no place it came from."""

import json
import re
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement

from tests.serving import ROOT

FILES = ("requirements.txt", "requirements-dev.txt")


def lines(name: str) -> list[str]:
    return [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r "))]


def pinned(line: str) -> Requirement:
    return Requirement(line.split("#", maxsplit=1)[0])


@pytest.mark.parametrize("name", FILES)
def test_every_package_is_pinned_to_one_version(name):
    assert all(re.fullmatch(r"==[^,*]+", str(pinned(line).specifier)) for line in lines(name))


@pytest.mark.parametrize("name", FILES)
def test_every_direct_dependency_has_its_reason(name):
    direct = (ROOT / name).read_text().split("# --- pulled in by the above ---")[0].splitlines()
    assert [line for line in direct if "==" in line and not re.search(r"  # [\w`]", line)] == []


@pytest.mark.parametrize("name", FILES)
def test_this_python_holds_what_is_pinned(name):
    requirements = [pinned(line) for line in lines(name)]
    assert [each for each in requirements if distribution(each.name).version not in each.specifier] == []


def test_the_lock_file_says_what_but_not_from_where():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())
