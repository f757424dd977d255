"""``make metropolis``: 60 offices with 10 clerks each, asked as fast as the two cores allow, through the micro-cache.

What is asked follows Zipf's law: the r-th most popular question is asked 1/r as often as the first. The questions are
the 60 concerns at all offices (``view=next``) and each of them at each office (its month), shuffled by a fixed seed.
Four fifths of all clerks' time are taken. Meanwhile somebody books and looks how long the proxy goes on offering what
is taken: never longer than five seconds. A third of the time goes before, unmeasured, until caches know the city.
"""

import argparse
import asyncio
import random
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

from bench.crowd import front, towns
from bench.crowd.figures import exactly, percentile, verdict
from bench.crowd.line import Line, Reply
from bench.crowd.stage import opened, prepared
from bench.crowd.work import work_of

OFFICES, CLERKS, CONCERNS = 60, 10, 60
QUESTIONS, LINES = 20_000, 20  # what an ended wrk leaves behind must not fill nginx's 48 with them
OLDEST = 5.0
SLUG = "metropole"


def main() -> None:
    """Ask and print; ends with 1 if an answer was too old or a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--offices", type=int, default=OFFICES)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="wartefrei-metropolis-") as folder,
        prepared("postgresql", Path(folder), "metropolis") as (url, app),
    ):
        home = Path(folder)
        towns.a_metropolis(SLUG, asked.offices, CLERKS, CONCERNS)
        print(f"{towns.fill(share=0.8)} appointments in {asked.offices} offices of {CLERKS} clerks", flush=True)
        with opened(app, url, home, workers=2) as stage, front.proxy(stage.server, home, is_flooded=True) as proxy:
            script = _script(home, asked.offices)
            subprocess.run(_wrk(proxy.url, script, max(3, asked.seconds // 3)), check=True, stdout=subprocess.DEVNULL)
            work = work_of(stage, proxy.pid)
            told, ages = asyncio.run(_flood(proxy.url, script, asked.seconds, asked.offices))
            ok = _report(told, ages)
            print("how nginx answered: " + ", ".join(f"{how} {number}" for how, number in _cached(home).most_common()))
            work.print()
    sys.exit(0 if ok else 1)


def _script(home: Path, offices: int) -> Path:
    """Write what wrk asks: a list of questions drawn by Zipf's law, gone through in a circle."""
    dice = random.Random(1)
    free = f"/api/v1/municipalities/{SLUG}/availability?concern=anliegen"
    ranked = [f"{free}{number}&view=next" for number in range(CONCERNS)]
    ranked += [f"{free}{number}&office=amt{office}" for number in range(CONCERNS) for office in range(offices)]
    dice.shuffle(ranked)
    drawn = dice.choices(ranked, [1 / rank for rank in range(1, len(ranked) + 1)], k=QUESTIONS)
    lines = ",\n".join(f'"{path}"' for path in drawn)
    script = home / "questions.lua"
    script.write_text(
        f"local asked = {{\n{lines}\n}}\nlocal place = 0\n"
        "request = function() place = place % #asked + 1; return wrk.format('GET', asked[place]) end\n"
    )
    return script


async def _flood(address: str, script: Path, seconds: int, offices: int) -> tuple[str, list[float]]:
    """Run wrk, and beside it somebody who books and watches; return what wrk printed and the ages in seconds."""
    flood = await asyncio.create_subprocess_exec(*_wrk(address, script, seconds), stdout=subprocess.PIPE)
    watching = asyncio.create_task(_watch(address, offices, time.monotonic() + seconds * 0.8))
    told, _ = await flood.communicate()
    return told.decode(), await watching


def _wrk(address: str, script: Path, seconds: int) -> list[str]:
    return ["wrk", "-t1", f"-c{LINES}", f"-d{seconds}s", "--latency", "--timeout", "10s", "-s", str(script), address]


async def _watch(address: str, offices: int, until: float) -> list[float]:
    """Book a start at one office after another; return how long each went on being offered."""
    ages, dice, line = [], random.Random(2), Line.to(address, 1)
    while time.monotonic() < until:
        office = f"amt{dice.randrange(offices)}"
        path = f"/api/v1/municipalities/{SLUG}/availability?concern=anliegen0&office={office}"
        starts = _starts(await line.ask("GET", path))
        if not starts:
            continue
        start = dice.choice(starts)
        if await _book_out(line, office, start):
            ages.append(await _seen_free(line, path, start))
    line.close()
    return ages


async def _book_out(line: Line, office: str, start: str) -> bool:
    """Book a start until no clerk is left; False if somebody is told to come back, and it may still be free."""
    number, status = 0, 201
    while status == 201:
        status = await _book(line, office, start, number)
        number += 1
    return status == 409


async def _seen_free(line: Line, path: str, start: str) -> float:
    """Return for how many seconds a start that is taken goes on being offered; only an answer of 200 tells."""
    begun = time.monotonic()
    while time.monotonic() < begun + 4 * OLDEST:
        reply = await line.ask("GET", path)
        if reply.status == 200 and start not in _starts(reply):
            break
        await asyncio.sleep(0.05)
    return time.monotonic() - begun


async def _book(line: Line, office: str, start: str, number: int) -> int:
    body = {
        "office": office,
        "start": start,
        "concerns": [{"id": "anliegen0", "quantity": 1}],
        "name": "Anna Beispiel",
        "email": f"{uuid.uuid4()}@example.org",
    }
    path = f"/api/v1/municipalities/{SLUG}/appointments"
    reply = await line.ask("POST", path, body, Idempotency_Key=f"{start}-{number}-{uuid.uuid4()}")
    return reply.status


def _starts(reply: Reply) -> list[str]:
    if reply.status != 200:
        return []
    return [start for office in reply.told["offices"] for day in office["days"] for start in day["starts"]]


def _cached(home: Path) -> Counter[str]:
    """Return how often nginx answered by itself and how often not, by its own words; "-": it kept nothing."""
    log = home / "front/var/log/wartefrei/access.log"
    return Counter(line.split()[-2] for line in log.read_text().splitlines())


def _report(told: str, ages: list[float]) -> bool:
    print(told)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", told)
    print(f"{len(ages)} bookings seen through the cache: median age {percentile(ages, 0.5):.2f} s")
    return all(
        [
            verdict("oldest answer", round(max(ages, default=4 * OLDEST), 2), OLDEST, " s"),
            exactly("answers that were no 2xx", int(wrong[1]) if wrong else 0, 0),
            exactly("questions without an answer", sum(map(int, lost.groups())) if lost else 0, 0),
        ]
    )


if __name__ == "__main__":
    main()
