"""A whole day of people, mistakes and faults: no name, address, number, note, token, code in any line or metric."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from booking import clock, create_app
from booking.extensions import db
from booking.metrics import Returned
from booking.models import Concern, DaySheet, Login, Municipality, Office
from tests import databases, mailboxes
from tests.builders import a_municipality
from tests.colleagues import a_login
from tests.conftest import settings_for
from tests.mailboxes import Mailbox
from tests.privacy.walking import CODE, LINK, Walker, forms_of, letter_to, rude, wait_until
from tests.relays import Relay, listening
from tests.returned import a_message
from tests.serving import DIRECTLY, Server, end, environment_for, free_port, serving

METRICS = "a token that Prometheus shows, of 48 characters"
PASSWORD = "Kranichzug-im-Oktober-17"
FORMATS = {"sqlite": "lines", "postgresql": "json"}
# What nobody else in the day is called: found anywhere, it is a leak.
ANNA = {"name": "Annegret Quittenbaum", "email": "quittenbaum@privat.example", "phone": "05071 8642097"}
CALLER = {"name": "Bruno Öhlschläger", "email": "oehl.bruno@privat.example", "phone": "0171 5318642"}
DORA = {"name": "Dora Ünwahrscheinlich", "email": "unbekannt-dora@privat.example", "phone": ""}
BROKEN = {"name": "Emil Fehlerteufel", "email": "constraint@privat.example", "phone": "04262 975310"}
FRIEDA = {"name": "Frieda Zwetschgenmus", "email": "zwetschgenmus@privat.example", "phone": "05071 7531902"}
WALTER = {"name": "Walter Nebelschütz"}  # walks in
SAID = ("Rollstuhlrampe nötig", "Zwillingspass gesucht", "Fahrradkeller", "wrong-quince-password")
NETWORKS = ("203.0.113.177", "198.51.100.188", "2001:db8:aaaa:bbbb::99")
SHEET = "amtsleitung@privat.example"
RETURNING = "bounce+{}@termine.example.org"
WAITING = re.compile(r'id="w-([^"]+)"')


@dataclass
class Day:
    """The running service, its relay and mailbox, where its jobs tell figures, and every secret that came up."""

    server: Server
    relay: Relay
    mailbox: Mailbox
    secrets: set[str] = field(default_factory=set)
    walkers: list[Walker] = field(default_factory=list)

    def walker(self, network: int = 0) -> Walker:
        self.walkers.append(Walker(self.server, NETWORKS[network]))
        return self.walkers[-1]

    def figures_of_jobs(self) -> str:
        address = f"http://127.0.0.1:{self.server.environment['METRICS_PORT']}/metrics"
        return str(DIRECTLY.open(address, timeout=30).read().decode())


@pytest.fixture
def day(empty_database: Callable[[str], str], engine: str, tmp_path: Path) -> Iterator[Day]:
    url = empty_database("silence")
    app = create_app(settings_for(url))
    databases.migrate(app)
    with app.app_context():
        _people()
        _break(engine)
        db.engine.dispose()
    with listening(Relay()) as relay, mailboxes.running() as mailbox:
        relay.answers[DORA["email"]] = f"550 5.1.1 <{DORA['email']}> {DORA['name']} unknown here"
        relay.answers[SHEET] = f"450 4.2.0 <{SHEET}> greylisted"
        environment = environment_for(
            url,
            port=free_port(),
            MAIL_PORT=relay.port,
            TRUSTED_PROXIES=1,
            LOG_FORMAT=FORMATS[engine],
            METRICS_TOKEN=METRICS,
            METRICS_PORT=free_port(),
            BOUNCE_ADDRESS=RETURNING,
            **{name.upper(): value for name, value in mailbox.settings.items()},
        )
        with serving(environment, workers=2, log=tmp_path / "log") as server:
            yield Day(server, relay, mailbox)


def _people() -> None:
    town = a_municipality()
    asked = {"id": "wishes", "label": {"de": "Was brauchen Sie?"}, "required": False, "max_length": 200}
    db.session.scalars(sa.select(Concern).order_by(Concern.id)).first().questions = [asked]
    office = db.session.scalars(sa.select(Office)).one()
    office.day_sheet_to = SHEET
    actor = a_login("lena.lilienthal", "manager")
    db.session.get_one(Login, actor.login).password = PasswordHasher(1, 8, 1).hash(PASSWORD)
    now = clock.now()
    tomorrow = now.date() + timedelta(days=1)
    db.session.add(DaySheet(office_id=office.id, day=tomorrow, address=SHEET, message_id="<s@x>", next_at=now))
    db.session.get_one(Municipality, town.id).revision += 1
    db.session.commit()


def _break(engine: str) -> None:
    """Let the database refuse one person's row, and PostgreSQL repeat the whole of it as it always does."""
    if engine == "postgresql":
        check = f"ALTER TABLE appointment ADD CONSTRAINT unforeseen CHECK (email <> '{BROKEN['email']}')"
    else:
        check = (
            f"CREATE TRIGGER unforeseen BEFORE INSERT ON appointment WHEN NEW.email = '{BROKEN['email']}' "
            "BEGIN SELECT RAISE(ABORT, 'unforeseen'); END"
        )
    db.session.execute(sa.text(check))
    db.session.commit()


