"""People find what they need by the words they use."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from booking.rules.search import find

CATALOGUE = Path(__file__).parents[2] / "config/catalogues/schwarmstedt.yaml"


@pytest.fixture(scope="module")
def catalogue() -> Any:
    return YAML(typ="safe").load(CATALOGUE)


def values(entries: Any) -> Any:
    texts = ("name", "group", "keywords", "description", "who")
    return [SimpleNamespace(id=facts["id"], **{text: facts.get(text, {}) for text in texts}) for facts in entries]


@pytest.fixture(scope="module")
def concerns(catalogue) -> Any:
    return values(catalogue["concerns"])


@pytest.fixture(scope="module")
def referrals(catalogue) -> Any:
    return values(catalogue["referrals"])


def a_concern(**texts: Any) -> Any:
    return SimpleNamespace(**{"id": "any", "name": {}, "group": {}, "description": {}, "keywords": {}} | texts)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Perso", "personalausweis"),
        ("Personalausweis beantragen", "personalausweis"),
        ("Ausweise", "personalausweis"),
        ("neuen Ausweis beantragen", "personalausweis"),
        ("Ausweis verloren", "personalausweis"),
        ("Perso weg", "personalausweis"),
        ("Mein Perso ist abgelaufen!", "personalausweis"),
        ("Personalauswies", "personalausweis"),
        ("lost my ID", "personalausweis"),
        ("Pass", "reisepass"),
        ("Pässe", "reisepass"),
        ("Reisepas", "reisepass"),
        ("Pass verlängern", "reisepass"),
        ("passport", "reisepass"),
        ("Ausweis abholen", "ausweis-abholung"),
        ("umziehen", "wohnung-anmelden"),
        ("umzihen", "wohnung-anmelden"),
        ("Wir sind umgezogen", "wohnung-anmelden"),
        ("Ich möchte mich anmelden", "wohnung-anmelden"),
        ("angemeldet", "wohnung-anmelden"),
        ("moving house", "wohnung-anmelden"),
        ("Adresse ändern", "wohnung-ummelden"),
        ("auswandern", "wohnung-abmelden"),
        ("auto   ABMELDEN!", "kfz-abmelden"),
        ("Auto verkauft", "kfz-abmelden"),
        ("Auto anzumelden", "kfz-neuzulassung"),
        ("used car", "kfz-umschreibung"),
        ("Auto gekauft", "kfz-umschreibung"),
        ("Wunschkennzeichen", "kfz-neuzulassung"),
        ("Fuehrungszeugnis", "fuehrungszeugnis"),
        ("polizeiliches Führungszeugniss", "fuehrungszeugnis"),
        ("Zeugnisse beglaubigen lassen", "beglaubigung-kopie"),
        ("Unterschrift", "beglaubigung-unterschrift"),
        ("Angelschein", "fischereischein"),
        ("aus der Kirche austreten", "kirchenaustritt"),
        ("Vaterschaftsanerkenung", "vaterschaftsanerkennung"),
        ("Schlüssel verloren", "fundsache-abholen"),
        ("Fahrrad gefunden", "fundsache-abgeben"),
        ("Rente", "meldebescheinigung"),
        ("Rentenbescheinigung", "meldebescheinigung"),
        ("PIN", "ausweis-abholung"),
        ("eID PIN", "ausweis-abholung"),
    ],
)
def test_the_words_that_people_use_lead_to_the_concern(concerns, referrals, query, first):
    found = find(concerns, referrals, query)
    assert found.concerns[0].id == first
    assert not found.elsewhere


@pytest.mark.parametrize(
    ("query", "both"),
    [
        ("Auto anmelden", {"kfz-neuzulassung", "kfz-umschreibung"}),
        ("Wunschkennzeichen", {"kfz-neuzulassung", "kfz-umschreibung"}),
        ("Umzug", {"wohnung-anmelden", "wohnung-ummelden", "wohnung-abmelden"}),
        ("Kinderausweis", {"personalausweis", "reisepass"}),
        ("Kinderreisepass", {"personalausweis", "reisepass"}),
    ],
)
def test_a_word_for_several_concerns_shows_all_of_them(concerns, referrals, query, both):
    assert both <= {concern.id for concern in find(concerns, referrals, query).concerns}


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Führerschein verloren", "fuehrerschein"),
        ("Führerschien", "fuehrerschein"),
        ("lost driving licence", "fuehrerschein"),
        ("heiraten", "heiraten"),
        ("Heirat", "heiraten"),
        ("get married", "heiraten"),
        ("Geburtsurkunden", "personenstandsurkunden"),
        ("Kfz-Brief verloren", "kennzeichen-beim-landkreis"),
        ("Jugendamt", "jugendamt"),
        ("Visum", "auslaenderbehoerde"),
        ("Hund", "hundesteuer"),
        ("Hund anmelden", "hundesteuer"),
        ("Gewerbe anmelden", "gewerbe"),
        ("Müll", "muell"),
        ("TÜV", "tuev"),
        ("Wohngeld", "wohngeld"),
        ("Bewohnerparkausweis", "bewohnerparkausweis"),
        ("Steuer ID", "steuer-id"),
        ("Steuererklärung", "steuererklaerung"),
    ],
)
def test_what_others_do_is_found_and_told_first(concerns, referrals, query, first):
    found = find(concerns, referrals, query)
    assert found.referrals[0].id == first
    assert found.elsewhere


def test_every_referral_of_schwarmstedt_says_whom_to_call(catalogue):
    """We know the numbers of the town hall and the district; of those further away we give the site only."""
    near = [each for each in catalogue["referrals"] if each["who"]["en"].startswith(("Samtgemeinde", "Heidekreis"))]
    assert [each["id"] for each in near if not each.get("phone")] == []
    assert [each["id"] for each in catalogue["referrals"] if not (each.get("name") and each["url"])] == []


@pytest.mark.parametrize(
    ("keyword", "query"),
    [
        ("kayıp kimlik", "KAYIP KIMLIK"),
        ("taşındım", "tasindim"),
        ("İkamet", "ikamet"),
        ("بطاقة الهوية", "هويه"),
        ("إلغاء التسجيل", "الغاء"),
        ("شهادة", "شَهادة"),
        ("склад сім’ї", "сім'ї"),
        ("склад сім’ї", "сімʼї"),
        ("склад сім’ї", "сімї"),
    ],
)
def test_what_a_keyboard_cannot_type_is_found_all_the_same(keyword, query):
    concern = a_concern(keywords={"tr": (keyword,)})
    assert find([concern], [], query).concerns == [concern]


def test_a_word_that_only_a_description_mentions_does_not_hide_the_better_finds(concerns):
    assert {found.id for found in find(concerns, [], "Perso").concerns} <= {"personalausweis", "ausweis-abholung"}


def test_a_word_that_only_a_description_mentions_is_found_all_the_same():
    concern = a_concern(description={"de": "Auch ein vorläufiges Dokument."})
    assert find([concern], [], "Dokumente").concerns == [concern]


def test_a_name_comes_before_an_equal_keyword():
    keyed, named = a_concern(id="keyed", keywords={"de": ["Pass"]}), a_concern(id="named", name={"de": "Pass"})
    assert find([keyed, named], [], "Pass").concerns == [named, keyed]


def test_what_is_called_exactly_so_comes_before_what_is_called_more():
    more, exactly = a_concern(id="more", name={"de": "Pass Kind"}), a_concern(id="exactly", name={"de": "Pass"})
    assert find([more, exactly], [], "Pass").concerns == [exactly, more]


def test_every_word_has_to_fit(concerns, referrals):
    assert find(concerns, referrals, "Perso Raumschiff") == ([], [], False)


@pytest.mark.parametrize("query", ["", "  ", "!?", "Ich brauche einen Termin"])
def test_a_query_that_asks_for_nothing_keeps_everything_in_its_order(concerns, referrals, query):
    assert find(concerns, referrals, query) == (concerns, [], False)
    assert find([], [], "Perso") == ([], [], False)


def test_a_slip_is_forgiven_only_where_nothing_is_spelled_that_way():
    passport, fit = a_concern(keywords={"de": ["Kasse"]}), a_concern(keywords={"de": ["Passe"]})
    assert find([passport, fit], [], "Passe").concerns == [fit]
    assert find([passport], [], "Passe").concerns == [passport]


@pytest.mark.parametrize("query", ["Bass", "Ras"])
def test_short_words_are_taken_as_they_are(query):
    assert find([a_concern(keywords={"de": ["Pass", "Rat"]})], [], query).concerns == []


def test_the_end_of_a_compound_is_found_but_not_what_happens_to_stand_in_a_word():
    married = a_concern(keywords={"de": ["unverheiratet"]})
    assert find([a_concern(name={"de": "Führungszeugnis"})], [], "Zeugnisse").concerns
    assert not find([a_concern(keywords={"en": ["parents"]})], [], "Rente").concerns
    assert find([married], [a_concern(keywords={"de": ["heiraten"]}, who={})], "heiraten").concerns == []


@given(st.text(max_size=300))
def test_nothing_that_can_be_typed_breaks_the_search(query):
    find([a_concern(name={"de": "Personalausweis"})], [], query)
