"""/ui/source: the text behind a citation, with the quote highlighted."""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from rag.client import ApiError, Client, Unreachable
from ui import render


def source_view(client: Client, request: Request) -> HTMLResponse:
    """Query: start and end, in characters of that version. Absent and not allowed look the same."""
    start, end = _number(request.query_params.get("start")), _number(request.query_params.get("end"))
    try:
        document = client.text(request.path_params["document"], version=request.path_params["version"])
    except ApiError as error:
        return HTMLResponse(render.message_page("This source cannot be shown", error.detail), status_code=error.status)
    except Unreachable as error:
        return HTMLResponse(render.message_page("The service does not answer", error.detail), status_code=503)
    return HTMLResponse(render.source_page(document, start=start, end=end, where=_where(document["text"], start, end)))


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 12 else 0


def _where(text: str, start: int, end: int) -> str:
    if not start < end <= len(text):
        return ""
    first = text.count("\n", 0, start) + 1
    return render.place({"locator": {"type": "lines", "first": first, "last": first + text.count("\n", start, end)}})
