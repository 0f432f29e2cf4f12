"""Spoiled files through the front door: each is named in the ledger, and nothing else comes of them.

`DRILLS=all` spoils 5,000 files, those of a pack too where it is there; a few hundred otherwise. `DRILL_ONLY=notion`
spoils only what is named so.
"""

import os
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, text

from ingest.pipeline import Pipeline
from ingest.readers.base import Candidate, Limits
from ingest.redaction import Redactor
from ingest.sandbox import ReaderPool
from rag.domain.records import FileOutcome
from rag.domain.types import Parsed
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats
from rag.registry.database import open_database
from rag.registry.identity import source_id
from rag.registry.ledger import SqlLedger
from rag.registry.sources import SqlSources
from tests.drills import samples
from tests.drills.mutated import Spoiled, spoiled_files
from tests.fakes import WordEmbedder
from tests.ingest.inline import NoIndexes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]
EVERYTHING = os.environ.get("DRILLS") == "all"
FILES = int(os.environ.get("DRILL_FILES", "5000" if EVERYTHING else "300"))
ONLY = os.environ.get("DRILL_ONLY", "")  # what the names of the sound ones look like
SEED = int(os.environ.get("DRILL_SEED", "1"))
BATCH = 250
WORKERS = 2
LIMITS = Limits(cpu_seconds=20, wall_seconds=40)
SECRET = "ptarmigan-outside"
UNEXPECTED = re.compile(r"could not be read \((\w+): |its reader (crashed|failed) \(")
MOST_GROWTH = 200 * 2**20  # bytes the parent may gain from the second batch to the last


class TimedPool(ReaderPool):
    """Says how long each file took, without its time in the queue."""

    def __init__(self, workers: int, *, limits: Limits) -> None:
        super().__init__(workers, limits=limits)
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    def read(self, candidate: Candidate) -> tuple[Parsed, ...]:
        began = time.monotonic()
        try:
            return super().read(candidate)
        finally:
            with self._lock:
                self.seconds[candidate.relative] = time.monotonic() - began


