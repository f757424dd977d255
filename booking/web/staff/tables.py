"""Tables that are shown and downloaded alike: figures as CSV for German spreadsheets."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Response

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it Excel reads UTF-8 as Windows-1252
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; the first cell of a row is what it is about. None is nothing to say."""

    name: str
    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    def without(self, heading: str) -> "Table":
        """Return it without a column that is not the first: what a row is about is always said."""
        if heading not in self.headings[1:]:
            return self
        at = self.headings.index(heading)
        rows = [row[:at] + row[at + 1 :] for row in self.rows]
        return replace(self, headings=self.headings[:at] + self.headings[at + 1 :], rows=rows)


def as_csv(table: Table, file: str) -> Response:
    """Answer with a table as a file: semicolons, decimal commas, and no text that a spreadsheet would reckon with."""
    written = io.StringIO()
    lines = csv.writer(written, delimiter=";", lineterminator="\r\n")
    lines.writerow([_harmless(heading) for heading in table.headings])
    lines.writerows([_harmless(cell) for cell in row] for row in table.rows)
    shown = {"Content-Disposition": f'attachment; filename="{file}"'}
    return Response(BYTE_ORDER_MARK + written.getvalue(), headers=shown, content_type="text/csv; charset=utf-8")


def german(cell: Cell) -> str:
    """Write a number with a decimal comma, without needless digits."""
    if cell is None:
        return ""
    return f"{cell:.1f}".removesuffix(".0").replace(".", ",") if isinstance(cell, float) else str(cell)


def _harmless(cell: Cell) -> str:
    """Keep a text from being taken for a formula (OWASP, CSV injection): names come from catalogues and people."""
    text = german(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(FORMULA) else text
