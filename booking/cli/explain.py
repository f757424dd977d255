"""``explain``: say why a day has no free times."""

from datetime import datetime

import click
from flask.cli import with_appcontext

from booking import clock
from booking.actions.explain_day import explain_day
from booking.errors import Invalid, NotFound


@click.command
@click.argument("municipality")
@click.argument("office")
@click.argument("concern")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--quantity", type=int, default=1, show_default=True)
@with_appcontext
def explain(municipality: str, office: str, concern: str, *, day: datetime, quantity: int) -> None:
    """Say why citizens are offered no time on a day, one reason per clerk."""
    try:
        found = explain_day(municipality, office, {concern: quantity}, day=day.date(), now=clock.now())
    except NotFound as refusal:
        raise click.ClickException(f"There is no such {refusal.what}.") from None
    except Invalid as refusal:
        raise click.ClickException(str(refusal)) from None
    for reason in found:
        click.echo(f"{reason.clerk}: {reason.sentence}" if reason.clerk else reason.sentence)
