"""Cut fonts down to the signs that people here write: two files for a page in any of our languages."""

import json
import logging
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

FAMILY = "Wartefrei Sans"  # one name for all sets: a page loads one of them, and a host page's own fonts stay its own
OTHER = f"{FAMILY} Arabic"  # a script may add several sets to one document: then another typeface has a name of its own
MODULES = Path("node_modules")
FIRA = MODULES / "@kern-ux/native/dist/fonts/fira-sans"
NOTO_LATIN = MODULES / "@kern-ux/native/dist/fonts/noto-sans"
NOTO_LICENCE = MODULES / "@fontsource-variable/noto-sans-arabic/LICENSE"
NOTO = MODULES / "@fontsource-variable/noto-sans-arabic/files"
# Turkish and the names of Europe lie in Latin Extended-A; then dashes, quotes, bullets, the ellipsis, euro and arrows.
SIGNS = "U+20-7E, U+A0-FF, U+2010-2015, U+2018-201E, U+2022, U+2026, U+202F, U+20AC, U+2190-2193, U+2212"
LATIN = f"{SIGNS}, U+100-17F, U+218-21B, U+1E9E"
CYRILLIC = f"{SIGNS}, U+400-45F, U+490-491, U+2116"
ARABIC = "U+60C, U+61B-61C, U+61F-65F, U+670-671, U+679, U+67E, U+686, U+698, U+6A9, U+6AF, U+6CC, U+6D4, U+200C-200F"
FEATURES = ("kern", "liga", "ccmp", "locl", "mark", "mkmk", "init", "medi", "fina", "rlig", "calt")


@dataclass(frozen=True)
class Face:
    """One file: where it comes from, which weights it has, for which signs a browser loads it."""

    name: str
    source: Path
    weight: str
    signs: str
    features: tuple[str, ...] = FEATURES

    @property
    def file(self) -> str:
        """The name of the cut file."""
        return f"{self.name}.woff2"


SETS = {
    "latin": (
        Face("latin-regular", FIRA / "FiraSans-Regular.woff2", "400", LATIN),
        Face("latin-semibold", FIRA / "FiraSans-SemiBold.woff2", "600", LATIN),
    ),
    "cyrillic": (  # with the Latin letters that stand between: a page of it needs no third file
        Face("cyrillic-regular", FIRA / "FiraSans-Regular.woff2", "400", CYRILLIC),
        Face("cyrillic-semibold", FIRA / "FiraSans-SemiBold.woff2", "600", CYRILLIC),
    ),
    "arabic": (  # variable: each file has every weight
        Face("arabic", NOTO / "noto-sans-arabic-arabic-wght-normal.woff2", "400 600", ARABIC),
        Face("arabic-latin", NOTO / "noto-sans-arabic-latin-wght-normal.woff2", "400 600", SIGNS),
    ),
}

# On paper stands whatever somebody is called: all Latin letters, Greek, Cyrillic, combining marks (DIN 91379), and
# Arabic with its additions. Noto Sans has them all, Fira Sans lacks a hundred. This edition's ccmp takes the dot off
# every Ukrainian і, so it is left out: letters are composed (NFC) before they are drawn.
ON_PAPER = "U+20-7E, U+A0-52F, U+1E00-1FFF, U+2000-206F, U+20A0-20BF, U+2116, U+2190-2193, U+2212"
WHOLE_ARABIC = "U+600-6FF, U+750-77F, U+FB50-FEFF"
COMPOSED = tuple(feature for feature in FEATURES if feature != "ccmp")
PAPER = (
    Face("paper-regular", NOTO_LATIN / "NotoSans-Regular.woff2", "400", ON_PAPER, COMPOSED),
    Face("paper-bold", NOTO_LATIN / "NotoSans-Bold.woff2", "700", ON_PAPER, COMPOSED),
    Face(
        "paper-arabic", NOTO / "noto-sans-arabic-arabic-wght-normal.woff2", "400", "U+600-6FF, U+750-77F, U+FB50-FEFF"
    ),
)


def write_paper(folder: Path) -> None:
    """Write the fonts that are embedded into PDFs as TrueType files, and the licence that they all have beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for face in PAPER:
        font = TTFont(face.source)
        notice = font["name"].getDebugName(0)
        if "fvar" in font:
            font = instancer.instantiateVariableFont(
                font, {axis.axisTag: _at(axis, face) for axis in font["fvar"].axes}
            )
        (folder / f"{face.name}.ttf").write_bytes(_cut_font(font, face, flavor=None))
        licence = NOTO_LICENCE.read_text(encoding="utf-8")
        (folder / f"OFL-{face.name}.txt").write_text(f"{notice}\n\n{licence}", encoding="utf-8")


def _at(axis: object, face: Face) -> float:
    """Return the one value of an axis that a face is drawn at."""
    is_weight = getattr(axis, "axisTag", "") == "wght"
    return float(face.weight) if is_weight else float(getattr(axis, "defaultValue", 0))


def write(folder: Path) -> None:
    """Write every set: its files, its style sheet ``<set>.css``, and ``faces.json`` for who loads them by script."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it minds a flag of Fira's that no browser reads
    folder.mkdir(parents=True, exist_ok=True)
    for name, faces in SETS.items():
        for face in faces:
            (folder / face.file).write_bytes(_cut(face))
        (folder / f"{name}.css").write_text("\n".join(_rule(face, folder) for face in faces), encoding="utf-8")
    listed = {name: [_descriptors(face, name) for face in faces] for name, faces in SETS.items()}
    (folder / "faces.json").write_text(json.dumps(listed), encoding="utf-8")


def _cut(face: Face) -> bytes:
    """Return a WOFF2 file with the signs of a face alone."""
    return _cut_font(subset.load_font(face.source, subset.Options()), face, flavor="woff2")


def _cut_font(font: TTFont, face: Face, *, flavor: str | None) -> bytes:
    options = subset.Options(flavor=flavor, layout_features=list(face.features), notdef_outline=True, hinting=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=subset.parse_unicodes(face.signs.replace(" ", "")))
    cutter.subset(font)
    written = BytesIO()
    subset.save_font(font, written, options)
    return written.getvalue()


def _rule(face: Face, folder: Path) -> str:
    version = sha256((folder / face.file).read_bytes()).hexdigest()[:12]  # as booking/web/assets.py writes addresses
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-style: normal; font-weight: {face.weight}; font-display: swap; '
        f'src: url("{face.file}?v={version}") format("woff2"); unicode-range: {face.signs}; }}'
    )


def _descriptors(face: Face, of_set: str) -> dict[str, str]:
    family = OTHER if of_set == "arabic" else FAMILY
    return {"family": family, "file": face.file, "weight": face.weight, "unicodeRange": face.signs}
