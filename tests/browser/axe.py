"""axe-core and the Nu checker, asked about what a browser shows."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Response

MODULES = Path(__file__).parents[2] / "node_modules"
AXE, NU = MODULES / "axe-core/axe.min.js", MODULES / "vnu-jar/build/dist/vnu.jar"
LOOKS: Mapping[str, Mapping[str, str]] = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "dark", "forced_colors": "active"},
}
# Every rule, best practices and those that axe leaves off by itself (target-size) included; not AAA, not experiments.
ASK = """async () => {
  const off = ["wcag2aaa", "wcag21aaa", "experimental", "deprecated"];
  const rules = axe.getRules().filter(rule => !rule.tags.some(tag => off.includes(tag))).map(rule => rule.ruleId);
  const found = await axe.run(document, {runOnly: {type: "rule", values: rules}, resultTypes: ["violations"]});
  return found.violations.map(one => [one.id, one.nodes.map(node => node.target.flat(9).join(" "))]);
}"""
# The page around a fragment: a town's own, or the day schedule, whose new board comes with buttons of the form "act".
HOST = """<!doctype html><html lang="de"><head><meta charset="utf-8"><title>Town</title></head>
<body><main><h1>Town</h1><form id="act" method="post"></form>{}</main></body></html>"""


@dataclass
class Examined:
    """The pages of one journey: what axe found in them, and the sources of their documents for the Nu checker."""

    page: Page
    found: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.page.on("response", lambda answer: self._keep(answer))  # noqa: PLW0108 - Playwright marks what it is given

    def look(self, state: str) -> None:
        """Ask axe about what the page shows, in light, in dark and in forced colours."""
        self.page.wait_for_load_state()  # before its style sheets are there, every target is too small
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_axe())
        for look, media in LOOKS.items():
            self.page.emulate_media(**media)  # type: ignore[arg-type]
            for rule, nodes in self.page.evaluate(ASK):
                self.found.append(f"{state}, {look}: {rule} at {'; '.join(nodes[:3])}")
        self.page.emulate_media(color_scheme="light", forced_colors="none")

    def invalid(self, folder: Path) -> list[str]:
        """Return what the Nu checker says of every document and fragment that was loaded."""
        for place, source in enumerate(self.sources.values()):
            (folder / f"{place}.html").write_text(source, encoding="utf-8")
        names = {f"{place}.html": address for place, address in enumerate(self.sources)}
        return [f"{names[name]}: {words}" for name, words in nu(sorted(folder.glob("*.html")))]

    def _keep(self, answer: Response) -> None:
        has_body = answer.status != HTTPStatus.NO_CONTENT and not 300 <= answer.status < 400
        if "text/html" not in answer.headers.get("content-type", "") or not has_body:
            return
        body = answer.text()
        self.sources[f"{len(self.sources)} {answer.url}"] = body if "<html" in body else HOST.format(body)


def nu(files: list[Path]) -> list[tuple[str, str]]:
    """Return (file name, complaint) for every error or warning of the Nu HTML checker."""
    java = shutil.which("java")
    assert java, "Java is missing; please type: apt-get install default-jre-headless"
    program = [
        java,
        "-XX:TieredStopAtLevel=1",
        "-Xss2m",
        "-jar",
        str(NU),
        "--format",
        "json",
        "--stdout",
        "--exit-zero-always",
        "--no-langdetect",
    ]
    done = subprocess.run([*program, *map(str, files)], capture_output=True, text=True, check=True)
    said: list[dict[str, Any]] = json.loads(done.stdout)["messages"]
    return [
        (one["url"].rpartition("/")[2], f"{one['message']} in {one.get('extract', '')!r}")
        for one in said
        if one["type"] in {"error", "non-document-error"} or one.get("subType") == "warning"
    ]


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")
