"""A statement held against the words it cites: contradictions are vetoes, the rest is weighed."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rag.answering.checks import dates, names, negation, numbers
from rag.answering.checks.comparatives import reversed_in
from rag.answering.checks.reading import plain
from rag.answering.checks.swaps import swapped
from rag.answering.checks.words import overlap, share
from rag.domain.types import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A logistic model of "the words cited carry the statement" over `words.overlap`; verified from `least` on."""

    bias: float
    weights: Mapping[str, float]
    least: float

    def probability(self, features: Mapping[str, float]) -> float:
        """In [0, 1]."""
        z = self.bias + sum(weight * features[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-z))


DEFAULT = Support(bias=-2.0, weights={"coverage": 4.0}, least=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`probability`, in [0, 1]: that the words cited carry the statement; 0 where a check contradicts it."""

    checks: tuple[Check, ...]
    probability: float

    @property
    def supported(self) -> bool:
        return all(check.passed for check in self.checks)


def judge(text: str, quotes: Sequence[str], *, beside: str = "", support: Support = DEFAULT) -> Verdict:
    """`beside`: what stands next to the quotes (titles, sections, the question): names and dates may stand there.

    Without a quote nothing is supported.
    """
    folded = " ".join(text.split())
    if any(folded == " ".join(quote.split()) for quote in quotes):
        checks = tuple(Check(name=name, passed=True) for name in (*_VETOES, "words"))
        return Verdict(checks=checks, probability=1.0)
    said, source, around = plain(text), "\n".join(plain(quote) for quote in quotes), plain(beside)
    vetoes = {name: find(said, source, around) for name, find in _VETOES.items()}
    for kind, line in swapped(said, source):
        vetoes[f"{kind}s"].append(line)
    features = overlap(said, source, around)
    likely = support.probability(features) if source else 0.0
    checks = tuple(Check(name=name, passed=not lines, detail="; ".join(lines)) for name, lines in vetoes.items())
    words = Check(name="words", passed=likely >= support.least, detail=share(features))
    return Verdict(checks=(*checks, words), probability=0.0 if any(vetoes.values()) else likely)


def check_statement(text: str, quotes: Sequence[str], *, beside: str = "") -> tuple[Check, ...]:
    """Numbers, units, dates, names, negation, comparisons, words: in this order, each with what a reader needs."""
    return judge(text, quotes, beside=beside).checks


def _numbers(text: str, source: str, beside: str) -> list[str]:
    return [one.detail for one in _strange_numbers(text, source, beside) if not one.unit]


def _units(text: str, source: str, beside: str) -> list[str]:
    return [one.detail for one in _strange_numbers(text, source, beside) if one.unit]


def _strange_numbers(text: str, source: str, beside: str) -> list[numbers.Strange]:
    years = "".join(f"\n{year}" for year in dates.years(source))
    return numbers.strange(dates.without(text), dates.without(source) + years, beside)


def _names(text: str, source: str, beside: str) -> list[str]:
    return [f"{name} is not in the source" for name in names.strange(dates.without(text), source, beside)]


def _negation(text: str, source: str, beside: str) -> list[str]:
    del beside
    return negation.turned(text, source)


def _comparisons(text: str, source: str, beside: str) -> list[str]:
    del beside
    return reversed_in(text, source)


_VETOES: Mapping[str, Callable[[str, str, str], list[str]]] = {
    "numbers": _numbers,
    "units": _units,
    "dates": dates.strange,
    "names": _names,
    "negation": _negation,
    "comparisons": _comparisons,
}
