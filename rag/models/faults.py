"""What can go wrong with a model's server, in words for the user: without the key, the prompt or the server's own."""

from typing import Literal

from rag.domain.errors import BackendFailed

Kind = Literal["unreachable", "status", "first", "idle", "total", "empty", "cut", "garbage", "flood"]

_START = "Check that the server runs and that TEAMLORE_LLM_BASE_URL names it"
_AGAIN = "Ask again; if it keeps happening, look at the server's log."
_SLOW = "The server may be loading the model or be overloaded: wait, or choose a smaller model."

FAULTS: dict[Kind, tuple[str, str]] = {
    "unreachable": ("could not be reached", f"{_START}."),
    "first": ("did not start to answer in time", _SLOW),
    "idle": ("stopped in the middle of its answer", _SLOW),
    "total": ("took too long to finish its answer", _SLOW),
    "empty": ("sent an empty answer", _AGAIN),
    "cut": ("broke off in the middle of its answer", _AGAIN),
    "garbage": ("sent something that is not OpenAI's protocol", f"{_START} (it mostly ends in /v1)."),
    "flood": ("sent far more text than was asked for", _AGAIN),
}

STATUS: dict[int, tuple[str, str]] = {
    400: ("refused the request", "Check that the model in TEAMLORE_LLM can chat and has a large enough context."),
    401: ("refused the key", "Check TEAMLORE_LLM_API_KEY."),
    403: ("refused the key", "Check what TEAMLORE_LLM_API_KEY may do."),
    404: ("does not know this model or address", f"{_START} (it mostly ends in /v1), and the model in TEAMLORE_LLM."),
    413: ("finds the request too long", "Choose a model with a larger context."),
    429: ("is out of quota or receives too many requests", "Wait a little, or raise the limit at the provider."),
}


class Fault(Exception):
    """Inside rag.models only. `retryable`: nothing was received, and another try may do better."""

    def __init__(self, kind: Kind, *, status: int = 0) -> None:
        super().__init__(kind, status)
        self.kind: Kind = kind
        self.status = status

    @property
    def retryable(self) -> bool:
        return self.kind == "unreachable" or self.status == 429 or self.status >= 500

    @property
    def refuses_schema(self) -> bool:
        return self.status in (400, 422)


def explain(fault: Fault, place: str) -> BackendFailed:
    if fault.kind == "status":
        what, fix = STATUS.get(fault.status, ("failed" if fault.status >= 500 else "refused the request", _AGAIN))
        what = f"{what} (status {fault.status})"
    else:
        what, fix = FAULTS[fault.kind]
    return BackendFailed(f"The language model at {place} {what}.", fix=fix)
