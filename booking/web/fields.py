"""The kinds of field that requests carry: each turns text into a value, or says what is wrong with it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email
from marshmallow import ValidationError, fields

from booking.rules.spans import GRID_SECONDS

MOST_MARKS = 4  # code points that compose to one, in any living script

YEARS: Final = range(2000, 2101)
IN_YEARS: Final = "^(20[0-9]{2}|2100)-"  # the same, as the API's document says it

JOINERS = frozenset("\u200c\u200d")  # inside words Persian, Hindi and other languages need them
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # Unicode categories
RFC3339 = re.compile(r"(\d{4})-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)
PHONE = re.compile(r"[0-9 +\-()/]*", re.ASCII)
FEWEST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Flaw:
    """What marshmallow carries instead of a sentence: its key and its values."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


def flaw(key: str, **values: object) -> ValidationError:
    """Return what marshmallow raises, with the key of a sentence."""
    return ValidationError([Flaw(key, values)])


class Line(fields.String):
    """One line of text: trimmed, in Unicode's NFC, nothing invisible in it."""

    default_error_messages = {  # noqa: RUF012 - marshmallow declares it so
        "required": "required",
        "null": "text",
        "invalid": "text",
        "invalid_utf8": "text",
    }
    allowed = ""

    def __init__(self, longest: int, **rest: Any) -> None:
        described = {"maxLength": longest} | rest.pop("metadata", {})
        if rest.get("required"):
            described.setdefault("minLength", 1)
        super().__init__(metadata=described, **rest)
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> str:
        text = super()._deserialize(value, attr, data, **rest) if isinstance(value, str) else None
        if text is None:
            raise self.make_error("invalid")
        if len(text) > MOST_MARKS * self.longest:  # before the rest: composing many marks takes quadratic time
            raise flaw("too-long", max=self.longest)
        if has_unseen(text.strip(), allowed=self.allowed):
            raise flaw("control-character")
        text = unicodedata.normalize("NFC", text).strip()
        if len(text) > self.longest:
            raise flaw("too-long", max=self.longest)
        if self.required and not text:
            raise flaw("required")
        return self.checked(text)

    def checked(self, text: str) -> str:
        """Return the text, or raise what is wrong with it."""
        return text


class Paragraph(Line):
    """A text that may have several lines."""

    allowed = "\n\r\t"


class Name(Line):
    """A person's name, in any script, with at least one letter."""

    def checked(self, text: str) -> str:
        if not any(unicodedata.category(sign).startswith("L") for sign in text):
            raise flaw("no-letter")
        return text


class Email(Line):
    """An e-mail address; the domain may be international and becomes ASCII (RFC 5891), as relays want it.

    The part before the @ must be ASCII: many relays still lack SMTPUTF8 (RFC 6531), and the letter would never arrive.
    """

    def checked(self, text: str) -> str:
        try:
            found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError:
            raise flaw("email") from None
        if not found.ascii_email or len(found.ascii_email) > self.longest:
            raise flaw("email")
        return found.ascii_email


class Phone(Line):
    """A telephone number as people write it."""

    def checked(self, text: str) -> str:
        digits = sum(sign.isdigit() for sign in text)
        if text and (not PHONE.fullmatch(text) or digits < FEWEST_DIGITS):
            raise flaw("phone")
        return text


class Language(Line):
    """A language tag (BCP 47)."""

    def checked(self, text: str) -> str:
        if not LANGUAGE.fullmatch(text):
            raise flaw("language")
        return text


class Code(Line):
    """The six digits of the mail, however they were grouped."""

    def checked(self, text: str) -> str:
        digits = text.replace(" ", "").replace("-", "")
        if not re.fullmatch("[0-9]{6}", digits):
            raise flaw("code")
        return digits


class Start(Line):
    """A moment on the five-minute grid, RFC 3339 with its offset from UTC; becomes an aware datetime in UTC."""

    def checked(self, text: str) -> Any:
        shape = RFC3339.fullmatch(text)
        if shape is None:
            raise flaw("date-time")
        if int(shape[1]) not in YEARS:
            raise flaw("year")
        if shape[3] is None:
            raise flaw("no-offset")
        try:
            moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
        except ValueError:
            raise flaw("date-time") from None
        if moment.timestamp() % GRID_SECONDS:
            raise flaw("off-grid")
        return moment


class Texts(fields.Dict):
    """A map from text to text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **rest: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **rest)  # type: ignore[no-untyped-call]
        except ValidationError as wrong:
            if not isinstance(wrong.messages, dict):
                raise
            # Marshmallow tells a wrong key from a wrong value; a pointer to the field is the same for both.
            plain = {key: [said for part in parts.values() for said in part] for key, parts in wrong.messages.items()}
            raise ValidationError(plain) from None


def has_unseen(text: str, *, allowed: str = "") -> bool:
    """Whether a text has characters that nobody sees: control, format (bidi) and private ones, surrogates."""
    return any(
        sign not in allowed and unicodedata.category(sign) in UNSEEN and not _joins(text, place)
        for place, sign in enumerate(text)
    )


def _joins(text: str, place: int) -> bool:
    if text[place] not in JOINERS or not 0 < place < len(text) - 1:
        return False
    return all(unicodedata.category(text[at])[0] in "LM" for at in (place - 1, place + 1))
