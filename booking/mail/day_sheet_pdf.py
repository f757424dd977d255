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
MARGIN = 14.0  # mm, as everything below; punched paper needs the left one
COLUMNS = (24.0, 61.0, 66.0, 31.0)  # when, who, what for, boxes: 182 mm
HEADINGS = ("Zeit", "Name", "Anliegen", "Erledigt")
SIZE, ROW, SMALL_ROW, PADDING = 9.5, 4.5, 4.2, 1.1  # points, then mm: 20 people fit on a page
BOX = 3.2
BOX_PLACES = ((0.0, 0), (13.0, 0), (0.0, 1))  # mm from the left, and in which row
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
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=16)
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
    for width, heading in zip(COLUMNS, HEADINGS, strict=True):
        pdf.cell(width, 5.5, heading, border="B")
    pdf.ln()
    pdf.set_font(FONT, size=SIZE)


def _foot(pdf: Paper) -> None:
    pdf.set_y(-12)
    pdf.set_font(FONT, size=8)
    sheet = pdf.sheet
    pdf.cell(120, 5, f"{sheet.office}, {sheet.day:%d.%m.%Y}. Vertraulich: nach dem Tag vernichten.")
    pdf.cell(0, 5, f"Seite {pdf.page_no()} von {{nb}}", align="R")


def _row(pdf: Paper, line: Line) -> None:
    """Draw a line of the day: as high as its highest column, never torn between two pages."""
    name, clerks = drawable(line.who), drawable(line.clerks)
    what = [drawable("\n".join(line.matter)), drawable("\n".join(line.about))]
    height = max(
        _height(pdf, 0, f"{line.when}\n{clerks}".strip()),
        _height(pdf, 1, f"{name}\n{line.reference}".strip()),
        _height(pdf, 2, "\n".join(part for part in what if part)),
        2 * SMALL_ROW,
    )
    height += 2 * PADDING
    if pdf.will_page_break(height):
        pdf.add_page()
    top = pdf.get_y()
    _text(pdf, 0, top, [(line.when, "B"), (clerks, "")])
    _text(pdf, 1, top, [(name, "B"), (line.reference, "")])
    _text(pdf, 2, top, [(text, "") for text in what])
    _boxes(pdf, top, line.ticked)
    pdf.line(MARGIN, top + height, MARGIN + sum(COLUMNS), top + height)
    pdf.set_xy(MARGIN, top + height)


def _height(pdf: Paper, column: int, text: str) -> float:
    pdf.set_font(FONT, "B", SIZE)  # the wider of the two
    height = pdf.multi_cell(COLUMNS[column] - PADDING, ROW, text, dry_run=True, output="HEIGHT", align="L")
    assert isinstance(height, float)  # noqa: S101 - for the type checker: it was asked for
    return height


def _text(pdf: Paper, column: int, top: float, parts: Sequence[tuple[str, str]]) -> None:
    left = MARGIN + sum(COLUMNS[:column])
    pdf.set_xy(left, top + PADDING)
    for text, style in parts:
        if not text:
            continue
        pdf.set_font(FONT, style, SIZE)
        pdf.set_x(left)
        pdf.multi_cell(COLUMNS[column] - PADDING, ROW, text, align="L", new_x="LEFT", new_y="NEXT")


def _boxes(pdf: Paper, top: float, ticked: Sequence[str]) -> None:
    pdf.set_font(FONT, size=8)
    for name, (along, row) in zip(BOXES, BOX_PLACES, strict=True):
        x, y = MARGIN + sum(COLUMNS[:3]) + 1 + along, top + PADDING + 0.4 + row * SMALL_ROW
        pdf.rect(x, y, BOX, BOX)
        if name in ticked:
            pdf.line(x, y, x + BOX, y + BOX)
            pdf.line(x, y + BOX, x + BOX, y)
        pdf.set_xy(x + BOX + 0.4, y - 0.4)
        pdf.cell(0, SMALL_ROW, name)


def _blank_rows(pdf: Paper) -> None:
    """Leave lines for people without an appointment: when the network is down nobody can enter them."""
    if pdf.will_page_break(WALK_INS * BLANK_ROW + 8):
        pdf.add_page()
    pdf.ln(3)
    pdf.set_font(FONT, "B", 9)
    pdf.cell(0, 5, "Ohne Termin", border="B", new_x="LMARGIN", new_y="NEXT")
    for _ in range(WALK_INS):
        y = pdf.get_y() + BLANK_ROW
        pdf.line(MARGIN, y, MARGIN + sum(COLUMNS), y)
        pdf.set_y(y)
