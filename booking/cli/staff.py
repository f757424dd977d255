"""``staff``: logins, their roles and what groups of the identity provider may do."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup

from booking import clock
from booking.actions.add_login import ROLES, Post
from booking.actions.add_login import add_login as add
from booking.actions.group_roles import Place, map_group, mapped_groups, unmap_group
from booking.actions.operate_logins import list_logins, set_active, set_password
from booking.actions.second_factor import reset_factor
from booking.errors import Invalid, LastAdmin, NotFound

staff = AppGroup("staff", help="Logins of staff.")
town = click.option("--municipality", required=True, help="The municipality's id, such as schwarmstedt.")
place = click.option("--office", help="The office's id, for a role in one office only.")
chosen_role = click.option("--role", type=click.Choice(ROLES), required=True)
books = click.option("--books-only", is_flag=True, help="May enter appointments, but neither find nor change any.")


@contextmanager
def _said() -> Iterator[None]:
    """Turn refusals into sentences."""
    try:
        yield
    except NotFound as refusal:
        raise click.ClickException(f"There is no such {refusal.what}.") from None
    except Invalid:
        raise click.ClickException("The password needs at least 12 characters, and at most 1000.") from None
    except LastAdmin:
        raise click.ClickException("Nobody would administer a municipality any more; --force does it anyway.") from None


@staff.command("add")
@click.argument("name")
@town
@place
@chosen_role
@books
@click.password_option()
def add_login(name: str, municipality: str, office: str | None, role: str, books_only: bool, password: str) -> None:  # noqa: FBT001 - click's
    """Add a login, or a further role of one (which gets the password, too)."""
    with _said():
        post = Post(Place(municipality, office), role, books_only)
        is_new = add(name, password, post, now=clock.now())
    click.echo(f"{name}: {'added' if is_new else 'changed'}, {role} at {office or municipality}.")


@staff.command("list")
def show_logins() -> None:
    """List every login with its roles."""
    for login in list_logins():
        marks = [
            word
            for word, holds in (
                ("deactivated", not login.active),
                ("second factor", login.has_factor),
                ("single sign-on", login.signs_on),
            )
            if holds
        ]
        click.echo(f"{login.name}: {', '.join([*login.roles, *marks]) or 'no role'}")


@staff.command("deactivate")
@click.argument("name")
@click.option("--force", is_flag=True, help="Also the last admin of a municipality.")
def deactivate(name: str, force: bool) -> None:  # noqa: FBT001 - click's
    """Stop a login; it is out at once."""
    with _said():
        set_active(name, active=False, now=clock.now(), force=force)
    click.echo(f"{name}: deactivated and logged out everywhere.")


@staff.command("activate")
@click.argument("name")
def activate(name: str) -> None:
    """Let a login in again."""
    with _said():
        set_active(name, active=True, now=clock.now())
    click.echo(f"{name}: activated.")


@staff.command("password")
@click.argument("name")
@click.password_option()
def change_password(name: str, password: str) -> None:
    """Give a login a new password and log it out everywhere."""
    with _said():
        set_password(name, password, now=clock.now())
    click.echo(f"{name}: new password, logged out everywhere.")


@staff.command("reset-factor")
@click.argument("name")
def forget_factor(name: str) -> None:
    """Take the second factor from somebody who lost the phone."""
    with _said():
        reset_factor(name, now=clock.now())
    click.echo(f"{name}: logs in with the password alone.")


@staff.command("group")
@click.argument("group")
@town
@place
@chosen_role
@books
def give_group(group: str, municipality: str, office: str | None, role: str, books_only: bool) -> None:  # noqa: FBT001 - click's
    """Give a group of the identity provider a role."""
    with _said():
        map_group(group, Place(municipality, office), role, books_only=books_only)
    click.echo(f"{group}: {role} at {Place(municipality, office)}, from the next sign-on of each of them.")


@staff.command("ungroup")
@click.argument("group")
@town
@place
def take_group(group: str, municipality: str, office: str | None) -> None:
    """Take a group's role; its people lose it when they next sign on."""
    with _said():
        unmap_group(group, Place(municipality, office))
    click.echo(f"{group}: no role at {Place(municipality, office)} any more.")


@staff.command("groups")
def show_groups() -> None:
    """List the groups and their roles."""
    for mapped in mapped_groups():
        click.echo(f"{mapped.group}: {mapped.role} at {mapped.place}{', books only' if mapped.books_only else ''}")
