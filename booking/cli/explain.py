"""``explain``: say why a day has no free times."""

from datetime import date

import click
from flask.cli import with_appcontext

from booking import clock
from booking.actions.explain_day import explain_day
from booking.cli.days import DAY
from booking.errors import Invalid, NotFound


@click.command
@click.argument("municipality")
@click.argument("office")
@click.argument("concern")
@click.argument("day", type=DAY)
@click.option("--quantity", type=click.IntRange(min=1), default=1, show_default=True)
@with_appcontext
def explain(municipality: str, office: str, concern: str, *, day: date, quantity: int) -> None:
    """Say why citizens are offered no time on a day, one reason per clerk."""
    try:
        found = explain_day(municipality, office, {concern: quantity}, day=day, now=clock.now())
    except NotFound as refusal:
        raise click.ClickException(f"There is no such {refusal.what}.") from None
    except Invalid:  # all else has been read already
        raise click.ClickException(f"--quantity {quantity}: nobody can book so many of {concern} at once.") from None
    for reason in found:
        click.echo(f"{reason.clerk}: {reason.sentence}" if reason.clerk else reason.sentence)
