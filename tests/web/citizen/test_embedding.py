"""Who may show the steps on a site of their own."""

import pytest
from flask import g

from booking.actions.browse import open_catalogue
from booking.web.citizen.embedding import embedding_origins, may_embed
from tests.builders import a_municipality

HOMEPAGE = "https://www.musterstadt.example"


@pytest.fixture
def framed_town(app, now):
    with app.app_context():
        a_municipality(embedding_origins=["https://WWW.musterstadt.example:443"])


def test_a_town_is_embedded_by_its_list_the_installations_and_itself(app, framed_town):
    app.config["EMBEDDING_ORIGINS"] = ("https://neu.example.de",)
    with app.test_request_context():
        g.catalogue = open_catalogue("musterstadt")
        assert embedding_origins() == (HOMEPAGE, "https://neu.example.de", "http://localhost")
        assert may_embed(HOMEPAGE)
        assert not may_embed("https://musterstadt.example")
        assert not may_embed("null")


def test_what_belongs_to_no_town_is_embedded_by_nobody(app):
    with app.test_request_context():
        assert not may_embed("http://localhost")
