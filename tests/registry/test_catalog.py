import pytest
from sqlalchemy import Engine

from rag.registry.catalog import SqlCatalog
from tests.contracts.registry_catalog import CommitContract, LifeContract
from tests.contracts.registry_reading import AccessContract, ReadingContract
from tests.registry.parts import Clock


class TestCatalogInMemory(CommitContract, LifeContract, AccessContract, ReadingContract):
    @pytest.fixture
    def catalog(self, engine: Engine) -> SqlCatalog:
        return SqlCatalog(engine, Clock())


class TestCatalogOnDisk(LifeContract):
    @pytest.fixture
    def catalog(self, disk: Engine) -> SqlCatalog:
        return SqlCatalog(disk, Clock())
