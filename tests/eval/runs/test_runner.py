import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from eval.comparing.compare import compare_runs, load_run
from eval.packs.loading import load_packs
from eval.progress import Narrator
from eval.report.comparison import show_comparison
from eval.report.console import show, show_failures
from eval.runs.asking import Command
from eval.runs.results import run_json
from eval.runs.runner import Evaluation, Options, index_name, indexes, indexing_code, isolated
from rag.domain.errors import BadInput
from rag.settings import Settings
from tests.eval.bench import Bench, opened

QUIET = Narrator(Console(quiet=True))


def evaluated(
    command: Command, packs: list[Path], options: Options | None = None
) -> tuple[dict[str, Any], list[Bench]]:
    benches: list[Bench] = []
    options = options or Options()
    evaluation = Evaluation(command=command, options=options, open_home=opened(benches), narrator=QUIET)
    run = evaluation.run(load_packs(packs))
    return json.loads(json.dumps(run_json(run, Settings()))), benches


def test_retrieval_ranks_documents_by_their_best_passage(beir: Path) -> None:
    result, _ = evaluated("retrieval", [beir])
    pack = result["packs"]["tiny-beir"]
    assert (result["command"], pack["n"]) == ("retrieval", 3)
    ndcg = pack["metrics"]["ndcg@10"]
    assert (ndcg["value"], ndcg["ci95"][1], ndcg["n"]) == (1.0, 1.0, 2)
    assert ndcg["ci95"][0] < 0.2  # two questions prove little
    assert pack["items"][2]["metrics"]["mrr@10"] is None
    assert pack["items"][0]["ranking"] == ["d1"]
    assert set(pack["latency_ms"]) == {"p50", "p95"}


def test_answers_are_scored_by_every_metric_of_the_contract(tree: Path) -> None:
    result, _ = evaluated("answers", [tree])
    pack = result["packs"]["tiny-team"]
    first = pack["items"][0]
    assert first["kind"] == "why-failed"
    wanted = {"file_hit@1": 1, "evidence_hit@1": 1, "citation_valid": 1, "citation_evidence": 1, "answer_correct": 1}
    assert {name: first["metrics"][name] for name in wanted} == wanted
    assert (first["metrics"]["false_refusal"], first["metrics"]["false_answer"]) == (0, None)
    assert pack["metrics"]["false_answer"]["value"] == 0
    assert pack["by_kind"]["unanswerable"]["n"] == 1


def test_file_packs_share_an_index_and_are_reported_together(tree: Path, tmp_path: Path, beir: Path) -> None:
    other = tmp_path / "packs" / "other-team"
    (other / "docs").mkdir(parents=True)
    (other / "docs" / "retro.md").write_text("Why did the run diverge? was the warmup short? Another team's words.")
    result, benches = evaluated("answers", [tree, other, beir])
    assert list(result["packs"]) == ["tiny-team", "other-team", "tiny-beir", "*"]
    assert [len(bench.named) for bench in benches] == [1, 2]
    assert all(bench.closed for bench in benches)
    together = result["packs"]["*"]["items"][0]
    assert together["id"] == "tiny-team/why-1"
    assert (together["metrics"]["file_hit@1"], together["metrics"]["file_hit@5"]) == (0, 1)


def test_separate_packs_have_an_index_each(tree: Path, beir: Path) -> None:
    packs = load_packs([tree, beir])
    assert [[pack.name for pack in group] for group in indexes(packs, separate=True)] == [["tiny-team"], ["tiny-beir"]]
    assert index_name(packs) == "tiny-beir+tiny-team"


def test_without_a_home_nothing_is_left_behind(tree: Path) -> None:
    _, benches = evaluated("retrieval", [tree])
    assert benches[0].home is not None
    assert not benches[0].home.exists()


