"""/ui/source: the text behind a citation, with the quote highlighted."""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from rag.client import ApiError, Client, Unreachable
from ui import pages


def source_view(client: Client, request: Request) -> HTMLResponse:
    """Query: start and end, in characters of that version. Absent and not allowed look the same."""
    start, end = _number(request.query_params.get("start")), _number(request.query_params.get("end"))
    try:
        document = client.text(request.path_params["document"], version=request.path_params["version"])
    except ApiError as error:
        return HTMLResponse(pages.message_page("This source cannot be shown", error.detail), status_code=error.status)
    except Unreachable as error:
        return HTMLResponse(pages.message_page("The service does not answer", error.detail), status_code=503)
    return HTMLResponse(pages.source_page(document, start=start, end=end))


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 12 else 0
