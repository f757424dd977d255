"""``/healthz``: the process lives. ``/readyz``: it can serve."""

from flask import Blueprint, Response, jsonify, request

from booking import clock
from booking.actions.check_readiness import check_readiness
from booking.actions.probe import PROBE, probe
from booking.rules.secrets import is_same

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer as long as the process runs; touches nothing. Our own ``doctor`` is also told how it seems to come."""
    given = request.headers.get(PROBE, "")
    if given and is_same(given, probe(clock.now())):
        return jsonify(status="alive", seen={"address": request.remote_addr, "scheme": request.scheme})
    return jsonify(status="alive")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Answer 503 only if the database is away or lacks this code's migration; warnings stand in the body."""
    readiness = check_readiness(now=clock.now())
    body = {"status": "ready" if readiness.is_ready else "not ready", "warnings": list(readiness.warnings)}
    return jsonify(body), 200 if readiness.is_ready else 503
