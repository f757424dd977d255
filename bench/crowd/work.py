"""Who used the processor during a run, and how much of it the machine's neighbours took: a noisy run can be told."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from bench.crowd.stage import Stage

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
NOISY = 0.05  # of the machine's time


@dataclass
class Work:
    """Processor seconds by group of processes since the start; ``groups`` names each one's first processes."""

    groups: dict[str, list[int]]
    begun: float = field(default_factory=time.monotonic)
    before: dict[str, float] = field(default_factory=dict)
    machine: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        self.before, self.machine = self._now(), _machine()

    def spent(self) -> dict[str, float]:
        """Return the seconds that each group has used since then."""
        return {name: used - self.before[name] for name, used in self._now().items()}

    def print(self) -> None:
        """Print a line of the groups, one of the others on this machine, and who bounds what was reached."""
        seconds, spent = time.monotonic() - self.begun, self.spent()
        told = ", ".join(f"{name} {used:.1f}" for name, used in spent.items())
        print(f"processor seconds in {seconds:.0f} s on {CORES} cores: {told}")
        busy, stolen = (now - before for now, before in zip(_machine(), self.machine, strict=True))
        others = max(0.0, busy - sum(spent.values()))
        share = (stolen + others) / (seconds * CORES)
        word = "a noisy run: read its times with care" if share > NOISY else "a quiet run"
        print(f"other programs used {others:.1f} s, the host took {stolen:.1f} s: {share:.0%} of the machine, {word}")
        most, used = max(spent.items(), key=lambda one: one[1])
        total = sum(spent.values()) / seconds
        print(f"{most} used most: {used / seconds:.2f} cores of {total:.2f} that this run used of {CORES}")

    def _now(self) -> dict[str, float]:
        own = {"generator": time.process_time() + os.times().children_user + os.times().children_system}
        return own | {name: sum(map(_tree_seconds, pids)) for name, pids in self.groups.items()}


def work_of(stage: Stage, proxy: int, **others: list[int]) -> Work:
    """Begin to watch everything that a stage runs, its nginx, and further groups by their first processes."""
    jobs = [stage.server.jobs.pid] if stage.server.jobs else []
    groups = {"web workers": [stage.server.web.pid], "jobs": jobs, "nginx": [proxy], "PostgreSQL": _postmaster(stage)}
    return Work({name: pids for name, pids in (groups | others).items() if pids})


def _postmaster(stage: Stage) -> list[int]:
    home = sa.make_url(stage.server.environment["DATABASE_URL"]).query.get("host")
    return [int(Path(f"{home}/cluster/postmaster.pid").read_text().split()[0])] if home else []


def _tree_seconds(pid: int) -> float:
    """Return what a process, its children that live and those that have ended have used."""
    return sum(_seconds(each) for each in _tree(pid))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(task).split():
            yield from _tree(int(child))


def _seconds(pid: int) -> float:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS  # user, system, and of the children that have ended


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has just ended: its parent counts it now


def _machine() -> tuple[float, float]:
    """Return the seconds that all cores have worked, and that the host gave to others (proc(5), /proc/stat)."""
    user, nice, system, _, _, irq, soft, stolen = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + soft) / TICKS, stolen / TICKS
