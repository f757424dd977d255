"""What shows that a request comes from this installation's own doctor."""

import hmac
from datetime import datetime
from hashlib import sha256

from flask import current_app

PROBE = "X-Wartefrei-Probe"


def probe(now: datetime) -> str:
    """Return what doctor sends along as PROBE; it holds for this hour."""
    purpose = f"probe|{now:%Y-%m-%dT%H}"
    return hmac.new(current_app.config["SECRET_KEY"].encode(), purpose.encode(), sha256).hexdigest()
