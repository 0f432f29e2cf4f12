"""Where documents of the service stand in a pack's judgements."""

from eval.runs.places import Places
from rag.domain.types import DocumentInfo, SearchHit, Why
from tests.eval.bench import citation, document


def record(name: str) -> DocumentInfo:
    return document("corpus.jsonl", part=name)


def hit(name: str, score: float, *copies: str) -> SearchHit:
    cited = citation(record(name), "words", "words")
    return SearchHit(citation=cited, score=score, why=Why(), copies=tuple(record(copy) for copy in copies))


def test_a_document_that_a_hit_names_as_its_copy_is_found_behind_it() -> None:
    hits = [hit("b", 0.5), hit("a", 0.9, "c", "b"), hit("c", 0.1)]
    assert Places(packs={}).ranking(hits) == ("a", "c", "b")


def test_passages_of_one_document_count_once_at_their_best() -> None:
    groups = {"p1": "d", "p2": "d", "p3": "other"}
    assert Places(packs={}, groups=groups).ranking([hit("p1", 0.9), hit("p3", 0.5), hit("p2", 0.8)]) == ("d", "other")
