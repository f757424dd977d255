"""The settings of a running Wartefrei: the only reader of the environment."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT: Final = Path(__file__).resolve().parent.parent
INSTANCE: Final = ROOT / "instance"
SHORTEST_KEY: Final = 32


class WrongSettings(Exception):  # noqa: N818 - says what is wrong, as the refusals of booking.errors do
    """Some settings are missing or wrong; ``sentences`` names every one of them."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that an operator may choose, each under its environment variable's name in small letters."""

    secret_key: str = field(repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    database_url: str = field(default=f"sqlite:///{INSTANCE / 'wartefrei.sqlite3'}", repr=False)
    base_url: str = "http://localhost:8000"
    embedding_origins: tuple[str, ...] = ()
    trusted_proxies: int = 0
    port: int = 8000
    web_concurrency: int = 2
    mail_server: str = "localhost"
    mail_port: int = 25
    mail_username: str | None = None
    mail_password: str | None = field(default=None, repr=False)
    mail_use_tls: bool = False
    mail_use_ssl: bool = False
    mail_default_sender: str | None = None
    mail_ca_file: str | None = None
    staff_idle_minutes: int = 60
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    oidc_groups_claim: str = "groups"

    def flask_config(self) -> dict[str, Any]:
        """Return the configuration under the names that Flask and its extensions know, plus our own in capitals."""
        address = urlsplit(self.base_url)
        own = {each.name.upper(): getattr(self, each.name) for each in fields(self)}
        return own | {
            "SECRET_KEY_FALLBACKS": list(self.secret_key_fallbacks),
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "APPLICATION_ROOT": address.path or "/",
            "PREFERRED_URL_SCHEME": address.scheme,
            "COMPRESS_MIMETYPES": ["text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"],
            "COMPRESS_STREAMS": False,  # style sheets and scripts are packed once per process (booking/web/assets.py)
        }


def from_environment() -> Settings:
    """Read the settings of this process; a wrong one ends it with a sentence for each."""
    try:
        return load(os.environ)
    except WrongSettings as wrong:
        raise SystemExit("\n".join(wrong.sentences)) from None


def load(environ: Mapping[str, str]) -> Settings:
    """Turn environment variables into settings. An empty one counts as not set.

    Raises WrongSettings with all faults at once: who starts a server should not learn of them one by one.
    """
    values, faults = _parse({name: environ[name].strip() for name in _PARSERS if environ.get(name, "").strip()})
    if "SECRET_KEY" not in values and not any(fault.startswith("SECRET_KEY ") for fault in faults):
        faults.append(_NO_SECRET_KEY)
    told = {fault.split()[0] for fault in faults}  # what was set wrong is not missing
    faults += [fault for fault in _contradictions(values) if fault.split()[0] not in told]
    if faults:
        raise WrongSettings(faults)
    values.setdefault("BASE_URL", f"http://localhost:{values.get('PORT', 8000)}")
    values.setdefault("MAIL_PORT", _usual_mail_port(values))
    return Settings(**{name.lower(): value for name, value in values.items()})


def _parse(texts: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    values, faults = {}, []
    for name, text in texts.items():
        try:
            values[name] = _PARSERS[name](text)
        except ValueError as fault:
            faults.append(f"{name} {fault}.")
    return values, faults


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    found = []
    if values.get("MAIL_USE_TLS") and values.get("MAIL_USE_SSL"):
        found.append("MAIL_USE_TLS and MAIL_USE_SSL exclude each other: choose STARTTLS or TLS from the first byte.")
    if ("MAIL_USERNAME" in values) != ("MAIL_PASSWORD" in values):
        found.append("MAIL_USERNAME and MAIL_PASSWORD belong together: set both or neither.")
    if "MAIL_CA_FILE" in values and not (values.get("MAIL_USE_TLS") or values.get("MAIL_USE_SSL")):
        found.append("MAIL_CA_FILE is of no use without MAIL_USE_TLS or MAIL_USE_SSL: set one of them.")
    missing = [name for name in _SIGN_ON if name not in values]
    if missing and (len(missing) < len(_SIGN_ON) or "OIDC_GROUPS_CLAIM" in values):
        found.append(f"{' and '.join(missing)} must be set too: single sign-on needs {', '.join(_SIGN_ON)}.")
    return found


def _usual_mail_port(values: Mapping[str, Any]) -> int:
    """Return the port that goes with the chosen encryption: 465 (RFC 8314), 587 (RFC 6409) or 25."""
    if values.get("MAIL_USE_SSL"):
        return 465
    return 587 if values.get("MAIL_USE_TLS") else 25


def _database_url(text: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError:
        # The value may hold a password and must not be repeated.
        raise ValueError("is not a database address such as postgresql+psycopg://user@host/name") from None
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError(f"must begin with sqlite:/// or postgresql+psycopg://, not {url.drivername}://")
    if url.drivername == "sqlite" and url.database in {None, "", ":memory:"}:
        raise ValueError("must name a file: several processes share the database")
    return text


def _secret_key(text: str) -> str:
    if len(text) < SHORTEST_KEY:
        raise ValueError(f"is too short: it has {len(text)} characters and needs at least {SHORTEST_KEY}")
    return text


def _fallback_keys(text: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise ValueError(f"must be former keys, separated by commas, each of at least {SHORTEST_KEY} characters")
    return keys


def _base_url(text: str) -> str:
    try:
        address = urlsplit(text)
        complete = address.scheme in {"http", "https"} and address.hostname and address.port != 0
    except ValueError:  # a port that is no number, a bracket left open
        complete = False
    if not complete:
        raise ValueError(f"must be the address people open, such as https://termine.example.de/amt, not {text!r}")
    if address.query or address.fragment or address.username:
        raise ValueError("must have neither a login nor anything after ? or #")
    return text.rstrip("/")


def _origins(text: str) -> tuple[str, ...]:
    """Take what a catalogue may list, and nothing else: both open the same doors."""
    from booking.catalogue.formats import FORMATS  # noqa: PLC0415 - booking itself imports these settings

    origins = tuple(origin.strip() for origin in text.split(",") if origin.strip())
    for origin in origins:
        if fault := FORMATS["origin"](origin):
            raise ValueError(f"must be origins, separated by commas: {fault.rstrip('.')}")
    return origins


def _issuer(text: str) -> str:
    """Take it as it is: the provider's own name for itself must be the same to the letter (OpenID Discovery, 4.3)."""
    address = urlsplit(text)
    is_here = address.scheme == "http" and address.hostname in {"localhost", "127.0.0.1", "::1"}
    if not address.hostname or not (address.scheme == "https" or is_here) or address.query or address.fragment:
        raise ValueError(f"must be the https address of the identity provider, not {text!r}")
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise ValueError(f"must be the name or address of a host, not {text!r}")
    return text


def _whole_number(first: int, last: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", text) or not first <= int(text) <= last:
            raise ValueError(f"must be a whole number from {first} to {last}, not {text!r}")
        return int(text)

    return parse


def _yes_or_no(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise ValueError(f"must be yes or no, not {text!r}")
    return text.lower() in _YES


def _sender(text: str) -> str:
    if not re.fullmatch(r"(?:[^<>@\r\n]*<)?[^\s<>@]+@[^\s<>@]+>?", text) or ("<" in text) != text.endswith(">"):
        raise ValueError(f"must be an e-mail address, with or without a name before it, not {text!r}")
    return text


def _existing_file(text: str) -> str:
    if not Path(text).is_file():
        raise ValueError(f"names a file that does not exist: {text}")
    return text


_SIGN_ON: Final = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
_YES: Final = frozenset({"1", "yes", "true", "on"})
_NO: Final = frozenset({"0", "no", "false", "off"})
_NO_SECRET_KEY: Final = (
    f"SECRET_KEY is missing: set it to at least {SHORTEST_KEY} random characters, for example from "
    'python3 -c "import secrets; print(secrets.token_urlsafe(48))".'
)
_PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "DATABASE_URL": _database_url,
    "SECRET_KEY": _secret_key,
    "SECRET_KEY_FALLBACKS": _fallback_keys,
    "BASE_URL": _base_url,
    "EMBEDDING_ORIGINS": _origins,
    "TRUSTED_PROXIES": _whole_number(0, 10),
    "PORT": _whole_number(1, 65535),
    "WEB_CONCURRENCY": _whole_number(1, 1000),
    "MAIL_SERVER": _host,
    "MAIL_PORT": _whole_number(1, 65535),
    "MAIL_USERNAME": str,
    "MAIL_PASSWORD": str,
    "MAIL_USE_TLS": _yes_or_no,
    "MAIL_USE_SSL": _yes_or_no,
    "MAIL_DEFAULT_SENDER": _sender,
    "MAIL_CA_FILE": _existing_file,
    "STAFF_IDLE_MINUTES": _whole_number(5, 720),
    "OIDC_ISSUER": _issuer,
    "OIDC_CLIENT_ID": str,
    "OIDC_CLIENT_SECRET": str,
    "OIDC_GROUPS_CLAIM": str,
}
