"""The catalogue of the first user is complete: its numbers are those of the facts that it was written from."""

import json
from typing import Any

import holidays
import pytest
from jsonschema import Draft202012Validator

from booking.catalogue import read_catalogue_file
from booking.catalogue.checking import TEXTS, select
from booking.rules.languages import LANGUAGES
from tests.catalogue.samples import FOLDER, ROOT, SCHWARMSTEDT

COMMONEST = {
    "personalausweis",
    "reisepass",
    "ausweis-abholung",
    "wohnung-anmelden",
    "wohnung-ummelden",
    "wohnung-abmelden",
    "meldebescheinigung",
    "fuehrungszeugnis",
    "kfz-umschreibung",
    "kfz-abmelden",
}
ITEMS = {
    "wohnung-anmelden": 7,
    "wohnung-ummelden": 4,
    "wohnung-abmelden": 3,
    "kfz-neuzulassung": 9,
    "kfz-umschreibung": 10,
    "kfz-wiederzulassung": 8,
    "kfz-abmelden": 4,
    "kfz-adressaenderung": 3,
    "personalausweis": 5,
    "reisepass": 5,
    "ausweis-abholung": 3,
    "fuehrungszeugnis": 5,
    "fischereischein": 5,
    "meldebescheinigung": 3,
    "beglaubigung-kopie": 3,
    "beglaubigung-unterschrift": 2,
    "fundsache-abgeben": 2,
    "fundsache-abholen": 3,
    "kirchenaustritt": 3,
    "vaterschaftsanerkennung": 7,
}


@pytest.fixture(scope="module")
def schwarmstedt() -> dict[str, Any]:
    data = read_catalogue_file(SCHWARMSTEDT, FOLDER).data
    assert isinstance(data, dict)
    return data


def test_all_94_items_of_all_20_concerns_are_there(schwarmstedt: dict[str, Any]) -> None:
    assert {concern["id"]: len(concern["documents"]) for concern in schwarmstedt["concerns"]} == ITEMS
    assert sum(ITEMS.values()) == 94
    assert len(ITEMS) == 20


def test_two_offices_and_three_clerks_with_all_their_blocks_are_there(schwarmstedt: dict[str, Any]) -> None:
    assert [office["id"] for office in schwarmstedt["offices"]] == ["buergerbuero", "standesamt"]
    assert {clerk["id"]: len(clerk["blocks"]) for clerk in schwarmstedt["clerks"]} == {"bb1": 16, "bb2": 3, "sta1": 8}
    assert [clerk["id"] for clerk in schwarmstedt["clerks"] if not clerk["active"]] == ["bb2"]
    assert schwarmstedt["clerks"][1]["blocks"][2] == {
        "office": "buergerbuero", "weekday": "fri", "hours": "08:30-12:00", "kind": "online",
        "every_weeks": 2, "valid_from": "2026-11-27",
    }  # fmt: skip


def test_forms_fees_keys_and_referrals_are_there(schwarmstedt: dict[str, Any]) -> None:
    concerns = schwarmstedt["concerns"]
    assert sum(len(concern.get("forms", [])) for concern in concerns) == 21
    assert sum("leika" in concern for concern in concerns) == 18
    assert sum("amount" in concern["fee"] for concern in concerns) == 9
    assert sum("amount_from" in concern["fee"] for concern in concerns) == 10
    assert {closure["every"] for closure in schwarmstedt["closures"]} == {"12-24", "12-31"}
    assert len(schwarmstedt["referrals"]) == 14


def test_only_church_and_paternity_are_discreet(schwarmstedt: dict[str, Any]) -> None:
    discreet = [concern["id"] for concern in schwarmstedt["concerns"] if concern.get("discreet")]
    assert discreet == ["kirchenaustritt", "vaterschaftsanerkennung"]


def test_every_text_is_there_in_german_and_english(schwarmstedt: dict[str, Any]) -> None:
    texts = [found for pattern in TEXTS for found in select(schwarmstedt, pattern)]
    assert len(texts) > 300
    assert [path for path, text in texts if not isinstance(text, dict) or not {"de", "en"} <= text.keys()] == []


def test_the_ten_commonest_concerns_are_there_in_every_language(schwarmstedt: dict[str, Any]) -> None:
    """What Einfache Sprache would say in the same words is left to German."""
    common = [concern for concern in schwarmstedt["concerns"] if concern["id"] in COMMONEST]
    needed = {item["document"] for concern in common for item in concern["documents"]}
    documents = [document for document in schwarmstedt["documents"] if document["id"] in needed]
    texts = [
        text
        for pattern in TEXTS
        for _, text in select({"concerns": common, "documents": documents, "offices": schwarmstedt["offices"]}, pattern)
    ]
    everywhere = set(LANGUAGES) - {"de-simple"}
    assert len(common) == len(COMMONEST)
    assert [text for text in texts if isinstance(text, dict) and not everywhere <= text.keys()] == []
    assert [concern["id"] for concern in common if not set(LANGUAGES) <= concern["description"].keys()] == []
    assert schwarmstedt["municipality"]["languages"] == list(LANGUAGES)
    assert schwarmstedt["municipality"]["proofread"] == ["de"]


def test_people_find_each_concern_by_four_to_twelve_words(schwarmstedt: dict[str, Any]) -> None:
    """Others write one word in many ways: without its marks, or as it sounds."""
    for concern in schwarmstedt["concerns"]:
        for language, words in concern["keywords"].items():
            assert 4 <= len(words) <= (12 if language in {"de", "en"} else 40), concern["id"]
            assert len({word.lower() for word in words}) == len(words), concern["id"]


@pytest.mark.parametrize("word", ["Perso", "umziehen", "Auto abmelden", "aus der Kirche austreten", "Fundbüro", "Pass"])
def test_a_word_as_people_type_it_leads_to_a_concern(schwarmstedt: dict[str, Any], word: str) -> None:
    assert [concern["id"] for concern in schwarmstedt["concerns"] if word in concern["keywords"]["de"]]


def test_every_checklist_item_is_needed_by_some_concern(schwarmstedt: dict[str, Any]) -> None:
    used = {item["document"] for concern in schwarmstedt["concerns"] for item in concern["documents"]}
    assert used == {document["id"] for document in schwarmstedt["documents"]}


def test_equal_items_share_one_id(schwarmstedt: dict[str, Any]) -> None:
    names = [document["name"]["de"] for document in schwarmstedt["documents"]]
    assert len(names) == len(set(names))


def test_the_schema_is_one_that_editors_understand() -> None:
    schema = json.loads((ROOT / "booking/catalogue/schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    open_maps = [name for name, part in schema["$defs"].items() if part.get("additionalProperties", False) is not False]
    assert open_maps == []
    assert all(
        "description" in part for part in schema["properties"]["municipality"].values() if isinstance(part, dict)
    )


def test_the_states_of_the_schema_are_those_whose_holidays_we_know() -> None:
    schema = json.loads((ROOT / "booking/catalogue/schema.json").read_text(encoding="utf-8"))
    states = schema["$defs"]["municipality"]["properties"]["holidays"]["properties"]["state"]["enum"]
    assert set(states) <= set(holidays.country_holidays("DE").subdivisions)
    assert len(states) == 16
