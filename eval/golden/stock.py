"""What a home holds, as the review and the check of a golden set see it: read beside any service, no model loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rag.domain.ports import Catalog
from rag.domain.types import Access, DocumentInfo, Query
from rag.knowledge.cards import DECISION_KEYS, Shelf
from rag.knowledge.golden_places import QuotePlaces
from rag.settings import Settings, load_settings

EVERYTHING = Access(everything=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    catalog: Catalog
    places: QuotePlaces
    superseded: dict[str, str]  # {document id: what says so, by whom it was replaced}


@contextmanager
def open_stock(settings: Settings) -> Iterator[Stock]:
    """Raises NotFound where nothing was ever ingested, and what opening a registry raises."""
    from rag.registry.catalog import SqlCatalog
    from rag.registry.database import open_database
    from rag.registry.facts import SqlFacts
    from rag.registry.home import Home

    engine = open_database(settings.registry or Home(settings.home).registry_url, read_only=True)
    try:
        catalog = SqlCatalog(engine)
        shelf = Shelf.of(SqlFacts(engine).saying(Query(text="", access=EVERYTHING), DECISION_KEYS))
        places = QuotePlaces(catalog, EVERYTHING)
        yield Stock(catalog=catalog, places=places, superseded=dict(_superseded(shelf)))
    finally:
        engine.dispose()


def _superseded(shelf: Shelf) -> Iterator[tuple[str, str]]:
    for header in shelf.headers:
        links = shelf.successors(header)
        names = ", ".join(link.to.full if link.to else link.name for link in links)
        status = header.status.value.casefold() if header.status else ""
        if links or status == "superseded":
            yield header.document.id, f"superseded by {names}" if names else "superseded"


def home_of(home: Path | None) -> Settings:
    """As every other command finds it."""
    return load_settings(home)


def shown(document: DocumentInfo) -> str:
    return document.path if document.path != "." else document.title
