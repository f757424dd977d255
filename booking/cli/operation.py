"""``doctor``: check a deployment."""

import json

import click
from flask.cli import with_appcontext

from booking import clock
from booking.actions.check_deployment import check_deployment


@click.command
@click.option("--json", "as_json", is_flag=True, help="One JSON document for programs.")
@click.option("--alone", is_flag=True, help="Only settings and tables: no machine, relay, name server or proxy.")
@with_appcontext
def doctor(*, as_json: bool, alone: bool) -> None:
    """Check this deployment and say what is wrong; ends with 1 if something is. No letter is sent."""
    now = clock.now()
    findings = check_deployment(now=now)
    if not alone:
        # Here, because every worker loads the commands, and would pay nine megabytes for what asks names and pages.
        from booking.actions.check_domains import system_resolver  # noqa: PLC0415
        from booking.actions.check_surroundings import check_surroundings  # noqa: PLC0415

        findings += check_surroundings(system_resolver(), now=now)
    is_healthy = not any(finding.is_fault for finding in findings)
    if as_json:
        told = [{"level": _level(finding.is_fault), "sentence": finding.sentence} for finding in findings]
        click.echo(json.dumps({"healthy": is_healthy, "findings": told}, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(f"{_level(finding.is_fault):5}  {finding.sentence}")
    if not is_healthy:
        raise SystemExit(1)
    if not as_json:
        click.echo("Everything is in order." if not findings else "Nothing is wrong.")


def _level(is_fault: bool) -> str:  # noqa: FBT001 - a word for a claim
    return "wrong" if is_fault else "note"
