"""Does the answer say the numbers, units, dates and names of the words it cites? No gold answer is needed.

Each is the share, in [0, 1], of those in the answer that also stand in what it cites: the quotes, and the names of
their documents and sections, which stand beside them. None when the answer has none of the kind, and for a refusal. An
answer that cites nothing has nothing to stand on: 0.

number_agreement: numbers by value; per cent, scales and units folded: 87.1 % = 0.871, 3k = 3000, 5 ms = 0.005 s.
unit_agreement: numbers that have a unit, by value and unit: 5 ms is not 5 s, 3 $ not 3 €. A number that the quotes give
without a unit (in a table, say) agrees where a quote names the unit anywhere.
date_agreement: whole dates, in any notation.
entity_agreement: names and identifiers, whatever joins their parts (A100-80GB = A100 80GB).

Worked: answer "87.1 % after 5 ms on the A100", quote "accuracy 0.871 in 5 s on A100": numbers 1/2 (0.871 stands there,
5 ms does not), units 0/1, entities 1/1, dates None.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial

from eval.metrics.base import NOT_SCORED, Metric, Observation, Score
from eval.metrics.keys import Key, close, keys, plain, same_amount, same_unit
from eval.metrics.matching import places
from rag.domain.types import Citation, Run

_MARKER = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+", re.M)  # of a list: no number of the answer's
Quoted = tuple[str, Sequence[Key]]  # the words cited, and their keys


def stated(text: str) -> str:
    """Without markers of lists and citations, as `plain` gives it."""
    return plain(_MARKER.sub("", text))


def words(citation: Citation) -> str:
    """What a reader sees of a citation: the names of its document and section, then the quote."""
    document, locator = citation.document, citation.locator
    run = (locator.run, locator.key) if isinstance(locator, Run) else ()
    named = (document.title, document.path, document.part, document.date, *citation.section, *run)
    return f"{'. '.join(name for name in named if name)}. {citation.quote}"


def quoted(quotes: Sequence[str]) -> Quoted:
    text = stated("\n".join(quotes))
    return text, keys(text)


def said(text: str) -> list[Key]:
    """Keys of an answer or statement; `one` counts nothing, for it mostly is a pronoun."""
    return [key for key in keys(stated(text)) if key.text.lower() != "one"]


def stands(key: Key, words: Quoted) -> bool:
    """Whether the quotes have it; with a unit, whether they have it in that unit."""
    if key.kind == "number" and key.unit:
        return _in_unit(key, words)
    return bool(places(words[0], words[1], key))


def _in_unit(key: Key, words: Quoted) -> bool:
    text, present = words
    numbers = [other for other in present if other.kind == "number"]
    if any(other.unit and same_amount(other, key) for other in numbers):
        return True
    bare = any(not other.unit and close(other.value, key.value) for other in numbers)
    return bare and _names_unit(text, numbers, key.unit)


def _names_unit(text: str, numbers: Sequence[Key], unit: str) -> bool:
    named = any(same_unit(other.unit, unit) for other in numbers if other.unit)
    return named or bool(re.search(rf"(?<![^\W_]){re.escape(unit)}(?![^\W_])", text, re.I)) or unit in "$€£"


def number_stands(key: Key, words: Quoted) -> bool:
    return bool(places(words[0], words[1], key))


def share(wanted: Sequence[Key], words: Quoted, has: Callable[[Key, Quoted], bool]) -> float | None:
    """None for nothing wanted."""
    return sum(has(key, words) for key in wanted) / len(wanted) if wanted else None


Wanted = Callable[[Key], bool]
_KINDS: dict[str, tuple[Wanted, Callable[[Key, Quoted], bool]]] = {
    "number_agreement": (lambda key: key.kind == "number", number_stands),
    "unit_agreement": (lambda key: key.kind == "number" and bool(key.unit), _in_unit),
    "date_agreement": (lambda key: key.kind == "date", stands),
    "entity_agreement": (lambda key: key.kind in {"name", "identifier"}, stands),
}


def agreement(name: str, answer: str, quotes: Sequence[str]) -> float | None:
    wanted, has = _KINDS[name]
    return share([key for key in said(answer) if wanted(key)], quoted(quotes), has)


def _agreement(name: str, seen: Observation) -> Score:
    if seen.answer is None or seen.answer.status == "refused":
        return NOT_SCORED
    return Score(agreement(name, seen.answer.text, [words(citation) for citation in seen.answer.citations]))


AGREEMENT: dict[str, Metric] = {name: partial(_agreement, name) for name in _KINDS}
