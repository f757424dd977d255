"""Letters: what every kind says in every language, and what none may give away."""

import base64
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from booking.ical import wording
from booking.mail import WRITERS, compose
from booking.mail.message import Envelope, Unaddressable
from booking.models import ASKING, Kind
from booking.rules.appointments import Appointment, Former
from booking.rules.languages import LANGUAGES, direction
from booking.rules.lifecycle import Status
from booking.rules.secrets import speakable
from tests.builders import MONDAY, a_booking, a_municipality, an_appointment

pytestmark = pytest.mark.usefixtures("context")

ROOT = Path(__file__).resolve().parents[2]
DAY = {  # of MONDAY's next day, in a letter and in its subject
    "de": ("Dienstag, 24. November 2026", "Di., 24. Nov."),
    "de-simple": ("Dienstag, 24. November 2026", "Di., 24. Nov."),
    "en": ("Tuesday, 24 November 2026", "Tue 24 Nov"),
    "uk": ("вівторок, 24 листопада 2026\N{NARROW NO-BREAK SPACE}р.", "вт, 24 лист."),
    "tr": ("24 Kasım 2026 Salı", "24 Kas Sal"),
    "ar": ("الثلاثاء، 24 نوفمبر 2026", "الثلاثاء، 24 نوفمبر"),
    "ru": ("вторник, 24 ноября 2026\N{NARROW NO-BREAK SPACE}г.", "вт, 24 нояб."),
}
STATUS = {
    Kind.VERIFY: Status.PENDING,
    Kind.TOO_MANY: Status.EXPIRED,
    Kind.ADDRESS_FIRST: Status.EXPIRED,
    Kind.BY_PHONE: Status.EXPIRED,
    Kind.CANCELLED_BY_CITIZEN: Status.CANCELLED,
    Kind.CANCELLED_BY_OFFICE: Status.CANCELLED,
}


def an_envelope(**fields: Any) -> Envelope:
    defaults = {
        "address": "anna@example.org",
        "language": "de",
        "message_id": "<one@example.org>",
        "method": None,
        "sequence": None,
        "now": MONDAY,
    }
    return Envelope(**{**defaults, **fields})


def a_letter(kind: Kind, found: Appointment | None = None, **envelope: Any) -> EmailMessage:
    if found is None:
        a_municipality()
        found = an_appointment()
    found = replace(found, status=STATUS.get(kind, found.status))
    return compose(kind, found, an_envelope(**envelope))


def plain(message: EmailMessage) -> str:
    part: Any = message.get_body(("plain",))
    return str(part.get_content())


def html(message: EmailMessage) -> str:
    part: Any = message.get_body(("html",))
    return str(part.get_content())


def whole(message: EmailMessage) -> str:
    """Everything that a reader, or a program, could find in a message."""
    texts = [f"{name}: {value}" for name, value in message.items()]
    for part in message.walk():
        if not part.is_multipart():
            payload: Any = part.get_payload(decode=True)
            texts.append(payload.decode().replace("\r\n ", ""))
    return "\n".join(texts)


def test_every_kind_of_letter_has_a_writer_and_its_templates() -> None:
    assert set(WRITERS) == set(Kind)
    folders = {folder.name for folder in (ROOT / "templates" / "mail").iterdir() if folder.is_dir()}
    assert folders == {kind.value for kind in Kind}
    for kind, writer in WRITERS.items():
        assert writer.__name__ == kind.value


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Kind))
def test_every_letter_has_subject_text_and_html_in_every_language(kind: Kind, language: str) -> None:
    message = a_letter(kind, language=language)
    assert DAY[language][1] in message["Subject"]
    assert "09:00" in message["Subject"]
    for text in (plain(message), html(message)):
        assert "Am Markt 1, 29690 Musterstadt" in text
        assert DAY[language][0] in text
        assert "09:00" in text
        assert "05071 809-99" in text
        assert "Traceback" not in text
    assert html(message).count(f'<html lang="{language}" dir="{direction(language)}">') == 1
    assert message["Content-Language"] == language
    assert "Undefined" not in whole(message)


