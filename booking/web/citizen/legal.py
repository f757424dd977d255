"""What the law wants to be said: imprint, privacy notice, accessibility statement."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from flask import g, render_template
from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

from booking.actions.keys import NETWORK_KEYS_LIVE
from booking.actions.replays import KEPT as REPLAYS_KEPT
from booking.rules.catalogue import Catalogue
from booking.rules.towns import Contact
from booking.web.citizen.door import blueprint

HOUR = timedelta(hours=1)

TOLD: Mapping[str, frozenset[str]] = {
    "name": frozenset({"appointment.name"}),
    "email": frozenset({"appointment.email", "letter.address"}),
    "phone": frozenset({"appointment.phone"}),
    "visit": frozenset(),
    "answers": frozenset({"answer.text"}),
    "note": frozenset({"appointment.note"}),
    "mail": frozenset({"appointment.mail_failure", "letter.failure"}),
    "lost-link": frozenset({"link_request.email"}),
    "contact": frozenset({"appointment.contact", "claim.contact", "erased_booking.contact"}),
    "network": frozenset({"appointment.network", "erased_booking.network", "hash_key.key", "link_asking.network"}),
    "block": frozenset({"contact_block.contact"}),
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
def responsible(catalogue: Catalogue) -> Contact:
    """Return who answers for the pages: whom the municipality names, else itself at its first office."""
    if named := catalogue.face.bodies.responsible:
        return named
    if not catalogue.open_offices:
        return Contact(catalogue.name, url=catalogue.website)
    office = catalogue.open_offices[0]
    address = {"street": office.street, "postal_code": office.postal_code, "city": office.city}
    return Contact(catalogue.name, **address, phone=office.phone, email=office.email, url=catalogue.website)
