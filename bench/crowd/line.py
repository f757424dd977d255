"""One person's connection: HTTP/1.1 from a loopback address of its own, so that limits by network see many people.

Written here because the clients of the field cost the same two cores that are measured: a request through httpx takes
as long as our workers need to answer it; this takes a tenth.
"""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 60.0
MOST_ADDRESSES = 250 * 250 * 200


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; ``status`` 0: no answer. ``seconds`` from the first byte sent to the last one read."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def told(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def address(number: int) -> str:
    """Return the loopback address of person ``number``; the first is 127.10.0.1."""
    high, low = divmod(number % MOST_ADDRESSES, 250)
    net, middle = divmod(high, 250)
    return f"127.{10 + net}.{middle}.{1 + low}"


@dataclass(slots=True)
class Line:
    """A connection that is kept open and opened again when the other side has closed it."""

    host: str
    port: int
    number: int
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None)

    @classmethod
    def to(cls, url: str, number: int) -> "Line":
        """Return the line of person ``number`` to a server; the path of its address does not matter."""
        found = urlsplit(url)
        return cls(found.hostname or "", found.port or 80, number)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """Send one request: JSON, or bytes as they are; ``headers`` are named with underscores.

        A dead line is tried once more.
        """
        begun = time.perf_counter()
        request = _written(self, method, path, body, headers)
        for _ in range(2):
            try:
                async with asyncio.timeout(PATIENCE):
                    status, told, content = await self._once(request)
            except (OSError, EOFError, TimeoutError):
                self.close()
                continue
            return Reply(status, told, content, time.perf_counter() - begun)
        return Reply(0, {}, b"", time.perf_counter() - begun)

    async def _once(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        if self._streams is None:
            own = (address(self.number), 0)
            self._streams = await asyncio.open_connection(self.host, self.port, local_addr=own)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        status = int(head[0].split()[1])
        content = await _content(reader, headers) if status not in {204, 304} else b""
        if headers.get("connection", "").lower() == "close":
            self.close()
        return status, headers, content

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            with contextlib.suppress(OSError):
                self._streams[1].close()
            self._streams = None


def _written(line: Line, method: str, path: str, body: Any, headers: dict[str, str]) -> bytes:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    named = {"Host": f"{line.host}:{line.port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if method == "POST":
        named = {"Content-Type": "application/json", "Content-Length": str(len(content))} | named
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items()), "", ""]
    return "\r\n".join(lines).encode() + content


async def _content(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)
