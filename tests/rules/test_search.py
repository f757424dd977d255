"""People find what they need by the words they use."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ruamel.yaml import YAML

from booking.rules.search import find_concerns, find_referrals

CATALOGUE = Path(__file__).parents[2] / "config/catalogues/schwarmstedt.yaml"


@pytest.fixture(scope="module")
def catalogue() -> Any:
    return YAML(typ="safe").load(CATALOGUE)


@pytest.fixture(scope="module")
def concerns(catalogue) -> Any:
    known = ("id", "name", "group", "keywords", "description")
    return [SimpleNamespace(**{name: facts[name] for name in known}) for facts in catalogue["concerns"]]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Perso", "personalausweis"),
        ("perso", "personalausweis"),
        ("Personalausweis beantragen", "personalausweis"),
        ("Auto abmelden", "kfz-abmelden"),
        ("auto   ABMELDEN!", "kfz-abmelden"),
        ("Fuehrungszeugnis", "fuehrungszeugnis"),
        ("führungszeugnis", "fuehrungszeugnis"),
        ("used car", "kfz-umschreibung"),
        ("umziehen", "wohnung-anmelden"),
    ],
)
def test_the_words_that_people_use_lead_to_the_concern(concerns, query, first):
    assert find_concerns(concerns, query)[0].id == first


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
    concern = SimpleNamespace(id="any", name={}, group={}, description={}, keywords={"tr": (keyword,)})
    assert find_concerns([concern], query) == [concern]


def test_a_word_that_only_a_description_mentions_does_not_hide_the_better_finds(concerns):
    assert {found.id for found in find_concerns(concerns, "Perso")} <= {
        "personalausweis",
        "reisepass",
        "ausweis-abholung",
    }


def test_a_word_that_only_a_description_mentions_is_found_all_the_same(concerns):
    assert [found.id for found in find_concerns(concerns, "Finderlohn")] == ["fundsache-abgeben"]


def test_every_word_has_to_fit(concerns):
    assert find_concerns(concerns, "Perso Raumschiff") == []


def test_an_empty_query_keeps_everything_in_its_order(concerns):
    assert find_concerns(concerns, "  ") == concerns
    assert find_concerns([], "Perso") == []


def test_what_others_do_is_found_by_its_keywords(catalogue):
    referrals = [SimpleNamespace(**facts) for facts in catalogue["referrals"]]
    assert find_referrals(referrals, "Führerschein verloren")[0].who["de"] == "Landkreis Heidekreis"
    assert find_referrals(referrals, "") == []
