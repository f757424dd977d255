"""What ``doctor`` can tell of Valkey: one read of nobody's is counted there, as the workers count."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import current_app

from booking.actions.check_settings import is_local
from booking.actions.findings import Finding

TIME_LIMIT = 5
KEY = "LIMITER/wartefrei/doctor"  # beside the workers' own keys: a right to those may be all that our user there has


def check_valkey() -> Iterator[Finding]:
    """Connect, encrypt, log in and count. An answer to PING says little: a full server or a replica gives it too."""
    url = current_app.config["VALKEY_URL"]
    if not url:
        return
    from limits.storage import RedisStorage  # noqa: PLC0415 - its memory is paid for only where it is used
    from valkey.exceptions import ValkeyError  # noqa: PLC0415

    address = urlsplit(url)
    if address.scheme == "valkey" and address.password and not is_local(address.hostname):
        yield Finding("The password in VALKEY_URL goes to another machine in the clear: write valkeys:// for TLS.")
    try:
        counter = RedisStorage(url, socket_connect_timeout=TIME_LIMIT, socket_timeout=TIME_LIMIT)
        counter.incr(KEY, expiry=1)
        counter.storage.close()
    except ValkeyError as away:
        yield Finding(
            f"Valkey does not count ({type(away).__name__}): check VALKEY_URL, its password and that the server runs. "
            "Until then each worker counts reads for itself, and lets through as many times more as there are workers."
        )
