"""Is the answer right?

answer_correct: 1 or 0, scored on the first 80 words. Every number, date, name and identifier of the gold answer must be
in the answer and none contradicted (said to be *not* so, another unit, `no` for `yes`). What the question itself names
need not be said again, unless the gold answer holds nothing else, nor what stands in brackets. A gold answer that holds
none of these is compared by the share of its content words, stemmed, that the answer has: at least THRESHOLD; one
without content words (No, Both) must be what the answer begins with. A refused question is not answered correctly. None
where the pack knows no answer.

answer_words: words of the answer without its markers; None when refused.

Numbers are equal within a relative 1e-6, per cent and scales folded: 87.1 % = 0.871, 1e-3 = 0.001, 3k = 3000, and
0.871 is not 0.817.

Worked: gold "3.3M GPU hours on A100-80GB" holds the number 3,300,000, the name GPU and the identifier A100-80GB;
"It took 3,300,000 GPU hours on A100 80GB cards." is correct, "3.3M hours on V100" is not.
"""

import re
from collections.abc import Sequence

import snowballstemmer

from eval.metrics.base import NOT_SCORED, Metric, Observation, Score
from eval.metrics.keys import Key, keys, plain
from eval.metrics.matching import denied, places
from eval.metrics.words import STOP

WORDS = 80
# Cohen's kappa with people's labels on answers to financial questions, held-out half (624 answers): .40 in the first 80
# words, .52 in all of them. On the other half, as on both together, no threshold does better than this one. People
# forgive rounding and what a long gold answer says besides, which this does not: see likely.py.
THRESHOLD = 0.6
_WORD = re.compile(r"\w+")


def correct(answer: str, golds: Sequence[str], *, question: str = "", words: int | None = WORDS) -> float | None:
    """1.0 when the answer agrees with any of the gold answers; None when there is none. `words` None: all of them."""
    if not golds:
        return None
    said, asked = plain(" ".join(answer.split()[:words])), plain(question)
    return float(any(_agrees(said, plain(_without_asides(gold)), asked) for gold in golds))


def _without_asides(gold: str) -> str:
    """What stands in brackets is said beside the answer; `f(x)` is no aside."""
    rest = re.sub(r"(?<!\w)\([^()]*\)", " ", gold)
    return rest if _WORD.search(rest) else gold


def _agrees(said: str, gold: str, asked: str) -> bool:
    if polarity(said) * polarity(gold) < 0:
        return False
    wanted = news(gold, asked)
    if not wanted:
        return similarity(said, gold) >= THRESHOLD if _stems(gold) else _begins(said, gold)
    present = keys(said)
    return all(_has(said, present, key, negated=denied(gold, key.start)) for key in wanted)


def _begins(said: str, gold: str) -> bool:
    words = _WORD.findall(gold.lower())
    return bool(words) and _WORD.findall(said.lower())[: len(words)] == words


def news(gold: str, asked: str) -> list[Key]:
    """What the gold answer says that the question does not; all it says where that is nothing."""
    wanted = [key for key in keys(gold) if key.text.lower() != "one"]
    given = keys(asked)
    return [key for key in wanted if not _has(asked, given, key, negated=True)] or wanted


def polarity(text: str) -> int:
    """1 for a text that begins with yes, -1 with no, else 0."""
    first = _WORD.search(text.lower())
    return {"yes": 1, "no": -1}.get(first.group() if first else "", 0)


def _has(said: str, present: Sequence[Key], wanted: Key, *, negated: bool) -> bool:
    """Somewhere, and not only where the answer denies it (unless the gold answer does too)."""
    return any(negated or not denied(said, start) for start in places(said, present, wanted))


def similarity(said: str, gold: str) -> float:
    """Share, in [0, 1], of the gold answer's distinct content words (stemmed) that the answer has; 0 for no words."""
    wanted = _stems(gold)
    return len(wanted & _stems(said)) / len(wanted) if wanted else 0.0


def _stems(text: str) -> frozenset[str]:
    words = [word for word in _WORD.findall(text.lower()) if word not in STOP]
    return frozenset(snowballstemmer.stemmer("english").stemWords(words))


def answer_text(text: str) -> str:
    """Without citation markers."""
    return re.sub(r"\s*\[\d+(?:,\s*\d+)*\]", "", text).strip()


def answer_correct(seen: Observation) -> Score:
    if seen.answer is None or seen.sample.answerable is False or not seen.sample.answers:
        return NOT_SCORED
    if seen.answer.status == "refused":
        return Score(0.0)
    return Score(correct(answer_text(seen.answer.text), seen.sample.answers, question=seen.sample.question))


def answer_words(seen: Observation) -> Score:
    if seen.answer is None or seen.answer.status == "refused":
        return NOT_SCORED
    return Score(float(len(answer_text(seen.answer.text).split())))


CORRECTNESS: dict[str, Metric] = {"answer_correct": answer_correct, "answer_words": answer_words}
