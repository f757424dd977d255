"""An office that somebody, or a homepage, has chosen is kept when concerns are added or taken out."""

import pytest

from booking.extensions import db
from booking.models import Concern, ConcernOffice, Municipality, Office
from tests.builders import a_clerk, a_concern, an_office


def the(table, **facts):
    return db.session.query(table).filter_by(**facts).one()


def save():
    the(Municipality).revision += 1
    db.session.commit()


@pytest.fixture
def two_offices(app, citizen):
    """Add a branch, which does everything but the meldebescheinigung."""
    with app.app_context():
        town, hall = the(Municipality), the(Office)
        branch = an_office(town, "nebenstelle")
        a_clerk(town, branch, "platz2")
        for concern in (the(Concern, slug="personalausweis"), a_concern(town, hall, "fuehrungszeugnis", minutes=10)):
            concern.offices.append(ConcernOffice(office_id=branch.id))
        save()
    return citizen.client


AT_BRANCH = "concern=personalausweis:1&office=nebenstelle"


@pytest.mark.parametrize("query", ["", "&q=zeugnis"])
def test_one_more_concern_stays_at_the_chosen_office_where_that_does_it(two_offices, query):
    page = two_offices.get(f"/musterstadt/?{AT_BRANCH}{query}").text.replace("%3A", ":")
    both = "/musterstadt/checklist?concern=personalausweis:1&amp;concern=fuehrungszeugnis:1&amp;office=nebenstelle"
    assert f'href="{both}"' in page
    assert '<input type="hidden" name="office" value="nebenstelle">' in page
    assert f'href="/musterstadt/checklist?{AT_BRANCH.replace("&", "&amp;")}"' in page  # on with what is chosen already
    assert ("Alle Anliegen zeigen" in page) is bool(query)
    assert (f'href="/musterstadt/?{AT_BRANCH.replace("&", "&amp;")}"' in page) is bool(query)


def test_one_more_concern_leaves_the_chosen_office_that_does_not_do_it(two_offices):
    page = two_offices.get(f"/musterstadt/?{AT_BRANCH}").text.replace("%3A", ":")
    assert 'concern=personalausweis:1&amp;concern=meldebescheinigung:1"' in page


def test_one_more_concern_leaves_the_chosen_office_that_has_no_time_for_it(app, two_offices):
    with app.app_context():
        the(
            ConcernOffice,
            concern_id=the(Concern, slug="fuehrungszeugnis").id,
            office_id=the(Office, slug="nebenstelle").id,
        ).minutes = 8 * 60
        save()
    page = two_offices.get(f"/musterstadt/?{AT_BRANCH}").text.replace("%3A", ":")
    assert 'concern=personalausweis:1&amp;concern=fuehrungszeugnis:1"' in page


def test_one_concern_less_stays_at_the_chosen_office(two_offices):
    both = f"/musterstadt/checklist?{AT_BRANCH}&concern=fuehrungszeugnis:1"
    left = two_offices.get(f"{both}&remove=fuehrungszeugnis").location
    assert left == f"/musterstadt/checklist?{AT_BRANCH}"
    assert two_offices.get(f"{left}&remove=personalausweis").location == "/musterstadt/?office=nebenstelle"
