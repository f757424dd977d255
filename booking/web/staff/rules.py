"""Rules of booking: the municipality's, what an office does differently, an office's own data, and retention."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking import clock
from booking.actions.edit_entry import edit_entry, open_entry
from booking.errors import Invalid, Refusal
from booking.rules import roles
from booking.rules.windows import Policy
from booking.web import problems
from booking.web.staff.door import actor, admits, blueprint
from booking.web.staff.managing import languages, spread, told, words
from booking.web.staff.places import Place
from booking.web.staff.times import WEEKDAYS
from booking.web.staff.typed import Typed

Answer = str | tuple[str, int] | Response

DEFAULTS = {"proof_above": Policy().proof_above}  # of what a municipality's file need not name


@dataclass(frozen=True, slots=True)
class Rule:
    """A number among the rules, as the form asks for it."""

    name: str
    label: str
    hint: str
    least: int = 0
    most: int = 365


OFFICE_RULES = (
    Rule(
        "horizon_days", "Wie viele Tage im Voraus", "Von heute an gezählt. 28 heißt: heute bis in vier Wochen.", 0, 730
    ),
    Rule("lead_minutes", "Vorlauf in Minuten", "So kurz vor dem Termin kann online niemand mehr buchen.", 0, 43200),
    Rule(
        "confirm_minutes", "Zeit zum Bestätigen in Minuten", "Danach ist ein unbestätigter Termin wieder frei.", 5, 1440
    ),
    Rule("useful_rest_minutes", "Kleinster nützlicher Rest in Minuten", "Kürzere Lücken entstehen nicht.", 0, 240),
    Rule("near_days", "Nahe Tage", "An so vielen Tagen ab heute sind auch Zeiten frei, die eine Lücke lassen.", 0, 365),
)
TOWN_RULES = (
    *OFFICE_RULES,
    Rule(
        "max_active_per_contact",
        "Bestätigte Termine je E-Mail-Adresse",
        "So viele darf jemand zugleich haben.",
        1,
        1000,
    ),
    Rule(
        "max_open_per_contact",
        "Unbestätigte Termine je E-Mail-Adresse",
        "So viele darf jemand zugleich haben.",
        1,
        1000,
    ),
    Rule("max_open_per_network", "Unbestätigte Termine je Internetanschluss", "Schützt vor Programmen.", 1, 100000),
    Rule(
        "release_delay_minutes",
        "Verzögerung frei gewordener Zeiten in Minuten",
        "Ein abgesagter Termin wird nach einer zufälligen Zeit bis zu dieser Dauer wieder frei. 0: sofort.",
        0,
        10080,
    ),
    Rule(
        "proof_above",
        "Onlinebuchungen je Stunde und Amt, ab denen Programme gebremst werden",
        "Auch dann nur, wenn es dreimal so viele sind wie sonst um diese Zeit. 0: immer. Üblich: 40.",
        0,
        100000,
    ),
)
RETENTION = (
    Rule(
        "unconfirmed",
        "Nicht bestätigte Termine (Tage)",
        "Wer nicht bestätigt, kommt nicht. Niemand braucht die Daten.",
        0,
        3650,
    ),
    Rule("cancelled", "Abgesagte Termine (Tage)", "Reicht für Rückfragen zur Absage.", 0, 3650),
    Rule("past", "Vergangene Termine (Tage)", "Gezählt nach dem Tag des Termins.", 0, 3650),
    Rule(
        "audit",
        "Protokoll der Änderungen (Tage)",
        "Wer hat was geändert, ohne Daten von Bürgerinnen und Bürgern.",
        30,
        3650,
    ),
)
RELEASES = {
    "": "wie für alle Stellen",
    "rolling": "jeden Tag ein weiterer Tag",
    "weekly": "jede Woche sieben Tage auf einmal",
}
ACCESS = {
    "step_free_access": "Zugang ohne Stufen",
    "lift": "Aufzug",
    "accessible_toilet": "Barrierefreies WC",
    "accessible_parking": "Barrierefreier Parkplatz",
    "hearing_loop": "Induktive Höranlage",
    "sign_language": "Gebärdensprache",
    "tactile_guidance": "Leitsystem für Blinde",
}
PAYMENT = {
    "cash": "Bar",
    "girocard": "Girocard",
    "credit_card": "Kreditkarte",
    "paypal": "PayPal",
    "invoice": "Rechnung",
}
TEXTS = ("name", "unit", "room")
LINES = {"street": "Straße und Hausnummer", "postal_code": "Postleitzahl", "city": "Ort"}


@blueprint.get("/<place:place>/office")
@admits(*roles.MANAGERS)
def show_office_data(place: Place) -> str:
    """Show an office's data and its own rules."""
    return _office_page(place)


@blueprint.post("/<place:place>/office")
@admits(*roles.MANAGERS)
def save_office(place: Place) -> Answer:
    """Save name, address, hours and what else citizens read about an office."""
    typed = Typed()
    fields: dict[str, Any] = {name: words(typed, name) for name in TEXTS}
    fields["address"] = {name: typed.text(name) for name in LINES}
    fields |= {name: typed.text(name) for name in ("phone", "email")}
    fields |= {name: typed.all(name) for name in ("accessibility", "payment")}
    fields |= {name: name in request.form for name in ("check_in", "call")}
    fields["opening_hours"] = {day: _hours(typed.text(f"hours_{day}")) for day in WEEKDAYS}
    try:
        typed.check()
        edit_entry(actor(), "offices", place.office, fields, now=clock.now())
    except Invalid as refusal:
        return _office_page(place, refusal), problems.status(refusal)
    return redirect(url_for("staff.show_office_data", place=place, done="saved"))


