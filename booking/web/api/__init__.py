"""The public JSON API, version 1 (design.md §7): cookie-free, open to every origin, described by OpenAPI."""

from flask import Flask, Response, request
from flask_babel import force_locale
from flask_smorest import Api, Blueprint

from booking.web import problems
from booking.web.api import availability, reference
from booking.web.api.kept import KeptAnswers
from booking.web.api.operations import Operation, description_of
from booking.web.api.routes import IN_PATH, OPERATIONS

PREFIX = f"{problems.API}v1"
A_DAY = 86_400


class DescribedApi(Api):  # type: ignore[misc] # flask-smorest ships no types
    """Flask-smorest for the document alone: errors are answered by ``booking.web.problems``."""

    def _register_error_handlers(self) -> None:
        """Leave them to problems.register."""


def register(app: Flask) -> None:
    """Hang the API into the app, with its document and its reference."""
    app.extensions[availability.KEPT] = KeptAnswers()
    described = DescribedApi(app, spec_kwargs=reference.FRAME)
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    with app.app_context(), force_locale("en"):
        reference.add_components(described.spec)
        for operation in OPERATIONS:
            _add(blueprint, operation)
        described.register_blueprint(blueprint)
    app.register_blueprint(reference.blueprint, url_prefix=PREFIX)
    app.extensions[reference.DOCUMENT] = reference.finished(described.spec.to_dict(), PREFIX)
    app.after_request(_open_to_all)


def _add(blueprint: Blueprint, operation: Operation) -> None:
    described = blueprint.doc(**description_of(operation))(operation.door)
    path = [told for name, told in IN_PATH.items() if f"<{name}>" in operation.rule]
    options = {"methods": [operation.method], "tags": [operation.tag], "parameters": path}
    blueprint.add_url_rule(operation.rule, view_func=described, **options)


def _open_to_all(response: Response) -> Response:
    """Let every page's script call the API (CORS); it knows no cookies, so there is nothing to ride on."""
    if not request.path.startswith(problems.API):
        return response
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
    headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST, OPTIONS"
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key, If-None-Match"
        headers["Access-Control-Max-Age"] = str(A_DAY)
    return response
