"""Passages to calibrate and to check an export on: prose, code and Markdown that every installation has.

The mixture matters: calibrated on prose alone, int8 came .0015 less close to fp32 on a team's real documents.
"""

import argparse
import inspect
import json
from importlib.metadata import PackageNotFoundError, metadata
from pydoc_data.topics import topics

LENGTHS = (8, 20, 45, 90, 160)  # words; the last ones nearly fill the window
READMES = ("fastapi", "httpx", "sentence-transformers", "pydantic-settings", "uvicorn")


def passages(count: int) -> list[str]:
    """`count` different texts (up to about 500), kinds and lengths taking turns; the same within one installation."""
    kinds = [kind.split() for kind in (_prose(), _code(), _markdown()) if kind]
    at = [0] * len(kinds)
    texts = []
    for n in range(count):
        kind, length = n % len(kinds), LENGTHS[n // len(kinds) % len(LENGTHS)]
        if at[kind] + length > len(kinds[kind]):
            kind = 0  # the prose is long enough for all
        texts.append(" ".join(kinds[kind][at[kind] : at[kind] + length]))
        at[kind] += length
    return texts


def _prose() -> str:
    return " ".join(topics[name] for name in sorted(topics))


def _code() -> str:
    return inspect.getsource(json) + inspect.getsource(argparse)


def _markdown() -> str:
    return " ".join(_readme(name) for name in READMES)


def _readme(package: str) -> str:
    try:
        return str(metadata(package).json.get("description", ""))
    except PackageNotFoundError:  # one text less to look at
        return ""
