"""What ``doctor`` can tell from the settings alone, and from the files that belong to the program."""

import ipaddress
import math
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app

from booking.actions.findings import Finding, note
from booking.rules.languages import LANGUAGES
from config.settings import misspelt

FEWEST_BITS = 96
BUILT = ("vendor/kern/icons.json", "vendor/fonts/faces.json", "vendor/paper")  # by tools/front_end.py, tools/fonts.py
DOMAINS = ("refusals", "reasons")  # keyed by codes: without their file even German has no sentences


def check_settings() -> Iterator[Finding]:
    """Look at settings that start, and yet are wrong."""
    yield from _keys()
    yield from _address()
    for strange, meant in misspelt().items():
        yield note(f"{strange} is no setting of ours and sets nothing: is {meant} meant?")
    if current_app.debug:
        yield Finding("Debug mode is on: errors show code and let anybody run it. Unset FLASK_DEBUG.")
    yield from _translations()
    if missing := [name for name in BUILT if not _is_readable(Path(str(current_app.static_folder), name))]:
        yield Finding(
            f"The front end is not built, or this user may not read it ({', '.join(missing)}): run 'make setup', or "
            "let this user read it. Without it pages have no style."
        )


def is_local(host: str | None) -> bool:
    """Whether a host is this very machine."""
    if host in {None, "", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _is_readable(file: Path) -> bool:
    return os.access(file, os.R_OK)  # `exists` would raise an error where this user may not enter the folder


def is_weak(key: str) -> bool:
    """Whether a key was typed or repeated rather than drawn: too little surprise, or one part over and over."""
    surprise = -sum(count / len(key) * math.log2(count / len(key)) for count in Counter(key).values())
    return surprise * len(key) < FEWEST_BITS or key in (key + key)[1:-1]


def _keys() -> Iterator[Finding]:
    config = current_app.config
    key, former, token = config["SECRET_KEY"], config["SECRET_KEY_FALLBACKS"], config["METRICS_TOKEN"]
    if is_weak(key):
        yield Finding(
            "SECRET_KEY is easy to guess: every link to an appointment depends on it. Draw a new one, and put the old "
            "one into SECRET_KEY_FALLBACKS."
        )
    if any(is_weak(each) for each in former):
        yield Finding(
            "A key in SECRET_KEY_FALLBACKS is easy to guess, and it opens appointments as well: take it out as soon as "
            "the links that were mailed under it may die."
        )
    if key in former:
        yield Finding("SECRET_KEY stands in SECRET_KEY_FALLBACKS too: nothing has been rotated. Draw a new one.")
    if token and token in {key, *former}:
        yield Finding("METRICS_TOKEN is a SECRET_KEY: whoever reads figures could open appointments. Draw another.")


def _address() -> Iterator[Finding]:
    address = urlsplit(current_app.config["BASE_URL"])
    if is_local(address.hostname):
        if not is_local(current_app.config["MAIL_SERVER"]):
            yield Finding(
                "BASE_URL is this very machine, and letters leave for others: their links lead nowhere. Set it to the "
                "address that people open."
            )
        return
    if address.scheme != "https":
        yield Finding("BASE_URL is not https: the links in letters open appointments and must not travel in the clear.")
    if not current_app.config["TRUSTED_PROXIES"]:
        yield note("TRUSTED_PROXIES is 0 though BASE_URL is public: behind a proxy all citizens look like one network.")


def _translations() -> Iterator[Finding]:
    folder = Path(current_app.root_path, "translations")
    for tag, language in LANGUAGES.items():
        missing = [
            name for name in DOMAINS if not _is_readable(folder / language.gettext / "LC_MESSAGES" / f"{name}.mo")
        ]
        if missing:
            yield Finding(
                f"The sentences in {tag} are not compiled, or this user may not read them ({', '.join(missing)}): run "
                "'make setup', or let this user read them."
            )
