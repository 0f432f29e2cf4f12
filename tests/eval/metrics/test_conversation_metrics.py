"""Follow-ups, and what their answers cite."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.metrics import METRICS
from eval.metrics.base import Cited, Observation
from eval.packs.loading import Evidence, Sample, load_pack
from eval.runs.results import run_json
from eval.runs.runner import Evaluation
from rag.domain.types import Answer, Refusal
from rag.settings import Settings
from tests.eval.bench import Bench, citation, document, opened

TEXT = "The loss spikes came from bad batches. Skipping them helped. We were tired."
OTHER = "It was the bad batches again."
GOLD = (
    Evidence(file="a.md", quote="loss spikes came from bad batches"),
    Evidence(file="a.md", quote="Skipping them helped"),
)
SAMPLE = Sample(id="1", question="What made it rise?", answerable=True, answers=("bad batches",), evidence=GOLD)
REFUSED = Answer(id="a", question="q", status="refused", text="", refusal=Refusal(reason="nothing"))


def cited(file: str, text: str, quote: str) -> Cited:
    return Cited(files=frozenset({file}), document="p1", citation=citation(document(file), text, quote))


def observed(*cites: Cited, sample: Sample = SAMPLE) -> Observation:
    citations = tuple(one.citation for one in cites)
    answer = Answer(id="a", question="q", status="answered", text="bad batches", citations=citations)
    texts = {"a.md": TEXT, "b.md": OTHER}
    return Observation(sample=sample, answer=answer, cited=cites, text_of=lambda c: texts[c.document.path])


def value(metric: str, seen: Observation) -> float | None:
    return METRICS[metric](seen).value


def test_the_worked_example_of_precision_and_recall() -> None:
    seen = observed(
        cited("a.md", TEXT, "The loss spikes came from bad batches."),
        cited("b.md", OTHER, "the bad batches again"),
        cited("a.md", TEXT, "We were tired."),
    )
    assert value("citation_precision", seen) == pytest.approx(2 / 3)
    assert value("citation_recall", seen) == 0.5
    assert value("citation_evidence", seen) == 1


def test_precision_is_not_scored_where_nothing_is_cited_and_recall_is_nought() -> None:
    seen = replace(observed(), answer=REFUSED)
    assert (value("citation_precision", seen), value("citation_recall", seen)) == (None, 0.0)


@pytest.mark.parametrize("metric", ["citation_precision", "citation_recall"])
def test_without_evidence_or_answer_in_the_documents_citations_are_not_scored(metric: str) -> None:
    cites = cited("a.md", TEXT, "We were tired.")
    assert value(metric, observed(cites, sample=replace(SAMPLE, evidence=()))) is None
    assert value(metric, observed(cites, sample=replace(SAMPLE, answerable=False))) is None


def test_judged_documents_are_the_evidence_of_a_pack_of_passages() -> None:
    sample = replace(SAMPLE, evidence=(), answers=(), judgements={"p1": 1, "p2": 2})
    seen = observed(cited("a.md", TEXT, "We were tired."), sample=sample)
    assert (value("citation_precision", seen), value("citation_recall", seen)) == (1.0, 0.5)


def test_only_follow_ups_have_a_conversation_to_lose_by() -> None:
    assert [value(f"follow_up_{name}", observed()) for name in ("evidence", "correct", "loss")] == [None] * 3


def test_a_follow_up_that_is_refused_where_the_whole_question_is_answered_lost_one() -> None:
    sample = replace(SAMPLE, turns=("What went wrong?",))
    alone = observed(sample=replace(SAMPLE, question="What made the loss rise?"))
    seen = replace(observed(sample=sample), answer=REFUSED, alone=alone)
    assert value("follow_up_loss", seen) == 1
    assert value("follow_up_loss", replace(seen, answer=alone.answer)) == 0
    assert value("follow_up_loss", replace(seen, alone=None)) is None


def test_a_follow_up_is_measured_on_what_its_answer_was_made_from(tmp_path: Path) -> None:
    root = tmp_path / "talk"
    root.mkdir()
    (root / "retro.md").write_text("The Falcon run diverged because warmup was too short.\n")
    quote = "warmup was too short"
    row = {
        "id": "f1",
        "question": "And why?",
        "turns": ["Which run diverged?"],
        "standalone": "Why has the Falcon run diverged?",
        "answer": "warmup",
        "answerable": True,
        "evidence": [{"file": "retro.md", "quote": quote}],
    }
    (root / "questions.jsonl").write_text(json.dumps(row) + "\n")
    benches: list[Bench] = []
    pack = load_pack(root)
    run = Evaluation(command="answers", open_home=opened(benches)).run([pack])
    item = run.packs[0].items[0]
    assert [asked.query.text for asked in benches[0].asked] == [
        "Which run diverged?",
        "And why?",
        "Why has the Falcon run diverged?",
    ]
    assert benches[0].asked[1].conversation_id == "conversation of eval"
    assert benches[0].asked[2].conversation_id is None
    assert item.metrics["follow_up_evidence"] == 0.0
    assert item.metrics["follow_up_loss"] == 1.0
    assert "follow_up_loss" in run_json(run, Settings(home=tmp_path))["packs"]["talk"]["metrics"]
