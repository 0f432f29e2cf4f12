"""Do citations point at the words they show, and at the words that hold the answer?

citation_valid: share, in [0, 1], of the citations shown (those of a refusal's nearest passages too) whose offsets slice
the named version's text to exactly their quote; None when nothing is cited.

citation_evidence: 1 when an answer cites text that overlaps the evidence, else 0; 0 also when an answerable question is
refused; None without evidence. In a BEIR pack the judged passages are the evidence.

citation_precision: share of an answer's citations that bear on the question: one overlaps a piece of evidence, or says
the gold answer by itself (as answer_correct judges it), for the same fact may stand in other places than the evidence
names. None without evidence, for unanswerable questions, and where nothing is cited. A lower bound: what else a good
answer quotes is not in the gold. In a BEIR pack: of a judged passage, or saying the gold answer.

citation_recall: share of the pieces of evidence that some citation overlaps; 0 when an answerable question is refused;
None without evidence and for unanswerable questions. In a BEIR pack: of the judged documents.

Precision and recall follow Gao et al. (ALCE, EMNLP 2023), with gold evidence where they ask an entailment model.

Worked: text "abc def", citations [4:7] "def" and [0:2] "abc": citation_valid = 1/2.
Worked: evidence A "loss spikes came from bad batches" and B "skipping them helped", gold answer "bad batches";
citations 1 (all of A), 2 "the bad batches again" of another file, 3 "we were tired": precision = 2/3, recall = 1/2.
"""

import re
from collections.abc import Iterator, Sequence

from eval.metrics.base import NOT_SCORED, Cited, Metric, Observation, Score
from eval.metrics.correctness import correct
from eval.metrics.evidence import comparable
from eval.packs.loading import Evidence, Sample
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
    return (bool(gold) and gold in quote) or (len(quote) >= _SHORTEST and quote in gold)


def _gold(sample: Sample) -> Sequence[Evidence | str]:
    """Pieces of evidence, or ids of judged documents."""
    return sample.evidence or sorted(id for id, grade in sample.judgements.items() if grade > 0)


def _hits(seen: Observation, cited: Cited, piece: Evidence | str) -> bool:
    if isinstance(piece, str):
        return cited.document == piece
    return seen.text_of is not None and overlaps(cited, piece, seen.text_of(cited.citation))


def _scorable(seen: Observation) -> bool:
    known = seen.answer is not None and seen.text_of is not None
    return known and seen.sample.answerable is not False and bool(_gold(seen.sample))


def _recalled(seen: Observation) -> float:
    gold = _gold(seen.sample)
    return sum(any(_hits(seen, cited, piece) for cited in seen.cited) for piece in gold) / len(gold)


def citation_evidence(seen: Observation) -> Score:
    return Score(float(_recalled(seen) > 0)) if _scorable(seen) else NOT_SCORED


def citation_recall(seen: Observation) -> Score:
    return Score(_recalled(seen)) if _scorable(seen) else NOT_SCORED


def citation_precision(seen: Observation) -> Score:
    if not _scorable(seen) or not seen.cited:
        return NOT_SCORED
    return Score(sum(_bears(seen, cited) for cited in seen.cited) / len(seen.cited))


def _bears(seen: Observation, cited: Cited) -> bool:
    if any(_hits(seen, cited, piece) for piece in _gold(seen.sample)):
        return True
    return correct(cited.citation.quote, seen.sample.answers, question=seen.sample.question) == 1.0


CITATIONS: dict[str, Metric] = {
    "citation_valid": citation_valid,
    "citation_evidence": citation_evidence,
    "citation_precision": citation_precision,
    "citation_recall": citation_recall,
}
