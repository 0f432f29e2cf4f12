import io
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from eval.metrics.base import Found
from eval.metrics.evidence import EVIDENCE
from eval.metrics.retrieval import RETRIEVAL
from eval.packs.loading import Evidence, Sample, load_pack, load_packs
from eval.progress import Narrator
from eval.report.console import show
from eval.runs.asking import Item
from eval.runs.baselines import BM25, BM25_SETTINGS, beside, min_max, reciprocal_rank, tokens, top
from eval.runs.llamaindex import LIKE_OURS, WHOLE, hits
from eval.runs.results import run_json
from eval.runs.runner import PackRun, Run
from rag.domain.types import IngestReport
from rag.settings import Settings
from tests.fakes import WordEmbedder


def test_bm25_is_the_lucene_form() -> None:
    lengths, idf = (3, 1), math.log(1 + 1.5 / 1.5)
    norm = 0.9 * (0.6 + 0.4 * lengths[0] / 2)
    scores = BM25([["gradient", "gradient", "spikes"], ["batches"]]).scores(["gradient", "unknown"])
    assert scores.tolist() == pytest.approx([idf * 2 / (2 + norm), 0.0])


def test_a_question_without_a_known_word_and_a_corpus_without_words_score_nothing() -> None:
    assert BM25([["gradient"]]).scores(["unknown"]).tolist() == [0.0]
    assert BM25([[], []]).scores(["gradient"]).tolist() == [0.0, 0.0]


def test_tokens_are_stems_without_stop_words_and_single_letters() -> None:
    assert tokens(["The running of a Gradient", "the"]) == [["run", "gradient"], []]


def test_min_max_scales_each_pool_to_its_own_range_and_gives_nothing_outside_it() -> None:
    first = np.array([0, 1, 2]), np.array([10.0, 5.0, 0.0, -3.0])
    second = np.array([1, 3]), np.array([0.0, 0.7, 0.0, 0.7])
    assert min_max([first, second], 4).tolist() == pytest.approx([1.0, 1.5, 0.0, 1.0])


def test_reciprocal_ranks_add_up() -> None:
    pools = [(np.array([0, 1]), np.zeros(3)), (np.array([1]), np.zeros(3))]
    assert reciprocal_rank(pools, 3).tolist() == pytest.approx([1 / 61, 1 / 62 + 1 / 61, 0.0])


def test_ties_keep_the_order_of_the_corpus() -> None:
    assert top(np.array([1.0, 2.0, 1.0]), 3).tolist() == [1, 0, 2]


def test_plain_systems_stand_beside_ours_question_by_question(beir: Path) -> None:
    pack = load_pack(beir)
    narrator = Narrator(Console(width=160, record=True, file=io.StringIO()))
    items = tuple(Item(sample=sample, metrics=dict.fromkeys(RETRIEVAL, 1.0), latency_ms=1.0) for sample in pack.samples)
    one = PackRun(pack=pack, items=items, ingest=IngestReport())
    run = Run(command="retrieval", packs=(one,), system={}, seconds=0.0)
    found = beside(run, WordEmbedder(), narrator)
    assert set(found["tiny-beir"]) == {*BM25_SETTINGS, "vectors", "rrf", "min-max"}
    assert found["tiny-beir"]["bm25"]["ndcg@10"]["value"] == 1.0
    assert found["tiny-beir"]["bm25"]["ndcg@10"]["p"] == 1.0
    show(run_json(run, Settings(), found), narrator.console)
    assert "beside plain systems" in narrator.console.export_text()


def test_over_several_packs_each_counts_the_same(beir: Path, tmp_path: Path) -> None:
    packs = [load_pack(beir), load_pack(shutil.copytree(beir, tmp_path / "again" / "other"))]
    narrator = Narrator(Console(width=160, record=True, file=io.StringIO()))
    runs = []
    for pack, value in zip(packs, (1.0, 0.5), strict=True):
        items = [
            Item(sample=sample, metrics=dict.fromkeys(RETRIEVAL, value), latency_ms=1.0) for sample in pack.samples
        ]
        runs.append(PackRun(pack=pack, items=tuple(items), ingest=IngestReport()))
    run = Run(command="retrieval", packs=tuple(runs), system={}, seconds=0.0)
    result = run_json(run, Settings(), beside(run, WordEmbedder(), narrator))
    bm25 = result["baselines"]["bm25"]["ndcg@10"]
    assert (bm25["value"], bm25["difference"]) == (1.0, -0.25)
    assert bm25["ci95"] == [-0.25, -0.25]
    assert bm25["p"] == 0.5  # two questions that differ, four patterns of signs
    show(result, narrator.console)
    assert "the mean over these packs" in narrator.console.export_text()


@pytest.mark.slow
def test_llamaindex_s_default_pipeline_stands_beside_file_packs(tree: Path, tmp_path: Path) -> None:
    other = tmp_path / "packs" / "other"
    other.mkdir()
    (other / "retro.md").write_text("Why did the run diverge, was the warmup short? Because warmup was too short.\n")
    packs = load_packs([tree, other])
    narrator = Narrator(Console(width=160, record=True, file=io.StringIO()))
    runs = tuple(
        PackRun(
            pack=pack,
            items=tuple(Item(sample=s, metrics=dict.fromkeys(EVIDENCE, 1.0), latency_ms=1.0) for s in pack.samples),
            ingest=IngestReport(),
        )
        for pack in packs
    )
    run = Run(command="retrieval", packs=runs, system={}, seconds=0.0)
    apart = beside(run, WordEmbedder(), narrator, separate=True)
    assert set(apart) == {"tiny-team"}
    assert {name: found["evidence_hit@1"]["value"] for name, found in apart["tiny-team"].items()} == {
        LIKE_OURS: 1.0,
        WHOLE: 1.0,
    }
    together = beside(run, WordEmbedder(), narrator)
    figures = together["tiny-team"][LIKE_OURS]
    assert figures["file_hit@1"]["value"] == 0.0  # the other pack's file is nearer, and is not what was asked for
    assert figures["file_hit@1"]["difference"] == 1.0
    assert figures["file_hit@5"]["value"] == 1.0
    assert together["other"] == {}
    show(run_json(run, Settings(), together), narrator.console)
    assert "evidence_hit@10" in narrator.console.export_text()


def test_of_a_chunk_its_first_200_words_count_as_of_a_passage_or_all_of_it() -> None:
    quote = "warmup was too short"
    sample = Sample(
        id="q", question="why", gold_files=("a.md",), evidence=(Evidence(file="a.md", quote=quote),), answerable=True
    )
    late = Found(files=frozenset(["a.md"]), text="word " * 200 + quote, best=(0, 1))
    early = Found(files=frozenset(["a.md"]), text=quote + " word" * 600, best=(0, 1))
    elsewhere = Found(files=frozenset(["b.md"]), text=quote, best=(0, 1))
    found = hits(sample, (elsewhere, late, early))
    assert [found[LIKE_OURS][f"evidence_hit@{k}"] for k in (1, 5)] == [0.0, 1.0]
    assert hits(sample, (late,))[LIKE_OURS]["evidence_hit@10"] == 0.0
    assert hits(sample, (late,))[LIKE_OURS]["file_hit@1"] == 1.0
    assert hits(sample, (late,))[WHOLE]["evidence_hit@1"] == 1.0
    assert hits(sample, (elsewhere,))[WHOLE]["evidence_hit@10"] == 0.0
