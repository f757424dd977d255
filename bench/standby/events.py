"""What happens to the machines while people book, and what it cost: one row of the table per event."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.standby.nodes import until
from bench.standby.people import BUSY, CALM
from bench.standby.stage import Scene, look_anew
from booking.extensions import db
from tools.check_tables import lost_in

BEFORE, AFTER = 4.0, 4.0  # seconds of booking around each event
BACK_WITHIN = 30.0
ETCD_AWAY = 20.0
HEAD = f"{'event':34} {'back s':>8} {'gap s':>8} {'acknowledged':>12} {'found again':>12} {'lost':>6} {'whole s':>8}"


@dataclass
class Row:
    """One event: ``back`` seconds until somebody who asked after it had a booking, ``gap`` the longest time without."""

    what: str
    back: float
    gap: float
    acknowledged: int
    found_again: int
    lost: int
    whole: float  # seconds until all machines were there again

    def __str__(self) -> str:
        """One line of the printed table."""
        return (
            f"{self.what:34} {self.back:8.1f} {self.gap:8.1f} {self.acknowledged:12} {self.found_again:12} "
            f"{self.lost:6} {self.whole:8.1f}"
        )


@dataclass
class Drill:
    """The scene, the rows so far, and what had been told, found and lost before the present event."""

    scene: Scene
    rows: list[Row] = field(default_factory=list)
    told: int = 0
    found: int = 0
    lost: int = 0

    def kill_primary(self, number: int) -> None:
        """Lose the primary's machine, wait for bookings, bring it back."""
        primary = self.scene.cluster.primary()
        self._row(f"kill {number}: {primary.name}, the primary", primary.lose, mend=primary.start)

    def switch_over(self) -> None:
        """Hand over to a standby as before maintenance."""
        primary = self.scene.cluster.primary()

        def hand_over() -> float:
            begun = time.time()
            status, text = primary.ask("/switchover", method="POST", body={"leader": primary.name})
            assert status == 200, text
            return begun

        self._row("planned switchover", hand_over)

    def kill_standby(self) -> None:
        """Lose the machine that the primary waits for at each commit."""
        name = next(each["name"] for each in self.scene.cluster.members() if each["role"] == "sync_standby")
        standby = self.scene.cluster.nodes[name]
        self._row("synchronous standby killed", standby.lose, mend=standby.start)

    def lose_etcd(self) -> None:
        """Have nobody to ask who is primary for twenty seconds."""

        def away() -> float:
            begun = time.time()
            self.scene.cluster.stop_etcd()
            time.sleep(ETCD_AWAY)
            return begun

        self._row(f"etcd away for {ETCD_AWAY:g} s", away, mend=self.scene.cluster.start_etcd)

    def kill_frozen(self) -> None:
        """Lose the primary a second after its lines to the standbys froze: what they lack then is lost."""
        primary = self.scene.cluster.primary()

        def freeze_and_lose() -> float:
            primary.freeze_senders()
            time.sleep(1)
            return primary.lose()

        self._row("asynchronous, senders frozen", freeze_and_lose, mend=primary.start)

    def _row(self, what: str, happen: Callable[[], float], *, mend: Callable[[], None] = lambda: None) -> None:
        crowd = self.scene.crowd
        begun, crowd.pause = time.time(), BUSY
        time.sleep(BEFORE)
        at = happen()
        back = float(until(lambda: crowd.back_after(at), "a booking"))
        time.sleep(AFTER)
        gap, crowd.pause = crowd.longest_gap(begun), CALM
        mend()
        whole = self.scene.cluster.wait_until_whole()
        lost, told, found = self._lost(), len(crowd.ledger.told), self.scene.found_again()
        row = Row(what, back, gap, told - self.told, found - self.found, lost - self.lost, whole)
        self.told, self.found, self.lost = told, found, lost
        self.rows.append(row)
        print(row, flush=True)

    def _lost(self) -> int:
        """Return how many bookings that were answered with success until now are in no table."""
        told: dict[str, str | None] = dict.fromkeys(list(self.scene.crowd.ledger.told))
        look_anew()
        lost = lost_in(db.session.connection(), told)
        db.session.rollback()
        return len(lost)
