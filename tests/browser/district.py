"""Two towns on one server: Schwarmstedt in every language, and one where an office has nothing free."""

import shutil
from pathlib import Path

from booking.rules.languages import LANGUAGES
from tests.catalogue.samples import FOLDER, SCHWARMSTEDT, edited

BRANCH = """\
  - id: nebenstelle
    name: {de: Nebenstelle}
    address: {street: Dorfstraße 2, postal_code: "29690", city: Leerstadt}
    phone: "05071 809-5"
    email: nebenstelle@example.org
    opening_hours: {tue: ["08:00-12:00"]}
clerks:
  - id: platz-3
    name: {de: Platz 3}
    concerns: all
    blocks: [{office: nebenstelle, weekday: tue, hours: "08:00-12:00", kind: online}]
"""


def catalogues(folder: Path) -> list[Path]:
    """Write the catalogue files of the district into a folder."""
    for logo in FOLDER.glob("*.svg"):
        shutil.copy(logo, folder)
    files = {"schwarmstedt.yaml": _many_voiced(), "leerstadt.yaml": _empty()}
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in files]


def _many_voiced() -> str:
    languages = next(line for line in SCHWARMSTEDT.splitlines() if line.startswith("  languages: "))
    spoken = edited(f"{languages}\n", f"  languages: [{', '.join(LANGUAGES)}]\n", SCHWARMSTEDT)
    return edited("max_open_per_network: 30\n", "max_open_per_network: 1000\n    proof_above: 1000\n", spoken)


def _empty() -> str:
    town = edited("id: musterstadt", "id: leerstadt", edited("{de: Musterstadt, en: Model Town}", "{de: Leerstadt}"))
    offices = "{office: rathaus, online: true, staff: true}"
    both = edited(offices, f"{offices}, {offices.replace('rathaus', 'nebenstelle')}", town)
    weekly = edited(
        'hours: "08:00-10:00", kind: online}', 'hours: "08:00-10:00", kind: online, valid_from: 2099-01-05}', both
    )
    return edited("clerks:\n", BRANCH, edited("date: 2026-12-05", "date: 2099-01-10", weekly))
