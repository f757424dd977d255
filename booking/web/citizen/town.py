"""A municipality's own face: the list of all, logo and colour."""

from hashlib import sha256

from flask import Response, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirection

from booking.actions.browse import open_catalogues, open_logo
from booking.errors import NotFound
from booking.rules.catalogue import Catalogue
from booking.rules.colours import Theme
from booking.rules.spelling import words
from booking.web.assets import KEPT
from booking.web.citizen.door import blueprint

LONGEST_QUERY = 100
MANY = 8  # municipalities, from which on a list is searched rather than read
ONLY_DRAWN = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # an SVG that is opened directly can do nothing
# A page is dark where its reader wants it, the widget (:host) where the homepage is: it chooses by itself (widget.css).
SHEET = """\
:root, :host {{ --wf-theme-line: {line}; --wf-theme-light: {light}; --wf-theme-dark: {dark}; }}
:root {{ --kern-color-action-default: var(--wf-theme-light); }}
@media (prefers-color-scheme: dark) {{ :root {{ --kern-color-action-default: var(--wf-theme-dark); }} }}
"""


@blueprint.get("/")
def start() -> str | Redirection:
    """List the municipalities, or those that a search finds; go to the only one."""
    catalogues = open_catalogues()
    if len(catalogues) == 1:
        return redirect(url_for(".concerns", municipality=catalogues[0].slug))
    query = request.args.get("q", "").strip()
    found = [catalogue for catalogue in catalogues if _is_named(query, catalogue)]
    return render_template(
        "citizen/municipalities.html", catalogues=found, query=query, may_search=len(catalogues) > MANY
    )


@blueprint.get("/<municipality>/logo")
def logo() -> Response:
    """Return the logo; its address changes with it."""
    mark = g.catalogue.face.logo
    if mark is None:
        raise NotFound("logo")
    answer = Response(open_logo(g.catalogue), mimetype=mark.kind)
    answer.headers["Content-Security-Policy"] = ONLY_DRAWN
    return _kept(answer, mark.digest)


@blueprint.get("/<municipality>/theme.css")
def theme() -> Response:
    """Return the municipality's colour as KERN's tokens, for light and dark; nothing where it has none of its own."""
    sheet = _sheet(g.catalogue.face.theme)
    return _kept(Response(sheet, mimetype="text/css"), _digest(sheet))


@blueprint.app_template_global()
def logo_address(catalogue: Catalogue) -> str:
    """Return where a municipality's logo is, empty without one."""
    mark = catalogue.face.logo
    return url_for("citizen.logo", municipality=catalogue.slug, v=mark.digest, lang=None) if mark else ""


@blueprint.app_template_global()
def theme_address(catalogue: Catalogue) -> str:
    """Return where a municipality's colour is, empty without one."""
    sheet = _sheet(catalogue.face.theme)
    return url_for("citizen.theme", municipality=catalogue.slug, v=_digest(sheet), lang=None) if sheet else ""


def _is_named(query: str, catalogue: Catalogue) -> bool:
    """Whether every word of the query is in one of the municipality's names."""
    names = [words(name) for name in catalogue.name.values()]
    return all(any(asked in each for name in names for each in name) for asked in words(query[:LONGEST_QUERY]))


def _sheet(theme: Theme | None) -> str:
    return SHEET.format(line=theme.line, light=theme.light, dark=theme.dark) if theme else ""


def _digest(sheet: str) -> str:
    return sha256(sheet.encode()).hexdigest()[:12]


def _kept(answer: Response, digest: str) -> Response:
    """Let everybody keep what was asked for by its own digest, and pages of any site show it: it is public."""
    if request.args.get("v") == digest:
        answer.headers["Cache-Control"] = KEPT
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
