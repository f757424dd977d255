"""What browser tests of staff pages begin with: offices that are open day and night, their appointments, logins.

Each test makes an office of its own (``counter.office()``), so that tests share the server and not its days.
"""

import contextlib
import itertools
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from booking import clock, create_app
from booking.extensions import db
from booking.models import (
    Appointment,
    AppointmentClerk,
    AppointmentConcern,
    Block,
    Cell,
    Clerk,
    Concern,
    ConcernOffice,
    Login,
    Municipality,
    Office,
)
from booking.rules.lifecycle import ACTIVE
from booking.rules.secrets import new_reference
from booking.rules.spans import Span
from tests.colleagues import a_colleague
from tests.conftest import settings_for
from tests.relays import Relay

TOWN = "musterstadt"
# A zone in which it is noon (12:00 to 12:59) now. Whatever hour the tests run at, nine is over, half past eleven
# at night is to come, nobody sits at a desk whom a test did not put there, and no day ends or jumps meanwhile.
ZONE = ZoneInfo(f"Etc/GMT{clock.now().hour - 12:+}")  # POSIX: "+" is west of Greenwich
PASSWORD = "ein langes Passwort"
ALL_DAY = {"start": time(0), "end": time(23, 55)}
AROUND_NOON = (  # for who takes the first free time: it lies ahead, so it cannot pass between being shown and pressed
    {"kind": "online", "start": time(8), "end": time(11, 30)},
    {"kind": "online", "start": time(14), "end": time(23, 55)},
)
CONCERNS = {
    "personalausweis": ("Personalausweis beantragen", 15, {"keywords": {"de": ["Perso", "Ausweis"]}}),
    "meldebescheinigung": ("Meldebescheinigung", 10, {"keywords": {"de": ["Wohnsitz", "Kirchensteuer"]}}),
    "kirchenaustritt": ("Kirchenaustritt", 20, {"discreet": True}),
}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Desk:
    """An office of one test: ``place`` is its name in addresses, ``clerks`` are ids in order."""

    id: int
    slug: str
    clerks: tuple[int, ...]

    @property
    def place(self) -> str:
        return f"{TOWN}.{self.slug}"


@dataclass
class Counter:
    """The running service: what stands in its database, and who logs in."""

    url: str
    app: Flask
    relay: Relay

    @property
    def today(self) -> date:
        """Return today at the counter."""
        return clock.now().astimezone(ZONE).date()

    def at(self, hands: str, day: date | None = None) -> datetime:
        """Return a time of today (or another day) on the town hall's clock: ``at("09:15")``."""
        return datetime.combine(day or self.today, time.fromisoformat(hands), ZONE)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Begin with the write lock: what is only read first cannot be written beside the running server."""
        with self.app.app_context():
            db.session.connection(execution_options={"writes": True})
            yield

    def office(self, *, clerks: int = 2, blocks: Any = ({"kind": "online", **ALL_DAY},), **fields: Any) -> Desk:
        """Open a new office with so many clerks, each with these blocks on every day of the week."""
        slug = f"amt-{next(_numbers)}"
        with self.writing():
            town = db.session.scalars(select(Municipality).where(Municipality.slug == TOWN)).one()
            office = Office(
                municipality_id=town.id, slug=slug, **{"name": {"de": "Bürgerbüro"}, **_SOMEWHERE, **fields}
            )
            db.session.add(office)
            db.session.flush()
            for concern in db.session.scalars(select(Concern).where(Concern.municipality_id == town.id)):
                db.session.add(ConcernOffice(concern_id=concern.id, office_id=office.id))
            rows = [_clerk(town, office, number, blocks) for number in range(1, clerks + 1)]
            town.revision += 1
            made = Desk(office.id, slug, tuple(row.id for row in rows))
            db.session.commit()
        return made

    def appointment(
        self, desk: Desk, hands: str = "", *, clerk: int = 0, minutes: int = 15, concern: str = "personalausweis",
        day: date | None = None, quantity: int = 1, **fields: Any,
    ) -> str:  # fmt: skip
        """Store an appointment (confirmed unless ``status`` says else) with its cells; return its reference."""
        visit = {"clerk": clerk, "minutes": minutes, "concern": concern, "day": day, "quantity": quantity, **fields}
        return self.appointments(desk, [{"hands": hands, **visit}])[0]

    def appointments(self, desk: Desk, visits: Iterable[dict[str, Any]]) -> list[str]:
        """Store many at once, each with what ``appointment`` takes (``hands`` included); return their references."""
        with self.writing():
            office = db.session.get_one(Office, desk.id)
            references = [self._store(desk, office, **visit).reference for visit in visits]
            office.version += 1
            db.session.commit()
        return references

    def _store(
        self, desk: Desk, office: Office, *, hands: str = "", clerk: int = 0, minutes: int = 15,
        concern: str = "personalausweis", day: date | None = None, quantity: int = 1, **fields: Any,
    ) -> Appointment:  # fmt: skip
        row = _row(office, fields)
        if hands:
            row.start = self.at(hands, day)
            row.end = row.start + timedelta(minutes=minutes)
            row.clerks = [AppointmentClerk(clerk_id=desk.clerks[clerk])]
        row.concerns = [_purpose(office, concern, quantity, minutes)]
        db.session.add(row)
        db.session.flush()
        if hands and row.status in ACTIVE:
            moments = Span(row.start, row.end).moments()
            db.session.add_all(Cell(clerk_id=desk.clerks[clerk], moment=at, appointment_id=row.id) for at in moments)
        return row

    def cancel(self, reference: str) -> None:
        """Cancel an appointment as a colleague does meanwhile."""
        with self.writing():
            row = db.session.scalars(select(Appointment).where(Appointment.reference == reference)).one()
            row.status, row.cancelled_by = "cancelled", "office"
            db.session.execute(delete(Cell).where(Cell.appointment_id == row.id))
            db.session.get_one(Office, row.office_id).version += 1
            db.session.commit()

    def status(self, reference: str) -> str:
        """Return an appointment's status as it stands in the database."""
        with self.app.app_context():
            return db.session.scalars(select(Appointment.status).where(Appointment.reference == reference)).one()

    def staff(self, role: str, desk: Desk | None = None) -> str:
        """Add a member of staff by ``flask staff add``, for one office or all; return the name."""
        name = f"{role}-{secrets.token_hex(3)}"
        where = ["--municipality", TOWN, *(["--office", desk.slug] if desk else [])]
        done = self.app.test_cli_runner().invoke(
            args=["staff", "add", name, *where, "--role", role, "--password", PASSWORD]
        )
        assert done.exit_code == 0, done.output
        return name

    def log_in(self, page: Page, role: str, desk: Desk | None = None, *, way: str = "start") -> str:
        """Give the browser the cookie of a new member of staff and open ``way`` (below /staff/); return the name.

        The form of the login page is a test of its own: a password is made to take its time.
        """
        name = f"{role}-{secrets.token_hex(3)}"
        colleague = a_colleague(self.app, role, name=name, office=desk.slug if desk else None)
        cookie = colleague.client.get_cookie(
            self.app.config["SESSION_COOKIE_NAME"], path=self.app.config["SESSION_COOKIE_PATH"]
        )
        assert cookie is not None
        kept = {"name": cookie.key, "value": cookie.value, "domain": "127.0.0.1", "path": cookie.path, "httpOnly": True}
        page.context.add_cookies([kept])  # type: ignore[list-item]
        page.goto(f"{self.url}/staff/{way}")
        return name

    def take_role(self, name: str) -> None:
        """Take every membership of a login away, as an administrator does meanwhile."""
        with self.writing():
            login = db.session.scalars(select(Login).where(Login.name == name)).one()
            login.memberships.clear()
            db.session.commit()

    def log_in_by_form(self, page: Page, role: str, desk: Desk | None = None) -> str:
        """Log a new member of staff in by the form of the login page; return the name."""
        name = self.staff(role, desk)
        page.goto(f"{self.url}/staff/login")
        page.get_by_label("Anmeldename").fill(name)
        page.get_by_label("Passwort").fill(PASSWORD)
        page.get_by_role("button", name="Anmelden").click()
        expect(page.get_by_role("button", name="Abmelden", include_hidden=True)).to_be_attached()
        page.wait_for_load_state()  # keys that are pressed before the scripts have come are lost
        return name

    def day(self, page: Page, desk: Desk, day: date | None = None, query: str = "") -> None:
        """Open the day schedule."""
        page.goto(f"{self.url}/staff/{desk.place}/day/{day or self.today}{query}")


