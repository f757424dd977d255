"""A municipality's own face: the list of all, logo and colour, imprint, privacy notice, accessibility statement."""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import NamedTuple

from flask import Response, g, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response as Redirection

from booking.actions.browse import open_catalogues, open_logo
from booking.actions.keys import NETWORK_KEYS_LIVE
from booking.actions.replays import KEPT as REPLAYS_KEPT
from booking.errors import NotFound
from booking.rules.catalogue import Catalogue
from booking.rules.colours import Theme
from booking.rules.spelling import words
from booking.rules.towns import Contact
from booking.web.assets import KEPT
from booking.web.citizen.door import blueprint

HOUR = timedelta(hours=1)
LONGEST_QUERY = 100
MANY = 8  # municipalities, from which on a list is searched rather than read
ONLY_DRAWN = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # an SVG that is opened directly can do nothing
# A page is dark where its reader wants it, the widget (:host) where the homepage is: it chooses by itself (widget.css).
SHEET = """\
:root, :host {{ --wf-theme-line: {line}; --wf-theme-light: {light}; --wf-theme-dark: {dark}; }}
:root {{ --kern-color-action-default: var(--wf-theme-light); }}
@media (prefers-color-scheme: dark) {{ :root {{ --kern-color-action-default: var(--wf-theme-dark); }} }}
"""

TOLD: Mapping[str, frozenset[str]] = {
    "name": frozenset({"appointment.name"}),
    "email": frozenset({"appointment.email", "letter.address"}),
    "phone": frozenset({"appointment.phone"}),
    "visit": frozenset(),
    "answers": frozenset({"answer.text"}),
    "note": frozenset({"appointment.note"}),
    "mail": frozenset({"appointment.mail_failure", "letter.failure"}),
    "lost-link": frozenset({"link_request.email"}),
    "contact": frozenset({"appointment.contact", "claim.contact"}),
    "network": frozenset({"appointment.network", "hash_key.key", "link_asking.network"}),
    "replay": frozenset({"replay.body"}),
}
"""What the privacy notice tells of → the columns that it means: every one that holds something of a citizen."""


class Gap(NamedTuple):
    """What is not accessible yet: an id, which docs/accessibility.md names too, and what people are told."""

    id: str
    sentence: LazyString


# § 9b Abs. 2 Nr. 1 NBGG: what is not accessible, why, and what there is instead.
GAPS = (
    Gap(
        "sign-language",
        _(
            "Informationen in Deutscher Gebärdensprache fehlen, weil es die Videos noch nicht gibt. "
            "Schreiben Sie uns: Wir finden einen Weg."
        ),
    ),
    Gap(
        "easy-read",
        _(
            "Informationen in Leichter Sprache fehlen, weil sie noch niemand geschrieben und geprüft hat. "
            "Rufen Sie uns an: Wir erklären es Ihnen."
        ),
    ),
    Gap(
        "untested-by-people",
        _("Menschen mit Vorlese-Programm oder anderen Hilfsmitteln haben die Seiten noch nicht geprüft: Sie sind neu."),
    ),
    Gap(
        "german-only",
        _(
            "Manche Texte zu Anliegen sind noch nicht übersetzt und stehen auf Deutsch da. "
            "Vorlese-Programme lesen sie mit deutscher Stimme."
        ),
    ),
    Gap(
        "forms",
        _(
            "Formulare und Seiten, auf die wir verweisen, gehören nicht hierher und sind nicht mit geprüft. "
            "Geht eines nicht, helfen wir Ihnen am Telefon."
        ),
    ),
)


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


@blueprint.get("/<municipality>/imprint")
def imprint() -> str:
    """Say who answers for these pages (§ 5 DDG), or where the municipality says it."""
    return render_template("citizen/imprint.html", bodies=g.catalogue.face.bodies)


@blueprint.get("/<municipality>/privacy")
def privacy() -> str:
    """Say what is stored, why and how long (Art. 13 DSGVO), as it really is set."""
    return render_template(
        "citizen/privacy.html",
        bodies=g.catalogue.face.bodies,
        told=TOLD,
        retention=g.catalogue.retention,
        network_hours=NETWORK_KEYS_LIVE // HOUR,
        replay_hours=REPLAYS_KEPT // HOUR,
    )


@blueprint.get("/<municipality>/accessibility")
def accessibility() -> str:
    """Say how accessible these pages are, and whom to tell about barriers (§ 9b NBGG)."""
    face = g.catalogue.face
    return render_template("citizen/accessibility.html", bodies=face.bodies, assessed=face.assessed, gaps=GAPS)


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


@blueprint.app_template_global()
def responsible(catalogue: Catalogue) -> Contact:
    """Return who answers for the pages: whom the municipality names, else itself at its first office."""
    if named := catalogue.face.bodies.responsible:
        return named
    if not catalogue.open_offices:
        return Contact(catalogue.name, url=catalogue.website)
    office = catalogue.open_offices[0]
    address = {"street": office.street, "postal_code": office.postal_code, "city": office.city}
    return Contact(catalogue.name, **address, phone=office.phone, email=office.email, url=catalogue.website)


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
