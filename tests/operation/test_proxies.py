"""The proxies' files of deploy/ before the real service: what gets through, what is kept, what is told to nobody."""

import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from booking import create_app
from booking.extensions import db
from booking.models import Appointment
from booking.web import floods
from tests import databases, valkeys
from tests.builders import a_municipality
from tests.conftest import settings_for
from tests.operation import fronts, placing
from tests.operation.fronts import Front
from tests.serving import Server, environment_for, free_port, serving

pytestmark = pytest.mark.faults
AVAILABILITY = "/api/v1/municipalities/musterstadt/availability?concern=personalausweis"
TOKEN = "k1.thisNobodyMayRead"
FRESH, LONGEST = 3, 5  # seconds: how old an answer may be


class Behind:
    """The service with one town, and a proxy in front of it."""

    def __init__(self, front: Front, server: Server, below: str, url: str) -> None:
        self.front, self.server, self.below, self.url = front, server, below.rstrip("/"), url

    def get(self, path: str, **headers: str) -> Any:
        return self.front.get(self.below + path, **headers)

    def book(self, start: str, **headers: str) -> Any:
        body = {
            "office": "buergerbuero",
            "start": start,
            "concerns": [{"id": "personalausweis", "quantity": 1}],
            "name": "Anna Beispiel",
            "email": f"{uuid.uuid4().hex}@example.org",
        }
        path = f"{self.below}/api/v1/municipalities/musterstadt/appointments"
        named = {"Content_Type": "application/json", "Idempotency_Key": uuid.uuid4().hex, **headers}
        return self.front.ask("POST", path, json.dumps(body).encode(), **named)

    def booked(self, **headers: str) -> Any:
        """Book whatever is still free; return what is told.

        The cache may show what another test has just taken (409), and for a while after another test's rush both the
        free times and the booking are answered with 429.
        """
        answers: list[Any] = []

        def is_had() -> bool:
            seen = self.get(AVAILABILITY)
            if seen.status != 200:
                return False
            answers.append(self.book(random.choice(_starts_in(seen.body)), **headers))
            return bool(answers[-1].status == 201)

        _until(is_had, pause=0.5)
        return json.loads(answers[-1].body)


def _starts_in(body: bytes) -> list[str]:
    return [start for office in json.loads(body)["offices"] for day in office["days"] for start in day["starts"]]


@pytest.fixture(scope="module")
def made() -> Iterator[Callable[[str, str], Behind]]:
    """Return what starts a proxy (nginx, apache) at a path in front of a service of its own, each pair once."""
    running: dict[tuple[str, str], Behind] = {}
    with contextlib.ExitStack() as stack:

        def make(kind: str, below: str) -> Behind:
            if (kind, below) not in running:
                running[kind, below] = stack.enter_context(_behind(kind, below))
            return running[kind, below]

        yield make


