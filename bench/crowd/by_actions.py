"""Attempts at the level of actions: processes of their own, each with its own people, on one clock of tests' making."""

import multiprocessing
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bench.crowd.ledger import UNCONFIRMED, Ledger
from booking import create_app
from booking.actions.book import book
from booking.actions.book_by_staff import Insisting, book_by_staff
from booking.actions.cancel import cancel
from booking.actions.confirm import confirm
from booking.actions.expire_pendings import expire_pendings
from booking.actions.extend import extend
from booking.actions.find_starts import find_starts
from booking.actions.keys import keyring
from booking.actions.marks import mark
from booking.actions.move import move
from booking.actions.move_by_staff import Target, move_by_staff
from booking.actions.walk_ins import arrive
from booking.errors import Refusal
from booking.extensions import db
from booking.models import Login, Membership, Municipality
from booking.rules.appointments import Wish
from booking.rules.lifecycle import Verb
from booking.rules.roles import Actor, Role
from booking.rules.secrets import token_of
from tests.builders import an_order
from tests.conftest import settings_for

TOWN, OFFICES = "musterstadt", ("buergerbuero", "rathaus")
CONCERNS = ("personalausweis", "meldebescheinigung")
BEGIN = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
LENGTH = timedelta(days=18)  # over which the attempts are spread: times open each morning, and pass
# What a client does next, in parts of a hundred. Whoever confirms late comes when the minute has long passed.
MIX = {
    "book": 52,
    "confirm": 12,
    "confirm late": 4,
    "move": 7,
    "cancel": 7,
    "staff": 5,
    "staff move": 3,
    "walk in": 3,
    "serve": 3,
    "miss": 1,
    "extend": 1,
    "expire": 2,
}
GLANCES = 20  # how many of all who have an appointment the counter looks at to find one of today
HOMES = 250  # networks that a process's people book from: nobody's thousands are counted at each booking
WANTED_MOST = 6  # times that every second one wants: the next ones
LOOK_AGAIN = 40  # attempts between two looks at the free times: most of what is shown is still free, not all


