"""A small team's files behind the real service, with words for vectors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rag.answering.answerer import EvidenceAnswerer
from rag.domain.ports import LLM
from rag.domain.services import Services
from rag.domain.types import Access, Filters, Query, Question
from rag.main import build
from rag.settings import load_settings
from tests.fakes import WordEmbedder

ALL = Access(everything=True)

DTYPE_OLD = """---
title: Number format
kind: decision
date: 2024-01-10
authors: [Jonas Lindqvist]
---
# Number format

We train the kestrel model in fp16 with dynamic loss scaling. It halves the memory.
"""
DTYPE_NEW = """---
title: Number format
kind: decision
date: 2024-03-20
authors: [Jonas Lindqvist]
---
# Number format

We train the kestrel model in bf16 without loss scaling. It needs no tuning of the scale.
"""
RETRO = """---
title: Retro, sprint 7
kind: retro
date: 2024-02-20
authors: [Mira Okafor]
---
# Retro, sprint 7

## What went well

- The label viewer cut annotation time per clip from 48 to 19 seconds.
- The split by site showed that the old split leaked.

## What went badly

- We lost four days on a larger backbone. ConvNeXt-L reached the same mAP as the base model at three times the cost.
- Two people tuned the same thresholds without knowing of each other.
"""
GUIDE = """# Cluster guide

## Queues

Submit jobs to the long queue with `sbatch -p long`. A job ends after 48 hours.

## Storage

Checkpoints go to /scratch/kestrel and are deleted after 30 days. Copy what you need to the archive bucket.

## Restarts

Every Tuesday from 03:00 to 04:00 UTC the scheduler is restarted. Jobs that run then are queued again.
"""
SALARIES = """---
kind: note
date: 2024-02-01
authors: [Priya Raman]
---
# Budget

The budget for the annotation contractor is 41,000 dollars a quarter.
"""


@dataclass(frozen=True)
class House:
    services: Services
    files: Path

    @property
    def answerer(self) -> EvidenceAnswerer:
        """The real one, of which tests replace a part."""
        assert isinstance(self.services.answerer, EvidenceAnswerer)
        return self.services.answerer

    def write(self, name: str, text: str, *, space: str = "default") -> None:
        """Write the file and ingest its folder."""
        file = self.files / space / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        report = self.services.ingestor.ingest([self.files / space], space=space)
        assert not report.failed, report.failed

    def document(self, name: str) -> str:
        """The id of the current document of that file."""
        return next(info.id for info in self.services.catalog.documents(ALL)[0] if info.path.endswith(name))


@contextmanager
def house(place: Path, llm: LLM | None = None) -> Iterator[House]:
    services = build(load_settings(place / "home"), embedder=WordEmbedder(), llm=llm)
    try:
        yield House(services, place / "files")
    finally:
        services.close()


def fill(empty: House) -> None:
    empty.write("decisions/dtype.md", DTYPE_OLD)
    empty.write("decisions/dtype.md", DTYPE_NEW)
    empty.write("retro.md", RETRO)
    empty.write("cluster.md", GUIDE)
    empty.write("budget.md", SALARIES, space="finance")


def ask(
    text: str,
    *,
    access: Access = ALL,
    filters: Filters | None = None,
    as_of: datetime | None = None,
    conversation: str | None = None,
    asker: str = "mira",
) -> Question:
    query = Query(text=text, access=access, filters=filters or Filters(), as_of=as_of)
    return Question(query=query, conversation_id=conversation, asker=asker)


def day(year: int, month: int, day_: int) -> datetime:
    return datetime(year, month, day_, tzinfo=UTC)
