"""Alert rules and dashboard ask for figures that there are, in words that Prometheus reads; no figure is of no use."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from booking import create_app, metrics
from booking.actions.observe import Observed, told
from booking.errors import Refusal
from booking.jobs import SWEEPS
from booking.metrics import Answer, Guard, Outcome, Returned, Sending
from tests.conftest import settings_for
from tests.serving import ROOT

RULES: dict[str, Any] = YAML(typ="safe").load(ROOT / "deploy/prometheus/alerts.yml")
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/wartefrei.json").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
ASKED = {rule["alert"]: rule["expr"] for rule in ALERTS} | {
    panel["title"]: target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
}
DURATION = re.compile(r"[0-9]+[smhd]")
VALUES = {
    "outcome": {*Outcome, *Sending},
    "channel": set(metrics.CHANNELS),
    "answer": set(Answer),
    "guard": set(Guard),
    "message": set(Returned),
    "status": {f"{hundreds}xx" for hundreds in range(1, 6)},
    "state": {"waiting", "held", "failed"},
}


def families() -> dict[str, str]:
    """Return every figure that the service tells, by name, with its type."""
    seen = Observed(datetime(2026, 11, 23, tzinfo=UTC), 1, 0, 0, 0.0, {"letters": 1.0})
    return {family.name: family.type for family in text_string_to_metric_families(told(seen).decode())}


def selectors(expression: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Return each series that an expression names, with the labels that it is chosen by."""
    for name, chosen in re.findall(r"\b(wartefrei_\w+)(?:\{([^}]*)\})?", expression):
        yield name, re.findall(r"(\w+)[!=]=?~?\"([^\"]*)\"", chosen)


def family_of(series: str, known: dict[str, str]) -> str | None:
    for suffix, kinds in (
        ("", {"gauge"}),
        ("_total", {"counter"}),
        ("_sum", {"histogram"}),
        ("_count", {"histogram"}),
        ("_bucket", {"histogram"}),
    ):
        name = series.removesuffix(suffix) if suffix else series
        if series.endswith(suffix) and known.get(name) in kinds:
            return name
    return None


@pytest.mark.parametrize("expression", ASKED.values(), ids=ASKED.keys())
def test_prometheus_can_read_each_expression(expression: str) -> None:
    promql_parser.parse(expression)


@pytest.mark.parametrize("expression", ASKED.values(), ids=ASKED.keys())
def test_each_expression_asks_for_what_the_service_tells(expression: str) -> None:
    known = families()
    for series, chosen in selectors(expression):
        assert family_of(series, known), series
        for label, value in chosen:
            if label in VALUES:
                assert set(value.split("|")) <= VALUES[label], (series, label)


def codes(of: type[Refusal] = Refusal) -> set[str]:
    return {getattr(of, "code", "")}.union(*map(codes, of.__subclasses__()))


def test_each_route_refusal_and_job_that_is_asked_for_is_there(tmp_path: Path) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path}/unused.sqlite3"))
    there = {"route": {rule.rule for rule in app.url_map.iter_rules()}, "code": codes(), "task": {*SWEEPS, "letters"}}
    asked = [
        (label, each)
        for expression in ASKED.values()
        for _, chosen in selectors(expression)
        for label, value in chosen
        if label in there
        for each in value.split("|")
    ]
    assert {label for label, _ in asked} == set(there)
    assert [(label, each) for label, each in asked if each not in there[label]] == []


def test_every_figure_is_shown_or_alerted_on_and_documented() -> None:
    known = families()
    asked = {family_of(series, known) for expression in ASKED.values() for series, _ in selectors(expression)}
    guide = (ROOT / "docs/operators.md").read_text()
    assert set(known) - asked == set()
    missing = [name for name in known if name.removeprefix("wartefrei_").removeprefix("pool_connections") not in guide]
    assert missing == []


def test_each_rule_has_what_prometheus_wants_and_says_what_to_do() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert len(set(names)) == len(names) > 10
    for rule in ALERTS:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert "for" not in rule or DURATION.fullmatch(rule["for"])
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["annotations"]["action"].endswith(".") or rule["annotations"]["action"].endswith("?")


def test_no_rule_advises_what_our_units_cannot_do() -> None:
    units = [file.read_text() for file in (ROOT / "deploy/systemd").glob("*.service")]
    assert units
    assert not any("ExecReload" in unit for unit in units)
    assert not [rule["alert"] for rule in ALERTS if "systemctl reload" in rule["annotations"]["action"]]


def test_an_expression_with_a_typing_error_would_be_found() -> None:
    with pytest.raises(ValueError):
        promql_parser.parse("max(wartefrei_letters_kept{state=}) >")
    assert family_of("wartefrei_letter_total", families()) is None
