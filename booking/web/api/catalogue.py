"""Doors: municipalities, their offices, concerns and referrals."""

from flask import Response

from booking import clock
from booking.actions.browse import open_catalogue, open_catalogues
from booking.web.api import answers
from booking.web.api.conditional import answer_worded
from booking.web.api.reading import language_among


def municipalities() -> Response:
    """List the municipalities."""
    return answer_worded([answers.municipality(each, language_among(each)) for each in open_catalogues()])


def offices(municipality: str) -> Response:
    """List the offices of a municipality."""
    catalogue = open_catalogue(municipality)
    language = language_among(catalogue)
    now = clock.now()
    return answer_worded([answers.office(catalogue, place, language, now=now) for place in catalogue.open_offices])


def concerns(municipality: str) -> Response:
    """List what people can book, with checklist, questions, forms and fee.

    Only what citizens may book somewhere; a text that is missing in the language comes in German.
    """
    catalogue = open_catalogue(municipality)
    language = language_among(catalogue)
    bookable = [each for each in catalogue.open_concerns if answers.offices_of(catalogue, each)]
    return answer_worded([answers.concern(catalogue, each, language) for each in bookable])


def referrals(municipality: str) -> Response:
    """List what people look for here but others do."""
    catalogue = open_catalogue(municipality)
    language = language_among(catalogue)
    return answer_worded([answers.referral(each, language) for each in catalogue.referrals])
