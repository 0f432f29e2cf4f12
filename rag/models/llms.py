"""Language models by name. `LLMS` has a row a backend: what stands before the colon in TEAMLORE_LLM."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rag.domain.errors import BadSetting
from rag.domain.ports import LLM
from rag.models.chat import TOTAL, ChatLLM, Dialect, Limits
from rag.models.openai import openai_like

EXTRACTIVE = "extractive"  # answers are the evidence sentences themselves; no model at all
OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a backend is reached. `context`: tokens, 0: what the model or its server says; `threads`: 0: all cores."""

    base_url: str = ""
    api_key: str = ""
    timeout: float = TOTAL
    context: int = 0
    models: Path = Path()
    threads: int = 0


Maker = Callable[[str, Reach], Dialect]  # the model's name there


def _openai(model: str, reach: Reach) -> Dialect:
    if not reach.base_url and not reach.api_key:
        raise BadSetting(
            f"openai:{model} needs to know where the server listens.",
            fix="Set TEAMLORE_LLM_BASE_URL (http://127.0.0.1:8080/v1), or TEAMLORE_LLM_API_KEY for OpenAI itself.",
        )
    return openai_like(model, base_url=reach.base_url or OPENAI, api_key=reach.api_key, context=reach.context)


LLMS: dict[str, Maker] = {"openai": _openai}


def load_llm(name: str, reach: Reach) -> LLM | None:
    """None for `extractive`. Nothing is contacted before the first question. Raises BadSetting."""
    if name == EXTRACTIVE:
        return None
    prefix, _, model = name.partition(":")
    if prefix not in LLMS or not model:
        known = ", ".join([EXTRACTIVE, *(f"{known}:MODEL" for known in LLMS)])
        raise BadSetting(f"{name!r} names no language model.", fix=f"Set TEAMLORE_LLM to one of: {known}.")
    return ChatLLM(LLMS[prefix](model, reach), limits=Limits.of(reach.timeout))
