"""Through the real service, with the fake embedder so that no model is needed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from eval.packs.loading import load_packs
from eval.runs.results import run_json
from eval.runs.runner import Evaluation, Options, isolated, open_services
from rag.domain.services import Services
from rag.main import build, open_home
from rag.registry.home import lock_home
from tests.fakes import WordEmbedder

pytestmark = pytest.mark.slow


def open_with_words(home: Path) -> Services:
    settings = isolated(home)
    lock = lock_home(open_home(settings))
    services = build(settings, embedder=WordEmbedder())

    def close() -> None:
        services.close()
        lock.release()

    return replace(services, close=close)


def test_both_layouts_go_through_ingest_search_and_answers(beir: Path, tree: Path, tmp_path: Path) -> None:
    packs = load_packs([beir, tree])
    for command in ("retrieval", "answers"):
        evaluation = Evaluation(command=command, options=Options(home=tmp_path / "kept"), open_home=open_with_words)
        result = json.loads(json.dumps(run_json(evaluation.run(packs), isolated(tmp_path))))
        assert [result["packs"][name]["errors"] for name in ("tiny-beir", "tiny-team")] == [0, 0]
        if command == "retrieval":
            assert result["packs"]["tiny-beir"]["metrics"]["recall@100"]["value"] == 1.0
            assert result["packs"]["tiny-team"]["metrics"]["evidence_hit@5"]["value"] == 1.0
        else:
            assert result["packs"]["tiny-team"]["metrics"]["citation_valid"]["value"] == 1.0
            assert result["packs"]["tiny-team"]["ingest"]["tiny-team"]["unchanged"] == 2


def test_a_real_pack_with_the_real_model(pack: Callable[[str], Path], tmp_path: Path) -> None:
    packs = load_packs([pack("team-model-cards-llama")])
    run = Evaluation(command="answers", open_home=open_services).run(packs)
    metrics = run_json(run, isolated(tmp_path))["packs"]["team-model-cards-llama"]["metrics"]
    assert metrics["citation_valid"]["value"] == 1.0
    assert metrics["file_hit@10"]["value"] >= 0.8
    assert metrics["evidence_hit@10"]["n"] >= 5
