"""The process that the drill kills: on `go` it forks a child that changes files and ingests them until it dies.

Lines on standard output: `start {pid}`, then for each step `intent {state}` before and `ack {state}` after it;
a state is {path: the word that only this version of it holds}.
"""

import json
import os
import random
import sys
from pathlib import Path

from ingest.pipeline import Pipeline
from ingest.redaction import Redactor
from rag.index.generations import HomeIndexes
from rag.registry.catalog import SqlCatalog
from rag.registry.chats import SqlChats
from rag.registry.database import open_database
from rag.registry.generations import SqlGenerations
from rag.registry.ledger import SqlLedger
from rag.registry.sources import SqlSources
from tests.fakes import WordEmbedder
from tests.ingest.inline import InlinePool, NoIndexes

FILES = 12


def pipeline_of(home: Path, *, indexed: bool) -> Pipeline:
    embedder = WordEmbedder()
    engine = open_database(f"sqlite:///{home}/registry.db")
    catalog = SqlCatalog(engine)
    indexes: HomeIndexes | NoIndexes = NoIndexes()
    if indexed:
        indexes = HomeIndexes(
            catalog,
            SqlGenerations(engine),
            directory=home / "indexes",
            model=embedder.fingerprint,
            dimension=embedder.dimension,
        )
    return Pipeline(
        catalog=catalog,
        ledger=SqlLedger(engine),
        chats=SqlChats(engine),
        sources=SqlSources(engine),
        embedder=embedder,
        pool=InlinePool(),
        redactor=Redactor(),
        indexes=indexes,
        batch_chunks=12,
    )


def state_of(corpus: Path) -> dict[str, str]:
    return {path.name: path.read_text().split(None, 2)[1] for path in sorted(corpus.glob("*.md"))}


def text_of(word: str, rng: random.Random) -> str:
    """Every paragraph holds the word of its version."""
    sections = [
        f"## Part {n}\n\n" + " ".join([word, *(f"w{rng.randrange(500)}" for _ in range(70))]) + "." for n in range(1, 6)
    ]
    return f"# {word} \n\n" + "\n\n".join(sections)


def step(corpus: Path, rng: random.Random) -> None:
    """Write, rewrite and delete a few files."""
    for n in rng.sample(range(FILES), rng.randint(1, 5)):
        path = corpus / f"{n:02}.md"
        if path.exists() and rng.random() < 0.3:
            path.unlink()
            continue
        scratch = corpus.parent / "scratch.md"  # so that a half written one is never in the corpus
        scratch.write_text(text_of(f"canary{rng.randrange(10**12)}", rng))
        scratch.replace(path)


def tell(name: str, value: object) -> None:
    os.write(1, f"{name} {json.dumps(value)}\n".encode())


def work(home: Path, corpus: Path, seed: int, *, indexed: bool) -> None:
    rng = random.Random(seed)
    pipeline = pipeline_of(home, indexed=indexed)
    tell("start", os.getpid())
    while True:
        step(corpus, rng)
        tell("intent", state_of(corpus))
        report = pipeline.ingest([corpus], space="default")
        assert not report.failed, report.failed
        tell("ack", state_of(corpus))


def main(home: Path, corpus: Path) -> None:
    for line in sys.stdin:
        seed, indexed = line.split()
        child = os.fork()
        if child == 0:
            work(home, corpus, int(seed), indexed=indexed == "yes")
        os.waitpid(child, 0)
        tell("gone", child)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
