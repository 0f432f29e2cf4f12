"""Tokenises and runs an exported model: tokenizers and ONNX Runtime, nothing of torch."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.domain.types import Matrix
from rag.models.source import ModelSource

BATCH_TOKENS = 4096  # a batch holds at most so many, padding included: small enough for the cache
BATCH_ROWS = 32

Ids = npt.NDArray[np.int64]


class OnnxModel:
    """One ONNX file with its tokenizer. Nothing in it changes after this, so threads may share it."""

    def __init__(self, path: Path, source: ModelSource, *, threads: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self._counter = Tokenizer.from_file(str(source.folder / "tokenizer.json"))
        self._counter.no_padding()
        self._counter.no_truncation()
        self._cutter = Tokenizer.from_str(self._counter.to_str())
        self._cutter.enable_truncation(source.window)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.dimension = int(self._session.get_outputs()[0].shape[1])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding) for encoding in self._counter.encode_batch_fast([clean(text) for text in texts])]

    def embed(self, texts: Sequence[str]) -> Matrix:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        ids = [encoding.ids for encoding in self._cutter.encode_batch_fast([clean(text) for text in texts])]
        for batch in batches([len(row) for row in ids]):
            tokens, mask = padded([ids[i] for i in batch])
            rows[batch] = self._session.run(None, {"input_ids": tokens, "attention_mask": mask})[0]
        return rows


def clean(text: str) -> str:
    """Without NUL and lone surrogates, which tokenizers refuse."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indexes of texts of like length together, longest first, so that padding costs little."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and (len(batch) == BATCH_ROWS or (len(batch) + 1) * lengths[batch[0]] > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def padded(ids: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
    """Token ids and mask, shape (texts, longest). The pad id does not matter: the mask hides it."""
    width = max(2, max(len(row) for row in ids))
    tokens, mask = np.zeros((len(ids), width), dtype=np.int64), np.zeros((len(ids), width), dtype=np.int64)
    for i, row in enumerate(ids):
        tokens[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return tokens, mask
