"""The shapes of what the API answers, for its OpenAPI document; a test holds every real answer against them."""

from typing import Any

from marshmallow import RAISE, Schema, fields

from booking.rules.lifecycle import Status
from booking.web.api.answers import WEEKDAYS


def words(description: str = "", *, null: bool = False, **facts: Any) -> fields.String:
    """Return a text that is always there, perhaps as null."""
    described = {"description": description} if description else {}
    return fields.String(required=True, allow_none=null, metadata=described | facts)


def number(description: str = "", **facts: Any) -> fields.Integer:
    """Return a whole number that is always there."""
    described = {"description": description} if description else {}
    return fields.Integer(required=True, metadata=described | facts)


def moment(description: str = "", *, null: bool = False) -> fields.String:
    """Return an instant: RFC 3339 with offset, on the municipality's wall clock."""
    return words(description, null=null, format="date-time")


def day(description: str = "") -> fields.String:
    """Return a local day."""
    return words(description, format="date")


def many(shape: Any, description: str = "") -> fields.List[Any]:
    """Return a list that is always there, perhaps empty."""
    inner = fields.Nested(shape) if isinstance(shape, type) and issubclass(shape, Schema) else shape
    return fields.List(inner, required=True, metadata={"description": description} if description else {})


def flag(description: str = "") -> fields.Boolean:
    """Return yes or no."""
    return fields.Boolean(required=True, metadata={"description": description} if description else {})


class Shape(Schema):
    """A JSON object with exactly these fields."""

    class Meta:
        """Told to apispec, which writes it as ``additionalProperties: false``."""

        unknown = RAISE


class Municipality(Shape):
    id = words("The `m` of every other address.")
    name = words()
    timezone = words("An IANA time zone.")
    languages = many(fields.String(), "BCP 47; the first is the municipality's own.")


class Window(Shape):
    first = day("The first day that citizens may book now.")
    last = day("The last one, included.")


Hours = Shape.from_dict(
    {
        name: many(fields.String(metadata={"pattern": "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$"}))
        for name in WEEKDAYS
    },
    name="Hours",
)


class Office(Shape):
    id = words()
    name = words()
    address = words()
    phone = words()
    email = words()
    opening_hours = fields.Nested(Hours, required=True)
    walk_in_hours = fields.Nested(
        Hours, required=True, metadata={"description": "When people are served without an appointment."}
    )
    window = fields.Nested(Window, required=True)


class ConcernOffice(Shape):
    id = words()
    minutes = number("What the first person or piece takes there.")


class ChecklistItem(Shape):
    id = words("Equal ids of several concerns are the same thing.")
    kind = words(enum=["document", "person", "thing", "payment"])
    name = words()
    required = flag("Whether it is needed always, or only in the case that `when` names.")
    per_unit = flag("Whether each person or piece needs one.")
    when = words("Completes “only if …”.", null=True)
    note = words(null=True)


class Question(Shape):
    id = words("The name of its field in a booking's `answers`.")
    label = words()
    required = flag()
    max_length = number()


class Link(Shape):
    name = words()
    url = words(format="uri")
    format = words("PDF, DOCX …, or empty where the municipality does not say.")
    size_kb = fields.Integer(required=True, allow_none=True, metadata={"description": "In units of 1000 bytes."})


class Fee(Shape):
    text = words()
    amount = fields.Float(required=True, allow_none=True)
    amount_from = fields.Float(required=True, allow_none=True)
    currency = words("ISO 4217.")


class Concern(Shape):
    id = words()
    group = words()
    name = words()
    description = words()
    keywords = many(fields.String(), "What people type when they look for it.")
    minutes = number("What the first person or piece takes, unless an office says otherwise.")
    extra_minutes = number("What each further one takes.")
    unit = words("What `quantity` counts.")
    max_quantity = number()
    offices = many(ConcernOffice)
    documents = many(ChecklistItem)
    questions = many(Question)
    forms = many(Link)
    fee = fields.Nested(Fee, required=True, allow_none=True)
    leika = words("The key in Germany's catalogue of public services.", null=True)


class Referral(Shape):
    name = words("What it is, or empty where the municipality gives only keywords.")
    keywords = many(fields.String())
    who = words()
    url = words()
    phone = words()


class Day(Shape):
    date = day()
    starts = many(fields.String(metadata={"format": "date-time"}))


class OfficeTimes(Shape):
    office = words()
    minutes = number("How long the visit takes there.")
    window = fields.Nested(Window, required=True)
    next = moment("The first free start on or after `from`, also beyond `to`.", null=True)
    days = fields.List(
        fields.Nested(Day),
        metadata={"description": "Days with free starts; days without are left out. Not there with `view=next`."},
    )


class Availability(Shape):
    timezone = words("An IANA time zone.")
    offices = many(OfficeTimes)


class BookedConcern(Shape):
    id = words()
    name = words("As it was named when it was booked.")
    quantity = number()
    minutes = number()


class Bring(Shape):
    id = words()
    kind = words(enum=["document", "person", "thing", "payment"])
    name = words()
    required = flag()
    count = number("How many are needed.")
    per_unit = flag()
    when = many(fields.String(), "The cases in which it is needed; empty if always.")
    notes = many(fields.String())


class Appointment(Shape):
    reference = words("Seven letters and digits to tell the desk or the phone; opens nothing by itself.")
    status = words(enum=[status.value for status in Status])
    confirm_by = moment(
        "Until when it has to be confirmed; null once it is. Provisional at first, up to 24 hours after booking: the "
        "time runs from the moment when the mail relay takes the letter. Book again with the same key to learn it.",
        null=True,
    )
    office = words()
    start = moment()
    end = moment()
    concerns = many(BookedConcern)
    documents = many(Bring, "What to bring, merged over all concerns.")


class NewAppointment(Appointment):
    holder = words("The booking browser's secret: resends the letter, corrects the address, types the code. Keep it.")


class ProblemField(Shape):
    pointer = words("A JSON pointer to the field (RFC 6901), or `/` and the name of a parameter or header.")
    detail = words("A sentence in the language of the request.")
    code = words("Stable, for programs.")


class Problem(Shape):
    """A refusal (RFC 9457)."""

    type = words("Explains this kind of problem to people.", format="uri")
    title = words()
    status = number("The HTTP status.")
    detail = words("A sentence in the language of the request that says what to do next.")
    code = words("Stable, for programs.")
    errors = fields.List(fields.Nested(ProblemField), metadata={"description": "Every faulty field."})
    alternatives = fields.List(
        fields.String(metadata={"format": "date-time"}), metadata={"description": "The nearest free starts."}
    )
    challenge = fields.Dict(
        metadata={"description": "A challenge of ALTCHA, version 2: solve it and send the booking again with `proof`."}
    )
    state = fields.String(metadata={"description": "The appointment's status, if that stands against it."})