def test_the_verify_letter_says_how_and_until_when_to_confirm() -> None:
    a_municipality()
    booked = replace(a_booking(), confirm_by=MONDAY.replace(minute=30))
    message = a_letter(Kind.VERIFY, booked)
    for text in (plain(message), html(message)):
        assert f"http://localhost/t/{booked.token}" in text
        assert booked.code in text
        assert "07:30 Uhr" in text
        assert "Noch nicht gebucht" in text


def test_a_deadline_on_another_day_names_the_day() -> None:
    a_municipality()
    booked = replace(a_booking(), confirm_by=MONDAY.replace(day=24))
    assert "Dienstag, 24. November 2026, 07:00 Uhr" in plain(a_letter(Kind.VERIFY, booked))


def test_the_link_is_that_of_the_municipality() -> None:
    a_municipality(base_url="https://termine.example.org/amt/")
    found = an_appointment()
    assert f"https://termine.example.org/amt/t/{found.token}" in plain(a_letter(Kind.CONFIRMED, found))


@pytest.mark.parametrize("kind", [Kind.VERIFY, Kind.CONFIRMED, Kind.MOVED, Kind.RELOCATED, Kind.REMINDER])
def test_the_checklist_is_in_the_letters_that_need_it(kind: Kind) -> None:
    message = a_letter(kind)
    assert "- Ausweis" in plain(message)
    assert "<strong>Ausweis</strong>" in html(message)


def test_the_headers_are_those_of_municipality_and_office() -> None:
    message = a_letter(Kind.CONFIRMED)
    assert message["From"] == "Stadt Musterstadt <termine@example.org>"
    assert message["To"] == "anna@example.org"
    assert message["Reply-To"] == "buergerbuero@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<one@example.org>"
    assert message["Date"].datetime == MONDAY


def test_without_a_sender_of_its_own_a_municipality_uses_the_installations() -> None:
    a_municipality(sender_email="")
    message = a_letter(Kind.CONFIRMED, an_appointment())
    assert message["From"] == "Stadt Musterstadt <termine@example.org>"


@pytest.mark.parametrize("kind", [Kind.VERIFY, Kind.CONFIRMED])
def test_a_message_names_its_language(kind: Kind) -> None:
    assert a_letter(kind, language="en-GB", method="REQUEST", sequence=0)["Content-Language"] == "en"


def shape(part: Any) -> Any:
    if part.is_multipart():
        return (part.get_content_type(), [shape(child) for child in part.iter_parts()])
    return part.get_content_type()


