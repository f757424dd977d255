"""Untrusted input becomes typed values: the forms that requests fill in.

Whatever is wrong is named by a pointer to the field (RFC 6901) and the key of a sentence (``booking.errors.Fault``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from booking.errors import Fault, Invalid
from booking.web.fields import (
    IN_YEARS,
    LANGUAGE,
    PHONE,
    Code,
    Email,
    Flaw,
    Language,
    Line,
    Name,
    Paragraph,
    Phone,
    Start,
    Texts,
    flaw,
)

MOST_CONCERNS = 20
NAME_LENGTH, EMAIL_LENGTH, PHONE_LENGTH, TEXT_LENGTH, SLUG_LENGTH, QUESTION_LENGTH = 120, 254, 40, 2000, 64, 130
PROOF_LENGTH = 4000  # characters; those of our own challenges have about 900
LANGUAGE_TAG = {"description": "Of the letters (BCP 47).", "pattern": f"^{LANGUAGE.pattern}$"}


@dataclass(frozen=True, slots=True)
class Contact:
    """A person as they typed themselves, tidied: NFC, trimmed, the address in ASCII."""

    name: str
    email: str
    phone: str


def check_number_of(wishes: list[object]) -> None:
    """Refuse to book nothing, or more than anybody comes for."""
    if not wishes:
        raise flaw("required")
    if len(wishes) > MOST_CONCERNS:
        raise flaw("too-many", max=MOST_CONCERNS)


class Form(Schema):
    """A JSON object with exactly these fields."""

    error_messages = {"unknown": "unknown-field", "type": "object"}  # noqa: RUF012 - marshmallow declares it so

    class Meta:
        """Marshmallow's default, said aloud so that the OpenAPI document says it too."""

        unknown = RAISE


class WishForm(Form):
    """A concern and how many persons or pieces of it; the catalogue says how many at most."""

    id = Line(SLUG_LENGTH, required=True)
    quantity = fields.Integer(
        strict=True,
        load_default=1,
        metadata={"minimum": 1},
        error_messages={"invalid": "number", "null": "number", "too_large": "number"},
    )


class ContactForm(Form):
    """Who comes, and where letters go."""

    name = Name(NAME_LENGTH, required=True, metadata={"description": "The name of the person who comes."})
    email = Email(EMAIL_LENGTH, required=True, metadata={"format": "email"})
    phone = Phone(PHONE_LENGTH, load_default=str, metadata={"pattern": f"^{PHONE.pattern}$"})


class CallerForm(Form):
    """Who comes, as staff type it while they talk: a number or an address suffices (``actions.book_by_staff``)."""

    name = Name(NAME_LENGTH, required=True)
    email = Email(EMAIL_LENGTH, load_default="")
    phone = Phone(PHONE_LENGTH, load_default="")


class AnswersForm(Form):
    """Answers by ``concern.question``; the catalogue says which are asked and how long they may be."""

    answers = Texts(
        keys=Line(QUESTION_LENGTH),
        values=Paragraph(TEXT_LENGTH),
        load_default=dict,
        error_messages={"invalid": "object", "null": "object"},
        metadata={"description": "Answers to the concerns' questions, by `concern.question`."},
    )


class BookingForm(ContactForm, AnswersForm):
    """What books a start."""

    office = Line(SLUG_LENGTH, required=True)
    start = Start(40, required=True, metadata={"format": "date-time", "pattern": IN_YEARS})
    concerns = fields.List(
        fields.Nested(WishForm, error_messages={"null": "object"}),
        required=True,
        error_messages={"invalid": "list", "required": "required", "null": "required"},
        validate=check_number_of,
        metadata={"minItems": 1, "maxItems": MOST_CONCERNS},
    )
    language = Language(35, load_default=str, metadata=LANGUAGE_TAG)
    proof = Line(
        PROOF_LENGTH,
        load_default="",
        metadata={
            "description": "The payload of the solved `challenge` (ALTCHA version 2, Base64), if one was asked for."
        },
    )


class HolderForm(Form):
    """What the browser that booked knows."""

    holder = Line(SLUG_LENGTH, required=True)


class CodeForm(HolderForm):
    """Confirm by the digits of the mail."""

    code = Code(20, required=True, metadata={"pattern": "^[0-9]{6}$"})


class EmailForm(Form):
    """An address alone."""

    email = Email(EMAIL_LENGTH, required=True, metadata={"format": "email"})


class AddressForm(HolderForm, EmailForm):
    """Correct a mistyped address."""


class MoveForm(Form):
    """Move an appointment to another start, perhaps at another office."""

    start = Start(40, required=True, metadata={"format": "date-time", "pattern": IN_YEARS})
    office = Line(SLUG_LENGTH, load_default=None)


class EmptyForm(Form):
    """Nothing: the token says it all."""


def load(form: type[Form], sent: object) -> dict[str, Any]:
    """Return the typed values of what was sent. Raises Invalid with every faulty field."""
    try:
        values: dict[str, Any] = _made(form).load(sent)  # type: ignore[arg-type] # it checks that itself
    except ValidationError as wrong:
        raise Invalid(*_faults(wrong.messages, "")) from None
    return values


def check_contact(*, name: str, email: str, phone: str = "") -> Contact:
    """Return a person's details, tidied. Raises Invalid for /name, /email, /phone."""
    return Contact(**load(ContactForm, {"name": name, "email": email, "phone": phone}))


def check_caller(*, name: str, email: str, phone: str) -> Contact:
    """Return a caller's details, tidied, of which address and number may be empty. Raises Invalid like the other."""
    typed = {"email": email, "phone": phone}
    return Contact(**load(CallerForm, {"name": name, **{field: text for field, text in typed.items() if text}}))


def check_texts(answers: Mapping[str, str]) -> dict[str, str]:
    """Return answers, tidied. Raises Invalid for /answers/…; what is asked is checked by ``rules.orders``."""
    found: dict[str, str] = load(AnswersForm, {"answers": dict(answers)})["answers"]
    return found


@cache
def _made(form: type[Form]) -> Form:
    """Make each form once: marshmallow copies all of its fields, and threads may share it (loading changes nothing)."""
    return form()


def _faults(messages: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(messages, Mapping):
        for name, nested in messages.items():
            step = "" if name == "_schema" else "/" + str(name)[:QUESTION_LENGTH].replace("~", "~0").replace("/", "~1")
            yield from _faults(nested, pointer + step)
        return
    for wrong in messages:
        yield Fault(pointer, wrong.key, wrong.values) if isinstance(wrong, Flaw) else Fault(pointer, str(wrong))
