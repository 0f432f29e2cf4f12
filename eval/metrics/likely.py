"""How likely a person would call the answer correct, in [0, 1], without a judge: 0 for a refusal, None without gold.

A logistic model over what the answer shares with the gold answer, for long and rounded answers that `answer_correct`
(everything said, exactly) is too strict for. Its weights were fitted on one half of the labelled answers of
FinanceBench, by question (`python -m eval.fitting.likely_fit`); the other half was looked at once. Elsewhere, read it
as an order of answers rather than as a probability.

Features, each in [0, 1]: `numbers`, share of the gold answer's new numbers and dates that the answer has, rounding and
the question's scale ("in USD millions") allowed; `names`, share of its new names and identifiers; `words`, share of its
content words, stemmed (numbers and names are 1 where the gold answer has none); `strict`, answer_correct over the whole
answer; `conflict`, yes against no; `refusing`, it reads as a refusal though the gold answer does not.

Worked: gold "8.7", question "in USD billions", answer "about $8,738 million": 8,738 million is 8.7 billion to the
gold answer's digit: numbers 1.
"""

import math
import re
from collections.abc import Mapping, Sequence

from eval.metrics.base import NOT_SCORED, Metric, Observation, Score
from eval.metrics.correctness import answer_text, correct, news, polarity, similarity
from eval.metrics.keys import Key, keys, plain
from eval.metrics.matching import places
from eval.metrics.refusing import reads_as_refusal

BIAS = -1.79
WEIGHTS: Mapping[str, float] = {
    "numbers": 0.95,
    "names": 0.56,
    "words": 3.18,
    "strict": 0.78,
    "conflict": -1.3,
    "refusing": -2.96,
}
LEAST = 0.5
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "percent": 1e-2, "%": 1e-2}
_SCALE = re.compile(r"\b(thousand|million|billion|percent)s?\b|(%)", re.I)


def likely(answer: str, golds: Sequence[str], question: str) -> float:
    """Of the gold answer that fits best; 0 without any."""
    return max((_logistic(features(answer, gold, question)) for gold in golds), default=0.0)


def _logistic(found: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-BIAS - sum(weight * found[name] for name, weight in WEIGHTS.items())))


def features(answer: str, gold: str, question: str) -> dict[str, float]:
    said, wanted, asked = plain(answer_text(answer)), plain(gold), plain(question)
    new, present = news(wanted, asked), keys(said)
    scales = [1.0, *(_SCALES[(match[1] or match[2]).lower()] for match in _SCALE.finditer(asked))]
    numbers = [any(near(key, other, scales) for other in present) for key in new if key.kind in {"number", "date"}]
    names = [bool(places(said, present, key)) for key in new if key.kind in {"name", "identifier"}]
    return {
        "numbers": _share(numbers),
        "names": _share(names),
        "words": similarity(said, wanted),
        "strict": correct(answer, [gold], question=question, words=None) or 0.0,
        "conflict": float(polarity(said) * polarity(wanted) < 0),
        "refusing": float(reads_as_refusal(answer) and not reads_as_refusal(gold)),
    }


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 1.0


def near(gold: Key, other: Key, scales: Sequence[float]) -> bool:
    """Equal once rounded to the digits that the gold answer shows, in any of the scales; dates as they are."""
    if gold.kind == "date" or other.kind != "number":
        return gold.kind == other.kind and gold.value == other.value
    return any(_rounds(gold, other.value * up) or _rounds(gold, other.value / up) for up in scales)


def _rounds(gold: Key, value: float) -> bool:
    """Half a unit of the last digit shown is forgiven, of three digits and more also 1 %; "fell by" may be the sign."""
    shown = re.search(r"\d[\d,]*(?:\.(\d+))?", gold.text)
    digits = shown[0].replace(",", "") if shown else ""
    scale = abs(gold.value / float(digits)) if digits and float(digits) else 1.0
    half = 0.5 * scale * 10.0 ** -len(shown[1] or "") if shown else 0.0
    significant = len(digits.replace(".", "").strip("0"))
    slack = min(half, 0.06 * abs(gold.value)) if significant < 3 else max(half, 0.01 * abs(gold.value))
    return abs(abs(gold.value) - abs(value)) <= slack * (1 + 1e-9)


def answer_likely(seen: Observation) -> Score:
    if seen.answer is None or seen.sample.answerable is False or not seen.sample.answers:
        return NOT_SCORED
    if seen.answer.status == "refused":
        return Score(0.0)
    return Score(likely(seen.answer.text, seen.sample.answers, seen.sample.question))


LIKELY: dict[str, Metric] = {"answer_likely": answer_likely}
