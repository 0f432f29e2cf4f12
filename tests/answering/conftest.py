"""One filled house for the tests that only read."""

from collections.abc import Iterator

import pytest

from tests.answering.corpus import House, fill, house


@pytest.fixture(scope="session")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("team")) as made:
        fill(made)
        yield made
