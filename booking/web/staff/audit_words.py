"""The audit log in sentences: what each verb and each kind of subject is called. A new verb needs its line here."""

from datetime import datetime
from typing import Final

from booking.actions.audit_log import Entry
from booking.rules.catalogue import Catalogue
from booking.rules.secrets import speakable
from booking.rules.texts import FALLBACK, word

VERBS: Final[dict[str, str]] = {
    # logins
    "log-in": "hat sich angemeldet",
    "log-in-failed": "Anmeldung ist fehlgeschlagen",
    "log-out": "hat sich abgemeldet",
    "log-out-everywhere": "hat sich überall abgemeldet",
    "password-changed": "hat das eigene Passwort geändert",
    "factor-on": "hat die Anmeldung in zwei Schritten eingeschaltet",
    "factor-off": "hat die Anmeldung in zwei Schritten ausgeschaltet",
    "factor-failed": "hat einen falschen Code eingegeben",
    "login-made": "hat einen Zugang angelegt",
    "login-stopped": "hat einen Zugang gesperrt",
    "login-resumed": "hat einen Zugang entsperrt",
    "password-reset": "hat ein neues Passwort vergeben",
    "role-given": "hat eine Rolle vergeben",
    "role-changed": "hat eine Rolle geändert",
    "role-taken": "hat eine Rolle entzogen",
    "roles-synchronised": "hat Rollen aus den Gruppen des Anmeldedienstes übernommen",
    # the counter
    "check-in": "hat als anwesend eingetragen",
    "call": "hat aufgerufen",
    "serve": "hat an den Platz genommen",
    "finish": "hat als fertig eingetragen",
    "miss": "hat als nicht erschienen eingetragen",
    "extend": "hat verlängert",
    "arrive": "hat ohne Termin aufgenommen",
    "undo-check-in": "hat „Ist da“ zurückgenommen",
    "undo-call": "hat den Aufruf zurückgenommen",
    "undo-serve": "hat „Am Platz“ zurückgenommen",
    "undo-finish": "hat „Fertig“ zurückgenommen",
    "undo-miss": "hat „Nicht erschienen“ zurückgenommen",
    "undo-extend": "hat die Verlängerung zurückgenommen",
    # appointments by staff
    "book": "hat einen Termin eingetragen",
    "found": "hat einen Termin gesucht und geöffnet",
    "moved": "hat verlegt",
    "changed-clerk": "hat den Platz gewechselt",
    "cancelled": "hat abgesagt",
    "blocked": "hat die Adresse für Onlinebuchungen gesperrt",
    "block-lifted": "hat eine Sperre aufgehoben",
    "undone": "hat eine Absage zurückgenommen",
    "erased-data": "hat die Daten auf Wunsch der Person gelöscht",
    "corrected-name": "hat den Namen berichtigt",
    "corrected-contact": "hat E-Mail oder Telefon berichtigt",
    "noted": "hat die Notiz geändert",
    "resent": "hat eine E-Mail noch einmal geschickt",
    # running an office
    "clerk-added": "hat einen Platz angelegt",
    "absence-entered": "hat eine Abwesenheit eingetragen",
    "absence-ended": "hat eine Abwesenheit beendet",
    "blocks-changed": "hat Sprechzeiten geändert",
    "closure-saved": "hat eine Schließung eingetragen oder geändert",
    "closure-removed": "hat eine Schließung entfernt",
    "added": "hat angelegt",
    "edited": "hat geändert",
    "stranded-other-clerk": "hat einen ausgefallenen Termin einem anderen Platz gegeben",
    "stranded-moved": "hat einen ausgefallenen Termin verlegt",
    "stranded-cancelled": "hat einen ausgefallenen Termin abgesagt",
    "call-reached": "hat am Telefon erreicht",
    "call-not-reached": "hat am Telefon nicht erreicht",
    "call-give-up": "hat das Anrufen aufgegeben",
    "call-undo": "hat den Eintrag auf der Anrufliste zurückgenommen",
    "call-listed": "hat auf die Anrufliste gesetzt",
    "notice-saved": "hat einen Hinweis für die Öffentlichkeit gespeichert",
    "notice-deleted": "hat einen Hinweis für die Öffentlichkeit gelöscht",
    "feed-made": "hat ein Kalender-Abo angelegt",
    "feed-revoked": "hat ein Kalender-Abo widerrufen",
    "screen-made": "hat eine Anzeige im Wartezimmer angelegt",
    "screen-revoked": "hat eine Anzeige im Wartezimmer widerrufen",
    "paper-set": "hat die Einstellungen für den gedruckten Tagesplan geändert",
}
KINDS: Final[dict[str, str]] = {
    "appointment": "Termin",
    "login": "Zugang",
    "clerk": "Platz",
    "feed": "Kalender-Abo",
    "screen": "Anzeige im Wartezimmer",
    "closure": "Schließung",
    "notice": "Hinweis",
    "office": "Stelle",
    "concern": "Anliegen",
    "document": "Unterlage",
    "referral": "Verweis",
    "municipality": "Gemeinde",
    "block": "Sperre",
}
DETAILS: Final[dict[str, str]] = {  # in the order in which an entry tells them
    "absence": "Abwesenheit Nr.",
    "blocks": "Anzahl der Sprechzeiten dieses Platzes",
    "books_only": "darf nur eintragen",
    "by_sign_on": "über den Anmeldedienst",
    "channel": "gebucht über",
    "clerk": "Platz",
    "days": "Tage",
    "every": "jedes Jahr am",
    "fields": "geändert",
    "first": "vom",
    "last": "bis zum",
    "hours": "Uhrzeit",
    "from": "Zeit vorher",
    "to": "Zeit jetzt",
    "office_left": "Stelle vorher",
    "left": "Platz vorher",
    "clerks": "Platz jetzt",
    "letter": "E-Mail",
    "mailed": "Tagesplan per E-Mail",
    "minutes": "Minuten",
    "names": "mit Namen",
    "phones": "mit Telefonnummern",
    "reason": "Grund",
    "reasons": "trotz Warnung",
    "role": "Rolle",
    "shows": "zeigt",
    "wished_by": "auf Wunsch von",
}
ROLES: Final[dict[str, str]] = {
    "phone": "Telefon",
    "desk": "Schalter",
    "manager": "Leitung",
    "admin": "Verwaltung",
    "operator": "Betrieb",  # by a command
}
LETTERS: Final[dict[str, str]] = {  # by kind, as an appointment's page lists them
    "verify": "Bitte um Bestätigung",
    "too_many": "Zu viele unbestätigte Termine",
    "address_first": "Link zum Weiterbuchen",
    "by_phone": "Bitte um Anruf (Adresse gesperrt)",
    "confirmed": "Bestätigung",
    "moved": "Verlegt",
    "relocated": "Vom Amt verlegt",
    "cancelled_by_citizen": "Abgesagt (auf Wunsch)",
    "cancelled_by_office": "Abgesagt (vom Amt)",
    "reminder": "Erinnerung",
    "link": "Link noch einmal",
    "declined": "Wirklich absagen?",
}
CODES: Final[dict[str, dict[str, str]]] = {  # by detail: what its values are called
    "role": ROLES,
    "channel": {"online": "Internet", "phone": "Telefon", "desk": "Schalter", "api": "ein anderes Programm"},
    "reason": {
        "hoarding": "hortet Termine",
        "resale": "verkauft Termine",
        "program": "bucht mit einem Programm",
        "insults": "beleidigt oder bedroht",
    },
    "letter": LETTERS,
    "shows": {
        "busy": "nur belegte Zeiten",
        "concern": "auch die Anliegen",
        "name": "auch Namen und Anliegen",
        "numbers": "Wartenummern auf dem Bildschirm",
    },
    "wished_by": {"citizen": "der Bürgerin oder des Bürgers", "office": "der Stelle"},
    "reasons": {
        "outside-window": "Zeit liegt außerhalb der Frist",
        "outside-blocks": "keine Sprechzeit",
        "already-booked": "hat schon einen Termin",
        "urgent": "dringend",
        "agreed": "mit dem Platz abgesprochen",
        "long-planned": "muss lange geplant werden",
        "unable": "kann zu keiner Sprechzeit kommen",
        "other-matter": "es geht um etwas anderes",
        "other-person": "es ist eine andere Person",
        "follow-up": "Folgetermin",
    },
    "fields": {
        "accessibility": "Barrierefreiheit",
        "active": "wird angeboten",
        "address": "Anschrift",
        "after_minutes": "Minuten danach",
        "base_url": "Adresse der Website",
        "blocks": "Sprechzeiten",
        "call": "Aufrufen",
        "check_in": "„Ist da“",
        "colour": "Farbe",
        "concerns": "Anliegen",
        "data_protection": "Datenschutzbeauftragte",
        "description": "Beschreibung",
        "discreet": "vertraulich",
        "documents": "was mitzubringen ist",
        "email": "E-Mail",
        "embedding_origins": "Websites, die einbetten dürfen",
        "extra_minutes": "Minuten für jede weitere",
        "fee": "Gebühr",
        "footer": "Fußzeile der E-Mails",
        "forms": "Formulare",
        "group": "Gruppe",
        "holidays": "Feiertage",
        "id": "Kennung",
        "imprint": "Impressum",
        "keywords": "Suchwörter",
        "kind": "Art",
        "language": "Sprache",
        "languages": "Sprachen",
        "legal_basis": "Rechtsgrundlagen",
        "leika": "LeiKa-Schlüssel",
        "logo": "Logo",
        "max_quantity": "höchste Anzahl",
        "minutes": "Minuten",
        "name": "Name",
        "offices": "wo es das gibt",
        "opening_hours": "Öffnungszeiten",
        "payment": "Zahlungsarten",
        "phone": "Telefon",
        "policy": "Regeln für Termine",
        "privacy": "Datenschutzerklärung",
        "proofread": "geprüfte Sprachen",
        "questions": "Fragen",
        "responsible": "Verantwortliche",
        "retention_days": "Fristen zum Löschen",
        "room": "Raum",
        "sender": "Absender der E-Mails",
        "timezone": "Zeitzone",
        "unit": "Einheit",
        "units": "Mehrzahl der Einheit",
        "website": "Website",
        "window": "abweichende Fristen",
    },
}


