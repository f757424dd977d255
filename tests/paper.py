"""Reading printed matter back: a PDF's text and pages, and what it looks like in ink."""

from io import BytesIO

import pypdfium2
from PIL import Image
from pypdf import PdfReader


def texts(pdf: bytes) -> list[str]:
    """Return each page's text, white space joined."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def drawn(pdf: bytes, *, scale: float = 1.5) -> list[Image.Image]:
    """Return each page as a picture; ``scale`` is in pixels per point."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.render(scale=scale).to_pil().convert("RGB") for page in document]
    finally:
        document.close()


def is_grey(picture: Image.Image) -> bool:
    """Whether every pixel is black, white or between (smoothed edges): no colour anywhere."""
    colours = picture.getcolors(picture.width * picture.height) or []
    return all(len(set(colour)) == 1 for _, colour in colours if isinstance(colour, tuple))


def ink(picture: Image.Image) -> float:
    """Return which part of the page is dark: a sheet with a background would need a new cartridge."""
    grey = picture.convert("L").histogram()
    return sum(grey[:128]) / sum(grey)
