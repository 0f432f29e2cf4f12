"""Do the words cited carry what is stated?

statement_support: share of the answer's statements that the product marked as verified, as served.
quote_support: share of its statements that pass this file's own check, which knows nothing of the product's.
Both are in [0, 1]; None for a refusal and for an answer without statements. A statement that cites nothing fails both.

The check: every number (with its unit), date, name and identifier of the statement stands in its quotes (in the served
answer also in the names of their documents and sections, which stand beside them); at least
ENOUGH of its content words (stemmed) do; and nothing is turned round: no word denied here and affirmed there, no
opposite of a word there (OPPOSITES) in its place. A denial reaches three content words, or to the end of its clause.

Worked: "The loss did not spike at step 4200." against "the loss spiked at step 4200": 4200 stands, the words do, but
`spike` is denied in one and affirmed in the other: contradicted, support 0.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import snowballstemmer

from eval.metrics.agreement import quoted, said, stands, stated, words
from eval.metrics.base import NOT_SCORED, Metric, Observation, Score
from eval.metrics.words import STOP

Outcome = Literal["supported", "contradicted", "unsupported"]
ENOUGH = 0.5  # share of the content words; the same as the product asks, set before anything was measured
REACH = 3
_TOKEN = re.compile(r"[\w'’]+|[.,;:!?()\[\]—]")
_CLAUSE = frozenset(".,;:!?()[]—") | {"but", "although", "though", "while", "whereas", "because", "which", "however"}
_DENIALS = """not no never none nobody nothing neither nor cannot without lack lacks lacked lacking fails failed unable
    hardly barely"""
_DENYING = frozenset(_DENIALS.split())
_PAIRS = """increase/decrease rise/fall higher/lower high/low more/less more/fewer faster/slower before/after
    better/worse positive/negative enable/disable enabled/disabled raise/reduce increase/reduce up/down gain/loss
    minimum/maximum always/never accept/reject accepted/rejected first/last succeed/fail succeeded/failed true/false
    promote/inhibit activate/inhibit improve/worsen upregulate/downregulate larger/smaller longer/shorter above/below
    start/stop allow/forbid old/new add/remove added/removed with/without present/absent most/least"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """`score`, in [0, 1]: share of the words times share of the keys; 0 when contradicted."""

    outcome: Outcome
    score: float
    why: str = ""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    return str(snowballstemmer.stemmer("english").stemWord(word))


def _opposites() -> dict[str, frozenset[str]]:
    pairs = [tuple(stem(word) for word in pair.split("/")) for pair in _PAIRS.split()]
    known: dict[str, set[str]] = {}
    for one, other in pairs:
        known.setdefault(one, set()).add(other)
        known.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in known.items()}


OPPOSITES = _opposites()


def polar(text: str) -> Iterator[tuple[str, bool]]:
    """(stem, denied) of every content word, in order; words of OPPOSITES count as content."""
    reach = 0
    for token in _TOKEN.findall(text.lower().replace("’", "'")):
        if token in _CLAUSE:
            reach = 0
        elif token in _DENYING or token.endswith("n't"):
            reach = REACH
        if token in _CLAUSE or token.endswith("n't"):
            continue
        root = stem(token.removesuffix("'s"))
        if (token not in STOP and token not in _DENYING) or root in OPPOSITES:
            yield root, reach > 0
            reach -= 1


def support(statement: str, quotes: Sequence[str]) -> Support:
    """A statement without content words is supported by any quote; without a quote nothing is."""
    if not any(quote.strip() for quote in quotes):
        return Support(outcome="unsupported", score=0.0, why="nothing is cited")
    held = quoted(quotes)
    wanted = said(statement)
    missing = [key.text for key in wanted if not stands(key, held)]
    own, theirs = list(polar(stated(statement))), list(polar(held[0]))
    share = _share({word for word, _ in own}, {word for word, _ in theirs})
    score = share * (1 - len(missing) / len(wanted) if wanted else 1.0)
    if share >= ENOUGH and (turned := _turned(own, theirs)):
        return Support(outcome="contradicted", score=0.0, why=f"turned round: {', '.join(turned)}")
    if missing:
        return Support(outcome="unsupported", score=score, why=f"not in the quotes: {', '.join(missing)}")
    if share < ENOUGH:
        return Support(outcome="unsupported", score=score, why=f"{share:.0%} of the words stand in the quotes")
    return Support(outcome="supported", score=score)


def _share(own: set[str], theirs: set[str]) -> float:
    return len(own & theirs) / len(own) if own else 1.0


def _turned(own: Sequence[tuple[str, bool]], theirs: Sequence[tuple[str, bool]]) -> list[str]:
    """Words with another polarity here than everywhere there, and words whose opposite alone is there."""
    there = set(theirs)
    present = {word for word, _ in there}
    flipped = [word for word, denied in own if word in present and (word, denied) not in there]
    opposite = [word for word, _ in own if word not in present and OPPOSITES.get(word, frozenset()) & present]
    return list(dict.fromkeys([*flipped, *opposite]))


def statement_support(seen: Observation) -> Score:
    if seen.answer is None or seen.answer.status == "refused" or not seen.answer.statements:
        return NOT_SCORED
    verified = [statement.support == "verified" for statement in seen.answer.statements]
    return Score(sum(verified) / len(verified))


def quote_support(seen: Observation) -> Score:
    if seen.answer is None or seen.answer.status == "refused" or not seen.answer.statements:
        return NOT_SCORED
    quotes = {citation.n: words(citation) for citation in seen.answer.citations}
    passed = [
        support(statement.text, [quotes[n] for n in statement.citations if n in quotes]).outcome == "supported"
        for statement in seen.answer.statements
    ]
    return Score(sum(passed) / len(passed))


SUPPORT: dict[str, Metric] = {"statement_support": statement_support, "quote_support": quote_support}
