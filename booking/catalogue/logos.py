"""A municipality's logo: a small picture beside the catalogue file, checked by what is in it and not by its name.

It is shown as an ``<img>``, which runs no scripts; the checks are for whoever opens its address directly.
"""

import base64
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.parsers import expat

from booking.catalogue.faults import Fault, quoted
from booking.catalogue.faults import Path as Way
from booking.catalogue.reading import Document

MAX_BYTES = 64 * 1024
SVG, PNG = "image/svg+xml", "image/png"
WAY: Way = ("municipality", "logo", "file")
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER = struct.Struct(">IIBBBBB")  # width, height, and how pixels are written
_PNG_CHECK = 4  # bytes
_LARGEST_SIDE = 4096
_SVG_SPACE = "http://www.w3.org/2000/svg"
_XLINK_HREF = "http://www.w3.org/1999/xlink href"
_DRAWING = frozenset(
    {"svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline"}
    | {"polygon", "text", "tspan", "style", "clipPath", "mask", "linearGradient", "radialGradient", "stop", "pattern"}
)
"""Enough for any coat of arms; no script, no foreignObject, no image, no link, no animation.

No <use> either: ten of them, each of a group of ten more, make a drawing of a kilobyte ten thousand million shapes.
"""
_LOADS = re.compile(r"url\(\s*+['\"]?+\s*+(?!#)|@import|(?:image|image-set|src|expression)\(|\\", re.IGNORECASE)
"""What makes a style load something; a backslash could spell any of it. Possessive: spaces are not tried again."""


class _Unfit(Exception):  # noqa: N818 - a sentence about the picture
    """Ends the reading of a drawing with what is wrong in it."""


def add_logo(document: Document, folder: Path | None) -> Iterator[Fault]:
    """Put the logo's content into a document that names one, or yield what is wrong with it.

    ``logo`` then is ``{file, alt, digest, content}``, the content in Base64.
    """
    logo = _named(document)
    if logo is None:
        return
    content, sentence = _read(str(logo["file"]), folder)
    if sentence := sentence or _unfitness(content):
        yield document.fault(WAY, sentence)
    else:
        logo.update(entry_of(logo, content))


def entry_of(logo: Mapping[str, Any], content: bytes) -> dict[str, Any]:
    """Return the logo as catalogue entries compare it; the digest stands first to be seen in a report."""
    return {
        "file": logo["file"],
        "digest": sha256(content).hexdigest()[:16],
        "alt": logo["alt"],
        "content": base64.b64encode(content).decode("ascii"),
    }


def stored(entry: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return what an entry is in the tables: facts, and the picture itself."""
    content = base64.b64decode(entry["content"])
    facts = {key: entry[key] for key in ("file", "digest", "alt")}
    return {**facts, "kind": PNG if content.startswith(_PNG_HEAD) else SVG}, content


def _named(document: Document) -> dict[str, Any] | None:
    town = document.data.get("municipality") if isinstance(document.data, dict) else None
    logo = town.get("logo") if isinstance(town, dict) else None
    is_whole = isinstance(logo, dict) and isinstance(logo.get("file"), str) and isinstance(logo.get("alt"), dict)
    return logo if is_whole else None


def _read(name: str, folder: Path | None) -> tuple[bytes, str]:
    """Return the content and what stands in the way of it. Only a plain name is followed: the schema says which."""
    if folder is None or Path(name).name != name:
        return b"", "A logo lies beside the catalogue file, and here is only the text of one."
    try:
        with (folder / name).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError:
        return b"", f"There is no file {quoted(name)} beside the catalogue file that can be read."
    return content, f"{quoted(name)} is larger than 64 kB." if len(content) > MAX_BYTES else ""


def _unfitness(content: bytes) -> str:
    """Return why a picture cannot be a logo, or nothing."""
    if content.startswith(_PNG_HEAD):
        return _png_unfitness(content)
    if b"<svg" not in content:
        return "This is neither an SVG drawing nor a PNG."
    try:
        _read_drawing(content)
    except _Unfit as unfit:
        return str(unfit)
    except (expat.ExpatError, ValueError):
        return "This SVG drawing is no well-formed XML."
    return ""


def _png_unfitness(content: bytes) -> str:
    """Go through the chunks (W3C PNG, sections 5.3 and 5.6): nothing stands before the header or after the end."""
    chunks = list(_png_chunks(content))
    names = [name for name, _ in chunks]
    is_whole = names[:1] == [b"IHDR"] and names[-1:] == [b"IEND"] and b"IDAT" in names and names.count(b"IEND") == 1
    if not is_whole or len(chunks[0][1]) != _PNG_HEADER.size:
        return "This PNG is broken."
    width, height = _PNG_HEADER.unpack(chunks[0][1])[:2]
    if not 0 < width <= _LARGEST_SIDE or not 0 < height <= _LARGEST_SIDE:
        return f"This PNG measures {width} × {height}; no side may be longer than {_LARGEST_SIDE}."
    return ""


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield every chunk's name and data; for what is no chunk, something that has no name."""
    place = len(_PNG_HEAD)
    while place < len(content):
        size = int.from_bytes(content[place : place + 4])
        named, check = content[place + 4 : place + 8 + size], content[place + 8 + size : place + 12 + size]
        if len(check) < _PNG_CHECK or zlib.crc32(named) != int.from_bytes(check):
            yield b"", b""
            return
        yield named[:4], named[4:]
        place += 12 + size


def _read_drawing(content: bytes) -> None:
    """Go through a drawing; raises ``_Unfit`` at the first thing that a logo has no need of."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        if name != f"{_SVG_SPACE} svg":
            raise _Unfit("A logo must be one <svg> and nothing around it; save it as plain SVG.")
        _check_element(name, attributes)
        parser.StartElementHandler = _check_element

    parser.StartElementHandler = begin
    texts: list[str] = []
    parser.CharacterDataHandler = texts.append
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.ProcessingInstructionHandler = _refuse_instruction
    parser.Parse(content, True)  # noqa: FBT003 - expat takes no keywords
    _check_style("".join(texts), "its style sheet")  # at once: a comment may stand in the middle of a word


def _check_element(name: str, attributes: Mapping[str, str]) -> None:
    space, _, plain = name.rpartition(" ")
    if space != _SVG_SPACE or plain not in _DRAWING:
        raise _Unfit(f"A logo may not have <{plain[:40]}> in it; save it as plain SVG.")
    for key, value in attributes.items():
        if key.lower().startswith("on"):
            raise _Unfit(f"A logo may not have {key[:40]} in it: that is a script.")
        if key in {"href", _XLINK_HREF} and not value.startswith("#"):
            raise _Unfit("A logo may only refer to parts of itself.")
        _check_style(value, key.rpartition(" ")[2])


def _check_style(text: str, where: str) -> None:
    if _LOADS.search(text):
        raise _Unfit(f"A logo may not load anything: look at {where[:40]}.")


def _refuse_doctype(*_parts: object) -> None:
    raise _Unfit("A logo may not have a DOCTYPE; save it as plain SVG.")


def _refuse_instruction(*_parts: object) -> None:
    raise _Unfit("A logo may not have a style sheet of its own (<?…?>).")
