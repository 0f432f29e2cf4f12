import io
import math
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from eval.metrics.retrieval import RETRIEVAL
from eval.packs.loading import load_pack
from eval.progress import Narrator
from eval.report.console import show
from eval.runs.asking import Item
from eval.runs.baselines import BM25, BM25_SETTINGS, beside, min_max, reciprocal_rank, tokens, top
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
