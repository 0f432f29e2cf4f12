"""What one call counts on its way, for the report."""

import time
from collections import Counter
from dataclasses import dataclass, field

from ingest.redaction import Finding
from rag.domain.types import IngestReport, Masked, Message, Parsed, Run, Trouble


@dataclass(slots=True)
class Tally:
    sources: int = 0
    files: int = 0
    documents: int = 0
    messages: int = 0
    runs: int = 0
    unchanged: int = 0
    removed: int = 0
    moved: int = 0
    skipped: list[Trouble] = field(default_factory=list)
    failed: list[Trouble] = field(default_factory=list)
    masked: Counter[tuple[str, str]] = field(default_factory=Counter)  # (path, kind)
    began: float = field(default_factory=time.monotonic)

    def skip(self, file: str, reason: str) -> None:
        self.skipped.append(Trouble(file=file, reason=reason))

    def fail(self, file: str, reason: str) -> None:
        self.failed.append(Trouble(file=file, reason=reason))

    def mask(self, file: str, findings: tuple[Finding, ...]) -> None:
        self.masked.update((file, finding.rule) for finding in findings)

    def count(self, parsed: Parsed) -> None:
        self.documents += 1
        self.messages += sum(isinstance(mark.locator, Message) for mark in parsed.marks)
        self.runs += len({mark.locator.run for mark in parsed.marks if isinstance(mark.locator, Run)})

    def report(self, *, chunks: int, embedded: int) -> IngestReport:
        return IngestReport(
            sources=self.sources,
            files=self.files,
            documents=self.documents,
            messages=self.messages,
            runs=self.runs,
            chunks=chunks,
            embedded=embedded,
            unchanged=self.unchanged,
            removed=self.removed,
            moved=self.moved,
            skipped=tuple(self.skipped),
            failed=tuple(self.failed),
            masked=tuple(Masked(file=file, kind=kind, count=n) for (file, kind), n in sorted(self.masked.items())),
            seconds=time.monotonic() - self.began,
        )
