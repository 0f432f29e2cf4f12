"""What a source says of itself, spoiled: git's own files, and the team's people.yaml. What lies beside is stored."""

import os
import random
import re
import shutil
from pathlib import Path

import pytest
from dulwich import porcelain
from dulwich.repo import Repo

from ingest.people import match
from ingest.pipeline import Pipeline
from ingest.redaction import Redactor
from rag.domain.types import IngestReport
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats
from rag.registry.database import open_database
from rag.registry.ledger import SqlLedger
from rag.registry.people import SqlPeople
from rag.registry.sources import SqlSources
from tests.drills.exports import TEAM
from tests.drills.spoiling import BYTES, Luck
from tests.fakes import WordEmbedder
from tests.ingest.inline import InlinePool, NoIndexes
from tests.ingest.test_history import Team

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
EVERYTHING = os.environ.get("DRILLS") == "all"
COUNT = int(os.environ.get("DRILL_FILES", "400" if EVERYTHING else "40"))
SEED = int(os.environ.get("DRILL_SEED", "1"))
EXPECTED = re.compile(r"git|people\.yaml")


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    engine = open_database(f"sqlite:///{tmp_path}/registry.db")
    return Pipeline(
        catalog=SqlCatalog(engine),
        ledger=SqlLedger(engine),
        chats=SqlChats(engine),
        sources=SqlSources(engine),
        people=SqlPeople(engine, match),
        embedder=WordEmbedder(),
        pool=InlinePool(),
        redactor=Redactor(),
        indexes=NoIndexes(),
    )


def repository(root: Path, *, packed: bool) -> Path:
    root.mkdir()
    team = Team(root)
    for n in range(4):
        team.commit(f"Use lr {n}", run=f"lr {n}\n" * 40, other=f"words {n // 2}\n")
    team.commit("More", "Bo Li <bo@example.org>", third="x\n")
    porcelain.tag_create(str(root), b"v1", annotated=True, author=b"Ada <ada@example.org>", message=b"One")
    if packed:
        with Repo(str(root)) as repo:
            repo.object_store.pack_loose_objects()
    return root


def spoil(root: Path, luck: Luck) -> list[str]:
    files = sorted(path for path in (root / ".git").rglob("*") if path.is_file() and ".sample" not in path.name)
    done = []
    for path in luck.rng.sample(files, luck.rng.choice((1, 1, 3, len(files)))):
        mutation = luck.rng.choice(BYTES)
        path.chmod(0o600)
        path.write_bytes(mutation(path.read_bytes(), luck))
        done.append(f"{path.relative_to(root)} {mutation.__name__}")
    return done


def take(pipeline: Pipeline, root: Path) -> IngestReport:
    return pipeline.ingest([root], space="default")


@pytest.mark.parametrize("packed", [False, True])
def test_a_damaged_repository_costs_its_past_and_none_of_its_files(
    pipeline: Pipeline, tmp_path: Path, packed: bool
) -> None:
    sound = repository(tmp_path / "sound", packed=packed)
    objects = [path.read_bytes() for path in sorted((sound / ".git").rglob("*")) if path.is_file()]
    luck = Luck(random.Random(SEED + packed), objects, tmp_path / "outside" / "secret.txt")
    failures = 0
    for n in range(COUNT // 2):
        root = Path(shutil.copytree(sound, tmp_path / f"r{n}"))
        how = spoil(root, luck)
        try:
            report = take(pipeline, root)
        except Exception as error:
            error.add_note(f"{root.name}: {how}")
            raise
        assert len(report.failed) <= 1, (how, report)
        assert all(EXPECTED.search(trouble.file + trouble.reason) for trouble in report.failed), (how, report)
        assert report.documents >= 3, (how, report)
        failures += len(report.failed)
        shutil.rmtree(root)
    assert 0 < failures < COUNT // 2


def test_a_spoiled_people_yaml_is_refused_by_its_line_or_heard(pipeline: Pipeline, tmp_path: Path) -> None:
    luck = Luck(random.Random(SEED), [TEAM.encode()], tmp_path / "outside" / "secret.txt")
    for n in range(COUNT):
        root = tmp_path / f"t{n}"
        root.mkdir()
        (root / "words.md").write_text("Words.")
        mutation = luck.rng.choice(BYTES)
        (root / "people.yaml").write_bytes(mutation(TEAM.encode(), luck))
        try:
            report = take(pipeline, root)
        except Exception as error:
            error.add_note(f"{root.name}: {mutation.__name__}")
            raise
        assert report.documents >= 1
        shutil.rmtree(root)
