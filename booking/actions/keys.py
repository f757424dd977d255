"""The keys of hashes: a long-lived one for contacts, one a day for networks."""

import ipaddress
import secrets
from datetime import date, datetime, timedelta
from typing import NamedTuple

from flask import current_app
from sqlalchemy import bindparam, delete, select

from booking.extensions import choose_insert, db
from booking.models import HashKey
from booking.rules.return_paths import Posted, return_path
from booking.rules.secrets import Keyring, hashed

CONTACT, KEPT = "contact", "hash_keys"
STORED = select(HashKey.purpose, HashKey.key).where(HashKey.purpose.in_(bindparam("purposes", expanding=True)))
GOOGLE = ("gmail.com", "googlemail.com")
DAY = timedelta(days=1)
NETWORK_KEYS_LIVE = timedelta(hours=48)


class Hashes(NamedTuple):
    """The keyed hashes of an address and of a client's network (None for what is no network)."""

    contact: str
    network: str | None


class Keys(NamedTuple):
    """The keys with which a booking of one day is hashed; and the network's of the day before, if it had any."""

    day: date
    contact: bytes
    network: bytes
    network_before: bytes | None


def keyring() -> Keyring:
    """Return the installation's keys (SECRET_KEY and its fallbacks)."""
    return Keyring.of(current_app.config["SECRET_KEY"], tuple(current_app.config["SECRET_KEY_FALLBACKS"]))


def envelope_sender(posted: Posted, sender: str) -> str:
    """Return the envelope's sender for a message: one of its own where BOUNCE_ADDRESS is set, else the From."""
    pattern = current_app.config["BOUNCE_ADDRESS"]
    return return_path(pattern, posted, keyring()) if pattern else sender


def contact_hash(email: str, now: datetime) -> str:
    """Return the hash under which an address is counted: case, a ``+tag`` and Google's dots make nobody new."""
    return _contact(email, _keys(now, CONTACT)[CONTACT])


def hashes(email: str, address: str, keys: Keys) -> Hashes:
    """Return the contact's hash and the day's of a client's network (a /64 for IPv6)."""
    network = _network(address)
    return Hashes(_contact(email, keys.contact), hashed(network, keys.network))


def hash_before(address: str, keys: Keys) -> str | None:
    """Return the hash that a client's network had on the day before; None if nothing was hashed then."""
    return None if keys.network_before is None else hashed(_network(address), keys.network_before)


def network_hash(address: str, now: datetime) -> str:
    """Return the day's hash of a client's network."""
    return hashed(_network(address), read_keys(now).network)


def flood_key(address: str, now: datetime) -> str:
    """Return the day's hash of a client's network under which reads are counted for a minute, outside the database.

    The day's key is derived, not stored: the guard needs no database, and no hash outlives its minute. Midnight (UTC)
    ends that minute early, which lets through no more than the end of any other does.
    """
    today = hashed(f"flood|{now.date()}", keyring().keys[0])
    return hashed(_network(address), today.encode())


def kept_keys(now: datetime) -> Keys | None:
    """Return today's keys as this process last read them: a guess, to be compared with the table before it counts."""
    kept: Keys | None = current_app.extensions.get(KEPT)
    return kept if kept is not None and kept.day == now.date() else None


def read_keys(now: datetime) -> Keys:
    """Read today's keys and keep them in place of yesterday's. Runs inside the caller's transaction."""
    today, before = (network_purpose(day) for day in (now.date(), now.date() - DAY))
    found = _keys(now, CONTACT, today, also=before)
    kept = current_app.extensions[KEPT] = Keys(now.date(), found[CONTACT], found[today], found.get(before))
    return kept


def network_purpose(day: date) -> str:
    """Return under which name a day's key of networks is stored."""
    return f"network:{day}"


def _contact(email: str, key: bytes) -> str:
    local, _, domain = email.casefold().rpartition("@")
    mailbox = local.split("+")[0]
    if domain in GOOGLE:  # one mailbox under both names, however many dots
        mailbox, domain = mailbox.replace(".", ""), GOOGLE[0]
    return hashed(f"{mailbox}@{domain}", key)


def _network(address: str) -> str:
    """Return an address's network, also where a gateway adds the port; what cannot be read shares one name."""
    bare = address.split("]", maxsplit=1)[0].strip("[") if address.startswith("[") else address
    bare = bare.split(":")[0] if bare.count(":") == 1 else bare
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    width = 64 if found.version == 6 else 32  # noqa: PLR2004 - the versions of IP
    return str(ipaddress.ip_network((found, width), strict=False))


def destroy_old_keys(now: datetime) -> None:
    """Forget the network keys of past days: from then on their hashes say nothing."""
    old = HashKey.purpose.startswith("network:") & (HashKey.created_at < now - NETWORK_KEYS_LIVE)
    db.session.execute(delete(HashKey).where(old))


def _keys(now: datetime, *purposes: str, also: str | None = None) -> dict[str, bytes]:
    """Return the keys of these purposes, the first to need one makes it; and of one more if there is one."""
    wanted = (*purposes, also) if also else purposes
    found = _stored(wanted)
    if missing := [purpose for purpose in purposes if purpose not in found]:
        insert = choose_insert()
        rows = [{"purpose": purpose, "key": secrets.token_bytes(32), "created_at": now} for purpose in missing]
        db.session.execute(insert(HashKey).values(rows).on_conflict_do_nothing())
        found = _stored(wanted)
    return found


def _stored(purposes: tuple[str, ...]) -> dict[str, bytes]:
    rows = db.session.execute(STORED, {"purposes": purposes})
    return {purpose: key for purpose, key in rows}  # noqa: C416 - rows are no tuples to mypy
