"""``flask --app wsgi jobs``: run the timetable until it is told to end."""

import click
from flask import current_app
from flask.cli import with_appcontext

from booking import jobs


@click.command("jobs")
@with_appcontext
def run_jobs() -> None:
    """Run the timetable: send letters, remind, expire, erase. Ends on SIGTERM or Ctrl-C."""
    jobs.run(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - threads need the app itself
