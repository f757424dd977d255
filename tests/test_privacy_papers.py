"""The papers for data protection officers name what the program really keeps, and nothing that is not there."""

import re
from pathlib import Path

from booking.extensions import Base
from tests.columns import OF_PEOPLE

PAPERS = Path(__file__).resolve().parent.parent / "docs" / "privacy"
COLUMN = re.compile(r"`([a-z_]+\.[a-z_]+)`")


def test_the_plan_of_deletion_names_every_personal_column() -> None:
    personal = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.info.get("personal")
    }
    table = (PAPERS / "loeschkonzept.md").read_text(encoding="utf-8").partition("Mit eigener Frist")[0]
    assert set(COLUMN.findall(table)) - {"docs.operators"} == personal


def test_the_plan_of_deletion_names_every_table_whose_rows_are_somebody_s() -> None:
    paper = (PAPERS / "loeschkonzept.md").read_text(encoding="utf-8")
    assert {table for table in OF_PEOPLE if not re.search(rf"`{table}[.`]", paper)} == set()


def test_the_papers_lead_only_to_what_is_there() -> None:
    root = PAPERS.parent.parent
    for paper in PAPERS.glob("*.md"):
        text = paper.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (PAPERS / target).exists(), f"{paper.name}: {target}"
        for named in re.findall(r"`((?:booking|tests|config|deploy|docs)/[\w./-]*)`", text):
            assert (root / named).exists(), f"{paper.name}: {named}"
