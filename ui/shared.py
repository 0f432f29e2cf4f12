"""/ui/shared: a conversation that somebody shows, as far as its reader may read what it rests on."""

import html

from starlette.requests import Request
from starlette.responses import HTMLResponse

from rag.client import ApiError, Client, Unreachable
from ui import pages
from ui.render import Json, source_link

GONE = "It is gone, no longer shared, or was never there."


def shared_view(client: Client, request: Request) -> HTMLResponse:
    try:
        shared = client.shared(request.path_params["token"])
    except ApiError as error:
        detail = GONE if error.status == 404 else error.detail
        return HTMLResponse(pages.message_page("This conversation cannot be shown", detail), status_code=error.status)
    except Unreachable as error:
        return HTMLResponse(pages.message_page("The service does not answer", error.detail), status_code=503)
    return HTMLResponse(shared_page(shared))


def shared_page(shared: Json) -> str:
    turns = "".join(_turn(turn) for turn in shared["turns"])
    empty = "<p>Nothing of it is open to you.</p>"
    about = f"<p>Shown by {html.escape(shared['owner'])}: the answers that rest on what you may read.</p>"
    main = f'<main class="talk">{turns or empty}</main>'
    return pages.page(shared["title"] or "A conversation", about, main)


def _turn(turn: Json) -> str:
    answer = turn["answer"]
    understood = answer.get("understood_as")
    aside = f'<p class="aside">Understood as: {html.escape(understood)}</p>' if understood else ""
    said = f"<p>{html.escape(answer['refusal']['reason'])}</p>" if answer["refusal"] else _statements(answer)
    return f"<section><h2>{html.escape(turn['question'])}</h2>{aside}{said}{_quotes(answer['citations'])}</section>"


def _statements(answer: Json) -> str:
    links = {citation["n"]: html.escape(source_link(citation)) for citation in answer["citations"]}
    shown = []
    for statement in answer["statements"]:
        marks = "".join(f' <a href="{links[n]}">[{n}]</a>' for n in statement["citations"] if n in links)
        note = f"<em>{html.escape(statement['note'])}</em> " if statement.get("note") else ""
        shown.append(f"<p>{note}{html.escape(statement['text'])}{marks}</p>")
    return "".join(shown)


def _quotes(citations: list[Json]) -> str:
    rows = "".join(
        f"<li>[{int(c['n'])}] {html.escape(c['title'] or c['source'])}: <q>{html.escape(c['quote'])}</q></li>"
        for c in citations
    )
    return f'<ul class="quotes">{rows}</ul>' if rows else ""