@pytest.mark.parametrize(("kind", "method"), [(Kind.CONFIRMED, "REQUEST"), (Kind.CANCELLED_BY_OFFICE, "CANCEL")])
def test_a_letter_with_a_calendar_entry_has_the_tree_that_clients_understand(kind: Kind, method: str) -> None:
    message = a_letter(kind, method=method, sequence=2)
    alternatives = ["text/plain", "text/html", "text/calendar"]
    assert shape(message) == (
        "multipart/mixed",
        [("multipart/alternative", alternatives), "application/ics"],
    )
    (calendar,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    (attached,) = message.iter_attachments()
    assert calendar["Content-Type"].params == {"charset": "utf-8", "method": method}
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert calendar["Content-Disposition"] is None
    assert attached.get_filename() == "termin.ics"
    assert attached["Content-Type"].params["name"] == "termin.ics"
    entry: Any = calendar.get_payload(decode=True)
    assert entry == attached.get_payload(decode=True)
    assert entry == base64.b64decode(str(calendar.get_payload()))
    assert Calendar.from_ical(entry)["METHOD"] == method


def test_a_letter_without_a_calendar_entry_has_two_alternatives() -> None:
    assert shape(a_letter(Kind.VERIFY)) == ("multipart/alternative", ["text/plain", "text/html"])


@pytest.mark.parametrize("kind", list(Kind))
def test_the_html_loads_nothing_from_anywhere(kind: Kind) -> None:
    text = html(a_letter(kind))
    assert not re.search(r"<(img|link|script|iframe|video|object|source)\b|@import|url\(|\bsrc=", text)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_message_fits_through_seven_bits(kind: Kind) -> None:
    raw = a_letter(kind).as_bytes()
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize("address", ["anna@example.org\r\nBcc: eve@example.org", "anna", "@", "a b@example.org", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    a_municipality()
    found = an_appointment()
    with pytest.raises(Unaddressable):
        compose(Kind.CONFIRMED, found, an_envelope(address=address))


@pytest.mark.parametrize("name", ['Anna "Ä" <b>Beispiel</b>', "🎉 Anna", "مرحبا", "Anna\r\nBcc: eve@example.org"])
def test_any_name_can_be_greeted(name: str) -> None:
    a_municipality()
    message = a_letter(Kind.CONFIRMED, replace(an_appointment(), name=name), method="REQUEST", sequence=0)
    assert message["Bcc"] is None
    assert "<b>" not in html(message)
    assert message.as_bytes()


def test_domains_and_mailboxes_in_other_scripts_are_written_to() -> None:
    a_municipality()
    found = an_appointment()
    assert a_letter(Kind.CONFIRMED, found, address="anna@bücher.example")["To"] == "anna@xn--bcher-kva.example"
    foreign = a_letter(Kind.CONFIRMED, found, address="änne@bücher.example")
    policy: Any = foreign.policy
    assert policy.utf8
    assert "änne@xn--bcher-kva.example".encode() in foreign.as_bytes()


@pytest.mark.parametrize("kind", sorted(ASKING))
def test_a_name_reaches_nobody_before_the_address_is_proven(kind: Kind) -> None:
    a_municipality()
    assert "Beispiel" not in whole(a_letter(kind, a_booking()))


@pytest.mark.parametrize(
    "kind", [Kind.CONFIRMED, Kind.MOVED, Kind.RELOCATED, Kind.CANCELLED_BY_OFFICE, Kind.REMINDER, Kind.LINK]
)
def test_an_address_that_staff_typed_gets_time_place_and_reference_only(kind: Kind) -> None:
    a_municipality()
    found = replace(an_appointment(), channel="phone", address_proven=False)
    text = whole(a_letter(kind, found, method="REQUEST", sequence=0))
    assert not re.search(r"Beispiel|[Pp]ersonalausweis|Ausweis", text)
    assert f"{found.reference[:3]}-{found.reference[3:]}" in text


@pytest.mark.parametrize("kind", list(Kind))
def test_a_discreet_concern_is_named_in_the_letter_but_not_on_its_outside(kind: Kind) -> None:
    a_municipality()
    found = an_appointment()
    secret = replace(found, concerns=tuple(replace(concern, discreet=True) for concern in found.concerns))
    message = a_letter(kind, secret)
    assert "ersonalausweis" not in message["Subject"]
    assert "Ihr Termin im Buergerbuero" in message["Subject"].replace("(", "im ").replace(")", "")
    assert "Personalausweis" in plain(message)
    assert "<title>" in html(message)
    assert "ersonalausweis" not in html(message).split("<body")[0]


def a_relocated() -> Appointment:
    """Moved by the office from Monday at eight to Tuesday at nine."""
    a_municipality()
    found = an_appointment()
    return replace(found, former=Former(MONDAY + timedelta(hours=1), found.office))


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_was_moved_reads_both_times_and_what_can_be_done(language: str) -> None:
    found = a_relocated()
    message = a_letter(Kind.RELOCATED, found, language=language)
    for text in (plain(message), html(message)):
        assert "08:00" in text
        assert "09:00" in text
        for way in (f"/t/{found.token}", f"/t/{found.token}/move", f"/t/{found.token}/cancel"):
            assert f"http://localhost{way}" in text


def test_who_was_moved_reads_that_saying_nothing_means_to_come() -> None:
    found = a_relocated()
    texts = plain(a_letter(Kind.RELOCATED, found)), html(a_letter(Kind.RELOCATED, found))
    assert all("Wenn Sie nichts tun, gilt die neue Zeit." in text for text in texts)
    assert not any("Auch der Ort ist ein anderer" in text for text in texts)
    elsewhere = replace(found, former=replace(found.former, office=replace(found.office, id=99)))
    assert "Auch der Ort ist ein anderer" in plain(a_letter(Kind.RELOCATED, elsewhere))


@pytest.mark.parametrize("kind", [Kind.CANCELLED_BY_OFFICE])
def test_a_cancellation_by_the_office_apologises_and_says_how_to_book_anew(kind: Kind) -> None:
    message = a_letter(kind)
    for text in (plain(message), html(message)):
        assert "wir bitten Sie um Entschuldigung" in text
        assert "http://localhost/musterstadt" in text


def test_a_text_that_is_missing_in_english_is_marked_as_german() -> None:
    a_municipality(footer={"de": "Die Samtgemeinde"})
    message = a_letter(Kind.CONFIRMED, an_appointment(), language="en")
    assert '<span lang="de" dir="ltr">Die Samtgemeinde</span>' in html(message)
    assert "Die Samtgemeinde" in plain(message)


def test_numbers_stay_in_one_piece_between_arabic_words() -> None:
    a_municipality()
    found = an_appointment()
    message = a_letter(Kind.CONFIRMED, found, language="ar", method="REQUEST", sequence=0)
    (entry,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    calendar: Any = entry.get_payload(decode=True)
    for text in (plain(message), html(message), calendar.decode().replace("\r\n ", "")):
        for number in ("05071 809-99", speakable(found.reference)):
            assert f"\N{LEFT-TO-RIGHT MARK}{number}\N{LEFT-TO-RIGHT MARK}" in text
    assert "\N{LEFT-TO-RIGHT MARK}" not in whole(a_letter(Kind.CONFIRMED, found, language="en"))


def test_arabic_letters_are_laid_out_from_the_right() -> None:
    page = html(a_letter(Kind.CONFIRMED, language="ar"))
    assert 'align="right"' in page
    assert "text-align:right" in page
    assert not re.search(r"(text-align:|border-|padding-)left", page.replace("padding-left:16px", ""))


def test_a_language_that_we_do_not_speak_gets_german() -> None:
    assert "Gebucht" in a_letter(Kind.CONFIRMED, language="fr")["Subject"]


def test_the_link_letter_tells_what_the_link_can_still_do() -> None:
    a_municipality()
    found = an_appointment()
    assert "noch nicht gebucht" in plain(compose(Kind.LINK, replace(found, status=Status.PENDING), an_envelope()))
    assert "nicht rechtzeitig" in plain(compose(Kind.LINK, replace(found, status=Status.EXPIRED), an_envelope()))
    assert "verlegen oder absagen" in plain(compose(Kind.LINK, found, an_envelope()))


@pytest.mark.parametrize(
    ("kind", "is_firm"),
    [(Kind.VERIFY, False), (Kind.TOO_MANY, False), (Kind.ADDRESS_FIRST, False), (Kind.CONFIRMED, True)],
)
def test_only_a_letter_about_something_booked_says_that_it_was(kind: Kind, is_firm: bool) -> None:
    message = a_letter(kind)
    for text in (plain(message), html(message)):
        assert ("ein Termin gebucht wurde" in text) is is_firm
        assert ("jemand mit Ihrer Adresse einen Termin buchen wollte" in text) is not is_firm


def test_coming_or_not_is_asked_in_good_german() -> None:
    message = a_letter(Kind.CONFIRMED)
    for text in (plain(message), html(message)):
        assert "verlegen Sie den Termin oder sagen Sie ihn bitte ab" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [Kind.CANCELLED_BY_OFFICE, Kind.BY_PHONE])
def test_who_is_blocked_reads_until_when_and_whom_to_call_and_is_not_sent_to_book_online(
    kind: Kind, language: str
) -> None:
    a_municipality()
    found = replace(an_appointment(), blocked_until=MONDAY + timedelta(days=30))
    message = a_letter(kind, found, language=language)
    for text in (plain(message), html(message)):
        assert wording.long_date(MONDAY + timedelta(days=30), language) in text
        assert "05071 809-99" in text
        assert not re.search(r"http://localhost/musterstadt(?!/(privacy|imprint))", text)
