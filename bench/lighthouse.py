"""``make lighthouse``: Lighthouse's mobile profile over the five pages that people see most, in Debian's Chromium.

Its marks beside what we ask of ourselves. Step four and "not booked yet" are answers to forms, which Lighthouse cannot
open by address; they are made of the same parts.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests import serving
from tests.clients import Client
from tests.relays import Relay, listening

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "tools/lighthouse/node_modules/lighthouse/cli/index.js"
CATALOGUE = "config/catalogues/schwarmstedt.yaml"
TOWN = "/schwarmstedt"
PAGES = {
    "concerns": f"{TOWN}/",
    "checklist": f"{TOWN}/checklist?concern=personalausweis:2&concern=reisepass",
    "contact": f"{TOWN}/contact?concern=personalausweis&office=buergerbuero",
    "lost link": f"{TOWN}/link",
}
WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100}
FLAGS = "--headless=new --no-sandbox --disable-background-networking --disable-component-update --no-first-run"
PATIENCE = 60  # seconds for a letter


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, _town(Path(folder)) as (url, token):
        marks = {name: _marks(url + path) for name, path in (PAGES | {"appointment": f"/t/{token}"}).items()}
    print(f"{'':12}" + "".join(f"{category:>16}" for category in WANTED))
    for name, given in marks.items():
        print(f"{name:12}" + "".join(f"{given[category]:>16}" for category in WANTED))
    short = [name for name, given in marks.items() if any(given[each] < wanted for each, wanted in WANTED.items())]
    print(f"Wanted: {', '.join(f'{each} {wanted}' for each, wanted in WANTED.items())}.")
    print(f"Too low: {', '.join(short) or 'none'}.")
    return int(bool(short))


@contextmanager
def _town(home: Path) -> Iterator[tuple[str, str]]:
    """Yield the address of a running service, and the token of an appointment that awaits its people."""
    relay = Relay()
    with listening(relay):
        environment = serving.environment_for(
            f"sqlite:///{home}/town.sqlite3", port=serving.free_port(), MAIL_PORT=relay.port
        )
        serving.flask("db", "upgrade", environment=environment)
        serving.flask("catalogue", "load", CATALOGUE, environment=environment)
        with serving.serving(environment, workers=2, log=home / "log") as server:
            yield server.url, _booked(server.url, relay)


def _booked(url: str, relay: Relay) -> str:
    """Book some time and return the token of the letter's link, its appointment confirmed."""
    api = f"/api/v1/municipalities{TOWN}"
    with Client(url) as client:
        free = client.ask("GET", f"{api}/availability?concern=personalausweis").body["offices"][0]
        start = next(start for day in free["days"] for start in day["starts"] if _is_far(start))
        wish = {"office": free["office"], "start": start, "concerns": [{"id": "personalausweis", "quantity": 1}]}
        client.ask("POST", f"{api}/appointments", wish | {"name": "Erika Mustermann", "email": "erika@example.org"})
        give_up = time.monotonic() + PATIENCE
        while not relay.taken and time.monotonic() < give_up:
            time.sleep(0.1)
        body = relay.taken[0].get_body(("plain",))
        token = re.findall(r"/t/(\S+)", body.get_content() if body else "")[0]
        client.ask("POST", "/api/v1/appointment/confirm", Authorization=f"Bearer {token}")
    return str(token)


def _is_far(start: str) -> bool:
    return (datetime.fromisoformat(start) - datetime.now(UTC)).days >= 1


def _marks(url: str) -> dict[str, int]:
    """Return Lighthouse's marks of a page, of 100, by category."""
    only = ",".join(WANTED)
    program = [shutil.which("node") or "node", str(PROGRAM), url, "--output=json", "--quiet"]
    program += [f"--only-categories={only}", f"--chrome-flags={FLAGS}"]
    chromium = shutil.which("chromium") or "chromium"
    done = subprocess.run(
        program, capture_output=True, text=True, env=os.environ | {"CHROME_PATH": chromium}, check=True
    )
    report = json.loads(done.stdout)
    for audit in report["audits"].values():
        if audit.get("score") is not None and audit["score"] < 1 and audit["scoreDisplayMode"] == "binary":
            print(f"  {url}: {audit['title']}", file=sys.stderr)
    return {name: round(100 * category["score"]) for name, category in report["categories"].items()}


if __name__ == "__main__":
    sys.exit(main())
