"""What every citizen's page shares: the municipality, the language, the refusals, what may be kept of an answer."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import Forbidden

from booking import clock
from booking.actions.browse import open_catalogue
from booking.rules.catalogue import Notice, Office
from booking.rules.orders import units
from booking.web import languages
from booking.web.citizen import embedding, fragments, switching
from booking.web.citizen.choice import forms

blueprint = Blueprint("citizen", __name__)
LARGEST_FORM = 128 * 1024  # bytes; every field at its longest, percent-encoded, is half of that
STEPS = ("concern", "checklist", "contact", "time", "confirm")


@blueprint.url_value_preprocessor
def _remember_municipality(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.slug = (values or {}).pop("municipality", None)


blueprint.after_request(embedding.say_who_may_frame)


@blueprint.before_request
def _open_door() -> Response | None:
    request.max_content_length = LARGEST_FORM
    g.kept_language = languages.explicit()
    if g.slug is not None:
        g.catalogue = open_catalogue(g.slug)
        languages.limit_to(g.catalogue.languages)
    if fragments.is_foreign():
        return fragments.refuse_foreign()
    if request.method == "POST" and not _may_send():
        raise Forbidden
    if "catalogue" in g and embedding.is_foreign_frame():
        return embedding.refuse_foreign_frame()
    return None


blueprint.after_app_request(fragments.share)


@blueprint.app_url_defaults
def _stay(endpoint: str, values: dict[str, Any]) -> None:
    """Stay in this municipality, and keep a frame and a language that was chosen by hand through every step."""
    if not endpoint.startswith("citizen."):
        return
    # Of an unknown municipality, or with the database away, only the address is known: its page must still be drawn.
    slug = g.catalogue.slug if "catalogue" in g else g.get("slug")
    if slug and current_app.url_map.is_endpoint_expecting(endpoint, "municipality"):
        values.setdefault("municipality", slug)
    if language := g.get("kept_language"):
        values.setdefault("lang", language)
    if embedding.is_framed():
        values.setdefault("frame", 1)


def _may_send() -> bool:
    """Whether this form comes from our own pages, or by the widget from a site that may embed the municipality.

    Without cookies another site could gain nothing, but people should book where they see it. ``Origin: null`` is what
    our own ``Referrer-Policy: no-referrer`` makes browsers send, so Sec-Fetch-Site counts first where there is one.
    """
    if fragments.is_embedded():
        return True
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in fragments.OURS
    origin = request.headers.get("Origin", "null")
    ours = {request.host, urlsplit(current_app.config["BASE_URL"]).netloc}
    try:
        return origin == "null" or urlsplit(origin).netloc in ours
    except ValueError:  # an address that is none
        return False


@blueprint.after_request
def _keep_private(response: Response) -> Response:
    """Let Back show a page again without asking, but nobody else keep it (``no-store`` would lose what was typed).

    Nothing is typed behind a mailed link: there Back shall show how the appointment stands now.
    """
    is_by_link = "token" in (request.view_args or {})
    response.headers.setdefault("Cache-Control", "no-store" if is_by_link else "no-cache, private")
    response.vary.update({"Accept-Language"})
    response.headers["Content-Language"] = languages.asked()
    return response


@blueprint.app_context_processor
def _shown_everywhere() -> dict[str, Any]:
    catalogue = g.get("catalogue")
    return {
        "catalogue": catalogue,
        "now": clock.now(),
        "call": offices_to_call(),
        "notices": _notices(),
        "language_ways": switching.ways(catalogue.languages if catalogue else languages.SPOKEN),
        "is_unchecked": switching.is_unchecked(),
        "steps": STEPS,
        "units": units,
        "forms": forms,
        "is_fragment": fragments.is_fragment(),
        "is_framed": embedding.is_framed(),
        "embedding_origins": embedding.embedding_origins(),
        "fragment_needs": fragments.needs,
        **fragments.headings(),
    }


def _notices() -> list[Notice]:
    """Return the words of the offices that this page is about, for today; they came with the catalogue."""
    if "catalogue" not in g:
        return []
    today = clock.now().astimezone(g.catalogue.zone).date()
    found: list[Notice] = g.catalogue.notices_on(today, [office.id for office in offices_to_call()])
    return found


def offices_to_call() -> tuple[Office, ...]:
    """Return the offices whose number stands on the page: that of the step, else all of the municipality."""
    if "offices" in g:
        return tuple(g.offices)
    return tuple(g.catalogue.open_offices) if "catalogue" in g else ()