def verb(entry: Entry) -> str:
    """Return what was done, in words; a code that nobody has translated is better than silence."""
    return VERBS.get(entry.verb, entry.verb)


def subject(entry: Entry, catalogue: Catalogue, logins: dict[int, str]) -> str:
    """Return to whom or what it was done: a reference, a name of the catalogue, a login's name."""
    kind, _, name = entry.subject.partition(" ")
    if kind == "appointment":
        name = speakable(name)
    elif kind == "login" and name.isdigit():
        name = logins.get(int(name), name)
    elif kind in {"closure", "notice", "feed", "block"}:
        name = f"Nr. {name}"
    else:
        name = _named(kind, catalogue).get(name, name)
    return f"{KINDS.get(kind, kind)} {name}".strip()


def _named(kind: str, catalogue: Catalogue) -> dict[str, str]:
    """Return what entries of the catalogue are called, by slug."""
    if kind == "clerk":
        return {each.slug: word(each.name, FALLBACK) for each in catalogue.clerks}
    if kind == "office":
        return {each.slug: word(each.name, FALLBACK) for each in catalogue.offices}
    return {each.slug: word(each.name, FALLBACK) for each in catalogue.concerns} if kind == "concern" else {}


def details(entry: Entry, catalogue: Catalogue) -> str:
    """Return what else was noted: codes, ids and settings; what was left empty is not told."""
    names = [*DETAILS, *sorted(entry.details.keys() - DETAILS.keys())]  # PostgreSQL's JSONB has an order of its own
    found = ((name, entry.details.get(name)) for name in names)
    told = ((name, value) for name, value in found if value not in (None, "", [], {}))
    return ", ".join(f"{DETAILS.get(name, name)}: {_said(name, value, catalogue)}" for name, value in told)


def _said(name: str, value: object, catalogue: Catalogue) -> str:
    codes = CODES.get(name, {})
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, dict):
        return ", ".join(f"{codes.get(key, key)} ({codes.get(each, each)})" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(_said(name, each, catalogue) for each in value)
    if name in {"clerk", "clerks", "left"}:
        found = (each for each in catalogue.clerks if value in (each.id, each.slug))
        return next((word(each.name, FALLBACK) for each in found), "früherer Platz")
    if name == "office_left":
        return next((word(each.name, FALLBACK) for each in catalogue.offices if each.id == value), str(value))
    if name in {"from", "to", "first", "last"}:
        return _day_and_time(str(value), catalogue)
    if name == "every":  # MM-DD
        return "{1}.{0}.".format(*str(value).split("-"))
    return codes.get(str(value), str(value))


def _day_and_time(text: str, catalogue: Catalogue) -> str:
    """Write a stored date or instant as the town's wall says it; what a file gave otherwise stays as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) == len("2026-11-24"):
        return f"{moment:%d.%m.%Y}"
    return f"{moment.astimezone(catalogue.zone):%d.%m.%Y, %H:%M} Uhr"
