"""``backup``: make, restore and prune backups."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
from flask.cli import AppGroup

from booking import clock
from booking.actions.backup_file import Unreadable
from booking.actions.erased_list import as_tombstones, read_list, renewed_list
from booking.actions.make_backup import NotReady, make_backup
from booking.actions.prune_backups import prune_backups
from booking.actions.restore_backup import NotEmpty, Restored, restore_backup
from booking.actions.tombstones import LONGEST_BACKUP
from booking.cli.writing import whole_file
from booking.errors import Unavailable

KEEP_DAYS = 30  # what the drafts in docs/privacy promise
SOME_FILE = click.Path(dir_okay=False, path_type=Path)
THAT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

UNSWEPT = (
    "The backup is restored, and its unsent letters are held. But not everything past its time could be erased: the "
    "log says why, and the jobs will try again."
)
backup = AppGroup("backup", help="Backups of the whole database.")


@contextmanager
def _said() -> Iterator[None]:
    """Turn refusals into sentences."""
    try:
        yield
    except (Unreadable, NotEmpty, NotReady) as refusal:
        raise click.ClickException(str(refusal)) from None
    except Unavailable:
        raise click.ClickException("The database does not answer; nothing was changed.") from None
    except FileExistsError as problem:
        raise click.ClickException(f"{problem.args[0]} exists already: --force replaces it.") from None
    except OSError as problem:
        raise click.ClickException(f"{problem.filename or 'The file'}: {problem.strerror}.") from None


@backup.command("create")
@click.argument("file", type=SOME_FILE)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def create(file: Path, *, force: bool) -> None:
    """Write everything in the database to FILE, as it stands at one moment, while bookings go on.

    Mode 0600. It holds personal data: keep it in a protected place, encrypted by age or gpg where it travels.
    """
    with _said(), whole_file(file, replace=force) as opened:
        made = make_backup(opened, now=clock.now())
    click.echo(f"{file}: {made.rows} rows of {len(made.tables)} tables, made {made.made_at:%Y-%m-%d %H:%M:%S} UTC.")


@backup.command("restore")
@click.argument("file", type=THAT_FILE)
@click.option("--force", is_flag=True, help="Replace what is in the database.")
@click.option("--erased", type=THAT_FILE, help="A list by `backup erased`: these stay erased.")
def restore(file: Path, *, force: bool, erased: Path | None) -> None:
    """Put FILE into the database, all of it or nothing."""
    with _said():
        now = clock.now()
        listed = read_list(erased, now=now) if erased else {}
        try:
            done = restore_backup(file, now=now, replace=force, erased=as_tombstones(listed))
        except ExceptionGroup:  # the sweep's: what failed where is in the log already
            raise click.ClickException(UNSWEPT) from None
    for sentence in _told(done, has_list=erased is not None):
        click.echo(sentence)


@backup.command("prune")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--keep-days", type=click.IntRange(1, LONGEST_BACKUP.days), default=KEEP_DAYS, show_default=True)
def prune(folder: Path, *, keep_days: int) -> None:
    """Delete the backups in FOLDER that are older than their deadline, and unfinished ones; other files stay.

    The newest backup stays in any case; if it is overdue, too, the command ends with 1: no backups are being made.
    """
    with _said():
        done = prune_backups(folder, keep=timedelta(days=keep_days), now=clock.now())
    click.echo(f"{folder}: {len(done.deleted)} backups deleted, {done.kept} kept.")
    for file in done.unfinished:
        click.echo(f"{file.name} was left by a process that was killed; deleted.")
    for file in done.misdated:
        click.echo(
            f"{file.name} says it was made later than now: the file's own time counts. Check the clocks.", err=True
        )
    if done.overdue:
        raise click.ClickException(
            f"{done.overdue.name} is the newest backup and older than {keep_days} days: make a new one, then prune."
        )


@backup.command("erased")
@click.argument("file", type=SOME_FILE)
def erased(file: Path) -> None:
    """Add the references of what was erased on request to FILE: for `backup restore --erased`.

    They name nobody. Kept beside the backups, they let a restore erase again what was erased since the backup. What
    FILE holds already stays for 90 days, whatever this database knows: it may be a new one.
    """
    with _said():
        listed = renewed_list(file, now=clock.now())
        with whole_file(file, replace=True) as opened:
            opened.write("".join(f"{reference} {day}\n" for reference, day in listed.items()).encode())
    click.echo(f"{file}: {len(listed)} references.")


def _told(done: Restored, *, has_list: bool) -> Iterator[str]:
    made = f"{done.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"Everything is as it was on {made}: {done.manifest.rows} rows of version {done.manifest.version}."
    yield "Nobody is logged in any more; passwords and second factors are those of the backup."
    yield (
        f"What was taken away after {made} holds again: logins that were stopped, roles, feeds and screens that were "
        "revoked. 'flask --app wsgi staff list' shows the logins."
    )
    yield (
        f"Unsent letters, held: {done.held}. 'flask --app wsgi letters held' shows them, 'letters release' sends "
        "them, 'letters discard' gives them up because they left before."
    )
    yield f"Erased again, because people had asked for it: {done.erased_again} appointments."
    yield f"Erased, because their time was over: {done.swept} appointments."
    if not has_list:
        yield f"No list of erased appointments was given (--erased): who asked after {made} is back, look for them."
    yield f"What was booked, moved or cancelled after {made} is lost: those people hold letters that are wrong now."