@blueprint.post("/<place:place>/rules")
@admits(*roles.MANAGERS)
def save_office_rules(place: Place) -> Answer:
    """Save in what an office differs from the municipality; empty fields do not differ."""
    typed = Typed()
    policy = _typed_policy(typed, OFFICE_RULES)
    try:
        typed.check()
        edit_entry(actor(), "offices", place.office, {"policy": policy}, now=clock.now())
    except Invalid as refusal:
        return _office_page(place, refusal), problems.status(refusal)
    return redirect(url_for("staff.show_office_data", place=place, done="rules"))


@blueprint.get("/<town>/rules")
@admits(*roles.MANAGERS)
def show_rules(town: str) -> str:
    """Show the rules that hold for all offices."""
    return _rules_page(town)


@blueprint.post("/<town>/rules")
@admits(*roles.MANAGERS)
def save_rules(town: str) -> Answer:
    """Save the rules that hold for all offices."""
    typed = Typed()
    policy = _typed_policy(typed, TOWN_RULES)
    return _save_town(town, typed, {"policy": policy}, done="rules")


@blueprint.post("/<town>/retention")
@admits(*roles.ADMINS)
def save_retention(town: str) -> Answer:
    """Save after how many days personal data is erased."""
    typed = Typed()
    days = {rule.name: typed.whole(rule.name, required=True) for rule in RETENTION}
    return _save_town(town, typed, {"retention_days": days}, done="retention")


def _save_town(town: str, typed: Typed, fields: Mapping[str, Any], *, done: str) -> Answer:
    try:
        typed.check()
        edit_entry(actor(), "municipality", town, fields, now=clock.now())
    except Invalid as refusal:
        return _rules_page(town, refusal), problems.status(refusal)
    return redirect(url_for("staff.show_rules", town=town, done=done))


def _typed_policy(typed: Typed, rules: tuple[Rule, ...]) -> dict[str, Any]:
    numbers = {rule.name: typed.whole(rule.name) for rule in rules}
    policy: dict[str, Any] = {name: number for name, number in numbers.items() if number is not None}
    if kind := typed.text("release"):
        at = typed.clock("release_at", required=True)
        weekday = {"weekday": typed.text("release_weekday")} if kind == "weekly" else {}
        policy["release"] = {"kind": kind, "at": f"{at:%H:%M}" if at else "", **weekday}
    return policy


def _hours(text: str) -> list[str]:
    """Read ``08:30-12:00, 14:00-18:00``, with whatever dash and spaces."""
    return [part.replace("–", "-").replace(" ", "") for part in text.split(",") if part.strip()]


def _office_page(place: Place, refusal: Refusal | None = None) -> str:
    entry = open_entry(actor(), "offices", place.office)
    general = open_entry(actor(), "municipality", place.town)["policy"]
    stored = {
        **_policy_values(entry.get("policy", {})),
        **{key: value for name in TEXTS for key, value in spread(name, entry.get(name, {})).items()},
        **{name: entry.get(name, "") for name in ("phone", "email")},
        **entry.get("address", {}),
        **{f"hours_{day}": ", ".join(entry.get("opening_hours", {}).get(day, [])) for day in WEEKDAYS},
        **{name: entry.get(name, True) for name in ("check_in", "call")},
    }
    typed = request.form if request.method == "POST" else None
    return render_template(
        "staff/office.html",
        values=stored if typed is None else {**stored, "check_in": "", "call": "", **typed.to_dict()},
        lists={
            name: entry.get(name, []) if typed is None else typed.getlist(name) for name in ("accessibility", "payment")
        },
        general={**_policy_values(general), "release_words": _release_words(general["release"])},
        rules=OFFICE_RULES,
        releases=RELEASES,
        weekdays=WEEKDAYS,
        access=ACCESS,
        payment=PAYMENT,
        address=LINES,
        languages=languages(),
        **told(refusal, place, NAMES),
    )


def _rules_page(town: str, refusal: Refusal | None = None) -> str:
    entry = open_entry(actor(), "municipality", town)
    stored = {**DEFAULTS, **_policy_values(entry["policy"]), **g.catalogue.retention}
    return render_template(
        "staff/rules.html",
        values={**stored, **request.form.to_dict()},
        rules=TOWN_RULES,
        retention=RETENTION,
        releases={kind: words for kind, words in RELEASES.items() if kind},
        weekdays=WEEKDAYS,
        **told(refusal, None, NAMES),
    )


def _policy_values(policy: Mapping[str, Any]) -> dict[str, Any]:
    release = policy.get("release", {})
    return {
        **{name: value for name, value in policy.items() if name != "release"},
        "release": release.get("kind", ""),
        "release_at": release.get("at", ""),
        "release_weekday": release.get("weekday", ""),
    }


def _release_words(release: Mapping[str, str]) -> str:
    day = f" am {WEEKDAYS[release['weekday']]}" if "weekday" in release else ""
    return f"{RELEASES[release['kind']]}{day}, {release['at']} Uhr"


NAMES = {
    **{f"policy.{rule.name}": rule.name for rule in TOWN_RULES},
    **{f"retention_days.{rule.name}": rule.name for rule in RETENTION},
    **{f"address.{name}": name for name in LINES},
    **{f"opening_hours.{day}.{place}": f"hours_{day}" for day in WEEKDAYS for place in range(7)},
    **{f"opening_hours.{day}": f"hours_{day}" for day in WEEKDAYS},
    "policy.release.at": "release_at",
    "policy.release.weekday": "release_weekday",
    "policy.release": "release",
    "address": "street",
}
"""In which field stands what a pointer into the entry means."""
