"""Clients of the JSON API over HTTP, each on a loopback address of its own: limits count by network."""

import gzip
import http.client
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

PATIENCE = 60


@dataclass(frozen=True)
class Answer:
    """What came back; ``body`` is the JSON, or None."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(self.body["code"]) if isinstance(self.body, dict) and "code" in self.body else ""


class Client:
    """One person's program: a kept connection from 127.x.y.z, where ``number`` chooses the address."""

    def __init__(self, url: str, number: int = 0, *, timeout: float = PATIENCE) -> None:
        address = urlsplit(url)
        source = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self._line = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=timeout, source_address=(source, 0)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def connect(self) -> None:
        """Open the line now, so that only the request itself is timed."""
        self._line.connect()

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send one request; ``headers`` are named with underscores. Raises OSError, http.client.HTTPException."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            return self._send(method, path, None, named)
        return self._send(method, path, json.dumps(body).encode(), named | {"Content-Type": "application/json"})

    def press(self, path: str, form: Mapping[str, str], *, cookie: str) -> Answer:
        """Send a form as a browser does; an answer that leads elsewhere is not followed."""
        named = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        return self._send("POST", path, urlencode(form).encode(), named)

    def _send(self, method: str, path: str, data: bytes | None, named: dict[str, str]) -> Answer:
        try:
            self._line.request(method, path, body=data, headers=named)
            answer = self._line.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self._line.close()
            raise
        if answer.headers.get("Content-Encoding") == "gzip":
            text = gzip.decompress(text)
        is_json = "json" in (answer.headers.get("Content-Type") or "")
        return Answer(answer.status, dict(answer.headers.items()), json.loads(text) if is_json else None)

    def book(self, start: str, *, town: str = "musterstadt", key: str, **fields: object) -> Answer:
        """Ask for an ID card at a start."""
        body = {
            "office": "buergerbuero",
            "start": start,
            "concerns": [{"id": "personalausweis", "quantity": 1}],
            "name": "Anna Beispiel",
            "email": f"{key}@example.org",
            **fields,
        }
        return self.ask("POST", f"/api/v1/municipalities/{town}/appointments", body, Idempotency_Key=key)

    def starts(self, *, town: str = "musterstadt") -> list[str]:
        """Return every start that is offered for an ID card."""
        found = self.ask("GET", f"/api/v1/municipalities/{town}/availability?concern=personalausweis")
        assert found.status == 200, found
        return [start for office in found.body["offices"] for day in office["days"] for start in day["starts"]]


def at_once(url: str, tasks: Sequence[Callable[[Client], Any]]) -> list[Any]:
    """Let as many connected clients as there are tasks do them at the same instant; return what they got, in order."""
    barrier = threading.Barrier(len(tasks))

    def run(numbered: tuple[int, Callable[[Client], Any]]) -> Any:
        number, task = numbered
        with Client(url, number) as client:
            client.connect()
            barrier.wait(PATIENCE)
            return task(client)

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, enumerate(tasks)))