@contextlib.contextmanager
def _behind(kind: str, below: str, **others: object) -> Iterator[Behind]:
    """Start both; not in pytest's folder, which nobody but its owner may enter: Apache is another user."""
    with tempfile.TemporaryDirectory(prefix="wartefrei-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        url = f"sqlite:///{folder / 'db.sqlite3'}"
        app = create_app(settings_for(url))
        databases.migrate(app)
        with app.app_context():
            a_municipality(policy={"max_open_per_network": 100_000})
            db.engine.dispose()
        port = free_port()
        base = f"https://{fronts.HOST}{below.rstrip('/')}"
        environment = environment_for(url, port=port, BASE_URL=base, TRUSTED_PROXIES=1, **others)
        with (
            serving(environment, workers=1, jobs=False, log=folder / "log") as server,
            getattr(fronts, kind)(folder / "root", port, below=below) as front,
        ):
            yield Behind(front, server, below, url)


PLACES = [
    pytest.param(("nginx", "/"), id="nginx"),
    pytest.param(("nginx", "/termine/"), id="nginx below a path", marks=pytest.mark.long),
    pytest.param(("apache", "/"), id="apache", marks=pytest.mark.long),
    pytest.param(("apache", "/termine/"), id="apache below a path", marks=pytest.mark.long),
]


@pytest.fixture(params=PLACES)
def behind(request: pytest.FixtureRequest, made: Callable[[str, str], Behind]) -> Behind:
    kind, below = request.param
    if not shutil.which(kind, path=f"{os.environ['PATH']}:/usr/sbin") and not shutil.which("apache2", path="/usr/sbin"):
        pytest.fail(f"{kind} is missing: tools/need {kind}")
    return made(kind, below)


@pytest.fixture
def is_nginx(behind: Behind) -> bool:
    return (behind.front.root / "etc/nginx/nginx.conf").exists()


def test_pages_and_bookings_work_through_the_proxy(behind: Behind) -> None:
    page = behind.get("/musterstadt/")
    assert page.status == 200
    assert f'="{behind.below}/static/'.encode() in page.body
    assert behind.booked()["reference"]
    sheet = page.body.split(b'rel="stylesheet" href="')[1].split(b'"')[0].decode()
    assert behind.front.get(sheet).status == 200


def test_plain_http_leads_to_tls(behind: Behind) -> None:
    line = http.client.HTTPConnection("127.0.0.1", behind.front.plain_port, timeout=30)
    line.request("GET", "/musterstadt/", headers={"Host": fronts.HOST})
    answer = line.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{fronts.HOST}/musterstadt/")
    answer.read()
    line.close()


def test_no_client_chooses_the_address_that_it_is_counted_by(behind: Behind) -> None:
    lies = {"X_Forwarded_For": "203.0.113.7", "Forwarded": "for=203.0.113.7", "X_Forwarded_Host": "evil.example"}
    references = [told["reference"] for told in (behind.booked(), behind.booked(**lies))]
    app = create_app(settings_for(behind.url))
    with app.app_context():
        mine = sa.select(Appointment.network).where(Appointment.reference.in_(references))
        networks = db.session.scalars(mine).all()
        db.engine.dispose()
    assert len(networks) == 2
    assert len(set(networks)) == 1
    assert (
        b"evil.example"
        not in behind.get("/musterstadt/", X_Forwarded_Host="evil.example", X_Forwarded_Proto="http").body
    )


def test_no_key_stands_in_any_log(behind: Behind) -> None:
    for path in (
        f"/t/{TOKEN}",
        f"/t/{TOKEN}/confirm?next=/t/{TOKEN}",
        f"/feeds/{TOKEN}.ics",
        f"/rooms/{TOKEN}/changes",
        f"/t//{TOKEN}",
        f"/t/./{TOKEN}",
        f"/t/x/../{TOKEN}",
        f"/x/..//t/x/.././/{TOKEN}/confirm",
    ):
        assert behind.get(path, Referer=f"https://{fronts.HOST}/t/{TOKEN}").status < 500
    for path in ("/musterstadt/", f"/t/{TOKEN}", f"/t/x/../{TOKEN}"):
        told = behind.front.ask("POST", f"{behind.below}{path}?next=/t/{TOKEN}", b"x" * 300_000)
        assert told.status == 413
    behind.get(f"/%74/{TOKEN}")
    logs = behind.front.logs()
    assert "[masked]" in logs
    assert TOKEN not in logs
    assert "next=" not in logs
    assert "client: 127.0.0.1" not in logs
    assert "127.0.0.1 " not in logs
    assert TOKEN not in behind.server.log.read_text()


def test_what_the_proxy_refuses_it_says_in_a_sentence(behind: Behind, is_nginx: bool) -> None:
    huge = behind.front.ask("POST", f"{behind.below}/musterstadt/", b"x" * 300_000)
    assert huge.status == 413
    assert "zu groß".encode() in huge.body
    unmeasured = behind.front.ask("POST", f"{behind.below}/musterstadt/", iter([b"x" * 100_000] * 4))
    assert unmeasured.status == (413 if is_nginx else 411)  # Apache takes nothing whose length it does not know
    endless = behind.get("/" + "x" * 9000)
    assert endless.status == 414
    assert b"Adresse" in endless.body
    if is_nginx:
        program = behind.front.ask("POST", f"{behind.below}/api/v1/appointments/X/confirm", b"x" * 300_000)
        assert json.loads(program.body)["code"] == "too-large"
        assert program.headers["Content-Type"] == "application/problem+json"


def test_a_flood_from_one_address_is_answered_with_429_and_when_to_come_back(made: Callable[..., Behind]) -> None:
    """nginx only: Apache counts no requests. What stands in there comes next."""
    behind = made("nginx", "/")
    statuses: list[int] = []

    def flood() -> None:
        for told in _in_a_row(behind.front, "127.0.0.1", 60, "/healthz"):
            statuses.append(told.status)
            if told.status == 429:
                assert told.headers["Retry-After"] == "5"
                assert b"Bitte warten Sie ein paar Sekunden" in told.body

    people = [threading.Thread(target=flood) for _ in range(6)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert 429 in statuses
    assert 200 in statuses
    _until(lambda: behind.get("/healthz").status == 200)


@pytest.mark.long
def test_behind_apache_valkey_counts_what_an_address_asks(tmp_path: Path) -> None:
    with valkeys.running(tmp_path) as url, _behind("apache", "/", VALKEY_URL=url) as behind:
        asked = _in_a_row(behind.front, "127.8.0.1", floods.MOST + 20)
        assert [each.status for each in asked] == [200] * floods.MOST + [429] * 20
        assert asked[-1].headers["Retry-After"] == str(floods.SECONDS)
        assert [each.status for each in _in_a_row(behind.front, "127.8.0.2", 1)] == [200]


def _in_a_row(front: Front, source: str, times: int, path: str = "/api/v1/municipalities") -> list[fronts.Told]:
    """Ask over one line: opening many would last longer than what is counted, on a busy machine."""
    home, told = (source, 0), []
    line = http.client.HTTPSConnection("127.0.0.1", front.port, timeout=30, context=front.trust, source_address=home)
    with contextlib.closing(line):
        for _ in range(times):
            line.request("GET", path, headers={"Host": fronts.HOST})
            answer = line.getresponse()
            told.append(fronts.Told(answer.status, answer.headers, answer.read()))
    return told


def test_the_rush_of_one_municipality_is_refused_while_another_is_served(made: Callable[..., Behind]) -> None:
    """nginx only. Eighty people send at once: fifty may each second, 25 more wait for half a second."""
    _rush(made("nginx", "/"))


@pytest.mark.long
def test_the_rush_of_one_municipality_is_refused_below_a_path_too(made: Callable[..., Behind]) -> None:
    _rush(made("nginx", "/termine/"))


def _rush(behind: Behind) -> None:
    pages = f"{behind.below}/musterstadt/time"
    program = f"{behind.below}/api/v1/municipalities/musterstadt/appointments"
    with contextlib.ExitStack() as stack:  # the lines are open before: eighty handshakes may last longer than the rush
        lines = [stack.enter_context(_line(behind.front, f"127.3.0.{number + 1}")) for number in range(80)]
        for number, line in enumerate(lines):
            head = f"POST {(pages, program)[number % 2]} HTTP/1.1\r\nHost: {fronts.HOST}\r\nContent-Length: 1\r\n\r\n"
            line.sendall(head.encode() + b"x")
        told = [_answer_on(line) for line in lines]
    refused = [each for each in told if each.status == 429]
    assert refused
    # 26 pass the door; a machine at its limit may refuse all but a share's twelve.
    assert len(told) - len(refused) >= 12
    assert {each.headers["Retry-After"] for each in refused} == {"5"}
    for path in ("/api/v1/municipalities/nachbarstadt/appointments", "/staff/phone/book"):
        assert behind.front.ask("POST", behind.below + path, b"x", source="127.3.1.1").status != 429


def test_a_dozen_who_send_slowly_close_no_municipality(made: Callable[..., Behind]) -> None:
    """nginx only. More than all may have under way at once, from one address: none of them is with the service."""
    behind = made("nginx", "/")
    with contextlib.ExitStack() as stack:
        for _ in range(55):
            line = stack.enter_context(_line(behind.front, "127.4.0.1"))
            head = f"POST /musterstadt/book HTTP/1.1\r\nHost: {fronts.HOST}\r\nContent-Length: 200000\r\n\r\n"
            line.sendall(head.encode() + b"x")
        for path in ("/musterstadt/", "/nachbarstadt/", AVAILABILITY + "&view=next"):
            assert behind.get(path).status in {200, 404}
        # A rush of another test may just be ebbing away; those who send slowly stay.
        _until(lambda: behind.front.ask("POST", "/musterstadt/time", b"x").status != 429, pause=0.5)


def test_one_household_does_not_use_up_what_a_municipality_may_receive(made: Callable[..., Behind]) -> None:
    """nginx only. It is refused after sixty forms at once and three a second, and nobody else with it."""
    behind = made("nginx", "/")
    told: list[int] = []

    def send() -> None:
        asked = [behind.front.ask("POST", "/anderstadt/time", b"x", source="127.5.0.1") for _ in range(30)]
        told.extend(each.status for each in asked)

    people = [threading.Thread(target=send) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert 429 in told
    assert len(told) - told.count(429) >= 60
    assert behind.front.ask("POST", "/anderstadt/time", b"x", source="127.5.1.1").status != 429


@pytest.mark.parametrize(
    ("address", "household"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("2001:db8:1:2::6", "2001:db8:1:2"),
        ("2001:db8:1::6", "2001:db8:1::"),
        ("2001:db8:1::4:5:6", "2001:db8:1::"),
        ("2001:db8::3:4:5:6", "2001:db8::"),
        ("2001:db8::6", "2001:db8::"),
        ("2001::2:3:4:5:6", "2001::2:"),
        ("::1", "::"),
    ],
)
def test_an_address_of_the_new_kind_counts_by_its_first_half(address: str, household: str) -> None:
    """Reads the map of nginx's file, whose lines are tried from the top."""
    text = (placing.DEPLOY / "nginx/wartefrei-http.conf").read_text()
    lines = re.search(r"map \$remote_addr \$wartefrei_household \{(.*?)\n\}", text, re.DOTALL)
    assert lines
    rules = re.findall(r'"~([^"]+)"\s+"\$(\w+)"', lines[1])
    assert len(rules) == 3
    found = [hit[name] for rule, name in rules if (hit := re.search(rule.replace("?<", "?P<"), address))]
    assert [*found, address][0] == household


def test_a_municipality_that_has_its_share_under_way_is_refused_and_no_other(made: Callable[..., Behind]) -> None:
    """nginx only. The service stands still: twelve wait for it, the thirteenth is told to come back."""
    behind = made("nginx", "/")
    told: list[Any] = []
    other: list[Any] = []

    def come(number: int) -> None:
        told.append(behind.front.ask("GET", "/fernstadt/", source=f"127.6.0.{number + 1}"))

    def come_elsewhere() -> None:
        other.append(behind.front.ask("POST", "/andere/time", b"x", source="127.6.1.1"))

    people = [threading.Thread(target=come, args=(number,)) for number in range(15)]
    with _standing_still(behind.server):
        for person in people:
            person.start()
        _until(lambda: len(told) == 3)
        refused = list(told)
        people.append(threading.Thread(target=come_elsewhere))
        people[-1].start()
    for person in people:
        person.join()
    assert [(each.status, each.headers["Retry-After"]) for each in refused] == [(429, "5")] * 3
    assert 429 not in [each.status for each in told[3:] + other]


@contextlib.contextmanager
def _standing_still(server: Server) -> Iterator[None]:
    workers = server.workers()
    try:
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)


def _line(front: Front, source: str) -> Any:
    """Return an open line to the proxy from a loopback address."""
    plain = socket.create_connection(("127.0.0.1", front.port), 30, source_address=(source, 0))
    return front.trust.wrap_socket(plain, server_hostname=fronts.HOST)


def _answer_on(line: Any) -> fronts.Told:
    answer = http.client.HTTPResponse(line, method="POST")
    answer.begin()
    return fronts.Told(answer.status, answer.headers, answer.read())


def _next(behind: Behind, path: str) -> str:
    return str(json.loads(behind.get(path).body)["offices"][0]["next"])


def test_free_times_come_from_the_cache_and_are_never_older_than_five_seconds(behind: Behind, is_nginx: bool) -> None:
    path = AVAILABILITY + "&view=next"
    pairs: list[Any] = []

    def is_kept() -> bool:
        """Ask twice in a row; what another test has left there may be too old, and on its way to be asked for anew."""
        pairs.append((behind.get(path), behind.get(path)))
        return "HIT" in pairs[-1][1].headers.get("X-Cache", "").upper()

    _until(is_kept, pause=0.5)
    first, again = pairs[-1]
    if is_nginx:  # Apache passes on what was said to it: browsers may then show it two seconds longer, five in all
        assert again.headers["Cache-Control"] == "max-age=0"
    assert again.body == first.body
    tried: list[str] = []

    def is_had() -> bool:
        """Take the next one; the cache may still show what another test has just taken."""
        tried.append(_next(behind, path))
        return bool(behind.book(tried[-1]).status == 201)

    _until(is_had, pause=0.5)
    booked = asked = time.monotonic()
    while _next(behind, path) == tried[-1]:  # an answer counts by when it was asked for: a busy machine tells it later
        assert asked - booked < LONGEST + 1
        time.sleep(0.1)
        asked = time.monotonic()
    assert behind.get(path, If_None_Match=behind.get(path).headers["ETag"]).status == 304


def test_personal_answers_are_never_kept(behind: Behind) -> None:
    for path in ("/musterstadt/", f"/t/{TOKEN}", "/staff/login", "/readyz"):
        assert "X-Cache" not in behind.get(path).headers
    booked = behind.booked()
    mine = {"Authorization": f"Bearer {TOKEN}"}
    told = [behind.get("/api/v1/appointment", **mine).status, behind.get("/api/v1/appointment").status]
    assert told == [404, 404] or 200 not in told
    assert booked["holder"]
    kept = b"".join(file.read_bytes() for file in (behind.front.root / "var/cache").rglob("*") if file.is_file())
    assert booked["holder"].encode() not in kept
    assert b"Anna" not in kept


@pytest.mark.long
def test_slow_senders_do_not_keep_others_waiting(behind: Behind) -> None:
    """Sixteen who never end their request, half of them after a good beginning: the service has four threads."""
    with contextlib.ExitStack() as slow:
        for number in range(16):
            line = slow.enter_context(_line(behind.front, "127.4.0.2"))
            first = f"POST {behind.below}/musterstadt/book HTTP/1.1"
            head = f"{first}\r\nHost: {fronts.HOST}\r\nContent-Length: 120000\r\n\r\n"
            line.sendall(head.encode() + b"x" * (17_000 if number % 2 else 1))
        begun = time.monotonic()
        assert behind.get("/healthz").status == 200
        assert time.monotonic() - begun < 5


@pytest.mark.long
@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_a_service_that_is_away_is_said_in_a_sentence_and_no_old_times_are_shown(kind: str) -> None:
    with _behind(kind, "/") as behind:
        assert behind.get(AVAILABILITY).status == 200
        web = behind.server.web
        os.kill(web.pid, signal.SIGTERM)
        web.wait(60)
        gone = time.monotonic()
        _until(lambda: behind.get(AVAILABILITY).status == 503, pause=0.2)
        assert time.monotonic() - gone < LONGEST + 1
        told = behind.get(f"/t/{TOKEN}")
        assert told.status == 503
        assert b"Gleich geht es weiter" in told.body
        assert TOKEN not in behind.front.logs()


def _until(is_so: Callable[[], bool], *, pause: float = 0.05, patience: float = 20) -> None:
    give_up = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(pause)
