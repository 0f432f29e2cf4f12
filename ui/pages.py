"""Whole pages without a script: a source with its quote highlighted, and a page that says one thing. Pure."""

import html
from bisect import bisect_right
from urllib.parse import urlsplit

from ui.render import Json, place, some
from ui.style import SOURCE_CSS

CONTEXT = 20_000  # characters of a source shown before and after the quote
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'"
SHOWN_INSIDE = ("page", "cell")  # places that the text itself does not name


def source_page(document: Json, *, start: int, end: int) -> str:
    """The source's text with the span [start, end) highlighted, and where it stands."""
    text = str(document["text"])
    start, end = max(0, min(start, len(text))), max(0, min(end, len(text)))
    first, last = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    quoted = ""
    if start < end:  # focus brings the quote into view where a link does not name it
        quoted = f'<mark id="quote" tabindex="-1" autofocus>{_piece(document, start, end)}</mark>'
    about = " · ".join(
        html.escape(part)
        for part in (
            "" if document["source"] == "." else document["source"],
            where(document, start, end), document["kind"], document["date"][:10],
            some(document["authors"]), f"version {document['version']}",
        )
        if part
    )  # fmt: skip
    old = "" if document.get("current", True) else '<p class="old">This is no longer the current version.</p>'
    jump = '<a class="jump" href="#quote">Go to the quote</a>' if quoted else ""
    before = '<p class="cut">… earlier text is left out …</p>' if first else ""
    after = '<p class="cut">… later text is left out …</p>' if last < len(text) else ""
    body = f"{_piece(document, first, start)}{quoted}{_piece(document, end, last)}"
    return page(
        document["title"] or document["source"],
        f"<p>{about}{_elsewhere(document, start)}</p>{old}",
        f"<main>{before}<pre>{body}</pre>{after}</main>",
        jump,
    )


def message_page(title: str, detail: str) -> str:
    """A page that says one thing: not found, not reachable."""
    return page(title, f"<p>{html.escape(detail)}</p>", "")


def where(document: Json, start: int, end: int) -> str:
    """The place of [start, end) in the words a citation's card uses: the innermost mark, else the lines."""
    if not start < end:
        return ""
    locator = _locator(document, start)
    if locator:
        return place(locator)
    text = document["text"]
    first = text.count("\n", 0, start) + 1
    return place({"type": "lines", "first": first, "last": first + text.count("\n", start, max(start, end - 1))})


def _locator(document: Json, at: int) -> Json:
    """Of the innermost mark there; empty when there is none."""
    marks = [mark for mark in document["marks"] if mark["locator"]["type"] != "section"]
    position = bisect_right(marks, at, key=lambda mark: int(mark["at"]))
    return marks[position - 1]["locator"] if position else {}


def _elsewhere(document: Json, at: int) -> str:
    """A link to where it was written: the message's own, else the document's; none but to a host on the web."""
    written = str(_locator(document, at).get("url") or document["url"])
    try:
        host = urlsplit(written).hostname
    except ValueError:
        return ""
    if not host or not written.startswith(("https://", "http://")):
        return ""
    named = html.escape(f"Open at {host}")
    return f' · <a href="{html.escape(written)}" target="_blank" rel="noopener noreferrer">{named}</a>'


def _piece(document: Json, start: int, end: int) -> str:
    """text[start:end], with a label where a page or a cell begins, and the first line of a message told apart.

    Labels are drawn by the style, never text.
    """
    text, done, shown = document["text"], start, []
    for mark in document["marks"]:
        if start <= mark["at"] < end and mark["locator"]["type"] == "message":
            line = text.find("\n", mark["at"], end)
            shown.append(html.escape(text[done : mark["at"]]))
            done = end if line < 0 else line
            shown.append(f'<span class="who">{html.escape(text[mark["at"] : done])}</span>')
        elif start <= mark["at"] < end and mark["locator"]["type"] in SHOWN_INSIDE:
            label = html.escape(place(mark["locator"]))
            shown.append(f'{html.escape(text[done : mark["at"]])}<span class="at" data-at="{label}"></span>')
            done = mark["at"]
    return "".join([*shown, html.escape(text[done:end])])


def page(title: str, about: str, main: str, jump: str = "") -> str:
    """`about` and `main` are HTML, all that is not ours escaped by who made them; `title` is text."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{SOURCE_CSS}</style></head><body>"
        f'<header><div>{jump}<a href="/ui/">teamlore</a><h1>{html.escape(title)}</h1>{about}</div></header>'
        f"{main}</body></html>"
    )
