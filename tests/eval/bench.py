"""A service in memory that really reads a staged folder, finds by shared words and answers with the best passage."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from rag.domain.errors import BackendFailed, NotFound
from rag.domain.ports import OnProgress
from rag.domain.services import Services
from rag.domain.types import (
    Access,
    Answer,
    Citation,
    DocumentInfo,
    DocumentText,
    Event,
    IngestReport,
    Lines,
    Query,
    Question,
    Refusal,
    SearchHit,
    Source,
    Statement,
    Why,
)

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def document(path: str, *, part: str = "", source: str = "s1", title: str = "") -> DocumentInfo:
    return DocumentInfo(
        id=f"{source}/{path}#{part}",
        version=1,
        source=source,
        path=path,
        part=part,
        space="eval",
        title=title or path,
        kind="document",
        authors=(),
        date="",
        url="",
        files=(path,),
        valid_from=MOMENT,
        valid_to=None,
        recorded_at=MOMENT,
    )


def citation(info: DocumentInfo, text: str, quote: str, *, n: int = 1) -> Citation:
    start = text.index(quote)
    return Citation(n=n, document=info, start=start, end=start + len(quote), quote=quote, locator=Lines(1, 1))


def words(text: str) -> set[str]:
    return set(re.findall(r"\w{3,}", text.lower()))


class Bench:
    """Refuses when no word is shared; fails on a question that says `explode`."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home
        self.closed = False
        self.named: list[Source] = []
        self.texts: dict[str, tuple[DocumentInfo, str]] = {}
        self.asked: list[Question] = []

    def services(self) -> Services:
        parts: dict[str, Any] = {
            "catalog": self,
            "searcher": self,
            "answerer": self,
            "ingestor": self,
            "conversations": SimpleNamespace(start=lambda owner: f"conversation of {owner}"),
            "status": lambda: {"home": "/secret", "embedder": {"fingerprint": "words"}},
            "close": self.close,
        }
        others = {name: None for name in Services.__dataclass_fields__ if name not in parts}
        return Services(**cast(Any, {**parts, **others}))

    def close(self) -> None:
        self.closed = True

    # Ingestor
    def ingest(
        self, paths: Sequence[Path], *, space: str, kind: str = "", on_progress: OnProgress | None = None
    ) -> IngestReport:
        del kind, on_progress
        before = len(self.texts)
        for root in paths:
            source = Source(id=f"s{len(self.named)}", name=root.name, root=str(root.resolve()), space=space)
            self.named.append(source)
            for path in sorted(path for path in root.rglob("*") if path.is_file()):
                self._read(source.id, path.relative_to(root).as_posix(), path.read_text())
        return IngestReport(files=len(self.texts) - before, documents=len(self.texts) - before)

    def _read(self, source: str, relative: str, text: str) -> None:
        if not relative.endswith(".jsonl"):
            self._keep(document(relative, source=source), text)
            return
        for line in text.splitlines():
            row = json.loads(line)
            info = document(relative, part=row["_id"], source=source, title=row["title"])
            self._keep(info, f"{row['title']}\n{row['text']}")

    def _keep(self, info: DocumentInfo, text: str) -> None:
        self.texts[info.id] = info, text

    # Catalog
    def sources(self) -> list[Source]:
        return self.named

    def text(self, document: str, access: Access, *, version: int | None = None) -> DocumentText:
        assert access.everything
        del version
        if document not in self.texts:
            raise NotFound(f"{document}: no such document.")
        info, text = self.texts[document]
        return DocumentText(info=info, text=text, syntax="plain", marks=(), facts=())

    # Searcher
    def search(self, query: Query, k: int) -> list[SearchHit]:
        if "explode" in query.text:
            raise BackendFailed("The backend is gone.", fix="Start it.")
        scored = [(len(words(query.text) & words(text)), info, text) for info, text in self.texts.values()]
        best = sorted((row for row in scored if row[0]), key=lambda row: (-row[0], row[1].id))
        return [
            SearchHit(citation=citation(info, text, text, n=n), score=float(score), why=Why())
            for n, (score, info, text) in enumerate(best[:k], 1)
        ]

    # Answerer
    def stream(self, question: Question) -> Iterator[Event]:
        """As the answerer that is served does it."""
        try:
            yield Event(name="passages", data=tuple(self.search(question.query, 8)))
            answer = self.answer(question)
        except BackendFailed as error:
            yield Event(name="error", data=error)
            return
        yield from (Event(name="delta", data=statement.text) for statement in answer.statements)
        yield Event(name="done", data=answer)

    def answer(self, question: Question) -> Answer:
        self.asked.append(question)
        hits = self.search(question.query, 1)
        answer = Answer(id="a", question=question.query.text, status="answered", text="")
        if not hits or hits[0].score < 2:
            return replace(answer, status="refused", refusal=Refusal(reason="nothing"))
        quote = hits[0].citation.quote
        statement = Statement(text=quote, support="verified", citations=(1,))
        return replace(answer, text=f"{quote} [1]", statements=(statement,), citations=(hits[0].citation,))


def opened(benches: list[Bench]) -> Callable[[Path], Services]:
    """A way to open homes that remembers what was opened."""

    def open_home(home: Path) -> Services:
        benches.append(Bench(home))
        return benches[-1].services()

    return open_home
