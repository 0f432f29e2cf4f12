"""Do citations point at the words they show, and at the words that hold the answer?

citation_valid: share, in [0, 1], of the citations shown (those of a refusal's nearest passages too) whose offsets slice
the named version's text to exactly their quote; None when nothing is cited.

citation_evidence: 1 when an answer cites text that overlaps the evidence, else 0; 0 also when an answerable question is
refused; None without evidence. In a BEIR pack the judged passages are the evidence.

Worked: text "abc def", citations [4:7] "def" and [0:2] "abc": citation_valid = 1/2.
"""

import re
from collections.abc import Iterator

from eval.metrics.base import NOT_SCORED, Cited, Metric, Observation, Score
from eval.metrics.evidence import comparable
from eval.packs import Evidence
from rag.domain.types import Answer, Citation

_SHORTEST = 12  # characters; a shorter citation inside a longer evidence proves nothing


def shown(answer: Answer) -> tuple[Citation, ...]:
    return answer.citations + (answer.refusal.nearest if answer.refusal else ())


def citation_valid(seen: Observation) -> Score:
    if seen.answer is None or seen.text_of is None:
        return NOT_SCORED
    citations = shown(seen.answer)
    if not citations:
        return NOT_SCORED
    right = sum(seen.text_of(c)[c.start : c.end] == c.quote for c in citations)
    return Score(right / len(citations))


def _places(quote: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the quote stands in the text, whatever white space is between its words."""
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    return (match.span() for match in re.finditer(pattern, text))


def overlaps(cited: Cited, evidence: Evidence, text: str) -> bool:
    """A character of the evidence is among those cited. Where the text has other escapes than the gold quote has, one
    must contain the other."""
    if evidence.file not in cited.files:
        return False
    citation = cited.citation
    if any(start < citation.end and citation.start < end for start, end in _places(evidence.quote, text)):
        return True
    quote, gold = comparable(citation.quote, evidence.file), comparable(evidence.quote, evidence.file)
    return gold in quote or (len(quote) >= _SHORTEST and quote in gold)


def citation_evidence(seen: Observation) -> Score:
    sample, text_of = seen.sample, seen.text_of
    if seen.answer is None or text_of is None or sample.answerable is False:
        return NOT_SCORED
    if sample.evidence:
        pairs = ((cited, evidence) for cited in seen.cited for evidence in sample.evidence)
        return Score(float(any(overlaps(cited, evidence, text_of(cited.citation)) for cited, evidence in pairs)))
    if sample.judgements:
        return Score(float(any(sample.judgements.get(cited.document, 0) > 0 for cited in seen.cited)))
    return NOT_SCORED


CITATIONS: dict[str, Metric] = {"citation_valid": citation_valid, "citation_evidence": citation_evidence}
