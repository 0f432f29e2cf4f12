"""Where a sentence-transformers model lies, and what identifies it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.domain.errors import ModelMissing
from rag.models.artifacts import find

FP32 = "fp32"
INT8 = "int8: MatMul per channel, narrowing ones by blocks of 128, smoothed at .85, one text a run, 3"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """A folder as sentence-transformers saves it. `identity`: SHA-256 of weights, tokenizer, modules and window."""

    name: str
    folder: Path
    window: int
    identity: str

    def fingerprint(self, recipe: str) -> str:
        """Of what decides the vectors: the source and the arithmetic, never an exported file's bytes."""
        return hashlib.sha256(f"{self.identity}\n{recipe}".encode()).hexdigest()[:16]


def open_source(name: str, models: Path) -> ModelSource:
    """`name`: a known model, or a folder that has modules.json and safetensors. Raises ModelMissing."""
    folder = find(name, models)
    for needed in ("modules.json", "model.safetensors", "tokenizer.json"):
        if not (folder / needed).is_file():
            raise ModelMissing(
                f"{name} has no {needed}.",
                fix="Name a folder that sentence-transformers saved (safetensors), or one of `teamlore models list`.",
            )
    return ModelSource(
        name=folder.name if Path(name).is_dir() else name,
        folder=folder,
        window=_window(folder),
        identity=_identity(folder),
    )


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _window(folder: Path) -> int:
    """Tokens the model reads. sentence-transformers falls back from its own file to the tokenizer's, so do we."""
    positions = int(_read(folder / "config.json").get("max_position_embeddings", 512))
    own = _read(folder / "sentence_bert_config.json").get("max_seq_length")
    tokenizer = _read(folder / "tokenizer_config.json").get("model_max_length")
    return min(int(own or tokenizer or positions), positions)


def _identity(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(
        [*folder.glob("*.safetensors"), *folder.glob("[0-9]*/*"), folder / "modules.json", folder / "tokenizer.json"]
    ):
        if not path.is_file():
            continue
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    digest.update(str(_window(folder)).encode())
    return digest.hexdigest()
