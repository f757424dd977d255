"""A TCP line that misbehaves on demand, between the service and its PostgreSQL: slow, cut, frozen, or losing an answer.

It listens on the loopback interface and speaks to the server's socket file; ``line.url`` is the database behind it.
"""

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

SOCKET = ".s.PGSQL.5432"


@dataclass
class Line:
    """What the line does to what passes; every attribute may be changed while it runs."""

    target: Path
    port: int = 0
    delay: float = 0.0  # seconds that each answer is late
    frozen: bool = False  # nothing passes, nothing is refused: a link that died
    lose_answer_to: bytes = b""  # the question that holds these bytes arrives, and the line is cut before its answer
    lose_question: bytes = b""  # the question that holds these bytes never arrives, and the line is cut
    lost: int = 0
    most_lost: int = 1
    _pairs: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(self) -> None:
        """Cut every connection that is open now."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def carry(self, client: socket.socket) -> None:
        """Carry one connection until either end closes it."""
        with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
            server.connect(str(self.target))
            with self._lock:
                self._pairs.append((client, server))
            with selectors.DefaultSelector() as ready:
                ready.register(client, selectors.EVENT_READ, server)
                ready.register(server, selectors.EVENT_READ, client)
                while all(self._pass(key.fileobj, key.data, client) for key, _ in ready.select()):
                    pass

    def _pass(self, source: object, sink: socket.socket, client: socket.socket) -> bool:
        assert isinstance(source, socket.socket)
        data = source.recv(65536)
        while self.frozen:
            time.sleep(0.02)
        if source is not client:
            time.sleep(self.delay)
        if source is client and self._is_to_be_lost(self.lose_question, data):
            return False
        sink.sendall(data)
        if source is client and self._is_to_be_lost(self.lose_answer_to, data):
            sink.recv(65536)  # it has answered: what was asked is done
            return False
        return bool(data)

    def _is_to_be_lost(self, words: bytes, data: bytes) -> bool:
        with self._lock:
            is_hit = bool(words) and words in data and self.lost < self.most_lost
            self.lost += is_hit
        return is_hit


@contextlib.contextmanager
def line_to(url: str) -> Iterator[tuple[Line, str]]:
    """Open a line to the database of a URL with a socket folder; give it, and the URL through it."""
    address = sa.engine.make_url(url)
    line = Line(Path(str(address.query["host"])) / SOCKET)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        line.port = int(listener.getsockname()[1])
        accepting = threading.Thread(target=_accept, args=(listener, line), daemon=True)
        accepting.start()
        query = {name: value for name, value in address.query.items() if name != "host"}
        through = address.set(host="127.0.0.1", port=line.port, query=query)
        try:
            yield line, through.render_as_string(hide_password=False)
        finally:
            line.frozen = False
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            accepting.join(5)
            line.cut()


def _accept(listener: socket.socket, line: Line) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=line.carry, args=(client,), daemon=True).start()
