"""Floods of GETs, counted in Valkey where one is configured. Without it nothing is counted: the proxy's limits do.

Counted per network, as a hash that lives for a minute and is keyed anew each day. What books is limited in the
database, whatever stands here. While Valkey is away each worker counts for itself and looks now and then whether it is
back: a guard must not become the outage, and nobody waits for it.
"""

import logging

from flask import Flask, Response, current_app, request

from booking import clock
from booking.actions.keys import flood_key
from booking.errors import RateLimited

SECONDS = 60
MOST = 600  # a minute and network: a school or a town hall stands behind one address, and each page is one GET
READS = frozenset({"GET", "HEAD"})
PATIENCE = 1  # second


def register(app: Flask) -> None:
    """Count, if the setting says where."""
    if not app.config["VALKEY_URL"]:
        return
    from flask_limiter import Limiter  # noqa: PLC0415 - its memory is paid for only where it is used

    logging.getLogger("flask-limiter").setLevel(logging.WARNING)  # a line for each refusal would be a flood of its own
    Limiter(
        lambda: flood_key(request.remote_addr or "", clock.now()),
        app=app,
        application_limits=[f"{MOST} per {SECONDS} seconds"],
        application_limits_exempt_when=_is_exempt,
        storage_uri=app.config["VALKEY_URL"],
        storage_options={"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE},
        key_prefix="wartefrei",
        in_memory_fallback=[f"{MOST} per {SECONDS} seconds"],
        in_memory_fallback_enabled=True,
        on_breach=_refuse,
    )


def _is_exempt() -> bool:
    """Staff work behind one address, and their pages refresh themselves; probes and figures are the operator's."""
    return request.method not in READS or request.blueprint in {"staff", "health", "observing", "feeds", "rooms"}


def _refuse(_limit: object) -> Response:
    answer = current_app.handle_user_exception(RateLimited(SECONDS))
    return current_app.make_response(answer)
