"""Copy what pages need of other people's front-end files out of node_modules/, by the lock file's versions.

Usage: python -m tools.front_end TARGET. The target is made anew each time; nothing in it is committed.
"""

import json
import shutil
import sys
from pathlib import Path

from tools import axis, fonts, kern, shadow

MODULES = Path("node_modules")
TEMPLATES, OURS = Path("templates"), Path("booking/web/static")
KERN = MODULES / "@kern-ux/native/dist"
STAFF = set((TEMPLATES / "staff").rglob("*.html"))
CITIZENS = set(TEMPLATES.rglob("*.html")) - STAFF
ALERTS = {"info", "success", "warning", "danger"}  # the alert macro says which at run time
COPIES = {
    MODULES / "@fontsource-variable/noto-sans-arabic/LICENSE": "fonts/OFL-noto-sans-arabic.txt",
    MODULES / "@kern-ux/native/LICENSE.md": "kern/LICENSE.md",
    MODULES / "swagger-ui-dist/swagger-ui.css": "swagger-ui/swagger-ui.css",
    MODULES / "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
    MODULES / "swagger-ui-dist/LICENSE": "swagger-ui/LICENSE",
}


def main(target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    for source, name in COPIES.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)
    (target / "kern/parts.css").write_text(_kern_parts(CITIZENS), encoding="utf-8")
    (target / "kern/staff.css").write_text(_kern_parts(CITIZENS | STAFF), encoding="utf-8")
    (target / "kern/icons.json").write_text(json.dumps(_icons()), encoding="utf-8")
    (target / "staff").mkdir()
    (target / "staff/axis.css").write_text(axis.sheet(), encoding="utf-8")
    (target / "widget").mkdir()
    (target / "widget/widget.css").write_text(_for_widget(), encoding="utf-8")
    fonts.write(target / "fonts")
    fonts.write_paper(target / "paper")


def _kern_parts(templates: set[Path]) -> str:
    """Return the parts of KERN that these templates use: 8 kB to load, compressed, instead of 35."""
    whole = KERN / "kern.min.css"
    sheets = OURS.rglob("*.css") if templates & STAFF else OURS.glob("*.css")
    ours = "".join(sheet.read_text(encoding="utf-8") for sheet in sorted(sheets) if "vendor" not in sheet.parts)
    parts = kern.parts(whole.read_text(encoding="utf-8"), kern.classes_in(sorted(templates)), also=ours)
    return parts.replace('"Fira Sans"', f'"{fonts.FAMILY}"')


def _for_widget() -> str:
    """Return the pages' sheets for the widget's shadow root, and what it needs besides."""
    ours = [(OURS / name).read_text(encoding="utf-8") for name in ("citizen.css", "widget.css")]
    return kern.NOTICE + shadow.rewritten("\n".join((_kern_parts(CITIZENS), *ours)))


def _icons() -> dict[str, str]:
    """Return the drawings of the icons that our templates name."""
    used = kern.icons_in(TEMPLATES.rglob("*.html")) | ALERTS
    drawn = kern.drawings((KERN / "kern.min.css").read_text(encoding="utf-8"))
    if missing := used - set(drawn):
        sys.exit(f"KERN has no icons named {', '.join(sorted(missing))}.")
    return {name: drawn[name] for name in sorted(used)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
