"""Text to vectors: ONNX Runtime (default, exported on first use) or torch. `EMBEDDERS` has a row a backend."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock

from rag.domain.errors import BackendFailed, BadSetting
from rag.domain.ports import Embedder, OnProgress
from rag.domain.types import Matrix, Progress
from rag.models.onnx import OnnxModel
from rag.models.source import FP32, INT8, ModelSource, open_source
from rag.models.tokens import TokenCounter, clean


class OnnxEmbedder:
    """Runs the export in `folder` (model.onnx, meta.json). Texts beyond the window are cut."""

    def __init__(self, source: ModelSource, folder: Path, *, threads: int) -> None:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        self.source, self.folder, self.threads = source, folder, threads
        self._tokens = TokenCounter(source)
        self._model = OnnxModel(folder / "model.onnx", self._tokens, threads=threads)
        self.name = source.name
        self.fingerprint = source.fingerprint(meta["recipe"])
        self.dimension = self._model.dimension
        self.window = source.window
        self.note: str = meta["note"]  # empty, or why fp32 is used

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._tokens.count(texts)

    def embed(self, texts: Sequence[str]) -> Matrix:
        return self._model.embed(texts)


class TorchEmbedder:
    """Runs sentence-transformers, on a GPU where there is one. Importing it costs seconds and 450 MB."""

    note = ""

    def __init__(self, source: ModelSource, *, threads: int) -> None:
        import torch
        from sentence_transformers import SentenceTransformer

        if threads:
            torch.set_num_threads(threads)
        self._model = SentenceTransformer(
            str(source.folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
        )
        self._tokens = TokenCounter(source)
        self.name = source.name
        self.fingerprint = source.fingerprint(FP32)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.window = source.window

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._tokens.count(texts)

    def embed(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        rows = self._model.encode(
            [clean(text) for text in texts], batch_size=32, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(rows, dtype=np.float32)


def load_embedder(
    name: str, *, models: Path, backend: str, threads: int, on_progress: OnProgress | None = None
) -> Embedder:
    """`name`: a known model or a folder. `threads` 0: all cores. The first use of `onnx` exports, about 20 s.

    Raises ModelMissing, BadSetting (unknown backend), BackendFailed (the export failed).
    """
    if backend not in EMBEDDERS:
        raise BadSetting(f"{backend} is no embedding backend.", fix=f"Choose one of {', '.join(EMBEDDERS)}.")
    return EMBEDDERS[backend](open_source(name, models), models, threads, on_progress)


def _load_onnx(source: ModelSource, models: Path, threads: int, on_progress: OnProgress | None) -> Embedder:
    folder = models / f"{source.name}-{source.fingerprint(INT8)}"
    if not (folder / "meta.json").is_file():
        models.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not (folder / "meta.json").is_file():
                _export(source, folder, on_progress)
    return OnnxEmbedder(source, folder, threads=threads)


def _export(source: ModelSource, folder: Path, on_progress: OnProgress | None) -> None:
    """In a child process into a folder beside it, which takes its name when all is there."""
    scratch = Path(tempfile.mkdtemp(prefix=".export-", dir=folder.parent))
    command = [sys.executable, "-m", "rag.models.export", str(source.folder), str(scratch)]
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}  # spinning threads take minutes on a busy machine
    log = scratch / "log.txt"
    try:
        with log.open("w", encoding="utf-8") as errors:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
            with child:
                try:
                    _follow(child, on_progress)
                finally:
                    child.kill()
        if child.returncode != 0:
            last = log.read_text(encoding="utf-8").strip().splitlines()[-1:]
            raise BackendFailed(
                f"Exporting {source.name} to ONNX failed: {' '.join(last)}",
                fix="Set TEAMLORE_EMBEDDER_BACKEND=torch, or check free memory and disk space.",
            )
        log.unlink()
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _follow(child: subprocess.Popen[str], on_progress: OnProgress | None) -> None:
    """Report its steps until it has ended."""
    for line in child.stdout or ():
        if on_progress and line.startswith("{"):
            step = json.loads(line)
            on_progress(Progress(stage=f"model: {step['stage']}", done=step["done"], total=step["total"]))
    child.wait()


Loader = Callable[[ModelSource, Path, int, OnProgress | None], Embedder]
EMBEDDERS: dict[str, Loader] = {
    "onnx": _load_onnx,
    "torch": lambda source, _models, threads, _on_progress: TorchEmbedder(source, threads=threads),
}
