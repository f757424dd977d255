"""What the schema refuses, and how it is said: a reason, what is replaced by what, and every fault of the result."""

import pytest

from tests.catalogue.samples import SMALL, edited, faults_of

# ruff: noqa: E501 - sentences stand here as they are printed
REASONS = [
    (
        "a misspelt key",
        "max_quantity: 4",
        "max_quantty: 4",
        [
            '51:5: concerns[pass].max_quantity: The key "max_quantity" is missing.',
            '59:5: concerns[pass].max_quantty: Unknown key "max_quantty". Did you mean "max_quantity"?',
        ],
    ),
    (
        "an unknown key with nothing like it",
        "max_quantity: 4",
        "max_quantity: 4\n    xyz: 1",
        ['60:5: concerns[pass].xyz: Unknown key "xyz".'],
    ),
    (
        "a key of no language",
        "unit: {de: Person}",
        "unit: {de: Person, deutsch: Person}",
        [
            '58:24: concerns[pass].unit.deutsch: "deutsch" is not a language tag such as de, en or de-simple.',
            '58:24: concerns[pass].unit.deutsch: "deutsch" is not among the `languages` of the municipality.',
        ],
    ),
    (
        "a plural that is a number",
        "unit: {de: Person}",
        "unit: {de: Person}\n    units: {de: 2}",
        ['59:17: concerns[pass].units.de: This must be text or a map, not "2". Put it in quotes.'],
    ),
    (
        "a plural for a number that has no word of its own",
        "unit: {de: Person}",
        "unit: {de: Person}\n    units: {de: {several: Personen}}",
        ['59:18: concerns[pass].units.de.several: Unknown key "several".'],
    ),
    (
        "a missing key",
        "    email: rathaus@example.org\n",
        "",
        ['28:5: offices[rathaus].email: The key "email" is missing.'],
    ),
    (
        "another format",
        "wartefrei-catalogue/1",
        "wartefrei-catalogue/2",
        [
            '1:9: format: This must be wartefrei-catalogue/1, not "wartefrei-catalogue/2". Did you mean "wartefrei-catalogue/1"?'
        ],
    ),
    (
        "the YAML 1.1 word for false",
        "active: false",
        "active: no",
        ['44:13: clerks[platz-2].active: This must be true or false, not "no". YAML knows only true and false.'],
    ),
    (
        "text where a number belongs",
        "minutes: 15",
        "minutes: fünfzehn",
        ['56:14: concerns[pass].minutes: This must be a whole number, not "fünfzehn".'],
    ),
    (
        "a fraction where whole minutes belong",
        "minutes: 15",
        "minutes: 15.0",
        ['56:14: concerns[pass].minutes: This must be a whole number, not "15.0".'],
    ),
    (
        "a number where text belongs",
        '"29690"',
        "29690",
        ['30:45: offices[rathaus].address.postal_code: This must be text, not "29690". Put it in quotes.'],
    ),
    (
        "a list where a map belongs",
        '{street: Markt 1, postal_code: "29690", city: Musterstadt}',
        "[Markt 1]",
        ["30:14: offices[rathaus].address: This must be a map, not a list."],
    ),
    (
        "nothing where a map belongs",
        "    name: {de: Reisepass}",
        "    name:",
        ["55:5: concerns[pass].name: This must be a map, not nothing."],
    ),
    (
        "an empty text",
        "name: {de: Reisepass}",
        'name: {de: ""}',
        ["54:16: concerns[pass].name.de: This text is empty; leave the key out if there is nothing to say."],
    ),
    (
        "a text of spaces",
        "name: {de: Reisepass}",
        'name: {de: " "}',
        ['54:16: concerns[pass].name.de: " " must be one line of text without spaces around it.'],
    ),
    (
        "a text with a line break",
        "name: {de: Reisepass}",
        'name: {de: "Reise\\npass"}',
        ['54:16: concerns[pass].name.de: "Reise�pass" must be one line of text without spaces around it.'],
    ),
    (
        "a text that ends in a line break",
        "name: {de: Reisepass}",
        'name: {de: "Reisepass\\n"}',
        ['54:16: concerns[pass].name.de: "Reisepass�" must be one line of text without spaces around it.'],
    ),
    (
        "a text too long",
        "name: {de: Reisepass}",
        "name: {de: " + "x" * 251 + "}",
        ["54:16: concerns[pass].name.de: This text has 251 signs; the most is 250."],
    ),
    (
        "a control character",
        "name: {de: Reisepass}",
        'name: {de: "Reise\\apass"}',
        ["54:16: Control character U+0007; delete it."],
    ),
    (
        "a sign that turns the reading direction",
        "name: {de: Reisepass}",
        'name: {de: "Reise\\u202epass"}',
        ["54:16: Control character U+202E; delete it."],
    ),
    (
        "half a character",
        "name: {de: Reisepass}",
        'name: {de: "Reise\\ud800pass"}',
        ["54:16: Control character U+D800; delete it."],
    ),
    (
        "a kind that does not exist",
        "kind: document",
        "kind: paper",
        ['49:25: documents[ausweis].kind: This must be document or person or thing or payment, not "paper".'],
    ),
    (
        "a weekday as people say it",
        "weekday: fri",
        "weekday: friday",
        [
            '47:36: clerks[platz-2].blocks[0].weekday: This must be mon or tue or wed or thu or fri or sat or sun, not "friday". Did you mean "fri"?'
        ],
    ),
    (
        "an id with a capital letter",
        "id: eilig",
        "id: Eilig",
        [
            '65:14: concerns[pass].questions[Eilig].id: "Eilig" must be made of small letters a-z, digits and single hyphens.'
        ],
    ),
    (
        "an id that ends in a line break",
        "id: eilig",
        'id: "eilig\\n"',
        [
            '65:14: concerns[pass].questions[0].id: "eilig�" must be made of small letters a-z, digits and single hyphens.'
        ],
    ),
    (
        "a LeiKa key with 13 digits",
        '"99085001000000"',
        '"9908500100000"',
        ['60:12: concerns[pass].leika: "9908500100000" must be a LeiKa key: 14 digits in quotes that begin with 99.'],
    ),
    (
        "a LeiKa key that is a number",
        '"99085001000000"',
        "99085001000000",
        ['60:12: concerns[pass].leika: This must be text, not "99085001000000". Put it in quotes.'],
    ),
    (
        "an e-mail address without a domain",
        "email: rathaus@example.org",
        "email: rathaus@",
        [
            '32:12: offices[rathaus].email: "rathaus@" is not an e-mail address: There must be something after the @-sign.'
        ],
    ),
    (
        "an e-mail address that only some relays take",
        "email: rathaus@example.org",
        "email: räthaus@example.org",
        ['32:12: offices[rathaus].email: "räthaus@example.org" has letters before the @ that many mail relays refuse.'],
    ),
    (
        "a web address without a scheme",
        "website: https://www.example.org",
        "website: www.example.org",
        ['7:12: municipality.website: "www.example.org" is not a web address that begins with https://.'],
    ),
    (
        "a script for a web address",
        "website: https://www.example.org",
        "website: javascript:alert(1)",
        ['7:12: municipality.website: "javascript:alert(1)" is not a web address that begins with https://.'],
    ),
    (
        "a web address with a password",
        "website: https://www.example.org",
        "website: https://a:b@www.example.org",
        [
            '7:12: municipality.website: "https://a:b@www.example.org" is not a web address such as https://www.example.de/page.'
        ],
    ),
    (
        "a web address with a broken host",
        "website: https://www.example.org",
        'website: "https://[www.example.org"',
        ['7:12: municipality.website: "https://[www.example.org" is not a web address.'],
    ),
    (
        "an origin with a path",
        "embedding_origins: [https://www.example.org]",
        "embedding_origins: [https://www.example.org/a]",
        [
            '11:23: municipality.embedding_origins[0]: "https://www.example.org/a" is not an origin such as https://www.example.de (without a path).'
        ],
    ),
    (
        "an origin on this machine, for trying out",
        "embedding_origins: [https://www.example.org]",
        "embedding_origins: [http://localhost:8001]",
        [],
    ),
    (
        "an origin with a wildcard",
        "embedding_origins: [https://www.example.org]",
        'embedding_origins: ["https://*.example.org"]',
        [
            '11:23: municipality.embedding_origins[0]: "https://*.example.org" has a wildcard: name each site, such as https://www.example.de.'
        ],
    ),
    (
        "an origin beyond ASCII",
        "embedding_origins: [https://www.example.org]",
        "embedding_origins: [https://www.exämple.org]",
        [
            '11:23: municipality.embedding_origins[0]: "https://www.exämple.org" must be written in ASCII, as browsers do it: https://xn--…'
        ],
    ),
    (
        "an origin without https",
        "embedding_origins: [https://www.example.org]",
        "embedding_origins: [http://www.example.org]",
        [
            '11:23: municipality.embedding_origins[0]: "http://www.example.org" must begin with https://: only this very machine (localhost) may do without.'
        ],
    ),
    (
        "an origin that is null",
        "embedding_origins: [https://www.example.org]",
        'embedding_origins: ["null"]',
        [
            '11:23: municipality.embedding_origins[0]: "null" is not an origin such as https://www.example.de (without a path).'
        ],
    ),
    (
        "a time zone that is misspelt",
        "Europe/Berlin",
        "Europe/Berln",
        [
            '5:13: municipality.timezone: "Europe/Berln" is not a time zone such as Europe/Berlin. Did you mean "Europe/Berlin"?'
        ],
    ),
    (
        "a federal state that does not exist",
        "state: NI",
        "state: NS",
        [
            '24:34: municipality.holidays.state: This must be BB or BE or BW or BY or HB or HE or HH or MV or NI or NW or RP or SH or SL or SN or ST or TH, not "NS".'
        ],
    ),
    (
        "a phone number in words",
        '"05071 809-0"',
        '"Rathaus anrufen"',
        ['31:12: offices[rathaus].phone: "Rathaus anrufen" must be a phone number such as 05071 809-0.'],
    ),
    (
        "a day that the calendar lacks",
        "date: 2026-12-05",
        "date: 2026-02-30",
        ['41:33: clerks[platz-1].blocks[2].date: "2026-02-30" does not exist in the calendar.'],
    ),
    (
        "a date as Germans write it",
        "date: 2026-12-05",
        "date: 05.12.2026",
        ['41:33: clerks[platz-1].blocks[2].date: "05.12.2026" is not a date such as 2026-12-05.'],
    ),
    (
        "a year of long ago",
        "date: 2026-12-05",
        "date: 0001-12-05",
        ['41:33: clerks[platz-1].blocks[2].date: "0001-12-05" lies outside the years 2000 to 2100.'],
    ),
    (
        "a yearly day that the calendar lacks",
        "from: 2026-12-28, to: 2026-12-30",
        'every: "12-32"',
        ['26:13: closures[0].every: "12-32" does not exist in the calendar.'],
    ),
    (
        "a yearly day as Germans write it",
        "from: 2026-12-28, to: 2026-12-30",
        'every: "24.12."',
        ['26:13: closures[0].every: "24.12." is not a day of the year such as "12-24" (month, then day).'],
    ),
    (
        "half past midnight of no day",
        '"08:00-09:00"',
        '"22:00-24:30"',
        ['47:48: clerks[platz-2].blocks[0].hours: "24:30" does not exist: the day has the times 00:00 to 23:59.'],
    ),
    (
        "the end of the day as 24:00",
        '"08:00-09:00"',
        '"22:00-24:00"',
        ['47:48: clerks[platz-2].blocks[0].hours: "24:00" does not exist: the day has the times 00:00 to 23:59.'],
    ),
    (
        "hours across midnight",
        '"08:00-09:00"',
        '"22:00-02:00"',
        [
            '47:48: clerks[platz-2].blocks[0].hours: "22:00-02:00" must end later than they begin; they lie within one day and cannot cross midnight.'
        ],
    ),
    (
        "hours that are empty",
        '"08:00-09:00"',
        '"08:00-08:00"',
        [
            '47:48: clerks[platz-2].blocks[0].hours: "08:00-08:00" must end later than they begin; they lie within one day and cannot cross midnight.'
        ],
    ),
    (
        "hours off the grid",
        '"08:00-09:00"',
        '"08:00-09:02"',
        ['47:48: clerks[platz-2].blocks[0].hours: "09:02" is off the grid of 5 minutes.'],
    ),
    (
        "an hour of one digit",
        '"08:00-09:00"',
        '"8:00-09:00"',
        ['47:48: clerks[platz-2].blocks[0].hours: "8:00" must have two digits for the hour: "08:00".'],
    ),
    (
        "hours without an end",
        '"08:00-09:00"',
        '"08:00"',
        ['47:48: clerks[platz-2].blocks[0].hours: "08:00" are not hours such as "08:30-12:00".'],
    ),
    (
        "hours in words",
        '"08:00-09:00"',
        '"morgens-mittags"',
        ['47:48: clerks[platz-2].blocks[0].hours: "morgens" is not a time such as "08:30".'],
    ),
    (
        "a release in words",
        'at: "07:00"',
        "at: morgens",
        ['19:34: municipality.policy.release.at: "morgens" is not a time such as "08:30".'],
    ),
    (
        "a weekly release without its weekday",
        "kind: rolling",
        "kind: weekly",
        ['19:14: municipality.policy.release.weekday: The key "weekday" is missing.'],
    ),
    (
        "a rolling release with a weekday",
        "kind: rolling",
        "kind: rolling, weekday: mon",
        ["19:39: municipality.policy.release.weekday: Only a weekly release has a weekday."],
    ),
    (
        "a quantity of none",
        "max_quantity: 4",
        "max_quantity: 0",
        ["59:19: concerns[pass].max_quantity: 0 is too small; the least is 1."],
    ),
    (
        "a quantity beyond all visits",
        "max_quantity: 4",
        "max_quantity: 51",
        ["59:19: concerns[pass].max_quantity: 51 is too large; the most is 50."],
    ),
    (
        "minutes after each appointment off the grid",
        "    concerns: all",
        "    after_minutes: 7\n    concerns: all",
        ["37:20: clerks[platz-1].after_minutes: 7 must be a multiple of 5."],
    ),
    (
        "a block with both weekday and date",
        "weekday: fri,",
        "weekday: fri, date: 2026-12-04,",
        [
            '47:36: clerks[platz-2].blocks[0].weekday: A block with "date" is on that day only; this belongs to one with "weekday".',
            '47:108: clerks[platz-2].blocks[0].every_weeks: A block with "date" is on that day only; this belongs to one with "weekday".',
            '47:123: clerks[platz-2].blocks[0].valid_from: A block with "date" is on that day only; this belongs to one with "weekday".',
        ],
    ),
    (
        "a block with neither weekday nor date",
        "weekday: fri, ",
        "",
        ['47:9: clerks[platz-2].blocks[0]: This needs either "weekday" or "date".'],
    ),
    (
        "every second week of no beginning",
        ", valid_from: 2026-11-27",
        "",
        ['47:9: clerks[platz-2].blocks[0].valid_from: The key "valid_from" is missing.'],
    ),
    (
        "a closure of no time",
        "from: 2026-12-28, to: 2026-12-30, ",
        "",
        ['26:5: closures[0]: This needs one of "every", "date", or "from" and "to".'],
    ),
    (
        "a closure with a beginning only",
        ", to: 2026-12-30",
        "",
        ['26:5: closures[0]: This needs one of "every", "date", or "from" and "to".'],
    ),
    (
        "a closure both yearly and dated",
        "from: 2026-12-28, to: 2026-12-30",
        'every: "12-24", date: 2026-12-24',
        ['26:28: closures[0].date: A closure with "every" comes each year; this belongs to another one.'],
    ),
    (
        "a condition of what is always needed",
        "required: conditional",
        "required: always",
        ['63:69: concerns[pass].documents[0].when: This is allowed only with "required: conditional".'],
    ),
    (
        "a conditional item without its condition",
        ", when: {de: vorhanden}",
        "",
        ['63:9: concerns[pass].documents[0]: This is conditional and needs "when": the case in which it is needed.'],
    ),
    (
        "a fee that is one sum and several",
        "amount_from: 37.50",
        "amount: 37.50, amount_from: 37.50",
        ['61:65: concerns[pass].fee.amount_from: A fee has either one "amount", or "amount_from".'],
    ),
    (
        "a word that is no group of concerns",
        "concerns: all",
        "concerns: alle",
        ["37:15: clerks[platz-1].concerns: This must be all, or a list of ids of concerns."],
    ),
    (
        "the same concern twice",
        "concerns: [pass]",
        "concerns: [pass, pass]",
        ["45:15: clerks[platz-2].concerns: This list names the same thing twice."],
    ),
    (
        "an override of nothing",
        "max_quantity: 4",
        "max_quantity: 4\n    window: {}",
        ["60:13: concerns[pass].window: This map is empty."],
    ),
    (
        "no offices at all",
        "    offices: [{office: rathaus, online: true, staff: true}]",
        "    offices: []",
        ["52:14: concerns[pass].offices: This list is empty."],
    ),
]


