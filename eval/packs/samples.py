"""What a pack gives to ask: questions with what is known of their answers, and the passages of a BEIR corpus."""

from collections.abc import Mapping
from dataclasses import dataclass, field

BETWEEN = "//"  # a source's name and a path inside it


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The words of a file that hold the answer. `file` as in `Sample.gold_files`."""

    file: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One question with what is known of its answer.

    Files are paths inside the pack, passages ids of its corpus. Of a question to a home, a file is a path inside a
    source, `SOURCE//PATH` where the row names the source.
    """

    id: str
    question: str
    kind: str = ""
    answers: tuple[str, ...] = ()  # any one of them will do
    answerable: bool | None = None  # None: the pack does not say
    gold_files: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    document: str = ""  # that holds the evidence, where its file made several (an export, records)
    judgements: Mapping[str, int] = field(default_factory=dict)  # {passage or document id: grade}
    turns: tuple[str, ...] = ()  # what the asker said before, oldest first
    standalone: str = ""  # the same question with what the turns say spelled out

    @property
    def cluster(self) -> str:
        """Questions on one document are not independent: intervals draw them together."""
        gold = self.gold_files[0] if self.gold_files else min(self.judgements, default="")
        return self.document or gold or f"?{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One passage of a BEIR corpus. `group` is the document it belongs to, its own id when nothing groups it."""

    id: str
    title: str
    text: str
    group: str


def placed(source: str, file: str) -> str:
    """A file of a home, as a sample names it."""
    return f"{source}{BETWEEN}{file}" if source else file
