"""The commands that a document tells people to type."""

import re
from typing import NamedTuple

from tests.serving import ROOT

MARKS = {"", "by-hand", "asks", "running"}  # what a block may say about itself


class Block(NamedTuple):
    """A fenced block of shell commands, and its mark: by hand only, asking questions, or with all processes running."""

    mark: str
    commands: str


def blocks(document: str) -> list[Block]:
    """Return the blocks of a document in docs/ in their order."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    found = [
        Block(mark.strip(), commands)
        for mark, commands in re.findall(r"^```sh(.*)\n((?:.*\n)*?)```$", text, re.MULTILINE)
    ]
    assert {block.mark for block in found} <= MARKS
    return found
