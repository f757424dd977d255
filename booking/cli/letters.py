"""``flask --app wsgi letters``: what is held back after a restore, and what becomes of it."""

import click
from flask.cli import AppGroup

from booking import clock
from booking.actions.hold_letters import discard_held_letters, held_letters, release_held_letters

letters = AppGroup("letters", help="Look at the letters that a restore holds back, release or discard them.")


@letters.command("held")
def held() -> None:
    """Say how many letters of each kind are held. Names and addresses are shown nowhere."""
    found = held_letters()
    for kind, count in found.items():
        click.echo(f"{count:6}  {kind}")
    click.echo(f"Held letters: {sum(found.values())}.")


@letters.command("release")
def release() -> None:
    """Let them go; the job process sends them. What is no longer true is left out by itself."""
    click.echo(f"Released letters: {release_held_letters(now=clock.now())}.")


@letters.command("discard")
@click.confirmation_option(prompt="They will never be sent. Discard the held letters?")
def discard() -> None:
    """Give them up: they had left before the restore."""
    click.echo(f"Discarded {discard_held_letters()} letters.")