@pytest.mark.long_on("sqlite")  # PostgreSQL says more: the whole row that it refuses
def test_a_whole_day_says_nobody_s_name(day: Day) -> None:
    starts = _starts(day)
    token = _a_citizen(day, starts)
    _strangers_and_mistakes(day, starts, token)
    _colleagues(day, starts)
    wait_until(
        lambda: all(word in day.server.log.read_bytes() for word in (b"rejected: 550", b"deferred: 450", b"broke off"))
    )
    metrics = day.walker().ask("GET", "/metrics", Authorization=f"Bearer {METRICS}")
    assert metrics.status == 200
    figures = _what_came_back(day)
    said = {"log": day.server.log.read_text(), "metrics": metrics.text, "metrics of the jobs": figures}
    for word in (
        "unforeseen",
        "Traceback",
        "Invalid HTTP",
        "/t/<token>",
        "is left for people",
    ):  # the day was as bad as it was meant to be
        assert word in said["log"]
    assert _told(said, _markers(day)) == []
    assert _in_addresses(day) == []
    assert _on_error_pages(day) == []


def _starts(day: Day) -> list[str]:
    path = "/municipalities/musterstadt/availability?concern=personalausweis"
    found = day.walker().api("GET", path).json
    return [start for at in found["offices"] for each in at["days"] for start in each["starts"]]


def _book(who: Walker, start: str, person: dict[str, str], **more: Any) -> Any:
    body = {"office": "buergerbuero", "start": start, "concerns": [{"id": "personalausweis", "quantity": 1}]}
    answers = {"answers": {"personalausweis": {"wishes": SAID[0]}}} if more.pop("asked", False) else {}
    key = f"key-of-{person['email'].partition('@')[0]}"
    path = "/municipalities/musterstadt/appointments"
    return who.api("POST", path, body | person | answers | more, Idempotency_Key=key)


def _a_citizen(day: Day, starts: list[str]) -> str:
    """Books, types wrong codes, confirms by link, moves, cancels, undoes, looks at the data; another one erases it."""
    anna = day.walker()
    made = _book(anna, starts[0], ANNA)
    assert made.status == 201, made.text
    holder, reference = made.json["holder"], made.json["reference"]
    text = letter_to(day.relay, ANNA["email"])
    token, code = LINK.findall(text)[0], CODE.findall(text)
    day.secrets |= {holder, token, *code}
    for wrong in ("000000", "999999"):
        anna.api("POST", f"/appointments/{reference}/confirm", {"holder": holder, "code": wrong})
    anna.ask("GET", f"/t/{token}?said=confirmed")
    for step in ("confirm", "cancel", "undo"):
        anna.form(f"/t/{token}/{step}", step="1")
    anna.form(f"/t/{token}/move", start=starts[4])
    for page in ("data", "data.json", "erase", "calendar.ics", "checklist", "move", "nowhere", "move/nowhere"):
        anna.ask("GET", f"/t/{token}/{page}", Referer=f"{day.server.url}/t/{token}")
    bearer = {"Authorization": f"Bearer {token}"}
    anna.api("GET", "/appointment", **bearer)
    anna.api("POST", "/appointment/move", {"start": "1999-01-01T00:00:00Z"}, **bearer)
    anna.form("/musterstadt/link", email=ANNA["email"], reference=reference)
    dora = day.walker(1)
    assert _book(dora, starts[8], DORA).status == 201
    assert _book(day.walker(2), starts[14], FRIEDA).status == 201
    return token


