"""From drafts to statements: pointers become citations, and the words are copied, never written."""

from dataclasses import dataclass, field

from rag.answering.checks import check_statement
from rag.answering.compose import Draft
from rag.answering.evidence import Evidence
from rag.domain.types import Citation, Statement
from rag.retrieval.locate import cite
from rag.retrieval.searcher import Found


@dataclass(slots=True)
class Citer:
    """Numbers citations in the order of their first use. One answer, one Citer."""

    found: Found
    evidence: Evidence
    citations: list[Citation] = field(default_factory=list)
    _numbers: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def statement(self, draft: Draft) -> tuple[Statement, list[Citation]]:
        """The statement, and the citations that it is the first to use."""
        before = len(self.citations)
        numbers = tuple(dict.fromkeys(self._number(pointer) for pointer in draft.pointers))
        cited = [self.citations[number - 1] for number in numbers]
        beside = "\n".join(dict.fromkeys(map(standing_beside, cited)))
        quotes, asked = [one.quote for one in cited], self.evidence.analysis.text
        checks = (*check_statement(draft.text, quotes, beside=beside, asked=asked), *draft.checks)
        supported = bool(numbers) and all(check.passed for check in checks)
        statement = Statement(
            text=draft.text,
            support="verified" if supported else "unsupported",
            citations=numbers,
            checks=checks,
            note=draft.note,
        )
        return statement, self.citations[before:]

    def _number(self, pointer: int) -> int:
        sentence = self.evidence.sentences[pointer - 1]
        key = sentence.passage, sentence.start, sentence.end
        if key not in self._numbers:
            self._numbers[key] = len(self.citations) + 1
            text = self.found.text_of(self.found.passages[sentence.passage])
            self.citations.append(cite(text, sentence.start, sentence.end, n=self._numbers[key]))
        return self._numbers[key]


def standing_beside(citation: Citation) -> str:
    """What a reader sees next to a quote, and a statement may name: the document, its date and people, the section."""
    document = citation.document
    named = (document.title, document.path, document.date, *document.authors, *citation.section)
    return "\n".join(name for name in named if name)


def shown_text(statement: Statement) -> str:
    """The statement with its note and its markers: what the answer's text is joined from."""
    said = f"{statement.note} {statement.text}" if statement.note else statement.text
    return said + "".join(f" [{n}]" for n in statement.citations)
