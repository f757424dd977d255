"""From where letters and calendar entries come: the municipality's sender and addresses, or the installation's."""

from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import urlsplit

import idna
from flask import current_app

from booking.rules.catalogue import Catalogue
from booking.rules.texts import word


@dataclass(frozen=True, slots=True)
class Origin:
    """``sender`` is the mail's From and the calendar's ORGANIZER alike; ``base_url`` has no slash at its end.

    ``hears_replies``: what calendars answer to the organizer is read.
    """

    sender: str
    name: str
    base_url: str
    booking_page: str
    link_page: str
    hears_replies: bool


def origin_of(catalogue: Catalogue, language: str) -> Origin:
    """Return a municipality's origin; what it has not set is the installation's."""
    base_url = (catalogue.base_url or current_app.config["BASE_URL"]).rstrip("/")
    default_name, default = _parsed(current_app.config["MAIL_DEFAULT_SENDER"] or "")
    own = catalogue.sender_email
    return Origin(
        sender=ascii_domain(own or default or f"termine@{urlsplit(base_url).hostname}"),
        name=word(catalogue.sender_name, language) or word(catalogue.name, language) or default_name,
        base_url=base_url,
        booking_page=f"{base_url}/{catalogue.slug}",
        link_page=f"{base_url}/{catalogue.slug}/link",
        hears_replies=current_app.config["IMAP_SERVER"] is not None,
    )


@lru_cache(maxsize=8)
def _parsed(sender: str) -> tuple[str, str]:
    return parseaddr(sender)


@lru_cache(maxsize=1024)
def ascii_domain(address: str) -> str:
    """Return an address with its domain in ASCII (RFC 5891), as every relay takes it."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return address  # an address literal, or nothing that DNS knows: the relay will say
