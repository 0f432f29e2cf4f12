"""How much of a statement's content the source says: soft evidence, weighed together."""

import re
from collections.abc import Mapping
from itertools import pairwise

from rag.answering.checks.reading import content, sentences

NEAR = 6  # content words within which two words of a statement stand together in the source
# words that only say that something is said
_FRAME = "the notes say states mentions according document documents source text sentence reports notes"
FRAME = frozenset(content(_FRAME))
_NUMBER = re.compile(r"[\d.,+-]+(?:e[+-]?\d+)?")


def overlap(text: str, source: str, beside: str = "") -> dict[str, float]:
    """Each in [0, 1], larger where the source carries the text: both plain.

    `coverage`: share of the content words that stand there; `pairs`: share of the neighbouring ones that stand near
    each other; `together`: the largest share that one sentence holds; `few`: 1 / (1 + words that stand nowhere).
    """
    own = [stem for stem in content(text) if stem not in FRAME]
    there = [list(content(sentence)) for sentence in sentences(source)]
    held = {stem for words in there for stem in words}
    around = set(content(beside))
    if not own:
        return {"coverage": 1.0, "pairs": 1.0, "together": 1.0, "few": 1.0}
    known = held | around
    wanted = set(own)
    missing = {
        stem for stem in wanted - known if not _NUMBER.fullmatch(stem)
    }  # 2000 is 2,000: numbers have their check
    near = _near([stem for words in there for stem in words])
    neighbours = [(a, b) for a, b in pairwise(own) if a != b]
    together = max((len(wanted & set(words)) for words in there), default=0)
    return {
        "coverage": 1 - len(missing) / len(wanted),
        "pairs": sum(pair in near for pair in neighbours) / len(neighbours) if neighbours else 1.0,
        "together": together / len(wanted),
        "few": 1 / (1 + len(missing)),
    }


def missing(text: str, source: str, beside: str = "") -> int:
    """How many content words stand nowhere."""
    return len(set(content(text)) - FRAME - set(content(f"{source}\n{beside}")))


def share(features: Mapping[str, float]) -> str:
    return f"{features['coverage']:.0%} of its words stand in the source"


def _near(words: list[str]) -> set[tuple[str, str]]:
    return {
        pair
        for place, word in enumerate(words)
        for other in words[place + 1 : place + 1 + NEAR]
        for pair in ((word, other), (other, word))
    }
