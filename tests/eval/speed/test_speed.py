from pathlib import Path

import pytest

from eval.speed.embedding import Subject, embedding, stored_passages
from eval.speed.exact import exact, read_all
from eval.speed.generated import generate, write
from eval.speed.shelves import Shelf
from eval.speed.suite import ingest, searching
from eval.speed.timing import Measured, Timing, in_turn, timing
from rag.index.generations import HomeIndexes
from rag.main import build
from rag.settings import Settings
from tests.fakes import WordEmbedder


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    assert timing([float(n) for n in range(20, 0, -1)]) == Timing(p50=10.0, p95=19.0, n=20)
    assert timing([3.0]) == Timing(p50=3.0, p95=3.0, n=1)


def test_ours_and_the_reference_are_measured_in_turn_and_the_warm_up_does_not_count() -> None:
    order: list[str] = []
    ours, theirs = in_turn([lambda: order.append("a")] * 3, [lambda: order.append("b")] * 3, warmup=1)
    assert "".join(order) == "ab" + "ababab"
    assert (ours.n, theirs.n) == (3, 3)


def test_a_ratio_compares_the_medians() -> None:
    ours, theirs = Timing(p50=6.0, p95=9.0, n=1), Timing(p50=2.0, p95=1.0, n=1)
    assert Measured(what="x", ours=ours, reference="y", theirs=theirs).ratio == 3.0
    assert Measured(what="x", ours=ours).ratio is None


def test_the_generated_corpus_is_the_same_each_time_and_its_words_are_as_uneven_as_a_language(tmp_path: Path) -> None:
    made = generate(30, questions=5)
    assert made == generate(30, questions=5)
    assert made != generate(30, seed=1, questions=5)
    words = " ".join(made.passages).lower().replace(".", "").split()
    counts = sorted((words.count(word) for word in set(words)), reverse=True)
    assert counts[0] > 10 * counts[len(counts) // 2]
    assert write(made, tmp_path / "notes") == read_all(tmp_path / "notes")
    assert len(list((tmp_path / "notes").iterdir())) == 3


@pytest.mark.slow  # a whole service
def test_everything_is_measured_on_a_home_and_the_reference_finds_what_the_index_finds(tmp_path: Path) -> None:
    made, embedder = generate(40, questions=4), WordEmbedder()
    write(made, tmp_path / "notes")
    services = build(Settings(home=tmp_path / "home"), embedder=embedder)
    subject = Subject(embedder=embedder, questions=made.questions, passages=made.passages, repeats=4)
    shelves = [Shelf(space="speed", kind="", folder=tmp_path / "notes")]
    rows = [*embedding(subject, embedder.embed), *ingest(services, shelves, 2, lambda _: None)]
    stored = stored_passages(services.catalog, 3)
    assert len(stored) == 3
    assert all(any(passage in text for passage in made.passages) for text in stored)
    reference = exact(services.catalog, embedder.fingerprint)
    rows += searching(services, subject, reference)
    assert all(row.ratio and row.ratio > 0 and row.ours.p95 >= row.ours.p50 > 0 for row in rows)
    assert len({(row.what, row.reference) for row in rows}) == len(rows)
    assert isinstance(services.indexes, HomeIndexes)
    for question in made.questions:
        vector = embedder.embed([question])[0]
        scores = dict(zip(reference.ids, (reference.vectors @ vector).tolist(), strict=True))
        found = sorted(score for _, score in services.indexes.dense.search(vector, 10))
        assert found == pytest.approx(sorted(scores[id] for id in reference.nearest(vector, 10)), abs=1e-4)
    services.close()
