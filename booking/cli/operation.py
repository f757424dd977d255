"""``doctor``: check a deployment. ``staff add``: add a login."""

import click
from flask.cli import AppGroup, with_appcontext

from booking import clock
from booking.actions.add_login import ROLES
from booking.actions.add_login import add_login as add
from booking.actions.check_deployment import check_deployment
from booking.errors import Invalid, NotFound

staff = AppGroup("staff", help="Logins of staff.")


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


@staff.command("add")
@click.argument("name")
@click.option("--municipality", required=True, help="The municipality's id, such as schwarmstedt.")
@click.option("--office", help="The office's id, for a role in one office only.")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.password_option()
def add_login(name: str, municipality: str, office: str | None, role: str, password: str) -> None:
    """Add a login, or a further role of one."""
    try:
        is_new = add(name, password, municipality=municipality, office=office, role=role, now=clock.now())
    except NotFound as refusal:
        raise click.ClickException(f"There is no such {refusal.what}.") from None
    except Invalid:
        raise click.ClickException("The password needs at least 12 characters.") from None
    click.echo(f"{name}: {'added' if is_new else 'changed'}, {role} at {office or municipality}.")
