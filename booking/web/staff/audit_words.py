"""The audit log in sentences: what each verb and each kind of subject is called. A new verb needs its line here."""

from typing import Final

from booking.actions.audit_log import Entry
from booking.rules.catalogue import Catalogue
from booking.rules.secrets import speakable

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
    "undone": "hat eine Absage zurückgenommen",
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
    "block": "Sprechzeit",
    "office": "Stelle",
    "concern": "Anliegen",
    "document": "Unterlage",
    "municipality": "Gemeinde",
}
DETAILS: Final[dict[str, str]] = {
    "role": "Rolle",
    "books_only": "nur eintragen",
    "by_sign_on": "über den Anmeldedienst",
    "absence": "Abwesenheit",
    "blocks": "Sprechzeiten",
    "channel": "Weg",
    "clerk": "Platz",
    "fields": "Felder",
    "key": "Art",
    "left": "vorher",
    "letter": "E-Mail",
    "minutes": "Minuten",
    "reasons": "Gründe",
    "shows": "zeigt",
    "to": "jetzt",
    "wished_by": "auf Wunsch von",
}
ROLES: Final[dict[str, str]] = {
    "phone": "Telefon",
    "desk": "Schalter",
    "manager": "Leitung",
    "admin": "Verwaltung",
    "operator": "Betrieb",  # by a command
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
    elif kind == "clerk":
        name = next((clerk.name.get("de", name) for clerk in catalogue.clerks if clerk.slug == name), name)
    return f"{KINDS.get(kind, kind)} {name}".strip()


def details(entry: Entry) -> str:
    """Return what else was noted: codes, ids and settings."""
    return ", ".join(
        f"{DETAILS.get(name, name)}: {_said(value)}" for name, value in entry.details.items() if value is not None
    )


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} ({each})" for name, each in value.items())
    return ROLES.get(str(value), str(value))
