"""Every call of the API on one page."""

from typing import Any

from booking.errors import (
    BookByPhone,
    CodeLocked,
    ConfirmationExpired,
    Fault,
    Invalid,
    KeyReused,
    LinkRevoked,
    Malformed,
    NotCombinable,
    NotFound,
    NotPossibleNow,
    OutsideWindow,
    ProofRequired,
    RateLimited,
    Refusal,
    StartTaken,
    TooLarge,
    TooManyAppointments,
    Unavailable,
    WrongCode,
)
from booking.rules.lifecycle import Status
from booking.web import schemas
from booking.web.api import appointment, appointments, availability, catalogue, examples, shapes
from booking.web.api.operations import Operation, Reply
from booking.web.fields import IN_YEARS

M = "/municipalities/<municipality>"
APPOINTMENT = "/appointment"
BY_REFERENCE = "/appointments/<reference>"

IN_PATH = {
    "municipality": {"in": "path", "name": "municipality", "description": "Its `id`.", "example": "schwarmstedt"},
    "reference": {
        "in": "path",
        "name": "reference",
        "description": "As in the 201 answer; case, spaces and dashes do not matter.",
        "example": "K7M-WX3P",
    },
}
LANG = {
    "name": "lang",
    "in": "query",
    "description": "The language of texts and sentences (BCP 47); else Accept-Language, else the municipality's first.",
    "schema": {"type": "string"},
    "example": "de",
}


def query(name: str, description: str, example: Any, **schema: Any) -> dict[str, Any]:
    """Describe a parameter of the query."""
    return {"name": name, "in": "query", "description": description, "schema": schema, "example": example}


A_WISH = {"type": "string", "pattern": "^[^:]*(:[0-9]{1,4})?$"}
AVAILABILITY = (
    {
        "name": "concern",
        "in": "query",
        "required": True,
        "description": "A concern, or `concern:quantity`; repeat it for several in one visit.",
        "style": "form",
        "explode": True,
        "schema": {"type": "array", "minItems": 1, "maxItems": schemas.MOST_CONCERNS, "items": A_WISH},
        "example": ["personalausweis:2", "fuehrungszeugnis"],
    },
    query("office", "Only this office.", "buergerbuero", type="string"),
    query("from", "The first day wanted.", "2026-11-24", type="string", format="date", pattern=IN_YEARS),
    query("to", "The last day wanted, included.", "2026-11-30", type="string", format="date", pattern=IN_YEARS),
    query("view", "`next` leaves out the days.", "next", type="string", enum=["next"]),
    query("lang", "The language of a refusal's sentence.", "de", type="string"),
)
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes a repetition safe: the same key and body answer with the same appointment for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "example": "5f0c1b9e-6c0f-4e55-9f0f-0f2f5f0f1a2b",
}
AWAY = Unavailable()
UNREADABLE = (Malformed(), TooLarge(), AWAY)
NO_TOKEN = (NotFound("appointment"), LinkRevoked(), AWAY)
NOT_THERE = (NotFound("municipality"), NotFound("office"), NotFound("concern"))
WRONG_HOLDER = NotFound("appointment")


def listed(shape: type[Any]) -> dict[str, Any]:
    """Return the shape of a list of these."""
    return {"type": "array", "items": shape}


def of_appointment(description: str, example: Any = examples.CONFIRMED) -> Reply:
    """Return an appointment as the answer."""
    return Reply(description, shapes.Appointment, example)


def reading(rule: str, door: Any, reply: Reply, *refuses: Refusal) -> Operation:
    """Describe a call that reads the catalogue."""
    return Operation(
        method="GET", rule=rule, door=door, tag="Catalogue", reply=reply,
        refuses=(*refuses, AWAY), parameters=(LANG,), may_be_kept=True,
    )  # fmt: skip


