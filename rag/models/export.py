"""Makes the ONNX file of a sentence-transformers model; runs as a child process, so its torch never stays with us.

Prints one JSON object a line: {"stage", "done", "total"}. The target folder gets model.onnx and meta.json.
"""

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.domain.types import Matrix
from rag.models.probes import passages
from rag.models.source import FP32

INT8 = "int8-matmul-perchannel-1"
PARITY = 0.995  # mean cosine to fp32 below which int8 is not used


def export(source: Path, target: Path) -> None:
    _say("loading", 0)
    texts = passages()
    reference = _export_fp32(source, target / "fp32.onnx", texts)
    _say("quantising", 2)
    _quantise(target / "fp32.onnx", target / "int8.onnx")
    _say("checking", 3)
    cosines = np.sum(_run(source, target / "int8.onnx", texts) * reference, axis=1)
    mean, least = float(cosines.mean()), float(cosines.min())
    good = mean >= PARITY
    (target / ("int8.onnx" if good else "fp32.onnx")).rename(target / "model.onnx")
    (target / ("fp32.onnx" if good else "int8.onnx")).unlink()
    note = "" if good else f"int8 is too far from fp32 here (cosine {mean:.4f} on average), so fp32 is used"
    meta = {"recipe": INT8 if good else FP32, "parity_mean": mean, "parity_min": least, "note": note}
    (target / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
    _say("done", 4)


def _say(stage: str, done: int) -> None:
    sys.stdout.write(json.dumps({"stage": stage, "done": done, "total": 4}) + "\n")
    sys.stdout.flush()


def _export_fp32(source: Path, path: Path, texts: Sequence[str]) -> Matrix:
    """Writes transformer, pooling and normalisation as one graph; returns what torch makes of `texts`."""
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        str(source),
        device="cpu",
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"attn_implementation": "eager", "use_safetensors": True},
    )
    reference = model.encode(list(texts), batch_size=16, normalize_embeddings=True, show_progress_bar=False)

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = self.model({"input_ids": input_ids, "attention_mask": attention_mask})
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)

    _say("exporting", 1)
    ids = torch.ones((3, 17), dtype=torch.long)
    dynamic = {0: torch.export.Dim("batch", max=4096), 1: torch.export.Dim("tokens", min=2, max=model.max_seq_length)}
    with torch.no_grad():
        program = torch.onnx.export(
            Whole().eval(),
            (ids, torch.ones_like(ids)),
            dynamo=True,
            input_names=["input_ids", "attention_mask"],
            output_names=["vectors"],
            dynamic_shapes={"input_ids": dynamic, "attention_mask": dynamic},
            verbose=False,
        )
    assert program is not None
    program.save(str(path))
    return np.asarray(reference, dtype=np.float32)


def _quantise(fp32: Path, int8: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        str(fp32), str(int8), per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"]
    )


def _run(source: Path, path: Path, texts: Sequence[str]) -> Matrix:
    from rag.models.onnx import OnnxModel
    from rag.models.source import open_source

    return OnnxModel(path, open_source(str(source), source), threads=0).embed(texts)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # the exporter's remarks on its own internals; errors still raise
    export(Path(sys.argv[1]), Path(sys.argv[2]))
