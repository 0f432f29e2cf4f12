"""Any other language model that llama-index has an integration for, by the integration's name: groq, mistralai, …"""

import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

from rag.domain.errors import BadSetting
from rag.models.chat import Asked, Dialect, Limits, Piece, spoken
from rag.models.openai import OpenAIDialect
from rag.models.request import Wire

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_ADDRESS = ("api_base", "base_url", "endpoint", "host")  # what integrations call it
_KEYED = ("api_key", "token")


class IntegrationDialect:
    """What is common to all of them: `stream_chat`. Nothing tells whether an answer has ended well.

    Its HTTP client is its own, so a request that was given up is only no longer waited for: its thread ends at the
    next piece, or with the integration's own time-out, which is set to ours where it has one.
    """

    def __init__(self, name: str, make: Callable[..., Any], *, place: str, window: Callable[[], int | None]) -> None:
        self.name, self.place, self.window = name, place, window
        self._make = make

    def pieces(self, asked: Asked, wire: Wire, limits: Limits) -> Iterator[Piece]:
        del wire
        llm = self._make(**_accepted(self._make, max_tokens=asked.max_tokens, timeout=limits.total, max_retries=0))
        for response in spoken(llm, asked, {}):
            yield Piece(text=response.delta or "", finished=True)


def is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


def integration(name: str, model: str, *, base_url: str, api_key: str, context: int) -> Dialect:
    """Its class is made with model, key and address where these are given. Raises BadSetting."""
    made = _class_of(name)
    known = _parameters(made)
    given: dict[str, Any] = {"model": model, "temperature": 0.0}
    for value, names in ((api_key, _KEYED), (base_url, _ADDRESS)):
        if value and (taken := next((one for one in names if one in known), "")):
            given[taken] = value
    make = partial(made, **{key: value for key, value in given.items() if key in known})

    def window() -> int | None:
        return context or None

    if _is_openai(made):
        own = {"max_retries": 0, "reuse_client": False}
        return OpenAIDialect(
            f"{name}:{model}",
            lambda client: make(http_client=client, **_accepted(make, **own)),
            place=name,
            window=window,
        )
    return IntegrationDialect(f"{name}:{model}", make, place=name, window=window)


def _class_of(name: str) -> Callable[..., Any]:
    from llama_index.core.llms import LLM

    package = f"llama_index.llms.{name.replace('-', '_')}"
    if find_spec("llama_index.llms") is None or find_spec(package) is None:
        raise BadSetting(
            f"TEAMLORE_LLM={name}:… needs LlamaIndex's integration of that name, which is not installed.",
            fix=f"pip install llama-index-llms-{name.replace('_', '-')}, if there is one.",
        )
    module = importlib.import_module(package)
    found = [getattr(module, one) for one in getattr(module, "__all__", dir(module))]
    classes = [one for one in found if inspect.isclass(one) and issubclass(one, LLM) and not inspect.isabstract(one)]
    if not classes:
        raise BadSetting(f"{package} has no language model in it.", fix="Name another integration in TEAMLORE_LLM.")
    plain = name.replace("-", "").replace("_", "")
    return next((one for one in classes if one.__name__.lower() == plain), classes[0])


def _is_openai(made: Callable[..., Any]) -> bool:
    from llama_index.llms.openai import OpenAI

    return inspect.isclass(made) and issubclass(made, OpenAI)


def _parameters(make: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(make).parameters) | set(getattr(make, "model_fields", {}))


def _accepted(make: Callable[..., Any], **wanted: object) -> dict[str, Any]:
    """Those of the wanted that it knows: pydantic refuses some classes' unknown names and drops others'."""
    made = make.func if isinstance(make, partial) else make
    known = _parameters(made)
    return {name: value for name, value in wanted.items() if name in known}
