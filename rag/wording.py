"""Why a hit stands where it stands, in words: for the command line and the page, clients of the API both. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIGNALS: Mapping[str, str] = {
    "facts": "looked up",
    "meaning": "near in meaning",
    "words": "has the words",
    "company": "like other good ones",
    "order": "words side by side",
    "coverage": "has the rare words",
    "kind": "of that kind",
    "people": "by that person",
    "period": "of that time",
    "fresh": "recent",
}
RAW: Mapping[str, str] = {"cosine": "cosine", "bm25": "BM25"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a signal adds to a score, of the `most` that it can in this search."""

    words: str
    got: float
    most: float


def parts_of(why: Mapping[str, Any]) -> list[Part]:
    """One a signal that counts in this search, what adds nothing too, in the order of SIGNALS; new ones last."""
    parts, weights = why["parts"], why["weights"]
    counting = {**weights, **parts}
    names = [*(name for name in SIGNALS if name in counting), *(name for name in counting if name not in SIGNALS)]
    return [
        Part(words=SIGNALS.get(name, name), got=parts.get(name, 0.0), most=weights.get(name, parts.get(name, 0.0)))
        for name in names
    ]


def measured(why: Mapping[str, Any]) -> str:
    """What meaning and words were scaled from: "cosine 0.223 · BM25 6.462"."""
    return " · ".join(f"{RAW.get(name, name)} {value:.3f}" for name, value in why["raw"].items())
