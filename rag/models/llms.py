"""Language models by name. `LLMS` has a row a backend: what stands before the colon in TEAMLORE_LLM."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rag.domain.errors import BadSetting
from rag.domain.ports import LLM
from rag.models.chat import TOTAL, ChatLLM, Dialect, Limits
from rag.models.integrations import integration, is_name
from rag.models.llama_cpp import LlamaCppLLM
from rag.models.openai import openai_like
from rag.models.windows import served_window

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


Maker = Callable[[str, Reach], LLM]  # the model's name there


def _openai(model: str, reach: Reach) -> LLM:
    url, key = _address("openai", model, reach, OPENAI)
    return _chat(openai_like(model, base_url=url, api_key=key, context=reach.context), reach)


def _anthropic(model: str, reach: Reach) -> LLM:
    _need("anthropic", "llama_index.llms.anthropic")
    from rag.models.anthropic import HOSTED, AnthropicDialect, window_of

    url, key = _address("anthropic", model, reach, HOSTED)
    window = served_window("" if url == HOSTED else url, key, model, context=reach.context or window_of(model))
    return _chat(AnthropicDialect(model, base_url=url, api_key=key, window=window), reach)


def _ollama(model: str, reach: Reach) -> LLM:
    _need("ollama", "llama_index.llms.ollama")
    from rag.models.ollama import HERE, OllamaDialect

    url = reach.base_url or HERE
    return _chat(OllamaDialect(model, base_url=url, api_key=reach.api_key, context=reach.context), reach)


def _llama_cpp(model: str, reach: Reach) -> LLM:
    limits = Limits.of(reach.timeout)
    return LlamaCppLLM(model, models=reach.models, context=reach.context, threads=reach.threads, limits=limits)


LLMS: dict[str, Maker] = {"llama-cpp": _llama_cpp, "openai": _openai, "anthropic": _anthropic, "ollama": _ollama}


def load_llm(name: str, reach: Reach) -> LLM | None:
    """None for `extractive`. Nothing is contacted or loaded before the first question. Raises BadSetting."""
    if name == EXTRACTIVE:
        return None
    prefix, _, model = name.partition(":")
    if not model or not is_name(prefix):
        known = ", ".join([EXTRACTIVE, *(f"{known}:MODEL" for known in LLMS)])
        raise BadSetting(
            f"{name!r} names no language model.",
            fix=f"Set TEAMLORE_LLM to one of: {known}, or NAME:MODEL of another LlamaIndex integration.",
        )
    if prefix in LLMS:
        return LLMS[prefix](model, reach)
    url, key = reach.base_url, reach.api_key
    return _chat(integration(prefix, model, base_url=url, api_key=key, context=reach.context), reach)


def _chat(dialect: Dialect, reach: Reach) -> LLM:
    return ChatLLM(dialect, limits=Limits.of(reach.timeout))


def _address(backend: str, model: str, reach: Reach, hosted: str) -> tuple[str, str]:
    if not reach.base_url and not reach.api_key:
        raise BadSetting(
            f"{backend}:{model} needs to know where the server listens.",
            fix="Set TEAMLORE_LLM_BASE_URL (http://127.0.0.1:8080/v1), or TEAMLORE_LLM_API_KEY for the hosted one.",
        )
    return reach.base_url or hosted, reach.api_key


def _need(backend: str, package: str) -> None:
    if find_spec(package) is None:
        raise BadSetting(
            f"TEAMLORE_LLM={backend}:… needs a package that is not installed.",
            fix=f"pip install 'teamlore[{backend}]'",
        )
