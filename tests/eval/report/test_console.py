import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from eval.packs.loading import Pack
from eval.packs.samples import Sample
from eval.progress import Narrator
from eval.report.console import show, show_failures
from eval.runs.asking import Item
from eval.runs.runner import PackRun, Run
from rag.domain.types import IngestReport


def test_a_right_answer_beside_other_citations_did_not_fail() -> None:
    narrator = Narrator(Console(width=200, record=True, file=io.StringIO()))
    sample = Sample(id="q1", question="Which dtype?", gold_files=("docs//guide.md",))
    right = Item(sample=sample, metrics={"answer_correct": 1.0, "citation_precision": 0.2}, latency_ms=1.0)
    wrong = Item(sample=replace(sample, id="q2"), metrics={"answer_correct": 0.0}, latency_ms=1.0)
    pack = Pack(name="team", layout="home", root=Path(), samples=(sample,))
    one = PackRun(pack=pack, items=(right, wrong), ingest=IngestReport())
    show_failures(Run(command="answers", packs=(one,), system={}, seconds=0.0), narrator)
    text = narrator.console.export_text()
    assert "team/q1" not in text
    assert "team/q2: Which dtype?\n    answer_correct; gold: docs/guide.md" in text


def test_the_figures_that_matter_come_first_and_what_the_confidence_is_worth_after_them() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    figure = {"value": 0.5, "ci95": [0.4, 0.6], "n": 2}
    refusal = {"auroc": 0.9946, "ece": None, "today": {"coverage": 0.8, "risk": 0.14}}
    pack = {
        "n": 2,
        "metrics": {"token_f1": figure, "false_refusal": figure, "answer_correct": figure},
        "latency_ms": {"p50": None},
        "errors": 0,
        "refusal": refusal,
    }
    show({"command": "answers", "packs": {"team": pack}, "seconds": 1.0}, console)
    text = console.export_text()
    assert text.index("answer_correct") < text.index("false_refusal") < text.index("token_f1")
    assert "confidence: known from unknown: AUROC 0.995, wrong of those answered today 0.140\n" in text
