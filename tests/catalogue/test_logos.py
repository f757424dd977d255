"""A logo is a small picture that can do nothing; what it is is told by its content."""

import struct
import time
import zlib
from pathlib import Path

import pytest

from booking.catalogue import CatalogueFaults, read_catalogue_file
from tests.catalogue.samples import edited, faults_of

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z" fill="url(#a)"/></svg>'


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def a_png(side: int = 2) -> bytes:
    pixels = zlib.compress((b"\0" + b"\0" * 4 * 2) * 2)
    header = chunk(b"IHDR", struct.pack(">II5B", side, side, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels) + chunk(b"IEND")


PNG = a_png()
HEAD = PNG[:33]
BOMB = "".join(f"<g id='a{n}'>" + f"<use href='#a{n + 1}'/>" * 10 + "</g>" for n in range(9)) + "<g id='a9'><path/></g>"
NAMED = edited("  embedding_origins:", "  logo: {file: town.svg, alt: {de: Wappen}}\n  embedding_origins:")


def read(folder: Path, content: str | bytes) -> str:
    """What is said of a logo with this content; nothing if it will do."""
    (folder / "town.svg").write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        read_catalogue_file(NAMED, folder)
    except CatalogueFaults as refusal:
        return " ".join(fault.sentence for fault in refusal.faults)
    return ""


def inside(words: str, attributes: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{words}</svg>'


@pytest.mark.parametrize(
    "content",
    [
        DRAWING,
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn here -->\n{DRAWING}',
        inside("<style>.a{fill:#123456}</style><title>Wappen</title><g class='a'><circle r='3'/></g>"),
        inside("<linearGradient id='b'/><linearGradient id='a' href='#b'/><path fill=\"url( '#a' )\"/>"),
        PNG,
    ],
)
def test_a_plain_picture_will_do(tmp_path, content):
    assert read(tmp_path, content) == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (inside("<script>alert(1)</script>"), "<script>"),
        (inside("", 'onload="alert(1)"'), "onload"),
        (inside("", 'ONLOAD="alert(1)"'), "ONLOAD"),
        (inside("<foreignObject/>"), "<foreignObject>"),
        (inside("<image href='https://evil.example/a.png'/>"), "<image>"),
        (inside("<a href='https://evil.example/'><path/></a>"), "<a>"),
        (inside("<animate attributeName='href'/>"), "<animate>"),
        (inside("<pattern href='https://evil.example/a.svg#a'/>"), "parts of itself"),
        (inside("<pattern xlink:href='a.svg#a'/>", 'xmlns:xlink="http://www.w3.org/1999/xlink"'), "parts of itself"),
        (inside("<h:script>1</h:script>", 'xmlns:h="http://www.w3.org/1999/xhtml"'), "<script>"),
        (inside("<style>@import 'https://evil.example/a.css';</style>"), "load"),
        (inside("<style>@im<!-- -->port 'https://evil.example/a.css';</style>"), "load"),
        (inside("<style>.a{fill:u\\72l(https://evil.example)}</style>"), "load"),
        (inside("<path style='fill:URL( https://evil.example/ )'/>"), "load"),
        (inside("<path fill=\"url('data:image/png;base64,AA')\"/>"), "load"),
        ('<?xml-stylesheet href="https://evil.example/a.css"?>' + DRAWING, "style sheet"),
        ('<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + inside("&b;"), "DOCTYPE"),
        (inside("<path>"), "well-formed"),
        ("<svg><path/></svg>", "plain SVG"),
        ("<html><body>no picture</body></html>", "neither"),
        (b"GIF89a", "neither"),
        (b"", "neither"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (HEAD, "broken"),
        (HEAD + b"<html><script>alert(1)</script></html>", "broken"),
        (PNG + b"<script>alert(1)</script>", "broken"),
        (PNG + chunk(b"tEXt", b"after its end"), "broken"),
        (PNG.replace(b"IDAT", b"IDAX"), "broken"),
        (PNG[:8] + PNG[33:], "broken"),
        (a_png(60_000), "60000"),
        (inside(BOMB), "<use>"),
        (inside("<style>rect{mask-image:image-set('https://evil.example/a.png' 1x)}</style>"), "load"),
        (inside("<style>rect{mask-image:-webkit-image-set('https://evil.example/a.png' 1x)}</style>"), "load"),
        (inside("<style>rect{fill:src('https://evil.example/a.svg')}</style>"), "load"),
        ('<g xmlns="http://www.w3.org/2000/svg"><svg/></g>', "plain SVG"),
        (PNG + b"\0" * 64 * 1024, "64 kB"),
    ],
)
def test_what_could_do_or_load_something_is_refused_with_a_sentence(tmp_path, content, said):
    assert said in read(tmp_path, content)


def test_spaces_without_end_are_read_once(tmp_path):
    begun = time.process_time()
    assert read(tmp_path, inside(f"<path style='fill:url({' ' * 60_000}#a)'/>")) == ""
    assert read(tmp_path, inside(f"<path style='fill:url({' ' * 60_000}a)'/>")) != ""
    assert time.process_time() - begun < 2  # trying again after each space takes eight seconds


def test_a_missing_logo_is_a_fault_at_its_line(tmp_path):
    with pytest.raises(CatalogueFaults, match=r"11:16: municipality\.logo\.file: There is no file \"town\.svg\""):
        read_catalogue_file(NAMED, tmp_path)


@pytest.mark.parametrize(
    "name", ["../town.svg", "/etc/passwd", "a/b.svg", "town.gif", ".svg", "https://x.example/a.svg"]
)
def test_only_a_plain_name_beside_the_file_is_followed(name):
    (fault,) = faults_of(edited("town.svg", f'"{name}"', NAMED))
    assert "must be the name of an .svg or .png file" in fault.sentence


def test_what_is_read_carries_the_content_that_the_tables_keep(tmp_path):
    (tmp_path / "town.svg").write_text(DRAWING)
    logo = read_catalogue_file(NAMED, tmp_path).data["municipality"]["logo"]
    assert set(logo) == {"file", "alt", "digest", "content"}


@pytest.mark.parametrize("colour", ["red", '"#fff"', '"#12345g"'])
def test_a_colour_has_six_digits(colour):
    (fault,) = faults_of(edited("  embedding_origins:", f"  colour: {colour}\n  embedding_origins:"))
    assert "is not a colour such as" in fault.sentence
