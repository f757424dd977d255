"""Commands: each calls one action and says what it did."""

from flask import Flask

from booking.cli import backup, day_sheet, erase, explain, jobs, letters, operation, staff
from booking.cli.catalogue import catalogue


def register(app: Flask) -> None:
    """Hang every command onto ``flask``."""
    app.cli.add_command(backup.backup)
    app.cli.add_command(day_sheet.day_sheet)
    app.cli.add_command(erase.erase)
    app.cli.add_command(explain.explain)
    app.cli.add_command(catalogue)
    app.cli.add_command(jobs.run_jobs)
    app.cli.add_command(letters.letters)
    app.cli.add_command(operation.doctor)
    app.cli.add_command(staff.staff)
