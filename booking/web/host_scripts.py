"""Scripts that homepages load from us, under addresses that stay: they stand in pages that nobody here can change."""

from pathlib import Path

from flask import Blueprint, Response, current_app, request

blueprint = Blueprint("host_scripts", __name__)
KEPT = "public, max-age=3600"  # seconds; a homepage gets a mended script within the hour


@blueprint.get("/frame.js")
def frame() -> Response:
    """Serve the optional line beside a frame: it lets the frame follow the height of its content."""
    return _script("frame.js")


@blueprint.get("/widget.js")
def widget() -> Response:
    """Serve what defines ``<wartefrei-booking>``; what it loads besides is named by each fragment, by its content."""
    return _script("widget.js")


@blueprint.after_app_request
def share_files(response: Response) -> Response:
    """Let every site load our style sheets, scripts and fonts: they hold nothing personal and are the same for all."""
    if request.endpoint == "static" or request.blueprint == blueprint.name:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # for homepages with an embedder policy
    return response


def _script(name: str) -> Response:
    answer = Response(Path(str(current_app.static_folder), name).read_bytes(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = KEPT
    answer.add_etag()
    answer.make_conditional(request)
    return answer
