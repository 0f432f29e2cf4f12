import pytest
from sqlalchemy import Engine

from rag.registry.catalog import SqlCatalog
from tests.contracts.registry_catalog import CatalogContract, LifeContract
from tests.registry.parts import Clock


class TestCatalogInMemory(CatalogContract):
    @pytest.fixture
    def catalog(self, engine: Engine) -> SqlCatalog:
        return SqlCatalog(engine, Clock())


class TestCatalogOnDisk(LifeContract):
    @pytest.fixture
    def catalog(self, disk: Engine) -> SqlCatalog:
        return SqlCatalog(disk, Clock())
