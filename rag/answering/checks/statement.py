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


# By eval.fitting.support_fit on SciFact claims and FaithBench summaries (fitting halves), examples and a handbook. Over
# five folds, of what no check contradicts, .86 of faithful summary sentences are verified, .78 of supported claims,
# .50 of other claims, .03 of sentences against a quote from elsewhere. All four features: .84, .70, .34, .04.
DEFAULT = Support(bias=-2.45, weights={"coverage": 4.23}, least=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`probability`, in [0, 1]: that the words cited carry the statement; 0 where a check contradicts it."""

    checks: tuple[Check, ...]
    probability: float

    @property
    def supported(self) -> bool:
        return all(check.passed for check in self.checks)


def judge(
    text: str, quotes: Sequence[str], *, beside: str = "", asked: str = "", support: Support = DEFAULT
) -> Verdict:
    """`beside`: what stands next to the quotes (titles, sections, dates); names, dates and numbers may stand there.

    `asked`: the question, whose names are known; its numbers and dates are no evidence. Without a quote nothing is
    supported.
    """
    folded = " ".join(text.split())
    if folded and any(folded == " ".join(quote.split()) for quote in quotes):
        checks = tuple(Check(name=name, passed=True) for name in (*_VETOES, "words"))
        return Verdict(checks=checks, probability=1.0)
    held = _Held(source="\n".join(plain(quote) for quote in quotes), beside=plain(beside), asked=plain(asked))
    said = plain(text)
    against = _against(said, held)
    features = overlap(said, held.source, f"{held.beside}\n{held.asked}")
    likely = support.probability(features) if held.source else 0.0
    checks = tuple(Check(name=name, passed=not lines, detail="; ".join(lines)) for name, lines in against.items())
    words = Check(name="words", passed=likely >= support.least, detail=share(features))
    return Verdict(checks=(*checks, words), probability=0.0 if any(against.values()) else likely)


def check_statement(text: str, quotes: Sequence[str], *, beside: str = "", asked: str = "") -> tuple[Check, ...]:
    """Numbers, units, dates, names, negation, comparisons, words: in this order, each with what a reader needs."""
    return judge(text, quotes, beside=beside, asked=asked).checks


def contradicted(text: str, source: str) -> bool:
    """Whether any check but that of the words fails; both plain."""
    return any(_against(text, _Held(source=source)).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """Plain texts that a statement is held against."""

    source: str
    beside: str = ""
    asked: str = ""


def _against(text: str, held: _Held) -> dict[str, list[str]]:
    """By check: what speaks against the statement."""
    found = {name: find(text, held) for name, find in _VETOES.items()}
    for kind, line in swapped(text, held.source):
        found[f"{kind}s"].append(line)
    return found


def _numbers(text: str, held: _Held) -> list[str]:
    return [one.detail for one in _strange_numbers(text, held) if not one.unit]


def _units(text: str, held: _Held) -> list[str]:
    return [one.detail for one in _strange_numbers(text, held) if one.unit]


def _strange_numbers(text: str, held: _Held) -> list[numbers.Strange]:
    years = "".join(f"\n{year}" for year in dates.years(f"{held.source}\n{held.beside}"))
    return numbers.strange(dates.without(text), dates.without(held.source) + years, held.beside)


def _dates(text: str, held: _Held) -> list[str]:
    return dates.strange(text, held.source, held.beside)


def _names(text: str, held: _Held) -> list[str]:
    known = f"{held.beside}\n{held.asked}"
    return [f"{name} is not in the source" for name in names.strange(dates.without(text), held.source, known)]


def _negation(text: str, held: _Held) -> list[str]:
    return negation.turned(text, held.source)


def _comparisons(text: str, held: _Held) -> list[str]:
    return reversed_in(text, held.source)


_VETOES: Mapping[str, Callable[[str, _Held], list[str]]] = {
    "numbers": _numbers,
    "units": _units,
    "dates": _dates,
    "names": _names,
    "negation": _negation,
    "comparisons": _comparisons,
}
