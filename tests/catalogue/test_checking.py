"""What is wrong across the entries: a reason, what is replaced by what, and every fault of the result."""

import pytest
from flask import Flask

from booking.catalogue.checking import RESERVED
from tests.catalogue.samples import edited, faults_of

# ruff: noqa: E501 - sentences stand here as they are printed
REASONS = [
    (
        "two clerks of one id",
        "id: platz-2",
        "id: platz-1",
        ['42:9: clerks[platz-1].id: "platz-1" stands twice; first on line 35.'],
    ),
    (
        "one office twice in a concern",
        "[{office: rathaus, online: true, staff: true}]",
        "[{office: rathaus, online: true, staff: true}, {office: rathaus, online: true, staff: false}]",
        ['52:70: concerns[pass].offices[1].office: "rathaus" stands twice; first on line 52.'],
    ),
    (
        "one document twice in a concern",
        "      - {document: ausweis, required: conditional",
        "      - {document: ausweis, required: always}\n      - {document: ausweis, required: conditional",
        ['64:20: concerns[pass].documents[1].document: "ausweis" stands twice; first on line 63.'],
    ),
    (
        "one question twice in a concern",
        "      - {id: eilig, ",
        "      - {id: eilig, label: {de: Wie?}, required: false, max_length: 5}\n      - {id: eilig, ",
        ['66:14: concerns[pass].questions[eilig].id: "eilig" stands twice; first on line 65.'],
    ),
    (
        "a block for an unknown concern",
        "weekday: fri",
        "weekday: fri, concerns: [pas]",
        ['47:52: clerks[platz-2].blocks[0].concerns[0]: There is no "pas" among the concerns. Did you mean "pass"?'],
    ),
    (
        "a concern with an unknown document",
        "document: ausweis",
        "document: auswies",
        [
            '63:20: concerns[pass].documents[0].document: There is no "auswies" among the documents. Did you mean "ausweis"?'
        ],
    ),
    (
        "a concern at an unknown office",
        "offices: [{office: rathaus",
        "offices: [{office: amt",
        ['52:24: concerns[pass].offices[0].office: There is no "amt" among the offices.'],
    ),
    (
        "a clerk for an unknown concern",
        "concerns: [pass]",
        "concerns: [password]",
        ['45:16: clerks[platz-2].concerns[0]: There is no "password" among the concerns. Did you mean "pass"?'],
    ),
    (
        "a closure of an unknown office",
        "name: {de: Inventur}",
        "office: rathaus-2, name: {de: Inventur}",
        ['26:48: closures[0].office: There is no "rathaus-2" among the offices. Did you mean "rathaus"?'],
    ),
    (
        "a text without German",
        "name: {de: Reisepass}",
        "name: {en: Passport}",
        ['54:11: concerns[pass].name: The wording in "de", the first of `languages`, is missing.'],
    ),
    (
        "keywords without German",
        "keywords: {de: [Pass]}",
        "keywords: {en: [passport]}",
        ['55:15: concerns[pass].keywords: The wording in "de", the first of `languages`, is missing.'],
    ),
    (
        "a language that the town does not have",
        "name: {de: Reisepass}",
        "name: {de: Reisepass, fr: Passeport}",
        ['54:27: concerns[pass].name.fr: "fr" is not among the `languages` of the municipality.'],
    ),
    (
        "a language that the pages do not speak",
        "languages: [de, en]",
        "languages: [de, en, frr]",
        [
            '6:23: municipality.languages[2]: The pages do not speak "frr"; they speak de, de-simple, en, uk, tr, ar, ru.'
        ],
    ),
    (
        "a language that is proof-read but not shown",
        "languages: [de, en]",
        "languages: [de, en]\n  proofread: [de, tr]",
        ['7:19: municipality.proofread[1]: "tr" is not among the `languages` of the municipality.'],
    ),
    (
        "a closure that ends before it begins",
        "to: 2026-12-30",
        "to: 2026-12-20",
        ['26:28: closures[0].to: "2026-12-20" lies before "2026-12-28".'],
    ),
    (
        "a block that ends before it begins",
        "valid_from: 2026-11-27",
        "valid_from: 2026-11-27, valid_to: 2026-11-20",
        ['47:127: clerks[platz-2].blocks[0].valid_to: "2026-11-20" lies before "2026-11-27".'],
    ),
    (
        "a holiday that is misspelt",
        "remove: []",
        "remove: [Reformationtag]",
        [
            '24:56: municipality.holidays.remove[0]: "Reformationtag" is no holiday in this state. Did you mean "Reformationstag"?'
        ],
    ),
    (
        "two weekly blocks that overlap",
        'hours: "10:00-12:00"',
        'hours: "09:55-12:00"',
        ["40:9: clerks[platz-1].blocks[1]: Overlaps with the block of the same clerk on line 39."],
    ),
]


@pytest.mark.parametrize(("reason", "old", "new", "expected"), REASONS, ids=[row[0] for row in REASONS])
def test_what_contradicts_another_entry_is_named_at_its_place(
    reason: str, old: str, new: str, expected: list[str]
) -> None:
    assert [str(fault) for fault in faults_of(edited(old, new))] == expected, reason


def test_no_municipality_takes_an_address_of_the_service(app: Flask) -> None:
    """An id has no dot, so ``/widget.js`` stands in nobody's way."""
    taken = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    assert {first for first in taken if first and not first.startswith("<") and "." not in first} == RESERVED
    for slug in RESERVED:
        (fault,) = faults_of(edited("id: musterstadt", f"id: {slug}"))
        assert "choose another id" in str(fault)


REMOVALS = [
    ("the German name of a holiday", "Reformationstag"),
    ("one day", "2026-10-31"),
    ("a day of every year", '"10-31"'),
]


@pytest.mark.parametrize(("reason", "removed"), REMOVALS, ids=[row[0] for row in REMOVALS])
def test_a_holiday_is_removed_by_name_or_by_day(reason: str, removed: str) -> None:
    assert faults_of(edited("remove: []", f"remove: [{removed}]")) == (), reason
