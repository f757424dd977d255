"""Examples of what the API takes and gives, for its reference; a test holds them against the shapes."""

from datetime import datetime
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
HOLDER = "mfrggzdfmztwq2lknnwg23tpoa"
FREE = (datetime(2026, 11, 24, 9, 15, tzinfo=BERLIN), datetime(2026, 11, 24, 10, 30, tzinfo=BERLIN))

MUNICIPALITIES = [
    {
        "id": "schwarmstedt",
        "name": "Samtgemeinde Schwarmstedt",
        "timezone": "Europe/Berlin",
        "languages": ["de", "en"],
    }
]
WINDOW = {"first": "2026-11-23", "last": "2026-12-21"}
HOURS = {
    "mon": ["08:30-14:00"],
    "tue": ["08:30-12:00", "13:00-18:30"],
    "wed": ["08:30-14:00"],
    "thu": ["08:30-12:00", "13:00-18:30"],
    "fri": ["08:30-14:00"],
    "sat": [],
    "sun": [],
}
NEVER: dict[str, list[str]] = {name: [] for name in HOURS}
OFFICES = [
    {
        "id": "buergerbuero",
        "name": "Bürgerbüro",
        "address": "Am Markt 1, 29690 Schwarmstedt",
        "phone": "05071 809-99",
        "email": "buergerbuero@schwarmstedt.de",
        "opening_hours": HOURS,
        "walk_in_hours": NEVER | {"tue": ["08:30-12:00"]},
        "window": WINDOW,
    }
]
CONCERNS = [
    {
        "id": "personalausweis",
        "group": "Ausweise",
        "name": "Personalausweis beantragen",
        "description": "Ein neuer Personalausweis.",
        "keywords": ["Perso", "Ausweis"],
        "minutes": 15,
        "extra_minutes": 10,
        "unit": "Person",
        "max_quantity": 6,
        "offices": [{"id": "buergerbuero", "minutes": 15}],
        "documents": [
            {
                "id": "biometrisches-foto",
                "kind": "document",
                "name": "Biometrisches Lichtbild",
                "required": True,
                "per_unit": True,
                "when": None,
                "note": None,
            }
        ],
        "questions": [
            {"id": "personalausweis.alter", "label": "Wie alt ist die Person?", "required": False, "max_length": 20}
        ],
        "forms": [
            {
                "name": "Vollmacht",
                "url": "https://www.schwarmstedt.de/vollmacht.pdf",
                "format": "PDF",
                "size_kb": 90,
            }
        ],
        "fee": {"text": "46,00 € ab 24 Jahren", "amount": 46.0, "amount_from": None, "currency": "EUR"},
        "leika": "99008001000000",
    }
]
REFERRALS = [
    {
        "name": "Führerschein",
        "keywords": ["Führerschein"],
        "who": "Landkreis Heidekreis, Führerscheinstelle",
        "url": "https://www.heidekreis.de",
        "phone": "05191 970-0",
    }
]
AVAILABILITY = {
    "timezone": "Europe/Berlin",
    "offices": [
        {
            "office": "buergerbuero",
            "minutes": 25,
            "window": WINDOW,
            "next": "2026-11-24T08:30:00+01:00",
            "days": [
                {"date": "2026-11-24", "starts": ["2026-11-24T08:30:00+01:00", "2026-11-24T08:55:00+01:00"]},
            ],
        }
    ],
}
BOOKING = {
    "office": "buergerbuero",
    "start": "2026-11-24T08:30:00+01:00",
    "concerns": [{"id": "personalausweis", "quantity": 2}],
    "name": "Anna Beispiel",
    "email": "anna@example.org",
    "phone": "05071 123456",
    "language": "de",
}
UNCONFIRMED = {
    "reference": "K7MWX3P",
    "status": "pending",
    "confirm_by": "2026-11-23T10:42:00+01:00",
    "office": "buergerbuero",
    "start": "2026-11-24T08:30:00+01:00",
    "end": "2026-11-24T08:55:00+01:00",
    "concerns": [{"id": "personalausweis", "name": "Personalausweis beantragen", "quantity": 2, "minutes": 25}],
    "documents": [
        {
            "id": "biometrisches-foto",
            "kind": "document",
            "name": "Biometrisches Lichtbild",
            "required": True,
            "count": 2,
            "per_unit": True,
            "when": [],
            "notes": [],
        }
    ],
}
PENDING = UNCONFIRMED | {"holder": HOLDER}
CONFIRMED = UNCONFIRMED | {"status": "confirmed", "confirm_by": None}
CANCELLED = CONFIRMED | {"status": "cancelled"}
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\n…\r\nEND:VCALENDAR\r\n"
CHALLENGE = {
    "parameters": {
        "algorithm": "PBKDF2/SHA-256",
        "cost": 5000,
        "keyLength": 32,
        "keyPrefix": "9a1f0c5be2744d38a6b07c1d2e3f4a5b",
        "nonce": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "salt": "00112233445566778899aabbccddeeff",
        "keySignature": "5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592",
        "data": {"action": "book", "office": "schwarmstedt/buergerbuero", "until": 1796029200},
    },
    "signature": "7d793037a0760186574b0282f2f435e77d793037a0760186574b0282f2f435e7",
}
