"""The day sheet as a PDF: black on white, A4, with every letter that a name may have.

Drawing stands on this floor because the PDF leaves the house as the letters do; what is on it decides
``rules/day_sheets.py``. fpdf2 and what it needs take 30 MB: whoever draws imports this module only then.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from fontTools.ttLib import TTFont
from fpdf import FPDF, ViewerPreferences

from booking.ical.wording import long_date
from booking.rules.day_sheets import BOXES, Line, Sheet
from booking.rules.texts import FALLBACK

FONTS = Path(__file__).resolve().parent.parent / "web/static/vendor/paper"  # cut by tools/fonts.py
FONT, ARABIC = "Paper", "Paper Arabic"
FILES = ("paper-regular.ttf", "paper-bold.ttf", "paper-arabic.ttf")
MARGIN, TOP, BOTTOM = 14.0, 10.0, 14.0  # mm, as everything below; punched paper needs the left one
COLUMNS = (21.5, 14.0, 39.0, 22.5, 53.0)  # when, clerk, who, the widest reference, what for: mm
BOX_COLUMNS = (5.5, 10.0, 16.5)  # all in all 182 mm
HEADINGS = ("Zeit", "Platz", "Name", "Nummer", "Anliegen")
STYLES = ("B", "", "B", "", "")
SIZE, ROW, PADDING = 9.0, 3.8, 0.7  # points, then mm: 25 people and more fit on a page
SMALL_ROW = 4.2
BOX = 3.4
WALK_INS, BLANK_ROW = 6, 9.0


def day_sheet_pdf(sheets: Sequence[Sheet]) -> bytes:
    """Return a PDF with each sheet on pages of its own."""
    pdf = Paper(sheets[0])
    for sheet in sheets:
        pdf.sheet = sheet
        pdf.add_page()
        for line in sheet.lines:
            _row(pdf, line)
        if not sheet.lines:
            pdf.cell(0, 10, "An diesem Tag ist noch nichts gebucht.", new_x="LMARGIN", new_y="NEXT")
        _blank_rows(pdf)
    return bytes(pdf.output())


class Paper(FPDF):
    """The document: ``sheet`` is the one whose pages are being drawn, told in their heads and feet."""

    def __init__(self, first: Sheet) -> None:
        super().__init__(format="A4", unit="mm")
        self.sheet = first
        self.set_title(title_of(first))
        self.set_lang("de-DE")
        self.set_producer("Wartefrei")
        self.set_creation_date(first.as_of)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.set_margins(MARGIN, TOP, MARGIN)
        self.set_auto_page_break(True, margin=BOTTOM)
        for family, style, name in zip((FONT, FONT, ARABIC), ("", "B", ""), FILES, strict=True):
            self.add_font(family, style, FONTS / name)
        self.set_fallback_fonts([ARABIC], exact_match=False)
        self.set_text_shaping(use_shaping_engine=True)  # Arabic letters join; marks stand above their letters
        self.set_font(FONT, size=SIZE)

    def header(self) -> None:
        """Draw the head of a page, as fpdf2 asks for it."""
        _head(self)

    def footer(self) -> None:
        """Draw the foot of a page, likewise."""
        _foot(self)


def title_of(sheet: Sheet) -> str:
    """Return what the document is called."""
    return f"Tagesplan {sheet.office}, {day_of(sheet)}"


def day_of(sheet: Sheet) -> str:
    """Return the day in words: ``Dienstag, 24. November 2026``."""
    return long_date(sheet.as_of.replace(year=sheet.day.year, month=sheet.day.month, day=sheet.day.day), FALLBACK)


def drawable(words: str) -> str:
    """Return words with a question mark for what our fonts lack, such as Chinese: the reference beside it is enough."""
    return "".join(sign if sign == "\n" or ord(sign) in _signs() else "?" for sign in normalize("NFC", words))


@lru_cache(maxsize=1)
def _signs() -> frozenset[int]:
    found: set[int] = set()
    for name in FILES:
        with TTFont(FONTS / name, lazy=True) as font:
            found.update(font.getBestCmap())
    return frozenset(found)


def _head(pdf: Paper) -> None:
    sheet = pdf.sheet
    pdf.set_font(FONT, "B", 15)
    pdf.multi_cell(0, 7, f"{sheet.office}{': ' if sheet.clerk else ''}{sheet.clerk}", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font(FONT, "B", 11)
    pdf.cell(120, 6, day_of(sheet))
    pdf.set_font(FONT, size=9)
    pdf.cell(0, 6, f"Stand: {sheet.as_of:%d.%m.%Y, %H:%M} Uhr", align="R", new_x="LMARGIN", new_y="NEXT")
    for hours in sheet.hours:
        pdf.multi_cell(0, SMALL_ROW, hours, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(1.5)
    pdf.set_font(FONT, "B", 9)
    for width, heading in zip(columns_of(sheet), HEADINGS, strict=True):
        if width:
            pdf.cell(width, 5.5, heading, border="B")
    pdf.set_font(FONT, "B", 7)
    for width, heading in zip(BOX_COLUMNS, BOXES, strict=True):
        words = heading.replace(" ", "\n") if " " in heading else f"\n{heading}"  # all end on the last of two lines
        pdf.multi_cell(width, 2.75, words, border="B", align="L", new_x="RIGHT", new_y="TOP")
    pdf.ln(5.5)
    pdf.set_font(FONT, size=SIZE)


def _foot(pdf: Paper) -> None:
    pdf.set_y(-12)
    pdf.set_font(FONT, size=8)
    sheet = pdf.sheet
    pdf.cell(120, 5, f"{sheet.office}, {sheet.day:%d.%m.%Y}. Vertraulich: nach dem Tag vernichten.")
    pdf.cell(0, 5, f"Seite {pdf.page_no()} von {{nb}}", align="R")


def columns_of(sheet: Sheet) -> tuple[float, ...]:
    """Return how wide each column is, in mm; what no line tells takes no room, and what for takes it instead."""
    when, clerk, who, reference, what = COLUMNS
    clerk = clerk if any(line.clerks for line in sheet.lines) else 0.0
    who = who if any(line.who for line in sheet.lines) else 0.0
    what += COLUMNS[1] - clerk + COLUMNS[2] - who
    return when, clerk, who, reference, what


def _row(pdf: Paper, line: Line) -> None:
    """Draw a line of the day: as high as its highest column, never torn between two pages."""
    said = (line.when, line.clerks, line.who, line.reference, " · ".join((*line.matter, *line.about)))
    parts = [part for part in zip(columns_of(pdf.sheet), map(drawable, said), STYLES, strict=True) if part[0]]
    height = max(_height(pdf, *part) for part in parts) + 2 * PADDING
    if pdf.will_page_break(height):
        pdf.add_page()
    top, left = pdf.get_y(), MARGIN
    for width, text, style in parts:
        pdf.set_xy(left, top + PADDING)
        pdf.set_font(FONT, style, SIZE)
        pdf.multi_cell(width - PADDING, ROW, text, align="L")
        left += width
    left = _boxes(pdf, left, top, line.ticked)
    pdf.line(MARGIN, top + height, left, top + height)
    pdf.set_xy(MARGIN, top + height)


def _height(pdf: Paper, width: float, text: str, style: str) -> float:
    pdf.set_font(FONT, style, SIZE)
    height = pdf.multi_cell(width - PADDING, ROW, text, dry_run=True, output="HEIGHT", align="L")
    assert isinstance(height, float)  # noqa: S101 - for the type checker: it was asked for
    return height


def _boxes(pdf: Paper, left: float, top: float, ticked: Sequence[str]) -> float:
    """Draw a box under each heading, whose words stand there once; return where the row ends."""
    y = top + PADDING + (ROW - BOX) / 2
    for name, width in zip(BOXES, BOX_COLUMNS, strict=True):
        x = left + 1
        pdf.rect(x, y, BOX, BOX)
        if name in ticked:
            pdf.line(x, y, x + BOX, y + BOX)
            pdf.line(x, y + BOX, x + BOX, y)
        left += width
    return left


def _blank_rows(pdf: Paper) -> None:
    """Leave lines for people without an appointment: when the network is down nobody can enter them."""
    if pdf.will_page_break(WALK_INS * BLANK_ROW + 8):
        pdf.add_page()
    pdf.ln(3)
    pdf.set_font(FONT, "B", 9)
    pdf.cell(0, 5, "Ohne Termin", border="B", new_x="LMARGIN", new_y="NEXT")
    for _ in range(WALK_INS):
        y = pdf.get_y() + BLANK_ROW
        pdf.line(MARGIN, y, MARGIN + sum(COLUMNS) + sum(BOX_COLUMNS), y)
        pdf.set_y(y)
