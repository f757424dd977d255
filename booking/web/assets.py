"""Style sheets, scripts and fonts: named by their content, kept for a year, compressed once per process."""

import gzip
import json
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for

TEXTS = {"text/css", "text/javascript", "application/json", "image/svg+xml"}
FONT_SETS = {"uk": "cyrillic", "ru": "cyrillic", "ar": "arabic"}  # language → set of tools/fonts.py, else latin
FACES = "vendor/fonts/faces.json"  # made by tools/fonts.py
KEPT = "public, max-age=31536000, immutable"


def register(app: Flask) -> None:
    """Give templates ``asset`` and answer requests for static files accordingly."""
    app.add_template_global(asset)
    app.add_template_global(font_set)
    app.add_template_global(font_files)
    app.after_request(_pack)


def asset(name: str) -> str:
    """Return the address of a static file; it changes whenever the file does, so that it may be kept for ever."""
    file = Path(str(current_app.static_folder), name)
    changed = file.stat().st_mtime_ns if file.exists() else 0
    return url_for("static", filename=name, v=_digest(str(file), changed))


def font_set(language: str) -> str:
    """Return which set of font files a page in this language needs."""
    return FONT_SETS.get(language, "latin")


def font_files(language: str) -> list[str]:
    """Return the addresses of those files, so that a page can ask for them before it has read its style sheets."""
    return [face["file"] for face in font_faces(language)]


def font_faces(language: str) -> list[dict[str, str]]:
    """Return those files as a script needs them: family, file (its address), weight, unicodeRange."""
    listed = Path(str(current_app.static_folder), FACES)
    if not listed.exists():
        return []
    faces = _faces(str(listed), listed.stat().st_mtime_ns)[font_set(language)]
    return [face | {"file": asset(f"vendor/fonts/{face['file']}")} for face in faces]


@lru_cache(maxsize=4)
def _faces(file: str, _changed: int) -> dict[str, list[dict[str, str]]]:
    listed: dict[str, list[dict[str, str]]] = json.loads(Path(file).read_bytes())
    return listed


@lru_cache(maxsize=256)
def _digest(file: str, changed: int) -> str:
    return sha256(Path(file).read_bytes()).hexdigest()[:12] if changed else "missing"


@lru_cache(maxsize=64)
def _packed(file: str, changed: int) -> bytes:
    return gzip.compress(Path(file).read_bytes(), mtime=0) if changed else b""


def _pack(response: Response) -> Response:
    if request.endpoint != "static" or response.status_code != 200:  # noqa: PLR2004 - OK
        return response
    if "v" in request.args:
        response.headers["Cache-Control"] = KEPT
    if response.mimetype not in TEXTS:
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"] or "Range" in request.headers:
        return response
    file = Path(str(current_app.static_folder), (request.view_args or {})["filename"])
    response.close()  # the file that it would have sent
    response.direct_passthrough = False
    response.set_data(_packed(str(file), file.stat().st_mtime_ns))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("ETag", None)  # it names the other form
    return response
