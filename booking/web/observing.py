"""``/metrics``: what Prometheus reads. Only with METRICS_TOKEN as bearer, and no page at all where none is set."""

from flask import Blueprint, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST

from booking import clock
from booking.actions.observe import Observed, observe, sample, told
from booking.errors import NotFound, Unavailable
from booking.rules.secrets import is_same

UNKEPT = {"Cache-Control": "no-store"}
blueprint = Blueprint("observing", __name__)


@blueprint.get("/metrics")
def show() -> Response:
    """Answer with the figures of all workers of this machine, and with what waits in the database if it answers."""
    token = current_app.config["METRICS_TOKEN"]
    if not token:
        raise NotFound("page")
    given = request.headers.get("Authorization", "")
    if not is_same(given, f"Bearer {token}"):
        return Response(status=401, headers={"WWW-Authenticate": "Bearer", **UNKEPT})
    sample()
    return Response(told(_seen()), content_type=CONTENT_TYPE_LATEST, headers=UNKEPT)


def _seen() -> Observed | None:
    """While the database is away, what the processes tell of that is wanted most."""
    try:
        return observe(now=clock.now())
    except Unavailable:
        return None
