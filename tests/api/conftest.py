"""A house for every test."""

from collections.abc import Iterator

import httpx
import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.api.parts import House, make_house


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    """What the service wrote to its log."""
    with capture_logs() as written:
        yield written


@pytest.fixture
def house() -> Iterator[House]:
    made = make_house()
    yield made
    made.tear_down()


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """Local sign-in from loopback, in an empty house that the tests share."""
    made = make_house()
    yield made.http(made.app())
    made.tear_down()
