"""Tokenises and runs an exported model: tokenizers and ONNX Runtime, nothing of torch.

One text a run, on one core each: no padding is computed, everything stays in the core's cache, a text's vector does not
depend on its neighbours in a batch (int8 scales would), and a query never waits behind a batch.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from rag.domain.types import Matrix
from rag.models.tokens import TokenCounter


class OnnxModel:
    """One ONNX file with its tokenizer. Nothing in it changes after this, so threads may share it."""

    def __init__(self, path: Path, tokens: TokenCounter, *, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._tokens = tokens
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._workers = threads or cores()
        self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="embed")
        self.dimension = int(self._session.get_outputs()[0].shape[1])

    def embed(self, texts: Sequence[str]) -> Matrix:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        ids = self._tokens.ids(texts)

        def run(i: int) -> None:
            rows[i] = self._session.run(None, {"ids": np.array([ids[i]], dtype=np.int64)})[0][0]

        order = sorted(range(len(texts)), key=lambda i: -len(ids[i]))  # the longest first, so that all end together
        if len(texts) < 2 or self._workers == 1:
            for i in order:
                run(i)
        else:
            list(self._pool.map(run, order))
        return rows


def cores() -> int:
    """Those this process may use: a container often has fewer than the machine."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
