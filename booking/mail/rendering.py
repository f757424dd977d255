"""A letter's texts from its templates: ``templates/mail/<kind>/{subject.txt,text.txt,html.html}``."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from booking.ical import wording
from booking.ical.origin import origin_of
from booking.rules.appointments import Appointment
from booking.rules.catalogue import Concern
from booking.rules.languages import LANGUAGES, base, direction, spoken
from booking.rules.lifecycle import UNBOOKED
from booking.rules.secrets import speakable
from booking.rules.texts import Text, Worded, unbroken, word, worded

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates" / "mail"


@dataclass(frozen=True, slots=True)
class Texts:
    """The three texts of a letter."""

    subject: str
    plain: str
    html: str


def render(kind: str, appointment: Appointment, language: str, now: datetime, **shown: object) -> Texts:
    """Render the letter in the nearest language that we speak."""
    language = spoken(language)
    context = {"shows_checklist": False, "code": "", **_context(appointment, language, now), **shown}

    def page(name: str) -> str:
        return _environment(language).get_template(f"{kind}/{name}").render(context)

    return Texts(subject=" ".join(page("subject.txt").split()), plain=_tidy(page("text.txt")), html=page("html.html"))


def listed_as(appointment: Appointment, language: str, now: datetime) -> dict[str, object]:
    """Return what a letter says of one more appointment: when, where, its number, state and link."""
    said = _context(appointment, spoken(language), now)
    return {name: said[name] for name in ("status", "until", "date", "start", "end", "office", "reference", "link")}


def _context(appointment: Appointment, language: str, now: datetime) -> dict[str, object]:
    catalogue, office = appointment.catalogue, appointment.office
    concerns = () if appointment.is_bare else appointment.concerns
    origin = origin_of(catalogue, language)
    start, end = (moment.astimezone(catalogue.zone) for moment in (appointment.start, appointment.end))
    return {
        "language": language,
        "direction": direction(language),
        "comma": LANGUAGES[language].comma,
        # Where a line begins and ends: mail programs do not know CSS's own words for it.
        "before": "right" if direction(language) == "rtl" else "left",
        "after": "left" if direction(language) == "rtl" else "right",
        "appointment": appointment,
        "status": appointment.status_at(now).value,
        "is_firm": appointment.status_at(now) not in UNBOOKED,
        "is_bare": appointment.is_bare,
        # Whoever books types both name and address: until the address is proven, the name may be anything.
        "name": appointment.name if appointment.address_proven else "",
        "date": wording.long_date(start, language),
        "short_date": wording.short_date(start.date(), language),
        "start": wording.clock_time(start, language),
        "end": wording.clock_time(end, language),
        "until": _until(appointment, now, language),
        "matter": wording.subject_matter(appointment, language),
        "is_discreet": appointment.is_discreet or appointment.is_bare,
        "at_office": wording.at_office(office, language),
        "office": office,
        "concerns": [(worded(concern.name, language), concern.quantity) for concern in concerns],
        "lines": wording.checklist(appointment, language),
        "sheet": _sheet([catalogue.concern(concern.id) for concern in concerns], language),
        "paying": wording.paying(office.payment, language),
        "reference": speakable(appointment.reference),
        "link": f"{origin.base_url}/t/{appointment.token}",
        "origin": origin,
        "catalogue": catalogue,
        "former": _former(appointment, language),
        "call_until": _call_until(appointment, language),
    }


def _call_until(appointment: Appointment, language: str) -> str:
    """Return the day until which a blocked contact has to call, "" for everybody else."""
    if appointment.blocked_until is None:
        return ""
    return wording.long_date(appointment.blocked_until.astimezone(appointment.catalogue.zone), language)


def _former(appointment: Appointment, language: str) -> dict[str, object] | None:
    """Return when an appointment was before the office moved it."""
    if appointment.former is None:
        return None
    start = appointment.former.start.astimezone(appointment.catalogue.zone)
    return {
        "date": wording.long_date(start, language),
        "time": wording.clock_time(start, language),
        "is_elsewhere": appointment.former.office.id != appointment.office.id,
    }


def _until(appointment: Appointment, now: datetime, language: str) -> str:
    """Return until when it can be confirmed, with the day where that is not today's."""
    if appointment.confirm_by is None:
        return ""
    zone = appointment.catalogue.zone
    moment = appointment.confirm_by.astimezone(zone)
    time = wording.clock_time(moment, language)
    if moment.date() == now.astimezone(zone).date():
        return time
    return f"{wording.long_date(moment, language)}{LANGUAGES[language].comma}{time}"


def _sheet(concerns: list[Concern], language: str) -> dict[str, object]:
    """Return what else there is to know of these concerns: forms, each once, and fees."""
    forms = {form.url: worded(form.name, language) for concern in concerns for form in concern.forms}
    fees = [
        (worded(concern.name, language), _fee(concern.fee.text, language))
        for concern in concerns
        if concern.fee and word(concern.fee.text, language)
    ]
    costs = any(concern.fee and concern.fee.amount != 0 for concern in concerns)
    return {"costs": costs, "forms": [(name, url) for url, name in forms.items()], "fees": fees}


def _fee(text: Text, language: str) -> Worded:
    said = worded(text, language)
    return said._replace(text=unbroken(said.text))


@lru_cache(maxsize=len(LANGUAGES))
def _environment(language: str) -> Environment:
    """Return the templates of one language; it belongs to the letter, so no request's language is looked at."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(wording.translations(language), newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    environment.filters |= {
        "say": partial(_say, language),
        "plain": lambda text: word(text, language),
        "ltr": lambda words: wording.left_to_right(words, language),
        "plain_line": lambda line: wording.plain_line(line, language),
    }
    return environment


def _say(language: str, text: Text | Worded) -> Markup:
    """Return a text of the catalogue for HTML, marked with its own language where that is another one."""
    said = text if isinstance(text, Worded) else worded(text, language)
    if base(said.language) == base(language) or not said.text:
        return escape(said.text)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(said.language, direction(said.language), said.text)


def _tidy(text: str) -> str:
    """Return plain text without trailing blanks and without more than one empty line in a row."""
    kept: list[str] = []
    for line in (line.rstrip() for line in text.splitlines()):
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).rstrip("\n") + "\n"
