"""``flask --app wsgi erase``: erase what is past its retention now, or say what would be."""

import click
from flask.cli import with_appcontext

from booking import clock
from booking.actions.erase_expired import overdue, sweep


@click.command("erase")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
@with_appcontext
def erase(*, dry_run: bool) -> None:
    """Erase appointments past their municipality's retention, to the end; only counts remain. The jobs do it too."""
    now = clock.now()
    for swept in overdue(now=now) if dry_run else sweep(now=now):
        why = swept.why
        click.echo(f"{swept.municipality}: {why.unconfirmed} unconfirmed, {why.cancelled} cancelled, {why.past} past")
    click.echo("Nothing was erased: this was a dry run." if dry_run else "Erased; their counts remain.")
