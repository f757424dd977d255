"""The keys of hashes: a long-lived one for contacts, one a day for networks."""

import ipaddress
import secrets
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from booking.extensions import db
from booking.models import HashKey
from booking.rules.secrets import Keyring, hashed

CONTACT = "contact"
NETWORK_KEYS_LIVE = timedelta(hours=48)


def keyring() -> Keyring:
    """Return the installation's keys (SECRET_KEY and its fallbacks)."""
    return Keyring.of(current_app.config["SECRET_KEY"], tuple(current_app.config["SECRET_KEY_FALLBACKS"]))


def contact_hash(email: str, now: datetime) -> str:
    """Return the hash under which an address is counted: case and a ``+tag`` make no new person."""
    local, _, domain = email.casefold().rpartition("@")
    return hashed(f"{local.split('+')[0]}@{domain}", _key(CONTACT, now))


def network_hash(address: str, now: datetime) -> str | None:
    """Return today's hash of a client's network (a /64 for IPv6), or None for what is no address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    width = 64 if found.version == 6 else 32  # noqa: PLR2004 - the versions of IP
    network = ipaddress.ip_network((found, width), strict=False)
    return hashed(str(network), _key(f"network:{now.date()}", now))


def destroy_old_keys(now: datetime) -> None:
    """Forget the network keys of past days: from then on their hashes say nothing."""
    old = HashKey.purpose.startswith("network:") & (HashKey.created_at < now - NETWORK_KEYS_LIVE)
    db.session.execute(delete(HashKey).where(old))


def _key(purpose: str, now: datetime) -> bytes:
    query = select(HashKey.key).where(HashKey.purpose == purpose)
    known = db.session.scalar(query)
    if known is not None:
        return known
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    row = {"purpose": purpose, "key": secrets.token_bytes(32), "created_at": now}
    db.session.execute(insert(HashKey).values(row).on_conflict_do_nothing())
    return db.session.scalars(query).one()