@contextlib.contextmanager
def opened(database: str) -> Iterator[Flask]:
    """Yield an application on the server's database, with the town in it."""
    app = create_app(settings_for(database))
    with app.app_context():
        town = _town()
        db.session.add(town)
        db.session.flush()
        for slug, (name, minutes, more) in CONCERNS.items():
            fields = {"name": {"de": name}, "minutes": minutes, "max_quantity": 6, **more}
            db.session.add(Concern(municipality_id=town.id, slug=slug, **fields))
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


_SOMEWHERE = {"street": "Am Markt 1", "postal_code": "29690", "city": "Musterstadt", "phone": "05071 809-99"}


def _town() -> Municipality:
    today = clock.now().astimezone(ZONE).date()
    soon = [f"{today + timedelta(days=ahead):%m-%d}" for ahead in range(30)]
    return Municipality(
        slug=TOWN,
        name={"de": "Stadt Musterstadt"},
        timezone=ZONE.key,
        languages=["de", "en"],
        sender_email="termine@example.org",
        holidays={"country": "DE", "state": "NI", "remove": soon},  # tests run before and on holidays, too
        policy={"lead_minutes": 0, "max_open_per_network": 1000},
    )


def _clerk(town: Municipality, office: Office, number: int, blocks: Any) -> Clerk:
    row = Clerk(
        municipality_id=town.id, slug=f"{office.slug}-platz-{number}", name={"de": f"Platz {number}"},
        position=number, all_concerns=True,
    )  # fmt: skip
    row.blocks = [Block(office_id=office.id, weekday=day, **block) for day in range(7) for block in blocks]
    db.session.add(row)
    db.session.flush()
    return row


def _row(office: Office, fields: dict[str, Any]) -> Appointment:
    now, reference = clock.now(), new_reference()
    return Appointment(
        **{
            "municipality_id": office.municipality_id, "office_id": office.id, "reference": reference,
            "uid": f"{reference}@example.org", "status": "confirmed", "channel": "online", "created_at": now,
            "changed_at": now, "confirmed_at": now, "name": "Erika Mustermann", "email": "erika@example.org", **fields,
        }
    )  # fmt: skip


def _purpose(office: Office, concern: str, quantity: int, minutes: int) -> AppointmentConcern:
    here = (Concern.municipality_id == office.municipality_id, Concern.slug == concern)
    row = db.session.scalars(select(Concern).where(*here)).one()
    return AppointmentConcern(concern_id=row.id, position=0, quantity=quantity, minutes=minutes, name=row.name)
