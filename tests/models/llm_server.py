"""A real OpenAI-compatible server (llama.cpp) with a small real model, in a child process on loopback.

The fixtures `openai_server` and `tiny_server` start each once.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag.domain.errors import BackendFailed, ModelMissing
from rag.models.artifacts import pull

MODELS = Path(os.environ.get("TEAMLORE_TEST_MODELS", Path.home() / ".cache" / "teamlore-test-models"))
QWEN = "qwen2.5-coder-0.5b-instruct-q4_k_m"
SMOL = "smollm2-135m-instruct-q4_1"

# It ends when its standard input does, so it never outlives the tests, however they end.
CHILD = """
import sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.n_ctx, p.n_parallel, p.hostnames, p.port = sys.argv[1], 8192, 2, ["127.0.0.1"], 0
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 2
server = xllamacpp.Server(p)
print("LISTENS", server.listening_address, flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIServer:
    base_url: str
    model: str


def model_file(name: str) -> Path:
    """Pulls it when it is not in the cache yet; skips where it cannot be reached."""
    try:
        return pull(name, MODELS)
    except (BackendFailed, ModelMissing) as error:
        pytest.skip(str(error))


@contextmanager
def serving_model(name: str) -> Iterator[OpenAIServer]:
    pytest.importorskip("xllamacpp")
    command = [sys.executable, "-c", CHILD, str(model_file(name))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout is not None
        address = next((line.split()[1] for line in child.stdout if line.startswith("LISTENS")), "")
        assert address, "the server ended before it listened"
        yield OpenAIServer(base_url=f"{address}/v1", model=name)
        child.kill()