def attempt(url: str, attempts: int, *, clients: range) -> Ledger:
    """Let a process for each of these numbers attempt its share of bookings; return what they were told."""
    ledger = Ledger()
    with multiprocessing.get_context("spawn").Pool(len(clients)) as pool:
        shares = [(url, number, attempts // len(clients)) for number in clients]
        for told in pool.starmap(_live, shares):
            ledger += told
    return ledger


def _live(url: str, number: int, attempts: int) -> Ledger:
    app = create_app(settings_for(url))
    with app.app_context():
        client = _Client(number, attempts, _staff(number))
        client.run()
        db.session.remove()
        db.engine.dispose()
    return client.ledger


def _staff(number: int) -> Actor:
    db.session.connection(execution_options={"writes": True})  # else SQLite refuses one of two that write after reading
    town = db.session.scalars(sa.select(Municipality)).one()
    login = Login(name=f"desk{number}", display_name="Empfang", created_at=BEGIN)
    login.memberships.append(Membership(municipality_id=town.id, role="desk"))
    db.session.add(login)
    db.session.commit()
    return Actor(login.id, Role.DESK, town.id, None, books_only=False)


@dataclass
class _Client:
    """One process's people."""

    number: int
    attempts: int
    by: Actor
    ledger: Ledger = field(default_factory=Ledger)
    open: list[tuple[str, datetime]] = field(default_factory=list)
    firm: list[tuple[str, datetime]] = field(default_factory=list)
    served: list[tuple[str, datetime]] = field(default_factory=list)
    starts: list[tuple[str, datetime]] = field(default_factory=list)
    made: int = 0
    now: datetime = BEGIN

    def __post_init__(self) -> None:
        self.dice = random.Random(self.number)
        self.keys = keyring()

    def run(self) -> None:
        """Attempt until so many bookings were."""
        deeds = {name.replace(" ", "_"): share for name, share in MIX.items()}
        while self.made < self.attempts:
            self.now = BEGIN + LENGTH * (self.made / self.attempts)
            (deed,) = self.dice.choices(list(deeds), list(deeds.values()))
            self._do(deed.replace("_", " "), getattr(self, f"_{deed}"))

    def _do(self, what: str, deed: Callable[[], None]) -> None:
        self.ledger.asked[what] += 1
        try:
            deed()
        except Refusal as refusal:
            self.ledger.refused[refusal.code] += 1

    def _book(self) -> None:
        self.made += 1
        office, start = self._some_start()
        wish = Wish(self.dice.choice(CONCERNS), self.dice.choice((1, 1, 1, 2)))
        key, home = f"{self.number}-{self.made}", f"10.{self.number}.{self.made % HOMES}.1"
        order = an_order(office=office, start=start, wishes=(wish,), email=f"{key}@example.org", key=key, network=home)
        found = book(order, now=self.now)
        self.open.append((found.reference, start))
        self.ledger.hear("book", found.reference, UNCONFIRMED, start)

    def _confirm(self) -> None:
        self._confirm_one("confirm", self._taken(self.open, latest=True))

    def _confirm_late(self) -> None:
        self._confirm_one("confirm late", self._taken(self.open, latest=False))

    def _confirm_one(self, what: str, one: tuple[str, datetime] | None) -> None:
        if one is None:
            return
        reference, start = one
        confirm(token_of(reference, 0, self.keys), now=self.now)
        self.firm.append((reference, start))
        self.ledger.hear(what, reference, frozenset({"confirmed"}), start)

    def _taken(self, those: list[Any], *, latest: bool) -> Any:
        if not those:
            return None
        return those.pop(-1 if latest else self.dice.randrange(len(those)))

    def _move(self) -> None:
        one = self._taken(self.firm, latest=False)
        if one is None:
            return
        reference, before = one
        office, start = self._some_start()
        try:
            move(token_of(reference, 0, self.keys), start, office=office, now=self.now)
        except Refusal:
            self.firm.append((reference, before))
            raise
        self.firm.append((reference, start))
        self.ledger.hear("move", reference, frozenset({"confirmed"}), start)

    def _cancel(self) -> None:
        one = self._taken(self.firm, latest=False)
        if one is not None:
            cancel(token_of(one[0], 0, self.keys), now=self.now)
            self.ledger.hear("cancel", one[0], frozenset({"cancelled"}), None)

    def _staff(self) -> None:
        self.made += 1
        office, start = self._some_start()
        key, phone = f"s{self.number}-{self.made}", f"05071 {self.number}{self.made:07}"
        fields = {"email": "", "phone": phone, "channel": "phone", "key": key, "name": f"Person {key}"}
        order = an_order(office=office, start=start, **fields)
        found = book_by_staff(order, by=self.by, insisting=Insisting(), now=self.now)
        self.firm.append((found.reference, start))
        self.ledger.hear("staff", found.reference, frozenset({"confirmed"}), start)

    def _staff_move(self) -> None:
        one = self._taken(self.firm, latest=False)
        if one is None:
            return
        office, start = self._some_start()
        kept = one
        try:
            move_by_staff(self.by, one[0], Target(start, office, knows=True), now=self.now)
            kept = (one[0], start)
        finally:
            self.firm.append(kept)
        self.ledger.hear("staff move", one[0], frozenset({"confirmed"}), start)

    def _serve(self) -> None:
        self._mark("serve", Verb.SERVE, "serving")

    def _miss(self) -> None:
        self._mark("miss", Verb.MISS, "no_show")

    def _mark(self, what: str, verb: Verb, status: str) -> None:
        place = self._place_of_today()
        if place is not None:
            reference, start = self.firm[place]
            mark(reference, verb, by=self.by, now=self.now)
            self.firm.pop(place)
            self.served += [(reference, start)] if verb is Verb.SERVE else []
            self.ledger.hear(what, reference, frozenset({status}), None)

    def _extend(self) -> None:
        """Whoever is served takes longer, into time that somebody else may be booking."""
        one = self._taken(self.served, latest=True)
        if one is not None:
            extend(one[0], 5, by=self.by, now=self.now)
            self.ledger.hear("extend", one[0], frozenset({"serving"}), None)

    def _place_of_today(self) -> int | None:
        places = (self.dice.randrange(len(self.firm)) for _ in range(GLANCES if self.firm else 0))
        return next((place for place in places if self.firm[place][1].date() == self.now.date()), None)

    def _walk_in(self) -> None:
        self.made += 1
        wish = Wish(self.dice.choice(CONCERNS))
        arrive(TOWN, self.dice.choice(OFFICES), (wish,), by=self.by, now=self.now, key=f"w{self.number}-{self.made}")
        self.ledger.had["walk in"] += 1
        self.ledger.walk_ins += 1

    def _expire(self) -> None:
        expire_pendings(now=self.now)
        self.ledger.had["expire"] += 1

    def _some_start(self) -> tuple[str, datetime]:
        if not self.starts or self.made % LOOK_AGAIN == 0:
            found = find_starts(TOWN, (Wish(CONCERNS[0]),), now=self.now)
            free = [
                (at.office.slug, datetime.fromtimestamp(moment, UTC)) for at in found.offices for moment in at.starts
            ]
            self.starts = free or self.starts  # everything is taken: then somebody tries what was free before
        if not self.starts:
            return OFFICES[0], (self.now + timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)
        return self.dice.choice(self.starts[: self.dice.choice((WANTED_MOST, len(self.starts)))])
