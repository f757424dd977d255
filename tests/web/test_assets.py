"""Style sheets, scripts and fonts: kept for a year under the name of their content, compressed where that helps."""

import gzip
import re

import pytest


@pytest.fixture
def address(app):
    from booking.web.assets import asset

    def of(name):
        with app.test_request_context():
            return asset(name)

    return of


def test_the_address_changes_with_the_content(address, app, tmp_path, monkeypatch):
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    sheet = tmp_path / "sheet.css"
    sheet.write_text("a {}")
    first = address("sheet.css")
    sheet.write_text("b { color: red }")
    assert address("sheet.css") != first


def test_a_file_that_is_missing_does_not_break_the_page(address):
    assert address("nowhere.css").endswith("v=missing")


def test_what_is_named_by_its_content_is_kept_for_a_year(client, address):
    with client.get(address("citizen.css")) as answer:
        kept = answer.headers["Cache-Control"]
    assert "immutable" in kept
    assert "max-age=31536000" in kept


def test_what_is_not_is_asked_for_again(client):
    with client.get("/static/citizen.css") as answer:
        assert answer.status_code == 200
        assert "immutable" not in answer.headers["Cache-Control"]


def test_texts_are_compressed_for_who_can_read_it(client, address):
    with client.get(address("citizen.css")) as plain:
        whole = plain.data
    packed = client.get(address("citizen.css"), headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == whole
    assert len(packed.data) < len(whole) / 2
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in plain.headers


def test_a_part_of_a_file_is_sent_as_it_is(client, address):
    part = {"Accept-Encoding": "gzip", "Range": "bytes=0-9"}
    with client.get(address("citizen.css"), headers=part) as answer:
        assert answer.status_code == 206
        assert len(answer.data) == 10


def test_a_page_names_each_of_its_files_by_content(client):
    page = client.get("/gibt/es/nicht").text
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) >= 4
    assert [file for file in files if not re.search(r"\?v=[0-9a-f]{12}$", file)] == []
