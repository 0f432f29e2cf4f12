"""Questions to a home that is there, while a service owns it. Through the real service, with the fake embedder."""

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from eval.app import app
from eval.packs.loading import load_pack, load_packs
from eval.progress import Narrator
from eval.runs.home_pack import digest_of
from eval.runs.making import Begin, seen_through
from eval.runs.results import run_json
from eval.runs.runner import Evaluation, Options
from rag.domain.errors import BadInput, NotFound
from rag.domain.services import Services
from rag.main import build, open_home
from rag.registry.home import lock_home
from rag.settings import load_settings
from tests.eval.conftest import write_rows
from tests.fakes import WordEmbedder

pytestmark = pytest.mark.slow
GOLD = {"id": "g1", "schema": 1, "kind": "heading", "question": "Why did the run diverge?", "answerable": True}


def row(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    evidence = [{"file": "retro.md", "quote": "because warmup was too short", "source": "docs"}]
    return {**GOLD, "answer": "The warmup was too short.", "gold_files": ["retro.md"], "evidence": evidence, **more}


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    path = tmp_path / "golden.jsonl"
    write_rows(
        path,
        [
            row(review="accepted"),
            row(id="g2", review="candidate"),
            row(id="g3", review="rejected"),
            row(id="g4", evidence=[{"file": "retro.md", "quote": "warmup was too short", "source": "elsewhere"}]),
        ],
    )
    return path


@pytest.fixture
def served(tree: Path, tmp_path: Path) -> Iterator[Services]:
    """A process that owns the home, with the pack's docs ingested."""
    settings = load_settings(tmp_path / "home")
    with lock_home(open_home(settings)):
        services = build(settings, embedder=WordEmbedder())
        services.ingestor.ingest([tree / "docs"], space="team")
        yield services
        services.close()


def read(home: Path | None) -> Services:
    return build(load_settings(home), mode="read", embedder=WordEmbedder())


def asked(golden: Path, home: Path) -> dict[str, Any]:
    evaluation = Evaluation(
        command="answers", options=Options(home=home), open_live=read, narrator=Narrator(Console(quiet=True))
    )
    return json.loads(json.dumps(run_json(evaluation.run(load_packs([golden])), load_settings(home))))  # type: ignore[no-any-return]


def state(home: Path) -> dict[str, str]:
    """Of every file but SQLite's memory of who reads."""
    files = [path for path in home.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal"))]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.usefixtures("served")
def test_questions_whose_words_are_gone_from_the_documents_are_counted(golden: Path, tmp_path: Path) -> None:
    console = Console(record=True, file=io.StringIO(), width=200)
    options = Options(home=tmp_path / "home")
    Evaluation(command="retrieval", options=options, open_live=read, narrator=Narrator(console)).run(
        load_packs([golden])
    )
    assert (
        f"golden: 1 of 2 questions rest on words that no document says now. Which: teamlore eval golden check {golden}"
        in (console.export_text())
    )


def test_accepted_questions_are_asked_of_the_home_and_nothing_is_written(
    golden: Path, served: Services, tmp_path: Path
) -> None:
    before = state(tmp_path / "home")
    result = asked(golden, tmp_path / "home")
    items = {item["id"]: item for item in result["packs"]["golden"]["items"]}
    assert list(items) == ["g1", "g4"]
    assert items["g1"]["metrics"]["evidence_hit@5"] == 1.0
    assert items["g1"]["metrics"]["citation_valid"] == 1.0
    assert items["g1"]["evidence"][0]["source"] == "docs"
    assert items["g1"]["ranks"][0] == 1
    assert items["g4"]["metrics"]["file_hit@10"] == 0.0  # the path stands in another source
    assert list(result["packs"]) == ["golden"]
    assert state(tmp_path / "home") == before
    assert served.conversations.of("eval") == ([], "")


def test_the_digest_of_a_home_follows_its_documents(served: Services, tree: Path, tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "home")
    before = digest_of(settings)
    served.ingestor.ingest([tree / "docs"], space="team")
    assert digest_of(settings) == before
    (tree / "docs" / "retro.md").write_text("It never diverged.")
    served.ingestor.ingest([tree / "docs"], space="team")
    assert digest_of(settings) != before


def test_a_home_that_changed_while_it_was_asked_stands_in_the_record(
    served: Services, golden: Path, tree: Path, tmp_path: Path
) -> None:
    packs, settings = load_packs([golden]), load_settings(tmp_path / "home")
    system = {"data": {"golden": {"corpus": digest_of(settings)}}}
    begun = Begin(settings=settings, system=system, folder=tmp_path)
    quiet = Narrator(Console(quiet=True))
    assert seen_through(packs, begun, quiet) == system
    (tree / "docs" / "new.md").write_text("Another page.")
    served.ingestor.ingest([tree / "docs"], space="team")
    assert seen_through(packs, begun, quiet)["home"] == "changed while it was asked"


def test_without_an_accepted_row_or_a_home_it_says_what_to_do(tmp_path: Path) -> None:
    write_rows(tmp_path / "golden.jsonl", [row(review="candidate")])
    with pytest.raises(BadInput, match="no row of it is accepted"):
        load_pack(tmp_path / "golden.jsonl")
    with pytest.raises(NotFound):
        digest_of(load_settings(tmp_path / "empty"))


def test_rows_of_a_newer_schema_are_refused(tmp_path: Path) -> None:
    write_rows(tmp_path / "golden.jsonl", [row(schema=2)])
    with pytest.raises(BadInput, match="newer teamlore"):
        load_pack(tmp_path / "golden.jsonl")


@pytest.mark.usefixtures("served")
def test_candidates_that_are_new_are_counted_and_a_space_without_anything_is_named(tmp_path: Path) -> None:
    words = ["golden", "make", "--home", str(tmp_path / "home"), "--out", str(tmp_path / "made.jsonl")]
    said = [CliRunner().invoke(app, words, env={"COLUMNS": "200"}) for _ in range(2)]
    assert [one.exit_code for one in said] == [0, 0]
    assert " 0 of them new" not in said[0].output
    assert " 0 of them new" in said[1].output
    refused = CliRunner().invoke(app, [*words, "--space", "nobodys"])
    assert isinstance(refused.exception, BadInput)
    assert "'nobodys'" in str(refused.exception)
