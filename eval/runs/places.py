"""Where a document of the service stands in a pack: its path there, or its id in the judgements."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eval.metrics.base import Cited, Found
from eval.packs.loading import Pack
from eval.packs.samples import placed
from rag.domain.errors import NotFound
from rag.domain.ports import Catalog
from rag.domain.types import Access, Citation, DocumentInfo, SearchHit

EVERYTHING = Access(everything=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Of one index. A file pack's gold files name only documents of that pack, though others share the index."""

    packs: Mapping[str, str]  # {id of a source: name of the pack}; empty: a home, whose sources belong to no pack
    groups: Mapping[str, str] = field(default_factory=dict)  # {passage id: document id}, of a BEIR pack with documents
    names: Mapping[str, str] = field(default_factory=dict)  # {id of a source: its name}, of a home
    records: frozenset[str] = frozenset()  # the BEIR packs, by name

    def files(self, document: DocumentInfo, pack: str) -> frozenset[str]:
        """Every way in which a sample may name it. Of a home, with the name of its source and without."""
        paths = {document.path, *document.files}
        if self.names:
            source = self.names.get(document.source, "")
            return frozenset({*paths, *(placed(source, path) for path in paths)})
        return frozenset(paths) if self.packs.get(document.source) == pack else frozenset()

    def name(self, document: DocumentInfo, pack: str) -> str:
        """For people: the passage of a BEIR pack, else the path."""
        return document.part if pack in self.records else document.path

    def judged(self, document: DocumentInfo) -> str:
        return self.groups.get(document.part, document.part)

    def ranking(self, hits: Sequence[SearchHit]) -> tuple[str, ...]:
        """Documents by their best passage; those that a hit names as its copies stand behind it."""
        best = sorted(hits, key=lambda hit: -hit.score)
        named = (document for hit in best for document in (hit.citation.document, *hit.copies))
        return tuple(dict.fromkeys(self.judged(document) for document in named))

    def found(self, hits: Sequence[SearchHit], pack: str) -> tuple[Found, ...]:
        return tuple(
            Found(files=self.files(hit.citation.document, pack), text=hit.citation.quote, best=_best(hit))
            for hit in hits
        )

    def cited(self, citations: Iterable[Citation], pack: str) -> tuple[Cited, ...]:
        return tuple(
            Cited(files=self.files(c.document, pack), document=self.judged(c.document), citation=c) for c in citations
        )


def _best(hit: SearchHit) -> tuple[int, int]:
    """Inside the passage; its beginning when the service does not say."""
    first, last = hit.best or (hit.citation.start, hit.citation.start + 1)
    return first - hit.citation.start, last - hit.citation.start


def places(catalog: Catalog, staged: Mapping[str, Path], packs: Sequence[Pack]) -> Places:
    """`staged`: the folder of each pack by name. Raises NotFound when the service has no source for one of them."""
    by_root = {path.resolve(): name for name, path in staged.items()}
    sources = {source.id: by_root.get(Path(source.root).resolve(), "") for source in catalog.sources()}
    if missing := sorted(set(staged) - set(sources.values())):
        raise NotFound(f"Nothing of {', '.join(missing)} was ingested.", fix="See what the ingest reported above.")
    groups = {r.id: r.group for pack in packs if pack.layout == "beir" for r in pack.records() if r.group != r.id}
    return Places(packs=sources, groups=groups, records=frozenset(p.name for p in packs if p.layout == "beir"))


def places_of_home(catalog: Catalog) -> Places:
    """Raises NotFound when it holds nothing."""
    names = {source.id: source.name for source in catalog.sources()}
    if not names:
        raise NotFound("This home holds nothing yet.", fix="Run `teamlore ingest PATH` first.")
    return Places(packs={}, names=names)


def texts(catalog: Catalog) -> Callable[[Citation], str]:
    """The text of the version that a citation names, each fetched once; "" when it is gone."""
    kept: dict[tuple[str, int], str] = {}

    def text(citation: Citation) -> str:
        key = citation.document.id, citation.document.version
        if key not in kept:
            try:
                kept[key] = catalog.text(key[0], EVERYTHING, version=key[1]).text
            except NotFound:  # a citation of what is not there is an invalid one
                kept[key] = ""
        return kept[key]

    return text
