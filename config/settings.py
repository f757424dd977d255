"""The settings of a running Wartefrei: the only reader of the environment."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from config import logging, parsing

ROOT: Final = Path(__file__).resolve().parent.parent
INSTANCE: Final = ROOT / "instance"
ALIKE: Final = 0.85  # TRUSTED_PROXY and TRUSTED_PROXIES; not MAIL, which shells set


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
    valkey_url: str | None = field(default=None, repr=False)
    bounce_address: str | None = None
    imap_server: str | None = None
    imap_port: int = 993
    imap_username: str | None = None
    imap_password: str | None = field(default=None, repr=False)
    imap_folder: str = "INBOX"
    imap_tls: str = parsing.DIRECT
    imap_ca_file: str | None = None
    staff_idle_minutes: int = 60
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    oidc_groups_claim: str = "groups"
    log_format: str = logging.LINES
    metrics_token: str | None = field(default=None, repr=False)
    metrics_port: int | None = None

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
    values.setdefault("IMAP_PORT", _usual_imap_port(values))
    return Settings(**{name.lower(): value for name, value in values.items()})


def misspelt(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what looks like a setting and is none, with the one it looks like: who wrote it has set nothing."""
    strange = sorted(name for name in set(environ) - set(_PARSERS) if name.isprintable())
    like = {name: get_close_matches(name, _PARSERS.keys() - environ.keys(), n=1, cutoff=ALIKE) for name in strange}
    return {name: found[0] for name, found in like.items() if found}


def _parse(texts: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    values, faults = {}, []
    for name, text in texts.items():
        try:
            values[name] = _PARSERS[name](parsing.readable(text))
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
    if "PORT" in values and values["PORT"] == values.get("METRICS_PORT"):
        found.append("METRICS_PORT is the port that the web process listens on: the job process needs one of its own.")
    found += _mailbox_contradictions(values)
    missing = [name for name in _SIGN_ON if name not in values]
    if missing and (len(missing) < len(_SIGN_ON) or "OIDC_GROUPS_CLAIM" in values):
        found.append(f"{' and '.join(missing)} must be set too: single sign-on needs {', '.join(_SIGN_ON)}.")
    return found


def _mailbox_contradictions(values: Mapping[str, Any]) -> Iterator[str]:
    missing = [name for name in _MAILBOX if name not in values]
    if missing and any(name.startswith("IMAP_") for name in values):
        yield f"{' and '.join(missing)} must be set too: the mailbox needs {', '.join(_MAILBOX)}."
    if values.get("IMAP_TLS") == parsing.NO_TLS:
        if not parsing.is_loopback(values.get("IMAP_SERVER", "localhost")):
            yield "IMAP_TLS may be none on this machine only: the password and people's mail would travel in the clear."
        if "IMAP_CA_FILE" in values:
            yield "IMAP_CA_FILE is of no use with IMAP_TLS=none: leave one of them out."


def _usual_imap_port(values: Mapping[str, Any]) -> int:
    """Return the port that goes with the chosen encryption: 993 for TLS from the first byte (RFC 8314), or 143."""
    return 993 if values.get("IMAP_TLS", parsing.DIRECT) == parsing.DIRECT else 143


def _usual_mail_port(values: Mapping[str, Any]) -> int:
    """Return the port that goes with the chosen encryption: 465 (RFC 8314), 587 (RFC 6409) or 25."""
    if values.get("MAIL_USE_SSL"):
        return 465
    return 587 if values.get("MAIL_USE_TLS") else 25


_SIGN_ON: Final = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
_MAILBOX: Final = ("IMAP_SERVER", "IMAP_USERNAME", "IMAP_PASSWORD")
_NO_SECRET_KEY: Final = (
    f"SECRET_KEY is missing: set it to at least {parsing.SHORTEST_KEY} random characters, for example from "
    'python3 -c "import secrets; print(secrets.token_urlsafe(48))".'
)
_PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "DATABASE_URL": parsing.database_url,
    "SECRET_KEY": parsing.secret_key,
    "SECRET_KEY_FALLBACKS": parsing.fallback_keys,
    "BASE_URL": parsing.base_url,
    "EMBEDDING_ORIGINS": parsing.origins,
    "TRUSTED_PROXIES": parsing.whole_number(0, 10),
    "PORT": parsing.whole_number(1, 65535),
    "WEB_CONCURRENCY": parsing.whole_number(1, 1000),
    "MAIL_SERVER": parsing.host,
    "MAIL_PORT": parsing.whole_number(1, 65535),
    "MAIL_USERNAME": str,
    "MAIL_PASSWORD": str,
    "MAIL_USE_TLS": parsing.yes_or_no,
    "MAIL_USE_SSL": parsing.yes_or_no,
    "MAIL_DEFAULT_SENDER": parsing.sender,
    "MAIL_CA_FILE": parsing.existing_file,
    "VALKEY_URL": parsing.valkey_url,
    "BOUNCE_ADDRESS": parsing.bounce_address,
    "IMAP_SERVER": parsing.host,
    "IMAP_PORT": parsing.whole_number(1, 65535),
    "IMAP_USERNAME": str,
    "IMAP_PASSWORD": str,
    "IMAP_FOLDER": parsing.folder,
    "IMAP_TLS": parsing.one_of(parsing.DIRECT, parsing.STARTTLS, parsing.NO_TLS),
    "IMAP_CA_FILE": parsing.existing_file,
    "STAFF_IDLE_MINUTES": parsing.whole_number(5, 720),
    "OIDC_ISSUER": parsing.issuer,
    "OIDC_CLIENT_ID": str,
    "OIDC_CLIENT_SECRET": str,
    "OIDC_GROUPS_CLAIM": str,
    "LOG_FORMAT": parsing.one_of(*logging.FORMATS),
    "METRICS_TOKEN": parsing.bearer_token,
    "METRICS_PORT": parsing.whole_number(1, 65535),
}
