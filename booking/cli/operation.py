"""``doctor``: check a deployment."""

import click
from flask.cli import with_appcontext

from booking import clock
from booking.actions.check_deployment import check_deployment


@click.command
@with_appcontext
def doctor() -> None:
    """Check this deployment and say what is wrong; ends with 1 if something is."""
    findings = check_deployment(now=clock.now())
    for finding in findings:
        click.echo(f"{'wrong' if finding.is_fault else 'note '}  {finding.sentence}")
    if any(finding.is_fault for finding in findings):
        raise SystemExit(1)
    click.echo("Everything is in order.")
