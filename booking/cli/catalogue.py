"""``catalogue check | load | export``: a municipality's catalogue as a file."""

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from booking import clock
from booking.actions.load_catalogue import (
    CatalogueFaults,
    Change,
    Conflict,
    Report,
    check_catalogue,
    export_catalogue,
    load_catalogue,
)
from booking.errors import NotFound

SIGNS = {"add": "+", "change": "~", "remove": "-", "deactivate": "-", "reorder": "~"}
REMARKS = {
    "remove": ": no longer in the file",
    "deactivate": ": no longer in the file; switched off, because something still refers to it",
    "reorder": "in another order",
}
WIDTH = 100

catalogue = AppGroup("catalogue", help="Check, load and export the catalogue of a municipality.")
catalogue_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@catalogue.command("check")
@catalogue_file
def check(file: Path) -> None:
    """Name every fault of FILE with line and column; ends with 1 if there is one. Writes nothing."""
    try:
        checked = check_catalogue(file.read_bytes(), file.parent)
    except CatalogueFaults as refusal:
        _refuse(file, refusal)
    else:
        click.echo(f"{file}: the catalogue of {checked.municipality} is in order.")
        for remark in checked.remarks:
            click.echo(f"  {remark}")


@catalogue.command("load")
@catalogue_file
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--force", is_flag=True, help="Also overwrite what was edited in the application.")
def load(file: Path, *, dry_run: bool, force: bool) -> None:
    """Bring the database to what FILE says, all or nothing."""
    try:
        report = load_catalogue(file.read_bytes(), file.parent, now=clock.now(), dry_run=dry_run, force=force)
    except CatalogueFaults as refusal:
        _refuse(file, refusal)
    else:
        _tell(report)


@catalogue.command("export")
@click.argument("municipality")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Write this file, and the logo beside it.")
def export(municipality: str, to: Path | None) -> None:
    """Write the catalogue of MUNICIPALITY to standard output or a file; loading it changes nothing."""
    try:
        exported = export_catalogue(municipality)
    except NotFound:
        raise click.ClickException(f"There is no municipality {municipality!r}.") from None
    if to is not None:
        to.write_text(exported.text, encoding="utf-8")
        if exported.logo_file:
            to.with_name(exported.logo_file).write_bytes(exported.logo)
        return
    click.echo(exported.text, nl=False)
    if exported.logo_file:
        click.echo(f"The logo {exported.logo_file} belongs beside this file; --to FILE writes both.", err=True)


def _refuse(file: Path, refusal: CatalogueFaults) -> None:
    for fault in refusal.faults:
        click.echo(f"{file}:{fault}", err=True)
    count = len(refusal.faults)
    click.echo(f"{count} {'fault' if count == 1 else 'faults'}; nothing was written.", err=True)
    raise SystemExit(1)


def _tell(report: Report) -> None:
    for change in report.changes:
        _tell_change(change)
    for conflict in report.conflicts:
        _tell_conflict(conflict)
    for stranded in report.stranded:
        place = f"{stranded.start:%Y-%m-%d %H:%M} at {stranded.office}"
        click.echo(f"? {stranded.reference}, {place}: no longer within the hours of its clerk; move or cancel it.")
    count = len(report.changes)
    if not count:
        click.echo(f"{report.municipality}: nothing to change.")
    elif report.dry_run:
        click.echo(f"{report.municipality}: {count} changes; nothing was written (--dry-run).")
    else:
        click.echo(f"{report.municipality}: {count} changes written.")


def _tell_change(change: Change) -> None:
    remark = REMARKS.get(change.verb, "")
    click.echo(f"{SIGNS[change.verb]} {change.section} {change.id}{remark}")
    if change.verb == "change":
        for field, (before, after) in change.fields.items():
            _tell_field(field, before, after)


def _tell_field(field: str, before: object, after: object) -> None:
    """Of two lists only what is in one of them, otherwise both values."""
    if isinstance(before, list) and isinstance(after, list):
        lines = [f"- {_short(one)}" for one in before if one not in after]
        lines += [f"+ {_short(one)}" for one in after if one not in before]
        for line in lines or ["in another order"]:
            click.echo(f"    {field}: {line}")
    else:
        click.echo(f"    {field}: {_short(before)} -> {_short(after)}")


def _tell_conflict(conflict: Conflict) -> None:
    if conflict.field:
        values = f"here {_short(conflict.here)}, in the file {_short(conflict.in_file)}"
    else:
        values = "no longer in the file"
    about = f"{conflict.section} {conflict.id} {conflict.field}".rstrip()
    click.echo(f"! {about}: kept as edited in the application ({values}); --force overwrites it.")


def _short(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
