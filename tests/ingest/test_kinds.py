from dataclasses import replace

import pytest

from ingest.kinds import kind_of
from rag.domain.types import Fact, Mark, Parsed, Section, Syntax


def written(*headings: str, kind: str = "", syntax: Syntax = "markdown") -> Parsed:
    marks = tuple(Mark(at=n, locator=Section((heading,))) for n, heading in enumerate(headings))
    return Parsed(text="x" * len(headings), marks=marks, kind=kind, syntax=syntax)


PATHS = {
    "docs/adr/0003-use-chroma.md": "decision",
    "adr-0012.md": "decision",
    "decisions/storage.md": "decision",
    "peps/pep-0008.rst": "decision",
    "rfcs/new-loader.md": "decision",
    "retro-2024-03.md": "retro",
    "team/retrospectives/march.md": "retro",
    "incidents/2024-01-05.md": "postmortem",
    "gpu-post-mortem.md": "postmortem",
    "models/MODEL_CARD.md": "model-card",
    "data/dataset_card.md": "dataset-card",
    "notes/minutes-03.md": "meeting",
    "runbooks/restart.md": "runbook",
    "experiments/failed-experiments.md": "failure",
    "failures/2024-03-larger-backbone.md": "failure",
    "negative_results_dropout.md": "failure",
    "notes/what-we-learned.md": "learning",
    "train/lessons-learned.md": "learning",
    "til/2024-05-02-nccl.md": "learning",
    "2024-03-retro.md": "retro",
    "guide.md": "document",
    "learning-rate.md": "document",
    "machine-learning.md": "document",
    "check-failures.md": "document",
    "pepper.md": "document",
    "retrofit.md": "document",
}


@pytest.mark.parametrize(("path", "kind"), PATHS.items())
def test_a_path_says_what_is_written_there(path: str, kind: str) -> None:
    assert kind_of(written(), path) == kind


ABOUT = [
    "communication/retrospectives.md",  # how they are held
    "retros/README.md",
    "adr/template.md",
    "rfcs/index.md",
    "security-incident-response-process.md",
    "serving-during-incidents.md",
    "pm_rfc_project.md",
    "decision-tree.md",
]


@pytest.mark.parametrize("path", ABOUT)
def test_a_page_about_a_kind_of_writing_is_none_of_it(path: str) -> None:
    assert kind_of(written(), path) == "document"


TITLES = {
    "Retro, sprint 7": "retro",
    "Sprint 7 retrospective": "retro",
    "Post-mortem: loss became NaN": "postmortem",
    "Why the larger backbone failed": "failure",
    "What we learned from training 104B": "learning",
    "TIL: NCCL hangs": "learning",
    "Retrofit of the cluster": "document",
    "Retrospectives": "document",
    "Root cause analysis / Post-mortem template": "document",
}


@pytest.mark.parametrize(("title", "kind"), TITLES.items())
def test_a_title_speaks_where_the_path_does_not(title: str, kind: str) -> None:
    assert kind_of(replace(written(), title=title), "x.md") == kind


HEADERS = {
    ("deciders",): "decision",
    ("Status", "number"): "decision",
    ("license", "base_model"): "model-card",
    ("license", "task_categories"): "dataset-card",
    ("license", "Status"): "document",
}


@pytest.mark.parametrize(("keys", "kind"), HEADERS.items())
def test_a_header_speaks_where_nothing_else_does(keys: tuple[str, ...], kind: str) -> None:
    facts = tuple(Fact(key=key, value="x") for key in keys)
    assert kind_of(replace(written(), facts=facts), "x.md") == kind


def test_who_ingests_wins_over_the_document_and_the_document_over_its_path() -> None:
    assert kind_of(written(kind="retro"), "adr/1.md", "Post Mortem") == "postmortem"
    assert kind_of(written(kind="retro"), "adr/1.md") == "retro"
    assert kind_of(written(kind="adr"), "x.md") == "decision"
    assert kind_of(written(kind="Lessons learned"), "x.md") == "learning"
    assert kind_of(written(kind="doc"), "adr/1.md") == "decision"


def test_headings_speak_where_the_name_does_not() -> None:
    assert kind_of(written("What went well", "What went wrong"), "march.md") == "retro"
    assert kind_of(written("Timeline", "Root cause"), "gpu.md") == "postmortem"
    assert kind_of(written("Context", "Decision"), "storage.md") == "decision"
    assert kind_of(written("Timeline"), "plan.md") == "document"
    assert kind_of(written("What we tried", "Why it failed"), "backbone.md") == "failure"
    assert kind_of(written("What we tried", "What we learned"), "backbone.md") == "failure"
    assert kind_of(written("Setup", "What I learned"), "backbone.md") == "learning"
    assert kind_of(written("Setup", "What we tried"), "backbone.md") == "document"


def test_code_data_notebooks_and_chats_are_what_they_are() -> None:
    assert kind_of(written(syntax="code"), "adr/tool.py") == "code"
    assert kind_of(written(syntax="notebook"), "a.ipynb") == "notebook"
    assert kind_of(written(syntax="table"), "a.csv") == "data"
