"""What tells that the evidence answers the question, and not only comes near it.

None of it depends on how large the corpus is: shares and nearness of what was found, and how far the best stands above
what follows. What does not lead was found because something had to be.
"""

from collections.abc import Sequence

from rag.answering.weighing import Asked, Sentence
from rag.index.analysis import terms
from rag.retrieval.searcher import Found

READ = 3  # passages
BEHIND = 5  # sentences, and hits by nearness, that the best one is compared with
BEHIND_BY_SCORE = 9
LONG = 12  # terms of a question
# Where fewer were found than can be compared, as in a narrowed search: about what answerable questions have.
USUAL_LEAD, USUAL_GAP = 0.3, 0.1


def features(asked: Asked, found: Found, ranked: Sequence[Sentence]) -> dict[str, float]:
    """Larger where an answer is likelier, mostly in [0, 1]. They compare across questions.

    `terms`: share of the question's terms that stand together in one passage. The leads: of the best over the mean of
    those behind it. `length`: a long question seldom has all its terms in one place.
    """
    wanted = set(asked.analysis.terms)
    held = [set(terms(" ".join([found.text_of(p).info.title, *p.section, p.text]))) for p in found.passages[:READ]]
    scores = [hit.score for hit in found.hits]
    cosines = sorted((hit.why.raw.get("cosine", 0.0) for hit in found.hits), reverse=True)
    return {
        "sentence_cosine": max((sentence.cosine for sentence in ranked), default=0.0),
        "terms": max((len(words & wanted) / max(1, len(wanted)) for words in held), default=0.0),
        "sentence_lead": _lead([s.score for s in ranked], BEHIND, fewest=3, usual=USUAL_LEAD),
        "hit_lead": _lead(cosines, BEHIND, fewest=BEHIND, usual=USUAL_GAP),
        "score_lead": _lead(scores, BEHIND_BY_SCORE, fewest=BEHIND_BY_SCORE, usual=USUAL_GAP),
        "length": min(1.0, len(wanted) / LONG),
    }


def _lead(values: Sequence[float], behind: int, *, fewest: int, usual: float) -> float:
    """Of the first over the mean of so many behind it; `usual` where fewer than `fewest` are."""
    others = values[1 : behind + 1]
    return values[0] - sum(others) / len(others) if len(others) >= fewest else usual
