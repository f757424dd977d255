"""Copy what pages need of other people's front-end files out of node_modules/, by the lock file's versions.

Usage: python -m tools.front_end TARGET. The target is made anew each time; nothing in it is committed.
"""

import json
import re
import shutil
import sys
from pathlib import Path

from tools import kern

MODULES = Path("node_modules")
TEMPLATES, OURS = Path("templates"), Path("booking/web/static")
KERN = MODULES / "@kern-ux/native/dist"
# The weights that KERN's own tokens use (400, 500, 600) and bold for <strong>; the packages hold 28 more faces.
FACES = ("Regular", "Italic", "Medium", "SemiBold", "Bold")
ALERTS = {"info", "success", "warning", "danger"}  # the alert macro says which at run time
COPIES = {
    MODULES / "@kern-ux/native/LICENSE.md": "kern/LICENSE.md",
    MODULES / "swagger-ui-dist/swagger-ui.css": "swagger-ui/swagger-ui.css",
    MODULES / "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
    MODULES / "swagger-ui-dist/LICENSE": "swagger-ui/LICENSE",
}


def main(target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    faces = {KERN / f"fonts/fira-sans/FiraSans-{face}.woff2": f"fonts/FiraSans-{face}.woff2" for face in FACES}
    for source, name in (COPIES | faces).items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)
    (target / "kern/parts.css").write_text(_kern_parts(), encoding="utf-8")
    (target / "kern/icons.json").write_text(json.dumps(_icons()), encoding="utf-8")
    (target / "fonts/fira-sans.css").write_text(_font_faces(), encoding="utf-8")


def _kern_parts() -> str:
    """Return the parts of KERN that our templates use: 8 kB to load, compressed, instead of 35."""
    whole = KERN / "kern.min.css"
    ours = "".join(sheet.read_text(encoding="utf-8") for sheet in sorted(OURS.glob("*.css")))
    return kern.parts(whole.read_text(encoding="utf-8"), kern.classes_in(TEMPLATES.rglob("*.html")), also=ours)


def _icons() -> dict[str, str]:
    """Return the drawings of the icons that our templates name."""
    used = kern.icons_in(TEMPLATES.rglob("*.html")) | ALERTS
    drawn = kern.drawings((KERN / "kern.min.css").read_text(encoding="utf-8"))
    if missing := used - set(drawn):
        sys.exit(f"KERN has no icons named {', '.join(sorted(missing))}.")
    return {name: drawn[name] for name in sorted(used)}


def _font_faces() -> str:
    """Return KERN's own @font-face rules for the faces we copy, with text shown while a font is on its way."""
    rules = re.findall(r"@font-face\s*{[^}]*}", (KERN / "fonts/fira-sans.css").read_text(encoding="utf-8"))
    wanted = [rule for rule in rules if any(f"FiraSans-{face}.woff2" in rule for face in FACES)]
    if len(wanted) != len(FACES):
        sys.exit(f"KERN's fira-sans.css no longer names the faces {', '.join(FACES)}: adapt tools/front_end.py.")
    return "\n".join(wanted).replace("./fira-sans/", "").replace("font-weight", "font-display: swap;\n    font-weight")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
