"""What can go wrong with a model's server, in words for the user: without the key, the prompt or the server's own."""

from collections.abc import Iterator
from typing import Literal

from rag.domain.errors import BackendFailed

Kind = Literal[
    "unreachable", "status", "first", "idle", "total", "empty", "cut", "garbage", "flood", "resting", "unexpected"
]

_START = "Check that the server runs and that TEAMLORE_LLM_BASE_URL names it"
_AGAIN = "Ask again; if it keeps happening, look at the server's log."
_SLOW = (
    "The server may be loading the model or be overloaded: wait, raise TEAMLORE_LLM_TIMEOUT, or take a smaller model."
)

FAULTS: dict[Kind, tuple[str, str]] = {
    "unreachable": ("could not be reached", f"{_START}."),
    "first": ("did not start to answer in time", _SLOW),
    "idle": ("stopped in the middle of its answer", _SLOW),
    "total": ("took too long to finish its answer", _SLOW),
    "empty": ("sent an empty answer", _AGAIN),
    "cut": ("broke off in the middle of its answer", _AGAIN),
    "garbage": ("sent something that is not its protocol", f"{_START} (openai: it mostly ends in /v1)."),
    "flood": ("sent far more text than was asked for", _AGAIN),
    "resting": ("failed several times in a row and is left alone for a moment", _AGAIN),
    "unexpected": ("could not be asked", "Check TEAMLORE_LLM and TEAMLORE_LLM_API_KEY."),
}

STATUS: dict[int, tuple[str, str]] = {
    400: ("refused the request", "Check that the model in TEAMLORE_LLM can chat and has a large enough context."),
    401: ("refused the key", "Check TEAMLORE_LLM_API_KEY."),
    403: ("refused the key", "Check what TEAMLORE_LLM_API_KEY may do."),
    404: ("does not know this model or address", f"{_START}, and the model in TEAMLORE_LLM."),
    413: ("finds the request too long", "Choose a model with a larger context."),
    429: ("is out of quota or receives too many requests", "Wait a little, or raise the limit at the provider."),
}

_NAMES: dict[str, Kind] = {  # of httpx, httpx2 and requests, and of the SDKs that wrap them: three hierarchies
    "ConnectTimeout": "unreachable",
    "ConnectError": "unreachable",
    "UnsupportedProtocol": "unreachable",
    "APIConnectionError": "unreachable",
    "ConnectionError": "unreachable",
    "ReadTimeout": "idle",
    "PoolTimeout": "idle",
    "WriteTimeout": "idle",
    "APITimeoutError": "first",
    "RemoteProtocolError": "cut",
    "ReadError": "cut",
    "APIError": "cut",  # an error event inside the stream
}


class Fault(Exception):
    """Inside rag.models only. `retryable`: nothing was received, and another try may do better."""

    def __init__(self, kind: Kind, *, status: int = 0, wait: float = 0.0) -> None:
        super().__init__(kind, status)
        self.kind: Kind = kind
        self.status = status
        self.wait = wait  # seconds the server asked for (Retry-After); 0: it did not

    @property
    def retryable(self) -> bool:
        return self.kind == "unreachable" or self.status == 429 or self.status >= 500

    @property
    def refuses_schema(self) -> bool:
        return self.status in (400, 422)

    @property
    def of_the_server(self) -> bool:
        """Others come from what was asked and say nothing of its health."""
        return self.retryable or self.kind not in ("status", "resting", "unexpected")


def fault_of(error: BaseException) -> Fault:
    """What an SDK raised, told by status, by name, by kind: each SDK has its own classes, and they wrap each other."""
    causes = list(_causes(error))
    for one in causes:
        status = getattr(one, "status_code", None)
        if isinstance(status, int) and status >= 400:
            return Fault("status", status=status, wait=_retry_after(one))
    for one in reversed(causes):  # what was there first knows best
        if (kind := _NAMES.get(type(one).__name__)) is not None:
            return Fault(kind)
    if isinstance(error, OSError):
        return Fault("cut")
    if isinstance(error, ImportError | RuntimeError | NotImplementedError):
        return Fault("unexpected")
    if isinstance(error, ValueError | TypeError | AttributeError | LookupError):  # parsing what is no protocol
        return Fault("garbage")
    return Fault("cut")


def explain(fault: Fault, place: str) -> BackendFailed:
    if fault.kind == "status":
        what, fix = STATUS.get(fault.status, ("failed" if fault.status >= 500 else "refused the request", _AGAIN))
        what = f"{what} (status {fault.status})"
    else:
        what, fix = FAULTS[fault.kind]
    if fault.kind == "resting":
        fix = f"Ask again in {fault.wait:.0f} s; the passages below are found without it."
    return BackendFailed(f"The language model at {place} {what}.", fix=fix)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _retry_after(error: BaseException) -> float:
    """Seconds; 0 for a date, which servers of models do not send."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", 0)))
    except ValueError:
        return 0.0
