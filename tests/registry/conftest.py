from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rag.registry.database import open_database


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/home/registry.sqlite"


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = open_database("sqlite://")
    yield engine
    engine.dispose()


@pytest.fixture
def disk(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()
