"""llama.cpp in a process of its own, for `rag.models.llama_cpp`: told on standard input, says where it listens.

It ends when its standard input does, so it never outlives the service, however that ends.
"""

import json
import os
import sys
from typing import TextIO

LISTENS = "LISTENS "
PARALLEL = 2  # questions at once, each with the whole context
CACHED_MB = 512  # of prompts that were read; llama.cpp's own default is 8 GB


def main(told: TextIO, out: TextIO) -> None:
    """Reads one line of JSON: path, context (tokens), threads, key."""
    import xllamacpp

    given = json.loads(told.readline())
    params = xllamacpp.CommonParams()
    params.model.path = given["path"]
    params.n_parallel, params.n_ctx = PARALLEL, PARALLEL * given["context"]
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [given["key"]]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = given["threads"]
    params.cache_ram_mib, params.verbosity, params.ui, params.endpoint_slots = CACHED_MB, -1, False, False
    params.offline, params.warmup, params.fit_params = True, False, False  # the last two load it twice
    server = xllamacpp.Server(params)
    out.write(f"{LISTENS}{server.listening_address}\n")
    out.flush()
    told.read()
    os._exit(0)  # a destructor would wait for the answer in work


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