OPERATIONS = (
    reading(
        "/municipalities",
        catalogue.municipalities,
        Reply("The municipalities.", listed(shapes.Municipality), examples.MUNICIPALITIES),
    ),
    reading(
        f"{M}/offices",
        catalogue.offices,
        Reply("The offices.", listed(shapes.Office), examples.OFFICES),
        NotFound("municipality"),
    ),
    reading(
        f"{M}/concerns",
        catalogue.concerns,
        Reply("The concerns.", listed(shapes.Concern), examples.CONCERNS),
        NotFound("municipality"),
    ),
    reading(
        f"{M}/referrals",
        catalogue.referrals,
        Reply("The referrals.", listed(shapes.Referral), examples.REFERRALS),
        NotFound("municipality"),
    ),
    Operation(
        method="GET",
        rule=f"{M}/availability",
        door=availability.availability,
        tag="Free times",
        reply=Reply("The free times.", shapes.Availability, examples.AVAILABILITY),
        refuses=(*NOT_THERE, NotCombinable(), Invalid(Fault("/concern/0", "quantity", {"max": 6})), AWAY),
        parameters=AVAILABILITY,
        may_be_kept=True,
    ),
    Operation(
        method="POST",
        rule=f"{M}/appointments",
        door=appointments.create,
        tag="Appointments",
        reply=Reply("Booked, not yet confirmed.", shapes.NewAppointment, examples.PENDING, status=201),
        refuses=(
            *UNREADABLE, *NOT_THERE, StartTaken(examples.FREE), Invalid(Fault("/email", "email")), OutsideWindow(),
            NotCombinable(), KeyReused(), RateLimited(600), ProofRequired(examples.CHALLENGE),
        ),
        parameters=(KEY, LANG),
        body=schemas.BookingForm,
        sends=examples.BOOKING,
    ),
    Operation(
        method="POST",
        rule=f"{BY_REFERENCE}/confirm",
        door=appointments.confirm_with_code,
        tag="Appointments",
        reply=of_appointment("Confirmed."),
        refuses=(
            *UNREADABLE, WRONG_HOLDER, Invalid(Fault("/code", "code")), WrongCode(), CodeLocked(),
            NotPossibleNow(Status.CANCELLED), TooManyAppointments(), BookByPhone(), ConfirmationExpired(examples.FREE),
        ),
        parameters=(LANG,),
        body=schemas.CodeForm,
        sends={"holder": examples.HOLDER, "code": "123456"},
    ),
    Operation(
        method="POST",
        rule=f"{BY_REFERENCE}/resend",
        door=appointments.send_again,
        tag="Appointments",
        reply=of_appointment("The letter is on its way.", examples.UNCONFIRMED),
        refuses=(
            *UNREADABLE, WRONG_HOLDER, Invalid(Fault("/holder", "required")), NotPossibleNow(Status.EXPIRED),
            RateLimited(3600),
        ),
        parameters=(LANG,),
        body=schemas.HolderForm,
        sends={"holder": examples.HOLDER},
    ),
    Operation(
        method="POST",
        rule=f"{BY_REFERENCE}/email",
        door=appointments.correct_email,
        tag="Appointments",
        reply=of_appointment("A letter is on its way to the corrected address.", examples.UNCONFIRMED),
        refuses=(
            *UNREADABLE, WRONG_HOLDER, Invalid(Fault("/email", "email")), NotPossibleNow(Status.CONFIRMED),
            RateLimited(3600),
        ),
        parameters=(LANG,),
        body=schemas.AddressForm,
        sends={"holder": examples.HOLDER, "email": "anna@example.org"},
    ),
    Operation(
        method="GET",
        rule=APPOINTMENT,
        door=appointment.show,
        tag="With the mail's link",
        reply=of_appointment("The appointment."),
        refuses=NO_TOKEN,
        parameters=(LANG,),
        needs_token=True,
    ),
    Operation(
        method="POST",
        rule=f"{APPOINTMENT}/confirm",
        door=appointment.confirm_with_token,
        tag="With the mail's link",
        reply=of_appointment("Confirmed."),
        refuses=(
            *NO_TOKEN, *UNREADABLE, Invalid(Fault("/start", "unknown-field")), NotPossibleNow(Status.CANCELLED),
            TooManyAppointments(), BookByPhone(), ConfirmationExpired(examples.FREE),
        ),
        parameters=(LANG,),
        needs_token=True,
    ),
    Operation(
        method="POST",
        rule=f"{APPOINTMENT}/cancel",
        door=appointment.cancel_with_token,
        tag="With the mail's link",
        reply=of_appointment("Cancelled.", examples.CANCELLED),
        refuses=(
            *NO_TOKEN, *UNREADABLE, Invalid(Fault("/start", "unknown-field")), NotPossibleNow(Status.SERVED),
        ),
        parameters=(LANG,),
        needs_token=True,
    ),
    Operation(
        method="POST",
        rule=f"{APPOINTMENT}/move",
        door=appointment.move_with_token,
        tag="With the mail's link",
        reply=of_appointment("Moved, and confirmed if it was not."),
        refuses=(
            *NO_TOKEN, *UNREADABLE, NotFound("office"), Invalid(Fault("/start", "off-grid")), OutsideWindow(),
            StartTaken(examples.FREE), NotPossibleNow(Status.CANCELLED), TooManyAppointments(),
            BookByPhone(),
        ),
        parameters=(LANG,),
        body=schemas.MoveForm,
        sends={"start": "2026-11-26T09:00:00+01:00"},
        needs_token=True,
    ),
    Operation(
        method="GET",
        rule=f"{APPOINTMENT}/calendar.ics",
        door=appointment.calendar,
        tag="With the mail's link",
        reply=Reply("The calendar file.", {"type": "string"}, examples.CALENDAR, media="text/calendar"),
        refuses=(*NO_TOKEN, NotPossibleNow(Status.PENDING)),
        needs_token=True,
    ),
)  # fmt: skip
