"""``day-sheet``: write an office's day as a PDF into a protected folder, for when the network is down."""

from datetime import date
from pathlib import Path

import click
from flask.cli import with_appcontext

from booking import clock
from booking.actions.day_sheet_file import day_sheet_file
from booking.cli.days import DAY
from booking.cli.writing import whole_file
from booking.errors import NotFound, Unavailable

MISSING = {
    "municipality": "There is no such municipality: OFFICE is municipality.office, such as schwarmstedt.buergerbuero.",
    "office": "There is no such office: OFFICE is municipality.office, such as schwarmstedt.buergerbuero.",
    "day": "This office has no opening day within a year.",
}


@click.command("day-sheet")
@click.argument("office")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--day", type=DAY, help="Default: today until it is over, then the next one.")
@click.option("--names/--no-names", default=None, help="Default: as the office has set it (without).")
@with_appcontext
def day_sheet(office: str, file: Path, *, day: date | None, names: bool | None) -> None:
    """Write the day sheet of OFFICE (municipality.office) to FILE, readable by its owner alone.

    Today's until the office's last hours are over, then the next opening day's: a timer may call it at any time.
    """
    try:
        made = day_sheet_file(office, now=clock.now(), day=day, names=names)
        with whole_file(file, replace=True) as opened:
            opened.write(made.pdf)
    except NotFound as refusal:
        raise click.ClickException(MISSING.get(refusal.what, f"There is no such {refusal.what}.")) from None
    except Unavailable:
        raise click.ClickException("The database does not answer; the old file was left as it is.") from None
    except OSError as problem:
        raise click.ClickException(f"{file} cannot be written: {problem.strerror}.") from None
    click.echo(f"{file}: {office} on {made.day}, {'with' if made.names else 'without'} names.")