def _strangers_and_mistakes(day: Day, starts: list[str], token: str) -> None:
    rude_one, name, email = day.walker(2), ANNA["name"], ANNA["email"]
    broken = f'{{"name": "{name}", "email": "{email}", '.encode()
    rude_one.ask("POST", "/api/v1/municipalities/musterstadt/appointments", broken, Content_Type="application/json")
    _book(rude_one, starts[9], ANNA | {"email": f"{email}@@"})
    _book(rude_one, starts[9], ANNA, unknown=name)
    _book(rude_one, "never", ANNA)
    assert _book(rude_one, starts[10], BROKEN).status == 500
    for path in (
        f"/t/{token}x",
        f"/t/{token}/../{token}",
        f"/nowhere/{ANNA['email']}",
        f"/musterstadt/?q={SAID[2]}",
        f"/feeds/{token}.ics",
        f"/staff/login?next=/t/{token}",
        f"/%2ft%2f{token}",
        f"//t/{token}",
    ):
        rude_one.ask(
            "GET", path, Referer=f"https://mail.example/?to={ANNA['email']}&link=/t/{token}", User_Agent="Mozilla"
        )
        rude_one.ask("PUT", path)
    rude_one.ask(
        "POST", "/musterstadt/book", b"name=" + b"x" * 200_000, Content_Type="application/x-www-form-urlencoded"
    )
    rude_one.api("POST", f"/appointments/{email}/confirm", {"holder": token, "code": email})
    rude_one.api("GET", "/appointment", Authorization=f"Bearer {token[:-1]}x")
    for lines in (
        f"GET /t/{token} HTTP/9.9\r\n\r\n",
        f"GET /t/{token}\r\n{email}: x\r\n\r\n",
        f"GET /t/{token} HTTP/1.1\r\nHost: x\r\n{email}\r\n\r\n",
        f"GET /t/{token} HTTP/1.1\r\nX Y({email}): 1\r\n\r\n",
        f"{ANNA['email']} /t/{token} HTTP/1.1\r\nHost: x\r\n\r\n",
        f"POST /t/{token}/confirm HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {email}\r\n\r\n",
        f"POST /t/{token}/confirm HTTP/1.1\r\nHost: x\r\nContent-Length: {email}\r\n\r\n",
        f"GET /t/{token} HTTP/1.1\r\nHost: x\r\nX-Long: {email * 900}\r\n\r\n",
    ):
        rude(day.server, lines.encode())


def _colleagues(day: Day, starts: list[str]) -> None:
    lena = day.walker(1)
    lena.ask("GET", "/staff/login")
    lena.form("/staff/login", name=CALLER["email"], password=SAID[3])
    lena.form("/staff/login", name="lena.lilienthal", password=SAID[3])
    assert lena.form("/staff/login", name="lena.lilienthal", password=PASSWORD).status == 302
    day.secrets |= {value for value in lena.cookies.values() if len(value) > 20}
    place = "/staff/musterstadt.buergerbuero"
    assert lena.ask("GET", f"{place}/day/{starts[0][:10]}").status == 200
    for text in (ANNA["name"], CALLER["phone"], SAID[1]):
        lena.form(f"{place}/find", q=text)
    lena.form("/staff/find", name=CALLER["name"], contact=CALLER["phone"])
    common = {"town": "musterstadt", "concern": "personalausweis:1", "time": f"buergerbuero|{starts[12]}"}
    lena.ask("GET", "/staff/phone")
    lena.form("/staff/phone/hold", **common)
    day.relay.drops = 1
    lena.form("/staff/phone/book", **common, **CALLER)
    with_link = letter_to(day.relay, ANNA["email"])
    reference = day.walkers[1].replies[0].json["reference"]
    day.secrets |= set(LINK.findall(with_link))
    page = f"{place}/appointments/{reference}"
    lena.ask("GET", page)
    lena.form(f"{page}/note", note=SAID[1], seen="")
    lena.form(f"{page}/name", name=ANNA["name"] + "s")
    lena.form(f"{page}/cancel", wished="nobody")
    for path in (f"{page}/data", f"{page}/data.json", f"{place}/figures", f"{place}/nowhere/{ANNA['email']}"):
        lena.ask("GET", path)
    lena.form(f"{page}/erase-data", sure="1")
    _waiting_room(lena, f"{place}/day/{starts[0][:10]}")


