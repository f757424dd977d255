"""Invented people. Addresses are of example.org (RFC 2606); the numbers are the Bundesnetzagentur's for films."""

import random
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from booking.actions.remind import FRESH
from booking.extensions import db
from booking.models import Appointment, Kind, Letter, LetterStatus

# Whose name is not written in Latin letters chose something else: numbered guests would all look like one reseller.
CHOSEN = (
    "amsel",
    "birke",
    "distel",
    "eibe",
    "flieder",
    "ginster",
    "heide",
    "kranich",
    "linde",
    "mohn",
    "otter",
    "storch",
)
MARK = "@demo.invalid"  # ends the UID of every invented appointment: nothing real has it (RFC 2606)
# By language: first names and last names, combined by the dice.
NAMES: Mapping[str, tuple[str, str]] = {
    "de": (
        "Anna Heinrich Marlies Jonas Gesa Birgit Lars Renate Tobias Uwe Svenja Ingeborg Björn Karl-Heinz Jette Sabine",
        "Lüders Brandt Dettmer Wöhler Ostermann Rademacher Köneke Thiele Hoppe Meinecke Fricke Bartels Cordes Niebuhr",
    ),
    "tr": ("Ayşe Mehmet Elif Emre Sadık Zeynep", "Yılmaz Öztürk Şahin Demir Kılıç Çelik"),
    "uk": ("Олена Тарас Наталія Олександр Ірина", "Коваленко Шульга Бондар Мельник Ткаченко"),
    "ar": ("محمد فاطمة أحمد ليلى", "الأحمد العلي حسن منصور"),
    "pl": ("Katarzyna Paweł Zofia", "Wiśniewska Zieliński Nowak"),
    "vi": ("Nguyễn Trần", "Mai Hương"),
}
NOTES = (
    "Kommt mit Rollator, bitte ebenerdig.", "Bringt eine Dolmetscherin mit.", "Hat ein kleines Kind dabei.",
    "Ruft vorher noch einmal an.", "Passbild wird vor Ort gemacht.", "Vollmacht liegt schon vor.",
)  # fmt: skip
SHARES = {"de": 60, "tr": 12, "uk": 12, "ar": 6, "pl": 7, "vi": 3}
BOUNCED = "550 5.1.1 The email account that you tried to reach does not exist"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented: about one in four has no e-mail address."""

    name: str
    email: str
    phone: str
    language: str
    note: str


def invented(dice: random.Random) -> Person:
    """Return somebody."""
    language = dice.choices(tuple(SHARES), tuple(SHARES.values()))[0]
    name = " ".join(dice.choice(part.split()) for part in NAMES[language])
    latin = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().split()
    has_mail = dice.random() < 0.75  # noqa: PLR2004 - a share
    return Person(
        name=name,
        email=f"{'.'.join(latin or dice.sample(CHOSEN, 2))}@example.org" if has_mail else "",
        phone=f"0171 39200{dice.randrange(100):02}",
        language=language if language in {"uk", "tr", "ar"} and dice.random() < 0.7 else "de",  # noqa: PLR2004 - likewise
        note=dice.choice(NOTES) if dice.random() < 0.15 else "",  # noqa: PLR2004 - likewise
    )


def dress(appointment: int, person: Person, dice: random.Random, reminder: Letter | None) -> None:
    """Give an appointment what a booking by staff does not write, and no letter that is still to leave."""
    channel = dice.choices(("online", "phone", "desk"), (6, 3, 1))[0] if person.email else "phone"
    bounced = BOUNCED if person.email and dice.random() < 0.08 else None  # noqa: PLR2004 - likewise
    shown = {"email": person.email, "channel": channel, "address_proven": channel == "online", "note": person.note}
    uid = db.session.scalars(select(Appointment.uid).where(Appointment.id == appointment)).one()
    dressed = {**shown, "language": person.language, "mail_failure": bounced, "uid": uid.partition("@")[0] + MARK}
    db.session.execute(update(Appointment).where(Appointment.id == appointment).values(**dressed))
    if person.email and reminder:
        reminder.appointment_id, reminder.address = appointment, person.email
        reminder.once = f"reminder:{appointment}:0"
        reminder.message_id = f"<{reminder.once}{MARK}>"
        db.session.add(reminder)
    db.session.commit()


def reminded(moment: datetime, *, booked: datetime, now: datetime) -> Letter | None:
    """Return the reminder that the job finds written: sent at its ``moment``, or withdrawn if that is still to come.

    None where the job writes none, because the booking was made shortly before.
    """
    if booked > moment - FRESH:
        return None
    is_sent = moment <= now
    at, status = (moment, LetterStatus.SENT) if is_sent else (booked, LetterStatus.SUPERSEDED)
    sent_at = at if is_sent else None
    kept = {"kind": Kind.REMINDER.value, "language": "de", "status": status.value}
    return Letter(**kept, created_at=at, next_at=at, sent_at=sent_at)
