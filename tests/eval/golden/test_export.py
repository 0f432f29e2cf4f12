import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.app import app
from eval.golden.export import By, Exported, export
from eval.packs.loading import load_pack
from eval.packs.samples import Evidence, Sample
from rag.domain.errors import BadInput
from rag.domain.services import Services
from rag.main import build
from rag.settings import Settings
from tests.fakes import WordEmbedder

RETRO = "# Retro\n\nThe run diverged at step 4200 because\nwarmup was too short.\n\n" + "Much else was said. " * 200
SAMPLES = (
    Sample(
        id="why",
        question="Why did the run diverge?",
        answers=("warmup was too short",),
        answerable=True,
        evidence=(Evidence(file="docs/retro.md", quote="because warmup was too short"),),
        gold_files=("docs/retro.md",),
    ),
    Sample(id="who", question="Who paid?", answerable=False),
    Sample(
        id="old",
        question="What was here?",
        answerable=True,
        evidence=(Evidence(file="team//docs/rota.md", quote="words that went away"),),
        gold_files=("team//docs/rota.md",),
    ),
    Sample(id="file", question="Where is the rota?", answerable=True, gold_files=("team//docs/rota.md",)),
)


def filled(tmp_path: Path, name: str) -> Services:
    corpus = tmp_path / name / "team" / "docs"
    corpus.mkdir(parents=True)
    (corpus / "retro.md").write_text(RETRO)
    (corpus / "rota.md").write_text("# Rota\n\nThe on-call rota has six people.\n")
    services = build(Settings(home=tmp_path / name / "home"), embedder=WordEmbedder())
    services.ingestor.ingest([tmp_path / name / "team"], space="a")
    return services


def exported(
    services: Services, folder: Path, by: By = "passage", *, samples: Sequence[Sample] = SAMPLES, space: str = ""
) -> Exported:
    return export(services.catalog, samples, folder, by=by, spaces=[space] if space else [])


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = filled(tmp_path, "one")
    yield made
    made.close()


@pytest.mark.slow  # a whole service
def test_passages_that_hold_the_quote_are_relevant_and_what_went_away_is_named(
    services: Services, tmp_path: Path
) -> None:
    done = exported(services, tmp_path / "out")
    pack = load_pack(tmp_path / "out")
    records = {record.id: record for record in pack.records()}
    assert (pack.layout, done.rows, done.queries, done.judged) == ("beir", len(records), 4, 1)
    assert done.lost == ("old: team/docs/rota.md",)
    why = pack.samples[0]
    assert ["warmup was too short" in records[one].text for one in why.judgements] == [True]
    assert (why.answers, why.answerable, pack.samples[1].answerable) == (("warmup was too short",), True, False)
    assert len(records) > 2  # the long one is several
    assert {record.group for record in records.values()} == set(records)  # each is judged for itself


@pytest.mark.slow
def test_whole_documents_are_judged_by_quote_or_by_file(services: Services, tmp_path: Path) -> None:
    done = exported(services, tmp_path / "out", "document")
    pack = load_pack(tmp_path / "out")
    titles = {record.id: record.title for record in pack.records()}
    assert (done.rows, done.judged) == (2, 2)
    assert [titles[one] for sample in pack.samples for one in sample.judgements] == ["Retro", "Rota"]


@pytest.mark.slow
def test_a_quote_that_no_passage_holds_whole_is_judged_by_those_that_hold_a_part(
    services: Services, tmp_path: Path
) -> None:
    quote = " ".join(RETRO.split()[4:])
    long = Sample(id="all", question="What was said?", evidence=(Evidence(file="docs/retro.md", quote=quote),))
    exported(services, tmp_path / "out", samples=[long])
    pack = load_pack(tmp_path / "out")
    assert len(pack.samples[0].judgements) == len([r for r in pack.records() if r.title == "Retro"]) > 1


@pytest.mark.slow
def test_the_same_content_gives_the_same_bytes_wherever_it_lies_and_however_often_it_was_read(
    services: Services, tmp_path: Path
) -> None:
    other = filled(tmp_path, "two")
    root = tmp_path / "two" / "team"
    (root / "docs" / "retro.md").write_text("# Retro\n\nchanged")
    other.ingestor.ingest([root], space="a")
    (root / "docs" / "retro.md").write_text(RETRO)
    other.ingestor.ingest([root], space="a")
    exported(services, tmp_path / "out")
    exported(other, tmp_path / "again")
    other.close()
    for name in ("corpus.jsonl", "queries.jsonl", "qrels.tsv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.slow
def test_nothing_is_written_over_and_an_empty_export_is_refused(services: Services, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(BadInput, match="Nothing is there"):
        exported(services, tmp_path / "out", space="elsewhere")
    exported(services, tmp_path / "out", space="a")
    with pytest.raises(BadInput, match="something is there"):
        exported(services, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.slow
@pytest.mark.usefixtures("services")
def test_the_command_reads_a_home_beside_its_owner_and_takes_accepted_questions(tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    row = {
        "id": "g1",
        "question": "How many people has the rota?",
        "answer": "six",
        "answerable": True,
        "evidence": [{"file": "docs/rota.md", "quote": "six people", "source": "team"}],
        "schema": 1,
    }
    rows = [{**row, "review": "accepted"}, {**row, "id": "g2", "review": "candidate"}]
    golden.write_text("".join(json.dumps(one) + "\n" for one in rows))
    out = tmp_path / "out"
    home = str(tmp_path / "one" / "home")
    result = CliRunner().invoke(app, ["export", str(out), "--home", home, "--golden", str(golden)])
    assert result.exit_code == 0, result.exception
    assert [(sample.id, len(sample.judgements)) for sample in load_pack(out).samples] == [("g1", 1)]


def test_a_pack_is_not_exported_together_with_a_home(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["export", str(tmp_path / "out"), "--pack", "x", "--home", "y"])
    assert isinstance(result.exception, BadInput)
    result = CliRunner().invoke(app, ["export", str(tmp_path / "out"), "--home", str(tmp_path), "--by", "page"])
    assert result.exception is not None
