"""What a metric sees and what it says."""

from collections.abc import Callable
from dataclasses import dataclass

from eval.packs.loading import Sample
from rag.domain.types import Answer, Citation

Similarity = Callable[[str, str], float]  # of two texts in meaning, in [0, 1]
TextOf = Callable[[Citation], str]  # the whole text of the version that a citation names


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A passage that search brought, as a place in the pack."""

    files: frozenset[str]  # path of its document and the raw files behind it, inside the pack; empty: another pack's
    text: str
    best: tuple[int, int]  # start and end, inside `text`, of the chunk that brought it


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A citation of the answer, as a place in the pack."""

    files: frozenset[str]
    document: str  # its id in the judgements of a BEIR pack
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the service did with one question."""

    sample: Sample
    ranking: tuple[str, ...] | None = None  # document ids of a BEIR pack, best first, each once
    found: tuple[Found, ...] | None = None
    answer: Answer | None = None
    cited: tuple[Cited, ...] = ()
    text_of: TextOf | None = None
    similarity: Similarity | None = None  # None: no embedder at hand
    alone: "Observation | None" = None  # of a follow-up: the same with its turns spelled out, asked by itself


@dataclass(frozen=True, slots=True)
class Score:
    """`value` None: cannot be scored; counted in the report, never averaged in."""

    value: float | None


Metric = Callable[[Observation], Score]

NOT_SCORED = Score(None)
