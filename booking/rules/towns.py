"""How a municipality shows itself and who answers for it: logo, colour, imprint, data protection, accessibility."""

from dataclasses import dataclass
from datetime import date

from booking.rules.colours import Theme
from booking.rules.texts import Text


@dataclass(frozen=True, slots=True)
class Logo:
    """A small picture; its bytes stay in the database. ``digest`` changes whenever they do."""

    alt: Text
    kind: str
    digest: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to turn to: a body or an office, never a person's private address. Empty where the town says nothing."""

    name: Text
    street: str = ""
    postal_code: str = ""
    city: str = ""
    phone: str = ""
    email: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Bodies:
    """Who answers for the pages (§ 5 DDG, Art. 13 DSGVO, §§ 9b and 9d NBGG); None where the town names nobody.

    ``responsible`` is None where the town's own imprint says it. ``represented_by`` may speak for the responsible
    body; ``supervision`` watches over it.
    """

    responsible: Contact | None = None
    represented_by: Text | None = None
    vat_id: str = ""
    supervision: Contact | None = None
    data_protection_officer: Contact | None = None
    data_protection_authority: Contact | None = None
    accessibility_feedback: Contact | None = None
    conciliation: Contact | None = None


@dataclass(frozen=True, slots=True)
class Face:
    """How a municipality looks and what it declares. ``assessed`` is the day of its accessibility assessment."""

    logo: Logo | None = None
    theme: Theme | None = None
    bodies: Bodies = Bodies()
    assessed: date | None = None


FACELESS = Face()
