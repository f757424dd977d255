"""Commands: each calls one action and says what it did."""

from typing import Final

import click
from flask import Flask

from booking.cli import backup, day_sheet, erase, explain, jobs, letters, operation, staff
from booking.cli.catalogue import catalogue
from booking.cli.faults import tell_faults

COMMANDS: Final[tuple[click.Command, ...]] = (
    backup.backup,
    day_sheet.day_sheet,
    erase.erase,
    explain.explain,
    catalogue,
    jobs.run_jobs,
    letters.letters,
    operation.doctor,
    staff.staff,
)
for _command in COMMANDS:
    tell_faults(_command)


def register(app: Flask) -> None:
    """Hang every command onto ``flask``."""
    for command in COMMANDS:
        app.cli.add_command(command)