def test_a_named_home_is_kept_for_the_code_that_made_its_index(tree: Path, tmp_path: Path) -> None:
    evaluated("retrieval", [tree], Options(home=tmp_path / "kept"))
    folder = tmp_path / "kept" / f"tiny-team-{indexing_code()}"
    assert (folder / "corpus" / "tiny-team" / "docs" / "retro.md").is_file()


def test_a_limit_takes_the_same_sample_every_time(tree: Path) -> None:
    runs = [evaluated("retrieval", [tree], Options(limit=2))[0] for _ in range(2)]
    ids = [[item["id"] for item in run["packs"]["*"]["items"]] for run in runs]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 2


def test_earlier_turns_are_asked_in_one_conversation(beir: Path) -> None:
    _, benches = evaluated("answers", [beir])
    spoken = [(question.query.text, question.conversation_id) for question in benches[0].asked]
    assert spoken[1:3] == [("loss curves", "conversation of eval"), ("why loss spikes", "conversation of eval")]


def test_a_question_that_fails_is_an_item_with_an_error(tree: Path) -> None:
    (tree / "questions.jsonl").write_text('{"id": "1", "question": "Does it explode?"}\n')
    result, _ = evaluated("retrieval", [tree])
    pack = result["packs"]["tiny-team"]
    assert pack["errors"] == 1
    assert pack["items"][0]["error"] == "The backend is gone. Start it."
    assert pack["metrics"]["file_hit@1"] == {"value": None, "ci95": [None, None], "n": 0}


def test_the_report_names_no_path_and_no_key(tree: Path) -> None:
    result, _ = evaluated("retrieval", [tree])
    assert "/secret" not in json.dumps(result["system"])
    assert result["system"]["fingerprints"] == {"embedder": {"fingerprint": "words"}}
    assert "llm_api_key" not in result["system"]["settings"]


def test_the_environments_storage_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMLORE_HOME", "/somewhere")
    monkeypatch.setenv("TEAMLORE_REGISTRY", "postgresql://production")
    settings = isolated(tmp_path)
    assert (settings.home, settings.registry, settings.chroma) == (tmp_path, "", "")


def test_people_read_tables_and_what_failed(tree: Path) -> None:
    benches: list[Bench] = []
    narrator = Narrator(Console(width=200, record=True, file=io.StringIO()))
    run = Evaluation(command="answers", open_home=opened(benches), narrator=narrator).run(load_packs([tree]))
    show(run_json(run, Settings()), narrator.console)
    show_failures(run, narrator)
    text = narrator.console.export_text()
    assert "tiny-team: 3 questions" in text
    assert "false_answer" in text


def test_compare_pairs_the_questions_of_two_runs(tree: Path, tmp_path: Path) -> None:
    result, _ = evaluated("answers", [tree])
    worse = json.loads(json.dumps(result))
    worse["packs"]["tiny-team"]["items"][0]["metrics"]["answer_correct"] = 0.0
    comparison = compare_runs(result, worse)
    found = {(d.pack, d.metric): d for d in comparison.differences}
    assert found["tiny-team", "answer_correct"].difference.value == -1
    assert found["tiny-team", "file_hit@1"].p == 1.0
    assert [one.b["id"] for one in comparison.of("broken")] == ["why-1"]
    console = Console(width=160, record=True, file=io.StringIO())
    show_comparison(comparison, console)
    text = console.export_text()
    assert "missed answer_correct" in text
    assert "first passage, docs/retro.md" in text
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(BadInput, match="not a run"):
        load_run(tmp_path / "run.json")


def test_other_judgements_and_other_earlier_turns_make_another_question(beir: Path) -> None:
    """A ranking that is judged anew is no better and no worse."""
    before, _ = evaluated("retrieval", [beir])
    for name, was, now in (("qrels.tsv", "q2\t3\t2", "q2\t3\t1"), ("queries.jsonl", "loss curves", "my curves")):
        (beir / name).write_text((beir / name).read_text().replace(was, now))
        after, _ = evaluated("retrieval", [beir])
        assert [pack.changed for pack in compare_runs(before, after).pairs] == [("q2",)]
        before = after
