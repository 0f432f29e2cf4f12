"""Judges that are models, by name: what stands before the colon in `--judge openai:MODEL`."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from eval.judges.llm import LLMJudge
from eval.judges.memory import ModelJudge
from eval.judges.ragas import RagasJudge, Reached
from rag.domain.errors import BadInput
from rag.models.llms import OPENAI, Reach, load_llm

SECONDS = 10.0
_OF_A_MODEL = ("meta", "root", "max_model_len", "owned_by")  # what tells one file from another; times do not


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`key` belongs to `url` and goes nowhere else."""

    url: str = ""
    key: str = ""
    ragas: str = sys.executable  # an interpreter that has ragas

    @property
    def host(self) -> str:
        return urlsplit(self.url or OPENAI).hostname or ""


Maker = Callable[[str, Server, int], ModelJudge]  # the whole name, where it listens, trials


def _openai(name: str, server: Server, trials: int) -> ModelJudge:
    llm = load_llm(name, Reach(base_url=server.url, api_key=server.key))
    if llm is None:
        raise BadInput(f"{name} is no language model.", fix="Name one: --judge openai:MODEL.")
    return LLMJudge(llm=llm, trials=trials, served=served(name.partition(":")[2], server))


def _ragas(name: str, server: Server, trials: int) -> ModelJudge:
    model = name.partition(":")[2]
    if trials > 1:
        raise BadInput("ragas asks each item once.", fix="Leave --trials out.")
    reached = Reached(model=model, url=server.url or OPENAI, key=server.key, python=server.ragas)
    return RagasJudge(reached, served(model, server))


MAKERS: Mapping[str, Maker] = {"openai": _openai, "ragas": _ragas}


def is_model(name: str) -> bool:
    return name.partition(":")[0] in MAKERS and ":" in name


def load_judge(name: str, server: Server, *, trials: int = 1) -> ModelJudge:
    """Raises BadSetting where no server is named, BadInput for an address that is none."""
    if server.url and (not server.url.startswith(("http://", "https://")) or not server.host):
        raise BadInput(f"{server.url!r} is no server's address.", fix="Write it as in http://127.0.0.1:8080/v1.")
    return MAKERS[name.partition(":")[0]](name, server, trials)


def served(model: str, server: Server) -> dict[str, Any]:
    """What the server says of the model's file: size, window, owner. {} where it says nothing."""
    if not server.url:
        return {}
    headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
    try:
        reply = httpx.get(f"{server.url.rstrip('/')}/models", headers=headers, timeout=SECONDS)
        rows = reply.raise_for_status().json()["data"]
        row = next((row for row in rows if row.get("id") == model), rows[0] if len(rows) == 1 else {})
        return {name: row[name] for name in _OF_A_MODEL if row.get(name) is not None}
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return {}  # not every server lists its models, and judging needs no list
