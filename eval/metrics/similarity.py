"""How near the answer comes to the gold answer, in words and in meaning. All take the best of several gold answers.

Each is in [0, 1]; 0 for a refusal; None without a gold answer. Case, punctuation, articles and citation markers do not
count (the normalisation of SQuAD, Rajpurkar et al., EMNLP 2016).

answer_match: 1 when the words of the gold answer stand in the answer, in a row; else 0.
token_f1: F1 over the words as bags, as SQuAD counts it. Long answers lose: read it beside answer_words.
rouge_l: F1 over the longest common subsequence of words (Lin 2004), unstemmed.
answer_similarity: cosine of the two texts' embeddings, negative ones 0; None where no embedder is at hand.

Worked: gold "the cosine decay", answer "A linear, then cosine decay [1].": match 1; tokens {linear, then, cosine,
decay} and {cosine, decay} share 2: precision 2/4, recall 2/2, F1 = ROUGE-L = 2/3.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

from eval.metrics.base import NOT_SCORED, Metric, Observation, Score

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_MARKERS = re.compile(r"\s*\[\d+(?:,\s*\d+)*\]")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> list[str]:
    return _ARTICLES.sub(" ", _MARKERS.sub("", text).lower().translate(_PUNCTUATION)).split()


def match(answer: str, gold: str) -> float:
    """0 for a gold answer without words."""
    said, wanted = " ".join(normalised(answer)), " ".join(normalised(gold))
    return float(bool(wanted) and f" {wanted} " in f" {said} ")


def token_f1(answer: str, gold: str) -> float:
    """Two texts without words are equal: 1."""
    said, wanted = normalised(answer), normalised(gold)
    if not said or not wanted:
        return float(said == wanted)
    return _f1((Counter(said) & Counter(wanted)).total(), len(said), len(wanted))


def rouge_l(answer: str, gold: str) -> float:
    said, wanted = normalised(answer), normalised(gold)
    if not said or not wanted:
        return float(said == wanted)
    return _f1(_common(said, wanted), len(said), len(wanted))


def _f1(shared: int, said: int, wanted: int) -> float:
    return 2 * shared / (said + wanted)


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence; len(a) * len(b) steps."""
    row = [0] * (len(b) + 1)
    for word in a:
        before = row
        row = [0]
        for place, other in enumerate(b):
            row.append(before[place] + 1 if word == other else max(before[place + 1], row[place]))
    return row[-1]


def _best(measure: Callable[[str, str], float], seen: Observation) -> Score:
    if seen.answer is None or seen.sample.answerable is False or not seen.sample.answers:
        return NOT_SCORED
    if seen.answer.status == "refused":
        return Score(0.0)
    return Score(max(measure(seen.answer.text, gold) for gold in seen.sample.answers))


def answer_match(seen: Observation) -> Score:
    return _best(match, seen)


def answer_token_f1(seen: Observation) -> Score:
    return _best(token_f1, seen)


def answer_rouge_l(seen: Observation) -> Score:
    return _best(rouge_l, seen)


def answer_similarity(seen: Observation) -> Score:
    return NOT_SCORED if seen.similarity is None else _best(seen.similarity, seen)


SIMILARITY: dict[str, Metric] = {
    "answer_match": answer_match,
    "token_f1": answer_token_f1,
    "rouge_l": answer_rouge_l,
    "answer_similarity": answer_similarity,
}
