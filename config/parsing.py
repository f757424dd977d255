"""How the text of each setting becomes a value. Raises ValueError whose text is how the sentence goes on."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

SHORTEST_KEY: Final = 32
DIRECT, STARTTLS, NO_TLS = "direct", "starttls", "none"  # how the mailbox is reached
_NUMBERS: Final = (  # of libpq's options, whose names alone it looks at beforehand
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
)
_YES: Final = frozenset({"1", "yes", "true", "on"})
_NO: Final = frozenset({"0", "no", "false", "off"})


def database_url(text: str) -> str:
    """Take an SQLite file or a PostgreSQL of psycopg 3; of several hosts the one that takes writes."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # a port that is no number, also that of libpq's own host:1,host:2
        # The value may hold a password and must not be repeated.
        raise ValueError(
            "is not a database address such as postgresql+psycopg://user@host/name (several hosts: "
            "postgresql+psycopg://user@/name?host=db1:5432&host=db2:5432&target_session_attrs=read-write)"
        ) from None
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError(f"must begin with sqlite:/// or postgresql+psycopg://, not {url.drivername}://")
    if url.drivername == "sqlite" and url.database in {None, "", ":memory:"}:
        raise ValueError("must name a file: several processes share the database")
    if url.drivername == "sqlite" and not _has_folder(str(url.database)):
        raise ValueError(f"must name a file in a folder that is there and may be entered, not {url.database!r}")
    named = url.query.get("host", url.host or "")
    hosts = (named,) if isinstance(named, str) else named
    if any("," in host and ":" in host for host in hosts):
        raise ValueError("must name each of several hosts apart: ?host=db1:5432&host=db2:5432")
    is_choosy = url.query.get("target_session_attrs") in {"read-write", "primary"}
    if not is_choosy and (len(hosts) > 1 or any("," in host for host in hosts)):
        raise ValueError("names several hosts: add target_session_attrs=read-write, or some will ask a standby")
    if not _has_usable_options(url):  # unnamed: behind a ? that belongs to a password they are its end
        raise ValueError(
            "has a part that its driver does not take: look after its ? for a misspelt name or a number that is none"
        )
    return text


def _has_usable_options(url: URL) -> bool:
    """Do with an address what will be done with it, short of going there."""
    try:
        _, options = url.get_dialect()().create_connect_args(url)
        if url.drivername != "sqlite":
            make_conninfo(**options)
    except (ArgumentError, TypeError, ValueError, ProgrammingError):
        return False
    numbers = (str(options[name]) for name in _NUMBERS if name in options)
    return url.drivername == "sqlite" or all(re.fullmatch(r"-?[0-9]{1,9}", number) for number in numbers)


def _has_folder(file: str) -> bool:
    """Tell whether a file can lie there; a path that is not absolute lies in the instance's folder, which is ours."""
    path = Path(file)
    return not path.is_absolute() or (_is_seen(path.parent.is_dir) and not _is_seen(path.is_dir))


def _is_seen(look: Callable[[], bool]) -> bool:
    """Tell whether a look at the disk finds it; what this user may not look at is not there for them."""
    try:
        return look()
    except OSError:
        return False


def readable(text: str) -> str:
    """Take text of any kind: whatever a setting is for, it could neither be sent nor hashed otherwise."""
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes as they come from /dev/urandom
        raise ValueError("must be text, not bytes that are none") from None
    return text


def secret_key(text: str) -> str:
    """Take a key that is long enough."""
    if len(text) < SHORTEST_KEY:
        raise ValueError(f"is too short: it has {len(text)} characters and needs at least {SHORTEST_KEY}")
    return text


def bearer_token(text: str) -> str:
    """Take a key that can be sent in a header as it is: printable ASCII (RFC 9110, 5.5)."""
    if not re.fullmatch(r"[ -~]*", text):
        raise ValueError("must consist of printable ASCII characters: it is sent in a header")
    return secret_key(text)


def fallback_keys(text: str) -> tuple[str, ...]:
    """Take former keys, separated by commas."""
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise ValueError(f"must be former keys, separated by commas, each of at least {SHORTEST_KEY} characters")
    return keys


def base_url(text: str) -> str:
    """Take a web address, also below a path, and return it without a slash at its end."""
    try:
        address = urlsplit(text)
        is_web = address.scheme in {"http", "https"} and address.hostname and address.port != 0
        complete = is_web and text.isprintable() and " " not in text
    except ValueError:  # a port that is no number, a bracket left open
        complete = False
    if not complete:
        raise ValueError(f"must be the address people open, such as https://termine.example.de/amt, not {text!r}")
    if address.query or address.fragment or address.username:
        raise ValueError("must have neither a login nor anything after ? or #")
    return text.rstrip("/")


