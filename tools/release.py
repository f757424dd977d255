"""Build one archive that installs without internet: program, wheels, list of parts, checksums, install script.

Usage: python -m tools.release TARGET [--wheels FOLDER]. `make release` calls it after all else was built. The same
commit and the same wheels give the same bytes: names in order, the commit's time everywhere, nobody's account.
"""

import argparse
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config import VERSION
from config.settings import ROOT

PYTHONS = ("3.11", "3.13")
# Debian 12 has glibc 2.36; each wheel names the oldest one that it runs on.
PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in (5, 12, 17, 24, 26, 27, 28, 31, 34)] + ["manylinux2014_x86_64"]
PROGRAM = ("booking", "config", "deploy", "docs", "migrations", "templates")
FILES = ("CHANGELOG.md", "LICENSE", "README.md", "requirements.txt", "wsgi.py")
BUILT = ("booking/web/static/vendor", "booking/translations")
INSTALL = Path(__file__).with_name("install.sh")
SBOM = "sbom.cdx.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--wheels", type=Path, help="a folder that a build before has filled")
    chosen = parser.parse_args()
    name = f"wartefrei-{VERSION}"
    with tempfile.TemporaryDirectory(prefix="wartefrei-release-") as scratch:
        root = Path(scratch, name)
        _copy_program(root / "program")
        _gather_wheels(root / "wheels", chosen.wheels)
        (root / SBOM).write_text(_parts(root / "wheels", Path(scratch)), encoding="utf-8")
        shutil.copy(INSTALL, root / "install")
        (root / "VERSION").write_text(f"{VERSION}\n")
        (root / "SHA256SUMS").write_text("".join(_sums(root)))
        chosen.target.mkdir(parents=True, exist_ok=True)
        archive = chosen.target / f"{name}.tar.gz"
        _pack(root, archive)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    Path(f"{archive}.sha256").write_text(f"{digest}  {archive.name}\n")
    print(f"{archive}: {archive.stat().st_size // 1_000_000} MB, sha256 {digest}")


def _copy_program(target: Path) -> None:
    """Copy what git knows of the program, and what was built from it."""
    tracked = _run("git", "ls-files", "-z", "--", *PROGRAM, *FILES).split("\0")
    built = [str(file.relative_to(ROOT)) for folder in BUILT for file in (ROOT / folder).rglob("*") if file.is_file()]
    if not any(name.endswith(".mo") for name in built) or not any("vendor/" in name for name in built):
        sys.exit("Translations or front-end files are not built: `make release` does it.")
    for name in sorted({*filter(None, tracked), *built}):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target / name)


def _gather_wheels(target: Path, given: Path | None) -> None:
    """Fetch every pinned package as a wheel, for each Python; one without a wheel ends the build."""
    if given and any(given.glob("*.whl")):
        shutil.copytree(given, target)
        return
    for python in PYTHONS:
        platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
        chosen = ["--no-deps", "--only-binary=:all:", "--python-version", python, *platforms]
        _run(*_pip("download"), *chosen, "-r", str(ROOT / "requirements.txt"), "-d", str(target))
    if given:
        shutil.copytree(target, given, dirs_exist_ok=True)


def _parts(wheels: Path, scratch: Path) -> str:
    """Return the CycloneDX list of parts: the Python packages as installed, with licences, and the front end's."""
    environment, listed = scratch / "environment", scratch / SBOM
    venv.create(environment, with_pip=False)
    python = str(environment / "bin/python")
    _run(
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python),
        *("install", "--quiet", "--no-index", "--no-deps", "--find-links", str(wheels)),
        *("-r", str(ROOT / "requirements.txt")),
    )
    tool = [sys.executable, "-m", "cyclonedx_py", "environment", python, "--output-reproducible", "--no-validate"]
    _run(*tool, "--spec-version", "1.6", "--output-format", "JSON", "--output-file", str(listed))
    told: dict[str, Any] = json.loads(listed.read_text(encoding="utf-8"))
    told.setdefault("metadata", {})["component"] = {"type": "application", "name": "wartefrei", "version": VERSION}
    told["components"] = [_without_place(each) for each in told["components"]] + list(_front_end())
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _without_place(component: dict[str, Any]) -> dict[str, Any]:
    """Leave out where the build machine took a package from."""
    kept = [ref for ref in component.get("externalReferences", []) if ref["type"] != "distribution"]
    return component | ({"externalReferences": kept} if kept else {})


def _front_end() -> Iterator[dict[str, Any]]:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for place, entry in sorted(lock["packages"].items()):
        name = place.removeprefix("node_modules/")
        if not name or entry.get("dev"):
            continue
        purl = f"pkg:npm/{name.replace('@', '%40')}@{entry['version']}"
        component = {"type": "library", "name": name, "version": entry["version"], "purl": purl, "bom-ref": purl}
        licence = entry.get("license")
        yield component | ({"licenses": [{"expression": licence}]} if licence else {})


def _sums(root: Path) -> Iterator[str]:
    for file in _files(root):
        yield f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(root)}\n"


def _files(root: Path) -> list[Path]:
    return sorted(file for file in root.rglob("*") if file.is_file())


def _pack(root: Path, archive: Path) -> None:
    moment = int(_run("git", "log", "-1", "--format=%ct"))
    with (
        archive.open("wb") as opened,
        gzip.GzipFile("", "wb", compresslevel=6, fileobj=opened, mtime=moment) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for file in _files(root):
            entry = tar.gettarinfo(file, arcname=str(file.relative_to(root.parent)))
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = moment
            entry.mode = 0o755 if file.name == "install" else 0o644
            with file.open("rb") as content:
                tar.addfile(entry, content)


def _pip(command: str) -> list[str]:
    return [sys.executable, "-m", "pip", command, "--disable-pip-version-check", "--quiet"]


def _run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:5])} … failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
