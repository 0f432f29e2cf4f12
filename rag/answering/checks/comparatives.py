"""What is higher there and lower here, and which of two is said to be the better."""

import re
from collections.abc import Collection, Iterator, Mapping

from rag.answering.checks.reading import content, sentences, stems, tokens

# Two poles an axis, parted by "/"; words of one pole may stand for each other.
_AXES = """
    increase rise rose risen grow grew grown growth climb jump raise surge boost
      / decrease fall fell fallen drop decline shrink shrank reduce reduced reduction
    more higher larger bigger greater above exceed exceeds exceeded
      / fewer less lower smaller below
    faster quicker sooner / slower later
    better superior outperform outperforms outperformed / worse inferior underperform underperformed
    before earlier prior / after afterwards later
    enable enabled enables activate activated / disable disabled disables deactivate deactivated
    allow allowed permit permitted / forbid forbidden ban banned disallow disallowed prohibit prohibited
    succeed succeeded success passed / fail failed failure
    accept accepted approve approved / reject rejected decline declined
    first initial / last final
    most highest maximum max best largest / least lowest minimum min worst smallest
    always / never
    improve improved improvement / worsen worsened degrade degraded degradation
    add added adding / remove removed removing delete deleted
    newer newest latest / older oldest
    longer / shorter
    true / false
    open opened / closed
    stable / unstable
    positive / negative
    promote promotes promoted activate activates stimulate stimulates / inhibit inhibits inhibited suppress suppresses
    presence present / absence absent
    cheaper / costlier dearer
    upper / lower
    safe safer / unsafe
"""
_THAN = re.compile(r"\bthan\b|\bcompared (?:to|with)\b|\bover\b", re.I)
_ORDERED = frozenset({"outperform", "outperforms", "outperformed", "underperform", "underperforms", "underperformed"})


def _poles() -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for axis, line in enumerate(re.sub(r"\n\s+/", " /", _AXES).strip().splitlines()):
        for pole, words in enumerate(line.split("/")):
            for word in words.split():
                for form in {word, *stems(word)}:
                    found.setdefault(form, []).append((axis, pole))
    return found


POLES: Mapping[str, list[tuple[int, int]]] = _poles()


def _sides(word: str) -> list[tuple[int, int]]:
    """(axis, pole) that a word in lower case stands for, in whatever form."""
    return POLES.get(word) or next((POLES[stem] for stem in stems(word) if stem in POLES), [])


def reversed_in(text: str, source: str) -> list[str]:
    """A line for each word whose opposite alone the source says, and for each comparison the other way round."""
    compared = dict(_compared(text, source))
    swapped = [f"“{word}” compares the other way round in the source" for word, lean in compared.items() if lean < 0]
    return [*_opposites(text, source, compared.keys()), *swapped]


def _words(text: str) -> list[str]:
    return [token.lower() for token in tokens(text)]


def _opposites(text: str, source: str, compared: Collection[str]) -> Iterator[str]:
    there = _words(source)
    poles = {pole for word in there for pole in _sides(word)}
    standing = {stem for word in there for stem in stems(word)} | set(there)
    for word in dict.fromkeys(_words(text)):
        sides = _sides(word)
        if not sides or word in compared or standing.intersection((word, *stems(word))) or poles.intersection(sides):
            continue
        against = next((other for other in there for a, p in _sides(other) if (a, 1 - p) in sides), None)
        if against:
            yield f"“{word}” stands here, “{against}” in the source"


def _compared(text: str, source: str) -> Iterator[tuple[str, int]]:
    """Words that compare two things which the source compares too; below 0: the other way round.

    A better than B against B better than A; two opposites and two orders agree again.
    """
    there = list(_comparisons(source))
    for left, right, side, word in _comparisons(text):
        agreeing = [
            _leaning(left, right, other_left, other_right) * (1 if side[1] == other_side[1] else -1)
            for other_left, other_right, other_side, _ in there
            if side[0] == other_side[0] and _both(left, right, other_left | other_right)
        ]
        if agreeing:
            yield word, max(agreeing)


def _leaning(left: set[str], right: set[str], other_left: set[str], other_right: set[str]) -> int:
    """Above 0 where the sides are the same, below where they are swapped."""
    straight = len((left - right) & (other_left - other_right)) + len((right - left) & (other_right - other_left))
    crossed = len((left - right) & (other_right - other_left)) + len((right - left) & (other_left - other_right))
    return straight - crossed


def _both(left: set[str], right: set[str], there: set[str]) -> bool:
    """Each side is named in both."""
    return bool((left - right) & there) and bool((right - left) & there)


def _comparisons(text: str) -> Iterator[tuple[set[str], set[str], tuple[int, int], str]]:
    """(content before, content after, (axis, pole), the word) of each comparison of plain text."""
    for sentence in sentences(text):
        words = list(re.finditer(r"[\w-]+", sentence))
        for match in words:
            word = match[0].lower()
            sides = _sides(word)
            if not sides:
                continue
            if word in _ORDERED:
                yield set(content(sentence[: match.start()])), set(content(sentence[match.end() :])), sides[0], word
                continue
            than = _THAN.search(sentence, match.end())
            if than and than.start() - match.end() < 40:
                before, after = sentence[: match.start()], sentence[than.end() :]
                yield set(content(before)), set(content(after)), sides[0], word
