"""Opens a Chroma directory in a child process, because a damaged segment can kill the process that touches it."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import rag
from rag.domain.errors import BackendFailed, IndexMismatch
from rag.domain.types import Matrix
from rag.index.dense import ChromaIndex

TIMEOUT_SECONDS = 60.0
SECONDS_PER_CHUNK = 0.002  # replaying what was not flushed, at its slowest
NEAREST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a directory holds: its ids, and the hits of each sampled vector, best first."""

    ids: frozenset[str]
    hits: tuple[tuple[str, ...], ...]


def probe(place: Path, name: str, *, model: str, sample: Matrix, expected: int) -> Probe:
    """Count, ids and the ten nearest of each row of `sample`. The child is gone when this returns.

    Raises BackendFailed with the reason: it ended by a signal, an error, or after a time that grows with `expected`.
    """
    timeout = TIMEOUT_SECONDS + SECONDS_PER_CHUNK * expected
    with tempfile.TemporaryDirectory(prefix="teamlore-probe-") as folder:
        np.save(Path(folder) / "sample.npy", sample)
        command = [sys.executable, "-m", "rag.index.probe", str(place), name, model, folder]
        try:
            done = subprocess.run(command, env=_environment(), timeout=timeout, capture_output=True, check=False)
        except subprocess.TimeoutExpired as error:
            raise BackendFailed(f"The dense index did not open within {timeout:.0f} s.", fix=_FIX) from error
        if done.returncode < 0:
            raise BackendFailed(f"Opening the dense index ended by signal {-done.returncode}.", fix=_FIX)
        if done.returncode > 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
            raise BackendFailed(f"The dense index is damaged: {lines[-1][:300]}", fix=_FIX)
        found = json.loads((Path(folder) / "found.json").read_text())
    return Probe(ids=frozenset(found["ids"]), hits=tuple(tuple(row) for row in found["hits"]))


_FIX = "It is built anew from the registry; until then exact search answers."


def _environment() -> dict[str, str]:
    root = str(Path(rag.__file__).parents[1])
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))}


def main(place: str, name: str, model: str, folder: str) -> int:
    sample = np.load(Path(folder) / "sample.npy", allow_pickle=False)
    try:
        index = ChromaIndex(Path(place), name, model=model, dimension=sample.shape[1])
        ids = index.ids()
        if len(ids) != index.count():
            raise BackendFailed(f"It counts {index.count()} chunks and lists {len(ids)}.")
        hits = [[chunk_id for chunk_id, _ in row] for row in index.search_many(sample, NEAREST)] if len(sample) else []
        index.close()
    except (BackendFailed, IndexMismatch) as error:
        sys.stderr.write(error.what.replace("\n", " ") + "\n")
        return 1
    (Path(folder) / "found.json").write_text(json.dumps({"ids": sorted(ids), "hits": hits}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
