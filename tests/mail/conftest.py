"""What is written needs the database only to come from somewhere: SQLite is enough."""

import pytest


@pytest.fixture(scope="session", params=["sqlite"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)