def _waiting_room(lena: Walker, today: str) -> None:
    """Somebody without an appointment gets a number, the second form being the right one, and is called."""
    lena.form(f"{today}/walk-in", concern="nothing", quantity="1", **WALTER)
    given = lena.form(f"{today}/walk-in", concern="personalausweis", quantity="1", **WALTER)
    assert given.status == 302
    (reference,) = WAITING.findall(lena.ask("GET", given.headers["Location"].partition("#")[0]).text)
    lena.form(f"{today}/mark", do=f"take:{reference}:platz1")
    lena.ask("GET", f"{today.partition('/day/')[0]}/walk-ins/{reference}/ticket")


def _what_came_back(day: Day) -> str:
    """Let a bounce and a question arrive, and the next job process read them; return what both told in figures."""
    letter_to(day.relay, FRIEDA["email"])
    sender = next(sender for sender, to in day.relay.envelopes if FRIEDA["email"] in to)
    bounce = a_message("postfix", sender).replace(b"anna@example.org", FRIEDA["email"].encode())
    question = f"Subject: {FRIEDA['name']}\r\nFrom: {FRIEDA['email']}\r\n\r\n{SAID[2]}\r\n".encode()
    day.mailbox.receive(bounce, question)
    first = day.figures_of_jobs()
    assert day.server.jobs
    end(day.server.jobs)
    jobs = day.server.start_jobs()  # it looks at once; the other would have in a minute
    try:
        wait_until(lambda: b"is left for people" in day.server.log.read_bytes())
        assert day.mailbox.subjects() == [FRIEDA["name"]]
        figures = first + day.figures_of_jobs()
        assert f'returned_messages_total{{message="{Returned.BOUNCE}"}} 1.0' in figures  # it was believed
        return figures
    finally:
        end(jobs)


def _markers(day: Day) -> set[str]:
    everybody = (ANNA, CALLER, DORA, BROKEN, FRIEDA, WALTER)
    people = {value for person in everybody for value in person.values() if value}
    parts = {part for person in everybody for part in person["name"].split() if len(part) > 5}
    words = {SHEET, PASSWORD, METRICS, mailboxes.PASSWORD}
    return people | parts | set(SAID) | set(NETWORKS) | day.secrets | words


def _told(said: dict[str, str], markers: set[str]) -> list[str]:
    return [
        f"{marker!r} in the {where}: {_line_with(text, form)}"
        for where, text in said.items()
        for marker in sorted(markers)
        for form in forms_of(marker)
        if _says(text, form)
    ]


def _says(text: str, form: str) -> bool:
    """A code's six digits may stand by chance within the digits of a duration or of another number."""
    if re.fullmatch(r"\d{6}", form):
        return re.search(rf"(?<![\d.]){form}(?!\d)", text) is not None
    return form.casefold() in text.casefold()


def _line_with(text: str, form: str) -> str:
    return next(line for line in text.splitlines() if form.casefold() in line.casefold())[:300]


def _in_addresses(day: Day) -> list[str]:
    """Return addresses that an answer leads to with somebody in them; the mailed link itself stays in its own pages."""
    links = {f"/t/{secret}" for secret in day.secrets}
    leading = [reply.headers["Location"] for who in day.walkers for reply in who.replies if "Location" in reply.headers]
    foreign = [address for address in leading if not any(link in address for link in links)]
    return _told({"addresses": "\n".join(foreign)}, _markers(day))


def _on_error_pages(day: Day) -> list[str]:
    """What broke here is told by a number, and every page keeps its own address to itself."""
    replies = [reply for who in day.walkers for reply in who.replies]
    broken = "\n".join(reply.text for reply in replies if reply.status >= 500)
    assert broken
    pages = [reply for reply in replies if "html" in reply.headers.get("Content-Type", "")]
    talkative = {reply.headers.get("Referrer-Policy") for reply in pages} - {"no-referrer"}
    return _told({"error pages": broken}, _markers(day)) + sorted(map(str, talkative))
