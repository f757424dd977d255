"""Scripts that homepages load from us, under addresses that stay: they stand in pages that nobody here can change."""

from pathlib import Path

from flask import Blueprint, Response, current_app, request

blueprint = Blueprint("host_scripts", __name__)
KEPT = "public, max-age=3600"  # seconds; a homepage gets a mended script within the hour


@blueprint.get("/frame.js")
def frame() -> Response:
    """Serve the optional line beside a frame: it lets the frame follow the height of its content."""
    return _script("frame.js")


def _script(name: str) -> Response:
    answer = Response(Path(str(current_app.static_folder), name).read_bytes(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = KEPT
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # for homepages with an embedder policy
    answer.add_etag()
    answer.make_conditional(request)
    return answer