def test_a_right_catalogue_has_no_fault() -> None:
    assert faults_of(SMALL) == ()


@pytest.mark.parametrize(("reason", "old", "new", "expected"), REASONS, ids=[row[0] for row in REASONS])
def test_what_has_the_wrong_shape_is_named_at_its_place(reason: str, old: str, new: str, expected: list[str]) -> None:
    assert [str(fault) for fault in faults_of(edited(old, new))] == expected, reason


def test_all_faults_are_named_at_once_in_the_order_of_the_file() -> None:
    text = edited("max_quantity: 4", "max_quantity: 0", edited("document: ausweis", "document: auswies"))
    text = edited("platz-2", "platz-1", edited('mon, hours: "10:00', 'mon, hours: "09:00', text))
    text = edited("name: {de: Rathaus}", "name: {de: Rathaus}\n    name: {de: Amt}", text)
    sentences = [fault.sentence for fault in faults_of(text)]
    assert sentences == [
        'The key "name" stands twice; first on line 29.',
        "Overlaps with the block of the same clerk on line 40.",
        '"platz-1" stands twice; first on line 36.',
        "0 is too small; the least is 1.",
        'There is no "auswies" among the documents. Did you mean "ausweis"?',
    ]


def test_a_fault_stays_on_one_line_whatever_it_quotes() -> None:
    faults = faults_of(edited("minutes: 15", 'minutes: "a\\nb\\e[31m' + "x" * 99 + '"'))
    assert len(faults) == 2
    assert all(str(fault).isprintable() and len(str(fault)) < 150 for fault in faults)
