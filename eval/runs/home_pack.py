"""Questions to a home as it stands: opened read-only, beside a service that may own it; nothing is written there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eval.runs.record import home_digest
from rag.domain.ports import Catalog
from rag.domain.services import Services
from rag.registry.home import Home
from rag.settings import Settings, load_settings


def open_to_read(home: Path | None) -> Services:
    """The service on the home of the settings, or on this one, without conversations: no question is kept."""
    from rag.main import build

    return build(load_settings(home), mode="read")


def digest_of(settings: Settings) -> str:
    """Of what the home holds now, without loading a model. Raises NotFound when nothing is there."""
    with catalog_of(settings) as catalog:
        return home_digest(catalog)


@contextmanager
def catalog_of(settings: Settings) -> Iterator[Catalog]:
    """Read-only, without loading a model. Raises NotFound when nothing is there."""
    from rag.registry.catalog import SqlCatalog
    from rag.registry.database import open_database

    engine = open_database(settings.registry or Home(settings.home).registry_url, read_only=True)
    try:
        yield SqlCatalog(engine)
    finally:
        engine.dispose()
