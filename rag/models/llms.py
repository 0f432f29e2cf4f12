"""Language models by name. `LLMS` has a row a backend: what stands before the colon in TEAMLORE_LLM."""

from collections.abc import Callable

from rag.domain.errors import BadSetting
from rag.domain.ports import LLM
from rag.models.openai import OpenAILLM

EXTRACTIVE = "extractive"  # answers are the evidence sentences themselves; no model at all
OPENAI = "https://api.openai.com/v1"

Maker = Callable[[str, str, str], LLM]  # model, base URL, key


def _openai(model: str, base_url: str, api_key: str) -> LLM:
    if not base_url and not api_key:
        raise BadSetting(
            f"openai:{model} needs to know where the server listens.",
            fix="Set TEAMLORE_LLM_BASE_URL (http://127.0.0.1:8080/v1), or TEAMLORE_LLM_API_KEY for OpenAI itself.",
        )
    return OpenAILLM(model, base_url=base_url or OPENAI, api_key=api_key)


LLMS: dict[str, Maker] = {"openai": _openai}


def load_llm(name: str, *, base_url: str, api_key: str) -> LLM | None:
    """None for `extractive`. Nothing is contacted before the first question. Raises BadSetting."""
    if name == EXTRACTIVE:
        return None
    prefix, _, model = name.partition(":")
    if prefix not in LLMS or not model:
        known = ", ".join([EXTRACTIVE, *(f"{known}:MODEL" for known in LLMS)])
        raise BadSetting(f"{name!r} names no language model.", fix=f"Set TEAMLORE_LLM to one of: {known}.")
    return LLMS[prefix](model, base_url, api_key)