def origins(text: str) -> tuple[str, ...]:
    """Take what a catalogue may list, and nothing else: both open the same doors."""
    from booking.catalogue.formats import FORMATS  # noqa: PLC0415 - booking itself imports these settings

    origins = tuple(origin.strip() for origin in text.split(",") if origin.strip())
    for origin in origins:
        if fault := FORMATS["origin"](origin):
            raise ValueError(f"must be origins, separated by commas: {fault.rstrip('.')}")
    return origins


def issuer(text: str) -> str:
    """Take it as it is: the provider's own name for itself must be the same to the letter (OpenID Discovery, 4.3)."""
    try:
        address = urlsplit(text)
        is_here = address.scheme == "http" and address.hostname in {"localhost", "127.0.0.1", "::1"}
        is_plain = address.hostname and address.port != 0 and not address.query and not address.fragment
        complete = is_plain and (address.scheme == "https" or is_here)
    except ValueError:  # a port that is no number or above 65535, a bracket left open
        complete = False
    if not complete:
        raise ValueError(f"must be the https address of the identity provider, not {text!r}")
    return text


def valkey_url(text: str) -> str:
    """Take the address of a Valkey or Redis server; both speak the same."""
    try:
        address = urlsplit(text)
        complete = address.scheme in {"valkey", "valkeys", "redis", "rediss"} and address.hostname and address.port != 0
    except ValueError:  # a port that is no number or above 65535, a bracket left open
        complete = False
    if not complete:  # what stands before the @ may be a password, and so may what stands after the ?
        shown = text.rpartition("@")[2].partition("?")[0]
        raise ValueError(f"must be an address like valkey://127.0.0.1:6379/0, not {shown!r}")
    text = text.replace("redis", "valkey", 1) if text.startswith("redis") else text
    from valkey import ConnectionPool, ValkeyError  # noqa: PLC0415 - its memory is paid for only where it is used

    try:
        made = ConnectionPool.from_url(text)  # type: ignore[no-untyped-call]
        made.make_connection()  # it connects only when it is first used
    except (AttributeError, NameError, TypeError, ValueError, ValkeyError):  # it uses what it was given unlooked at
        raise ValueError(
            "has a part that its client does not take: look after its ? for a misspelt name or a number that is none"
        ) from None
    return text


def host(text: str) -> str:
    """Take the name or address of a host."""
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise ValueError(f"must be the name or address of a host, not {text!r}")
    return text


def whole_number(first: int, last: int) -> Callable[[str], int]:
    """Return what takes a whole number within these bounds."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", text) or not first <= int(text) <= last:
            raise ValueError(f"must be a whole number from {first} to {last}, not {text!r}")
        return int(text)

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    """Return what takes one of these words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be {' or '.join(words)}, not {text!r}")
        return text

    return parse


def yes_or_no(text: str) -> bool:
    """Take yes, true, on, 1 or their contraries."""
    if text.lower() not in _YES | _NO:
        raise ValueError(f"must be yes or no, not {text!r}")
    return text.lower() in _YES


def sender(text: str) -> str:
    """Take an e-mail address, with or without a name before it."""
    if not re.fullmatch(r"(?:[^<>@\r\n]*<)?[^\s<>@]+@[^\s<>@]+>?", text) or ("<" in text) != text.endswith(">"):
        raise ValueError(f"must be an e-mail address, with or without a name before it, not {text!r}")
    return text


def bounce_address(text: str) -> str:
    """Take an address with one ``{}`` before its @, and room there for what takes its place."""
    from booking.rules.return_paths import LONGEST_REST, PLACE  # noqa: PLC0415 - booking itself imports these settings

    local, _, domain = text.rpartition("@")
    before, place, after = local.partition(PLACE)
    if not place or not re.fullmatch(r"[A-Za-z0-9._+=-]*", before + after) or before.startswith((".", "-")):
        raise ValueError(
            f"must be an address with {{}} before its @, such as bounce+{{}}@termine.example.de, not {text!r}"
        )
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", domain):
        raise ValueError(f"must end with a domain in ASCII such as termine.example.de, not {domain!r}")
    if len(before + after) > LONGEST_REST:
        raise ValueError(f"is too long: beside {{}} there is room for {LONGEST_REST} characters before the @")
    return text


def folder(text: str) -> str:
    """Take the name of a mailbox's folder."""
    if not text.isprintable() or len(text) > 255:  # noqa: PLR2004 - longer than any server takes
        raise ValueError("must be the name of a folder such as INBOX")
    return text


def is_loopback(server: str) -> bool:
    """Tell whether a host is this machine itself."""
    return server in {"localhost", "127.0.0.1", "::1"}


def existing_file(text: str) -> str:
    """Take the path of a file that is there."""
    if not _is_seen(Path(text).is_file):
        raise ValueError(f"names a file that does not exist, or not for this user: {text}")
    return text
