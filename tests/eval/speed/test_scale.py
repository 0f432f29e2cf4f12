import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.packs.loading import load_pack
from eval.progress import Narrator
from eval.speed.generated import generate, write
from eval.speed.homes import Growth, grow, served
from eval.speed.recall import measured_recall, nearest, recall
from eval.speed.scaled import Base, changed, copies, moved
from eval.speed.searches import Case, alone, cases, rank, while_ingesting
from eval.speed.shelves import shelve
from rag.domain.errors import NotFound
from rag.domain.types import Filters
from rag.index.exact import ExactIndex
from rag.main import build
from rag.settings import Settings
from tests.fakes import WordEmbedder
from tests.index.memory import MemoryCatalog, entry, unit


def test_recall_is_the_share_of_the_exact_neighbours_that_is_found_and_ties_count() -> None:
    whole, half = MemoryCatalog(), MemoryCatalog()
    entries = [entry(f"{n}:1:0", unit(1, n)) for n in range(20)]
    whole.put(entries)
    half.put([*entries[::2], *(entry(f"far{n}:1:0", unit(-1, n)) for n in range(20))])
    asked = np.stack([unit(1, 0), unit(1, 0.1)])
    exact = nearest(whole, whole.model, asked, 10)
    assert recall(ExactIndex(whole, whole.model, 2), asked, exact) == 1.0
    assert recall(ExactIndex(half, half.model, 2), asked, exact) == 0.5
    twin = MemoryCatalog()
    twin.put([replace(one, chunk_id=f"twin-{one.chunk_id}") for one in entries])
    assert recall(ExactIndex(twin, twin.model, 2), asked, exact) == 1.0


def test_the_nearest_are_read_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.speed.recall.PAGE", 2)
    catalog = MemoryCatalog()
    catalog.put([entry(f"{n}:1:0", unit(1, n)) for n in range(5)])
    found = nearest(catalog, catalog.model, np.stack([unit(1, 0), unit(0, 1)]), 2)
    assert [[key for key, _ in row] for row in found] == [["0:1:0", "1:1:0"], ["4:1:0", "3:1:0"]]


def test_a_rank_is_that_of_the_first_wanted_document() -> None:
    assert rank(dict.fromkeys("abc"), {"c": 1, "b": 1}) == 2
    assert rank(dict.fromkeys("abc"), {"z": 1}) == 0


def test_copies_are_exact_slices_with_unit_vectors_and_the_same_each_time() -> None:
    random = np.random.default_rng(0)
    base = Base(
        texts=[f"one two three {n} four five six" for n in range(5)],
        vectors=moved(np.eye(5, 8, dtype=np.float32), random),
        names=["a", "b"],
        rows=[range(3), range(3, 5)],
    )
    sources = {"north": "n", "south": "s", "west": "w"}
    made, again = copies(base, sources), copies(base, sources)
    first = [next(made) for _ in range(6)]
    for one, same in zip(first, again, strict=False):
        assert one.document == same.document
        assert np.array_equal(one.vectors, same.vectors)
        assert [one.document.text[chunk.start : chunk.end] for chunk in one.chunks] == [c.text for c in one.chunks]
        assert np.linalg.norm(one.vectors, axis=1) == pytest.approx(np.ones(len(one.chunks)), abs=1e-5)
    assert [chunk.text for chunk in first[0].chunks] == list(base.texts[:3])
    assert len({one.document.id for one in first}) == 6
    assert first[2].document.text != first[0].document.text != first[4].document.text != first[2].document.text


def test_a_changed_text_keeps_most_of_its_words_and_a_moved_vector_stays_near() -> None:
    random = np.random.default_rng(0)
    words = [f"w{n}" for n in range(200)]
    kept = changed(" ".join(words), random).split(" ")
    assert set(kept) < set(words)
    assert 160 < len(kept) < 200
    assert kept != sorted(kept, key=words.index)
    assert changed("x", random) == "x"
    rows = moved(np.eye(50, 384, dtype=np.float32), random)
    assert np.diag(rows).mean() == pytest.approx(0.894, abs=0.02)


def test_a_documents_passages_stand_on_one_shelf_with_one_author_and_day(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    folder.mkdir()
    rows = [{"_id": f"{n}", "title": "t", "text": f"text {n}", "metadata": {"doc": f"doc-{n // 4}"}} for n in range(80)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "which?"}))
    seen: dict[str, set[tuple[str, str, str]]] = {}
    shelves = shelve(load_pack(folder), tmp_path / "shelves")
    for shelf in shelves:
        for path in shelf.folder.iterdir():
            for row in map(json.loads, path.read_text().splitlines()):
                place = shelf.folder.name, row["author"], row["date"]
                seen.setdefault(f"doc-{int(row['_id']) // 4}", set()).add(place)
    assert len(seen) == 20
    assert all(len(places) == 1 for places in seen.values())
    assert len({(shelf.space, shelf.kind) for shelf in shelves}) == len(shelves) > 3


@pytest.mark.slow  # whole services
def test_a_home_is_grown_without_embedding_and_asked_while_it_ingests(tmp_path: Path) -> None:
    made, embedder, narrator = generate(40, questions=4), WordEmbedder(), Narrator()
    write(made, tmp_path / "notes")
    services = build(Settings(home=tmp_path / "base"), embedder=embedder)
    services.ingestor.ingest([tmp_path / "notes"], space="speed")
    services.close()
    growth = Growth(base=tmp_path / "base", groups={}, passages=150)
    stages = list(grow(tmp_path / "home", growth, embedder, narrator))
    assert [row.what for row in stages if row.unit == "s"] == [
        "150 passages, written to the registry",
        "150 passages, lexical index",
        "150 passages, dense index",
    ]
    write(generate(30, seed=1), tmp_path / "more")
    with served(tmp_path / "home", embedder, narrator) as services:
        assert services.catalog.counts()["chunks"] >= 150
        narrowed = cases(services.catalog)
        assert [case.what for case in narrowed] == ["plain", "by space", "by kind", "by author", "by date"]
        assert [row.value for row in measured_recall(services, embedder, made.questions)] == [pytest.approx(1, abs=0.1)]
        assert len(list(alone(services, made.questions, narrowed))) == 5
        busy = list(while_ingesting(services, made.questions, narrowed, tmp_path / "more"))
        assert all(row.ours.n >= 1 for row in busy)
        assert "speed-busy" in {source.space for source in services.catalog.sources()}
        with pytest.raises(NotFound):
            list(while_ingesting(services, made.questions, [Case(what="x", filters=Filters())], tmp_path / "absent"))
