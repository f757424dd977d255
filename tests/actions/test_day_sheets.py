"""The day on paper: what stands on a sheet and what must not, as lines and in the PDF."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.ctx import AppContext

from booking.actions.day_sheets import EVERY, day_sheets, day_sheets_pdf
from booking.errors import NotFound
from booking.extensions import db
from booking.mail.day_sheet_pdf import day_sheet_pdf
from booking.models import Appointment, Block, Closure, Concern, Municipality, Office
from booking.rules.appointments import Wish
from booking.rules.day_sheets import Line, Sheet, short_names
from booking.rules.lifecycle import Status
from tests.builders import MONDAY, NINE, a_booking, a_clerk, a_municipality, an_appointment
from tests.paper import drawn, ink, is_grey, texts

TUESDAY = date(2026, 11, 24)
DAY = ("musterstadt", "buergerbuero", TUESDAY)
QUARTER = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def town(context: AppContext) -> Municipality:
    return a_municipality()


def sheet(**wish: Any) -> Sheet:
    (found,) = day_sheets(*DAY, now=MONDAY, **wish)
    return found


def line(**wish: Any) -> Line:
    (found,) = sheet(**wish).lines
    return found


def changed(row: int, **values: Any) -> None:
    db.session.execute(sa.update(Appointment).where(Appointment.id == row).values(**values))
    db.session.commit()


def discreet(slug: str) -> None:
    db.session.execute(sa.update(Concern).where(Concern.slug == slug).values(discreet=True))
    db.session.execute(sa.update(Municipality).values(revision=Municipality.revision + 1))
    db.session.commit()


def test_a_sheet_says_who_comes_when_and_for_what() -> None:
    booked = an_appointment(wishes=(Wish("personalausweis", 2), Wish("meldebescheinigung")))
    changed(booked.id, note="kommt mit Rollator", language="uk")
    found = sheet()
    assert (found.office, found.day, found.hours) == ("Buergerbuero", TUESDAY, ("platz1: 08:30–12:00",))
    assert f"{found.as_of:%H:%M}" == "07:00"
    (only,) = found.lines
    assert (only.when, only.who, only.clerks) == ("09:00–09:35", "Anna Beispiel", "platz1")
    assert only.matter == ("2 × Personalausweis", "Meldebescheinigung")
    assert only.about == ("Sprache: Ukrainisch", "Notiz: kommt mit Rollator")
    assert only.ticked == ()


@pytest.mark.parametrize(("kind", "said"), [("staff", " (nur Telefon und Empfang)"), ("walk-in", " (ohne Termin)")])
def test_the_hours_say_whom_they_are_for(town: Municipality, kind: str, said: str) -> None:
    db.session.execute(sa.update(Block).values(kind=kind))
    town.revision += 1
    db.session.commit()
    assert sheet().hours == (f"platz1: 08:30–12:00{said}",)


@pytest.mark.parametrize(
    ("names", "short"),
    [
        pytest.param(("Bürgerbüro Platz 1", "Bürgerbüro Platz 2 (Springer)"), ("Platz 1", "Platz 2"), id="bare"),
        pytest.param(("Platz 1 (vorn)", "Platz 1 (hinten)"), ("Platz 1 (vorn)", "Platz 1 (hinten)"), id="like another"),
        pytest.param(("Bürgerbüro", "Standesamt"), ("Bürgerbüro", "Standesamt"), id="nothing left"),
    ],
)
def test_a_clerk_is_called_by_a_short_name_that_nobody_else_has(names: tuple[str, str], short: tuple[str, str]) -> None:
    found = short_names(dict(enumerate(names)), "Bürgerbüro (einschließlich Kfz-Zulassung)")
    assert tuple(found.values()) == short


def test_twenty_five_ordinary_people_fit_on_a_page() -> None:
    booked = Line("08:30–08:45", "Anna Müller-Lüdenscheidt", "YRY-XJN4", "Platz 1", ("Reisepass beantragen",), (), ())
    long = replace(booked, matter=("Wohnung ummelden (Umzug innerhalb der Samtgemeinde)",))
    hours = ("Platz 1: 08:30–12:00, 14:00–16:00", "Platz 2: 08:30–12:00, 14:00–16:00")
    page = texts(day_sheet_pdf([replace(sheet(), hours=hours, lines=(booked, long) * 20)]))[0]
    assert page.count("YRY-XJN4") >= 25
    assert "nicht erschienen" in page
    assert page.count("fertig") == 1, "the boxes are named once, at the top"


def test_no_reference_is_broken_in_two() -> None:
    wide = "MQW-KUGD"  # wider than all but one in ten thousand
    line = Line("08:30–08:45", "Anna Beispiel", wide, "Platz 1", ("Reisepass",), (), ())
    assert wide in texts(day_sheet_pdf([replace(sheet(), lines=(line,))]))[0]


def test_lines_stand_in_the_order_of_time_and_who_cancelled_on_none() -> None:
    for start, email in ((NINE + QUARTER, "b@example.org"), (NINE, "a@example.org"), (NINE + 2 * QUARTER, "c@e.org")):
        last = an_appointment(start=start, email=email)
    changed(last.id, status=Status.CANCELLED.value, cancelled_by="citizen")
    assert [each.when for each in sheet().lines] == ["09:00–09:15", "09:15–09:30"]


@pytest.mark.parametrize(
    ("status", "ticked"),
    [
        (Status.CHECKED_IN, ("da",)),
        (Status.SERVED, ("da", "fertig")),
        (Status.NO_SHOW, ("nicht erschienen",)),
    ],
)
def test_what_the_desk_has_marked_is_ticked_on_paper(status: Status, ticked: tuple[str, ...]) -> None:
    changed(an_appointment().id, status=status.value)
    assert line().ticked == ticked


def test_an_unconfirmed_booking_is_marked_as_such() -> None:
    a_booking()
    assert "Noch nicht bestätigt" in line().about


def test_what_a_calendar_has_declined_is_marked_as_such_until_it_is_moved() -> None:
    booked = an_appointment()
    changed(booked.id, declined_at=MONDAY, declined_sequence=booked.sequence)
    assert line().about == ("Kalender: abgelehnt",)
    changed(booked.id, sequence=booked.sequence + 1)
    assert line().about == ()


def test_a_discreet_concern_is_named_on_no_sheet_and_neither_are_its_answers() -> None:
    booked = an_appointment(wishes=(Wish("meldebescheinigung"), Wish("personalausweis")))
    answers = Appointment.answers.property.mapper.class_
    db.session.add(answers(appointment_id=booked.id, question="q", label={"de": "Konfession"}, text="keine"))
    db.session.commit()
    assert "Konfession: keine" in line().about
    discreet("meldebescheinigung")
    assert line().matter == ("Anliegen vertraulich",)
    assert line().about == ()
    assert "Meldebescheinigung" not in texts(day_sheets_pdf(*DAY, now=MONDAY))[0]


def test_a_sheet_without_names_carries_nothing_that_somebody_typed() -> None:
    booked = an_appointment(phone="05071 1234")
    changed(booked.id, note="kommt mit Rollator", mail_failure="550 no")
    db.session.execute(sa.update(Office).values(day_sheet_phones=True))
    db.session.commit()
    bare = line(names=False)
    assert (bare.who, bare.about) == ("", ())
    assert bare.reference == f"{booked.reference[:3]}-{booked.reference[3:]}"
    assert bare.matter == ("Personalausweis",)
    (text,) = texts(day_sheets_pdf(*DAY, now=MONDAY, names=False))
    assert not [word for word in ("Anna", "1234", "Rollator", "550") if word in text]


@pytest.mark.parametrize("wanted", [False, True])
def test_telephone_numbers_stand_on_paper_only_where_the_office_wants_them(wanted: bool) -> None:
    an_appointment(phone="05071 1234")
    db.session.execute(sa.update(Office).values(day_sheet_phones=wanted))
    db.session.commit()
    assert ("Telefon: 05071 1234" in line().about) is wanted


def test_each_clerk_has_a_sheet_of_its_own(town: Municipality) -> None:
    a_clerk(town, db.session.scalars(sa.select(Office)).one(), "platz2")
    town.revision += 1
    db.session.commit()
    for number in range(2):
        an_appointment(email=f"p{number}@example.org")
    both = day_sheets(*DAY, now=MONDAY, clerk=EVERY)
    assert [(each.clerk, len(each.lines)) for each in both] == [("platz1", 1), ("platz2", 1)]
    assert len(sheet().lines) == 2
    assert sheet(clerk="platz2").clerk == "platz2"
    first, second = texts(day_sheets_pdf(*DAY, now=MONDAY, clerk=EVERY))
    assert "Buergerbuero: platz1" in first
    assert "Buergerbuero: platz2" in second
    with pytest.raises(NotFound):
        day_sheets(*DAY, now=MONDAY, clerk="platz9")


def test_a_day_that_is_shut_says_so(town: Municipality) -> None:
    db.session.add(Closure(municipality_id=town.id, first=TUESDAY, last=TUESDAY, name={"de": "Ausflug"}))
    town.revision += 1
    db.session.commit()
    assert "Geschlossen: den ganzen Tag" in sheet().hours
    assert "noch nichts gebucht" in texts(day_sheets_pdf(*DAY, now=MONDAY))[0]


def test_the_pdf_is_black_on_white_and_tells_its_title_language_and_time() -> None:
    from io import BytesIO

    from pypdf import PdfReader

    an_appointment()
    pdf = day_sheets_pdf(*DAY, now=MONDAY)
    (picture,) = drawn(pdf)
    assert is_grey(picture)
    assert 0 < ink(picture) < 0.1
    read = PdfReader(BytesIO(pdf))
    assert read.metadata is not None
    assert read.metadata.title == "Tagesplan Buergerbuero, Dienstag, 24. November 2026"
    assert str(read.root_object["/Lang"]) == "de-DE"
    (text,) = texts(pdf)
    for word in ("Stand: 23.11.2026, 07:00 Uhr", "09:00–09:15", "Anna Beispiel", "Seite 1 von 1", "Ohne Termin"):
        assert word in text


NAMES = ["Đặng Thị Hoà", "Şükrü Çağlar", "Łukasz Źdźbło", "Олександра Петрівна", "Ḫāṭib", "Παπαδόπουλος", "محمد"]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_becomes_boxes(name: str) -> None:
    from fontTools.ttLib import TTFont

    from booking.mail.day_sheet_pdf import FILES, FONTS, drawable

    assert drawable(name) == name
    covered = [set(TTFont(FONTS / file).getBestCmap()) for file in FILES]
    assert any({ord(sign) for sign in name if sign != " "} <= signs for signs in covered)
    changed(an_appointment(name=name).id, name=name)
    (text,) = texts(day_sheets_pdf(*DAY, now=MONDAY))
    if name != "محمد":  # readers return Arabic in the order of drawing
        assert name in text


def test_the_ukrainian_i_keeps_its_dot() -> None:
    import uharfbuzz

    from booking.mail.day_sheet_pdf import FILES, FONTS

    face = uharfbuzz.Face((FONTS / FILES[1]).read_bytes())
    font, buffer = uharfbuzz.Font(face), uharfbuzz.Buffer()
    buffer.add_str("і")
    buffer.guess_segment_properties()
    uharfbuzz.shape(font, buffer)
    assert [info.codepoint for info in buffer.glyph_infos] == [font.get_nominal_glyph(ord("і"))]


def test_a_sign_that_no_font_has_becomes_a_question_mark() -> None:
    from booking.mail.day_sheet_pdf import drawable

    assert drawable("Wang 王 🎉") == "Wang ? ?"


@pytest.mark.parametrize("night", [datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)])
def test_a_sheet_of_a_night_with_a_clock_change_is_made(night: datetime) -> None:
    changed(an_appointment().id, start=night, end=night + timedelta(hours=1))
    (found,) = day_sheets("musterstadt", "buergerbuero", night.date(), now=MONDAY)
    assert [each.who for each in found.lines] == ["Anna Beispiel"]
