"""What `make audit` asks: known vulnerabilities of what we ship, its licences, and ruff's rules of security.

Exit status 0: asked everything, found nothing. 1: found something. 2: found nothing, but somebody did not answer; that
is never called clean.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, Final

HOUSE: Final = Path(__file__).resolve().parent.parent
ALLOWED: Final[Mapping[str, str]] = {  # licence: why it goes together with ours, EUPL-1.2
    "0BSD": "permissive",
    "Apache-2.0": "permissive",
    "BSD": "permissive; older packages do not say which of the two",
    "BSD-2-Clause": "permissive",
    "BSD-3-Clause": "permissive",
    "EUPL-1.2": "our own; KERN-UX has it too",
    "ISC": "permissive",
    "LGPL-3.0-only": "used as a library, unchanged and replaceable: psycopg, fpdf2",
    "MIT": "permissive",
    "MIT-0": "permissive",
    "MIT-CMU": "permissive; Pillow's",
    "MPL-2.0": "file by file, unchanged: certifi's list of authorities",
    "OFL-1.1": "fonts, shipped under their own names",
    "PSF-2.0": "permissive; Python's own",
    "Unlicense": "public domain",
}
SPOKEN: Final[Mapping[str, str]] = {  # what packages call them
    "Apache 2": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "PSFL": "PSF-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Dual License": "",
}
# Who names none in its metadata: we read the file of its licence. Only this version's: the next one is read again.
READ: Final[Mapping[tuple[str, str], str]] = {("IMAPClient", "4.1.0"): "BSD-3-Clause"}
PINNED: Final = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*])?==(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Found:
    """What one question brought: findings, and who did not answer (a sentence, empty if all did)."""

    findings: tuple[str, ...] = ()
    silent: str = ""


def main() -> int:
    """Ask all and print; return the exit status."""
    asked = {
        "Python packages, known vulnerabilities": python_vulnerabilities(_run("pip_audit", *_PIP_AUDIT)),
        "npm packages, known vulnerabilities": npm_vulnerabilities(_npm_audit()),
        "Licences": Found(tuple(strange_licences({**python_licences(), **npm_licences()}))),
        "Ruff's rules of security": _ruff(),
    }
    for question, found in asked.items():
        print(f"{question}: {_said(found)}")
    for name, licence in sorted({**python_licences(), **npm_licences()}.items(), key=lambda pair: pair[0].lower()):
        print(f"  {name:32} {licence}")
    return status(asked.values())


def status(asked: Iterable[Found]) -> int:
    """Return 1 if anything was found, else 2 if anybody did not answer, else 0."""
    found = list(asked)
    if any(each.findings for each in found):
        return 1
    return 2 if any(each.silent for each in found) else 0


def python_vulnerabilities(output: str) -> Found:
    """Read pip-audit's JSON. What it skipped was not asked about: by itself it calls that clean."""
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Found(silent="the vulnerability database of PyPI did not answer")
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    findings = [
        f"{each['name']} {each['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version'}"
        for each in packages
        for hole in each.get("vulns", ())
    ]
    silent = f"no answer about {len(skipped)} of {len(packages)} packages" if skipped or not packages else ""
    return Found(tuple(findings), silent)


def npm_vulnerabilities(output: str) -> Found:
    """Read npm audit's JSON; an error in place of a report is no report."""
    try:
        report = json.loads(output)
        holes = report["vulnerabilities"]
    except (ValueError, KeyError, TypeError):
        return Found(silent="npm's registry did not answer")
    return Found(tuple(f"{name}: {told.get('severity', 'unknown')}" for name, told in sorted(holes.items())))


def python_licences() -> dict[str, str]:
    """Return the licence of each package in requirements.txt, as it names it itself."""
    names = [name for name, _ in PINNED.findall((HOUSE / "requirements.txt").read_text())]
    return {name: _licence_of(name) for name in names}


def npm_licences() -> dict[str, str]:
    """Return the licence of each npm package that we ship."""
    packages: dict[str, Any] = json.loads((HOUSE / "package-lock.json").read_text())["packages"]
    shipped = {path: told for path, told in packages.items() if path and not told.get("dev")}
    return {path.rpartition("node_modules/")[2]: str(told.get("license", "")) for path, told in shipped.items()}


def strange_licences(licences: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each package none of whose licences, or not all that hold at once, are on the list."""
    for name, licence in sorted(licences.items()):
        choices = [choice.split(" AND ") for choice in licence.strip("()").split(" OR ")]
        if not any(all(part.strip(" ()") in ALLOWED for part in parts) for parts in choices):
            yield f"{name}: {licence or 'says none'} is not on the list of tools/audit.py"


def _licence_of(name: str) -> str:
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    listed = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if line.startswith("License ::")]
    written = next((text for field in ("License-Expression", "License") for text in told.get_all(field) or ()), "")
    first = "" if "\n" in written else written
    names = [SPOKEN.get(each, each) for each in ([first] if SPOKEN.get(first, first) else listed)]
    return " OR ".join(dict.fromkeys(filter(None, names))) or READ.get((name, told["Version"]), "")


def _ruff() -> Found:
    output = _run("ruff", "check", "--select=S", "--output-format=concise", "booking", "config", "tools", "migrations")
    lines = [line for line in output.splitlines() if re.search(r":\d+:\d+: ", line)]
    return Found(tuple(lines), "" if lines or "All checks passed" in output else "ruff did not run")


def _npm_audit() -> str:
    return _output(["npm", "audit", "--omit=dev", "--json"])


def _run(module: str, *arguments: str) -> str:
    return _output([sys.executable, "-m", module, *arguments])


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False, timeout=300)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def _said(found: Found) -> str:
    lines = [*found.findings, *([f"COULD NOT ASK: {found.silent}"] if found.silent else [])]
    return "".join(f"\n  {line}" for line in lines) if lines else "asked, nothing found"


_PIP_AUDIT: Final = ("-r", "requirements.txt", "--no-deps", "--disable-pip", "--progress-spinner=off", "--format=json")

if __name__ == "__main__":
    sys.exit(main())
