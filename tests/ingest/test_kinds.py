import pytest

from ingest.kinds import kind_of
from rag.domain.types import Mark, Parsed, Section, Syntax


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
    "guide.md": "document",
    "pepper.md": "document",
    "retrofit.md": "document",
}


@pytest.mark.parametrize(("path", "kind"), PATHS.items())
def test_a_path_says_what_is_written_there(path: str, kind: str) -> None:
    assert kind_of(written(), path) == kind


def test_who_ingests_wins_over_the_document_and_the_document_over_its_path() -> None:
    assert kind_of(written(kind="retro"), "adr/1.md", "Post Mortem") == "postmortem"
    assert kind_of(written(kind="retro"), "adr/1.md") == "retro"
    assert kind_of(written(kind="adr"), "x.md") == "decision"
    assert kind_of(written(kind="doc"), "adr/1.md") == "decision"


def test_headings_speak_where_the_name_does_not() -> None:
    assert kind_of(written("What went well", "What went wrong"), "march.md") == "retro"
    assert kind_of(written("Timeline", "Root cause"), "gpu.md") == "postmortem"
    assert kind_of(written("Context", "Decision"), "storage.md") == "decision"
    assert kind_of(written("Timeline"), "plan.md") == "document"


def test_code_data_notebooks_and_chats_are_what_they_are() -> None:
    assert kind_of(written(syntax="code"), "adr/tool.py") == "code"
    assert kind_of(written(syntax="notebook"), "a.ipynb") == "notebook"
    assert kind_of(written(syntax="table"), "a.csv") == "data"
