"""A small catalogue that is right, and what makes it wrong in one place."""

from pathlib import Path

from booking.catalogue import CatalogueFaults, Fault, read_catalogue_file

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "config/catalogues"
SCHWARMSTEDT = (FOLDER / "schwarmstedt.yaml").read_text(encoding="utf-8")

SMALL = """\
format: wartefrei-catalogue/1
municipality:
  id: musterstadt
  name: {de: Musterstadt, en: Model Town}
  timezone: Europe/Berlin
  languages: [de, en]
  website: https://www.example.org
  imprint: https://www.example.org/impressum
  privacy: https://www.example.org/datenschutz
  sender: {name: {de: Musterstadt}, address: termine@example.org}
  embedding_origins: [https://www.example.org]
  retention_days: {unconfirmed: 1, cancelled: 7, past: 30}
  policy:
    horizon_days: 28
    lead_minutes: 60
    confirm_minutes: 30
    useful_rest_minutes: 10
    near_days: 2
    release: {kind: rolling, at: "07:00"}
    max_active_per_contact: 3
    max_open_per_contact: 3
    max_open_per_network: 30
    release_delay_minutes: 0
  holidays: {country: DE, state: NI, add: [], remove: []}
closures:
  - {from: 2026-12-28, to: 2026-12-30, name: {de: Inventur}}
offices:
  - id: rathaus
    name: {de: Rathaus}
    address: {street: Markt 1, postal_code: "29690", city: Musterstadt}
    phone: "05071 809-0"
    email: rathaus@example.org
    opening_hours: {mon: ["08:00-12:00"]}
clerks:
  - id: platz-1
    name: {de: Platz 1}
    concerns: all
    blocks:
      - {office: rathaus, weekday: mon, hours: "08:00-10:00", kind: online}
      - {office: rathaus, weekday: mon, hours: "10:00-12:00", kind: staff}
      - {office: rathaus, date: 2026-12-05, hours: "09:00-12:00", kind: online}
  - id: platz-2
    name: {de: Platz 2}
    active: false
    concerns: [pass]
    blocks:
      - {office: rathaus, weekday: fri, hours: "08:00-09:00", kind: online, every_weeks: 2, valid_from: 2026-11-27}
documents:
  - {id: ausweis, kind: document, name: {de: Ausweis}}
concerns:
  - id: pass
    offices: [{office: rathaus, online: true, staff: true}]
    group: {de: Ausweise}
    name: {de: Reisepass}
    keywords: {de: [Pass]}
    minutes: 15
    extra_minutes: 5
    unit: {de: Person}
    max_quantity: 4
    leika: "99085001000000"
    fee: {text: {de: "ab 37,50 €"}, amount_from: 37.50, currency: EUR}
    documents:
      - {document: ausweis, required: conditional, per_unit: true, when: {de: vorhanden}}
    questions:
      - {id: eilig, label: {de: Eilig?}, required: false, max_length: 20}
"""


def edited(old: str, new: str, text: str = SMALL) -> str:
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def faults_of(content: bytes | str) -> tuple[Fault, ...]:
    try:
        read_catalogue_file(content, FOLDER)
    except CatalogueFaults as refusal:
        return refusal.faults
    return ()