@dataclass
class Bench:
    root: Path
    engine: Engine
    pool: TimedPool
    rows: dict[str, FileOutcome] = field(default_factory=dict)
    how: dict[str, str] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = SqlLedger(self.engine)
        self.pipeline = Pipeline(
            catalog=SqlCatalog(self.engine),
            ledger=self.ledger,
            chats=SqlChats(self.engine),
            sources=SqlSources(self.engine),
            embedder=WordEmbedder(),
            pool=self.pool,
            redactor=Redactor(),
            indexes=NoIndexes(),
        )

    def take(self, folder: Path) -> None:
        self.pipeline.ingest([folder], space="default")
        self.rows |= self.ledger.outcomes(source_id(str(folder), "default"))
        self.memory.append(psutil.Process().memory_info().rss)

    def row(self, path: str) -> FileOutcome | None:
        """Of the file, or of the folder around it that was read as one thing."""
        above = (*[str(parent) for parent in Path(path).parents][:-1], ".")
        return next((self.rows[one] for one in (path, *above) if one in self.rows), None)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name in ("home", "scratch", "corpus"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    engine = open_database(f"sqlite:///{tmp_path}/home/registry.db")
    with TimedPool(WORKERS, limits=LIMITS) as pool:
        yield Bench(tmp_path, engine, pool)
    engine.dispose()


def write(folder: Path, files: list[Spoiled], secret: Path) -> set[str]:
    """The paths inside it that have to be named, links and a pipe that lead elsewhere among them."""
    folder.mkdir()
    named = set()
    for spoiled in files:
        content = {"": spoiled.content} if isinstance(spoiled.content, bytes) else spoiled.content
        for inside, data in content.items():
            path = folder / spoiled.path / inside if inside else folder / spoiled.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            named.add(path.relative_to(folder).as_posix())
    for name, target in {"file.txt": secret, "folder": secret.parent, "loop": folder, "nowhere": folder / "no"}.items():
        (folder / f"link-{name}").symlink_to(target)
    os.mkfifo(folder / "pipe.txt")
    return named | {"link-file.txt", "link-folder", "link-loop", "link-nowhere", "pipe.txt"}


def seen(root: Path) -> dict[str, int]:
    """{path: when it was changed} of all that lies around the home and what was ingested."""
    places = [path for path in root.iterdir() if path.name not in ("home", "scratch", "corpus")]
    return {str(one): one.lstat().st_mtime_ns for place in places for one in (place, *place.rglob("*"))}


def sound_files(pack: Callable[[str], Path]) -> dict[str, bytes]:
    files = samples.files()
    if ONLY:
        return {name: data for name, data in files.items() if re.search(ONLY, name)}
    if not EVERYTHING:
        return files
    with suppress(pytest.skip.Exception):  # without the pack the others are spoiled more often
        files |= {f"pack-{name}": data for name, data in samples.of_pack(pack("files-unstructured") / "files").items()}
    return files


def test_spoiled_files_cost_only_themselves_and_each_is_named(
    bench: Bench, pack: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "outside" / "secret.txt"
    secret.parent.mkdir()
    secret.write_text(f"{SECRET}\n")
    around, scratch = seen(tmp_path), tmp_path / "scratch"
    others = set(psutil.Process().children(recursive=True))  # of tests before this one
    folders = {name: folder for name, folder in samples.folders().items() if re.search(ONLY, name)}
    files = spoiled_files(FILES, files=sound_files(pack), folders=folders, secret=secret, seed=SEED)
    number = 0
    while batch := list(islice(files, BATCH)):
        folder = tmp_path / "corpus" / f"batch{number}"
        named = write(folder, batch, secret)
        bench.how |= {one.path: one.how for one in batch}
        bench.take(folder)
        number += 1
        assert {path for path in named if bench.row(path) is None} == set()
        assert seen(tmp_path) == around
        kept = [path.name for path in scratch.rglob("*")]  # of each reader that waits: an empty folder and its log
        assert len(kept) <= 2 * WORKERS, kept
    bench.pool.close()
    with capsys.disabled():
        tell(bench)
    assert list(scratch.iterdir()) == []
    assert set(psutil.Process().children(recursive=True)) <= others
    assert not unexpected(bench)
    assert max(bench.pool.seconds.values()) < LIMITS.wall_seconds + 5
    assert max(bench.memory[1:], default=0) - bench.memory[:2][-1] < MOST_GROWTH
    assert Counter(row.state for row in bench.rows.values())["indexed"] > FILES // 4
    with bench.engine.connect() as connection:
        found = connection.execute(text("SELECT count(*) FROM chunks WHERE text LIKE :word"), {"word": f"%{SECRET}%"})
        assert found.scalar() == 0


def unexpected(bench: Bench) -> dict[str, tuple[str, str, str]]:
    """{path: (reader, reason, how it was spoiled)} of what no reader said on purpose."""
    return {
        path: (row.reader, row.reason, bench.how.get(path, bench.how.get("/".join(path.split("/")[:2]), "")))
        for path, row in bench.rows.items()
        if UNEXPECTED.search(row.reason)
    }


def tell(bench: Bench) -> None:
    """Seen only with -s, or when asked for everything."""
    if not EVERYTHING:
        return
    rows = bench.rows.values()
    lines = [f"outcomes {dict(Counter(row.state for row in rows))}"]
    for reader in sorted({row.reader for row in rows}):
        states = Counter(row.state for row in rows if row.reader == reader)
        slowest = max((bench.pool.seconds.get(row.path, 0.0) for row in rows if row.reader == reader), default=0.0)
        lines.append(f"{reader or '(none)':15} {dict(states)} slowest {slowest:.1f} s")
    slow = sorted(bench.pool.seconds.items(), key=lambda one: -one[1])[:12]
    lines += [
        f"{seconds:6.1f} s {path} ({bench.how.get(path, '')}): {bench.rows[path].reason}" for path, seconds in slow
    ]
    lines.append(f"memory MB {[size // 2**20 for size in bench.memory]}")
    lines += [f"UNEXPECTED {path} {' | '.join(why)}" for path, why in unexpected(bench).items()]
    os.write(2, ("\n".join(lines) + "\n").encode())
