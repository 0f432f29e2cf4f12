"""Where generations of the dense index live: a directory each, or collections on a Chroma server."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rag.domain.types import Generation, Matrix
from rag.index.dense import ChromaIndex, collection_name
from rag.index.probe import NEAREST, Probe, probe


class DenseStore(Protocol):
    """Raises BackendFailed for whatever goes wrong there, IndexMismatch where another model's vectors are."""

    def open(self, generation: Generation, *, create: bool = False) -> ChromaIndex: ...

    def probe(self, generation: Generation, sample: Matrix, expected: int) -> Probe:
        """What a generation that nobody has open holds, without risk to this process."""
        ...

    def remove(self, generation: Generation) -> None:
        """Its files or its collection; absent is fine. Nobody has it open."""
        ...

    def sweep(self, keep: Generation) -> None:
        """Remove what crashed builds left behind."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedStore:
    directory: Path
    dimension: int

    def open(self, generation: Generation, *, create: bool = False) -> ChromaIndex:
        return ChromaIndex(
            self._place(generation),
            collection_name(generation.fingerprint, generation.id),
            model=generation.fingerprint,
            dimension=self.dimension,
            create=create,
        )

    def probe(self, generation: Generation, sample: Matrix, expected: int) -> Probe:
        return probe(
            self._place(generation),
            collection_name(generation.fingerprint, generation.id),
            model=generation.fingerprint,
            sample=sample,
            expected=expected,
        )

    def remove(self, generation: Generation) -> None:
        shutil.rmtree(self._place(generation), ignore_errors=True)

    def sweep(self, keep: Generation) -> None:
        for path in self.directory.glob("dense-*"):
            if path != self._place(keep):
                shutil.rmtree(path, ignore_errors=True)

    def _place(self, generation: Generation) -> Path:
        return self.directory / f"dense-{generation.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStore:
    url: str
    dimension: int

    def open(self, generation: Generation, *, create: bool = False) -> ChromaIndex:
        return ChromaIndex(
            self.url,
            collection_name(generation.fingerprint, generation.id),
            model=generation.fingerprint,
            dimension=self.dimension,
            create=create,
        )

    def probe(self, generation: Generation, sample: Matrix, expected: int) -> Probe:
        """No child: a server's damage does not reach this process, and each call has its deadline."""
        del expected
        index = self.open(generation)
        try:
            hits = index.search_many(sample, NEAREST) if len(sample) else []
            return Probe(ids=frozenset(index.ids()), hits=tuple(tuple(hit[0] for hit in row) for row in hits))
        finally:
            index.close()

    def remove(self, generation: Generation) -> None:
        index = self.open(generation, create=True)
        index.drop()
        index.close()

    def sweep(self, keep: Generation) -> None:
        """Nothing: another replica may be building. Retired generations are removed by whoever retired them."""
        del keep
