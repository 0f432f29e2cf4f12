"""Makes the ONNX file of a sentence-transformers model; runs as a child process, so that its torch goes away with it.

Prints one JSON object a line: {"stage", "done", "total"}. The target folder gets model.onnx and meta.json.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.models.onnx import OnnxModel
from rag.models.probes import passages
from rag.models.smoothing import smooth
from rag.models.source import FP32, INT8, ModelSource, open_source
from rag.models.tokens import TokenCounter

if TYPE_CHECKING:
    import onnx
    from sentence_transformers import SentenceTransformer

PARITY = 0.995  # mean cosine to fp32 below which int8 is not used
BLOCK = 128
INT8_INPUTS = 4  # how ONNX Runtime calls it: the inputs are made int8 too
CALIBRATION, CHECKS = 100, 200  # passages, none of them in both


def export(source: ModelSource, target: Path) -> None:
    _say("loading", 0)
    texts = passages(CALIBRATION + CHECKS)
    model = load(source)
    reference = model.encode(texts[CALIBRATION:], batch_size=8, normalize_embeddings=True, show_progress_bar=False)
    smooth(model, texts[:CALIBRATION])
    _say("exporting", 1)
    write_graph(model, target / "fp32.onnx")
    _say("quantising", 2)
    quantise(target / "fp32.onnx", target / "int8.onnx")
    _say("checking", 3)
    vectors = OnnxModel(target / "int8.onnx", TokenCounter(source), threads=0).embed(texts[CALIBRATION:])
    cosines = np.sum(vectors * np.asarray(reference, dtype=np.float32), axis=1)
    keep(target, mean=float(cosines.mean()), least=float(cosines.min()))
    _say("done", 4)


def load(source: ModelSource) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(
        str(source.folder),
        device="cpu",
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"attn_implementation": "eager", "use_safetensors": True},
    )


def write_graph(model: "SentenceTransformer", path: Path) -> None:
    """Transformer, pooling and normalisation for one text: ids (1, tokens) in, vector (1, dim) out, no mask needed."""
    import torch

    class OneText(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            features = self.model({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
            return torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)

    tokens = torch.export.Dim("tokens", min=2, max=int(model.max_seq_length or 512))
    with torch.no_grad():
        program = torch.onnx.export(
            OneText().eval(),
            (torch.ones((1, 17), dtype=torch.long),),
            dynamo=True,
            input_names=["ids"],
            output_names=["vector"],
            dynamic_shapes={"ids": {1: tokens}},
            verbose=False,
        )
    assert program is not None
    program.save(str(path))


def quantise(fp32: Path, int8: Path) -> None:
    """A scale for each channel of the weights and one for a text's inputs; where a layer narrows, one for each BLOCK.

    Those are the outputs of the feed-forward layers, whose inputs are too uneven for one scale a text.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    narrowing = _narrowing(onnx.load(str(fp32)).graph)
    quantize_dynamic(
        str(fp32),
        str(int8),
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul"],
        nodes_to_exclude=sorted(narrowing),
    )
    graph = onnx.load(str(int8))
    others = [node.name for node in graph.graph.node if node.op_type == "MatMul" and node.name not in narrowing]
    blockwise = MatMulNBitsQuantizer(
        graph, bits=8, block_size=BLOCK, is_symmetric=True, accuracy_level=INT8_INPUTS, nodes_to_exclude=others
    )
    blockwise.process()
    blockwise.model.save_model_to_file(str(int8))


def _narrowing(graph: "onnx.GraphProto") -> set[str]:
    """Names of the products with weights that have fewer numbers going out than coming in."""
    shapes = {one.name: one.dims for one in graph.initializer}
    products = [node for node in graph.node if node.op_type == "MatMul" and node.input[1] in shapes]
    return {node.name for node in products if shapes[node.input[1]][0] > shapes[node.input[1]][1]}


def keep(target: Path, *, mean: float, least: float) -> None:
    """Leave the better of both as model.onnx, with meta.json saying which and why."""
    good = mean >= PARITY
    (target / ("int8.onnx" if good else "fp32.onnx")).rename(target / "model.onnx")
    (target / ("fp32.onnx" if good else "int8.onnx")).unlink()
    note = "" if good else f"int8 would be too far from fp32 here (mean cosine {mean:.4f}), so fp32 is used"
    meta = {"recipe": INT8 if good else FP32, "parity_mean": mean, "parity_min": least, "note": note}
    (target / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")


def _say(stage: str, done: int) -> None:
    sys.stdout.write(json.dumps({"stage": stage, "done": done, "total": 4}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # the exporter's remarks on its own internals; errors still raise
    export(open_source(sys.argv[1], Path(sys.argv[1])), Path(sys.argv[2]))
