"""From the API's JSON to what the browser shows: pure functions, and everything that is not ours is escaped.

Document text and model output are data. They become text: no Markdown, no HTML, no image, no link of theirs survives.
Links lead to our own source page only.
"""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

Json = Mapping[str, Any]

_MARKER = re.compile(r"\[(\d{1,3})\]")
_SPECIAL = re.compile(r"[^\w\s,;]", re.ASCII)
CONTEXT = 20_000  # characters of a source shown before and after the quote


def escape_markdown(text: str) -> str:
    """The text as itself in Markdown: every sign that could mean something there becomes a character reference."""
    return _SPECIAL.sub(lambda sign: f"&#{ord(sign.group())};", text).replace("\n", " ")


def answer_markdown(answer: Json) -> str:
    """A finished answer: its statements with linked markers, or the refusal."""
    if answer["refusal"]:
        return refusal_markdown(answer["refusal"])
    links = {citation["n"]: source_link(citation) for citation in answer["citations"]}
    parts = []
    for statement in answer["statements"]:
        doubt = "" if statement["support"] == "verified" else " *(not confirmed by its source)*"
        marks = "".join(f" [\\[{n}\\]]({links[n]})" for n in statement["citations"] if n in links)
        parts.append(f"{escape_markdown(statement['text'])}{marks}{doubt}")
    return "\n\n".join(parts)


def refusal_markdown(refusal: Json) -> str:
    people = ", ".join(escape_markdown(name) for name in refusal["people"])
    asked = f"\n\nWho may know: {people}" if people else ""
    near = "\n\nThe nearest passages stand beside." if refusal["nearest"] else ""
    return f"**I found no answer.** {escape_markdown(refusal['reason'])}{asked}{near}"


def draft_markdown(text: str) -> str:
    """What has streamed in so far; its markers become links when the answer is done."""
    return escape_markdown(text)


def source_link(citation: Json) -> str:
    """Built from ids and offsets alone, whatever a citation may claim to be its link."""
    document, version = quote(str(citation["document_id"]), safe=""), int(citation["version"])
    return f"/ui/source/{document}/{version}?start={int(citation['start'])}&end={int(citation['end'])}"


def place(citation: Json) -> str:
    """The locator in words: "lines 3-7", "page 4", "cell 2 (output)"."""
    locator = citation["locator"]
    match locator["type"]:
        case "lines" if locator["first"] == locator["last"]:
            return f"line {locator['first']}"
        case "lines":
            return f"lines {locator['first']}–{locator['last']}"
        case "page":
            return locator["name"] or f"page {locator['number']}"
        case "cell":
            return f"cell {locator['number']} ({locator['part']})"
        case "message":
            return " · ".join(part for part in (locator["author"], locator["time"]) if part)
        case "run":
            return f"run {locator['run']} {locator['key']}".strip()
        case _:
            return ""


def citation_cards(citations: Sequence[Json], *, heading: str, empty: str = "") -> str:
    """The panel beside the answer: one card a citation, each a link to the words in their source."""
    if not citations:
        return f'<p class="tl-empty">{html.escape(empty)}</p>' if empty else ""
    return f'<h3 class="tl-heading">{html.escape(heading)}</h3>' + "".join(_card(citation) for citation in citations)


def _card(citation: Json) -> str:
    section = " › ".join(citation.get("section", []))
    where = " · ".join(part for part in (place(citation), section) if part)
    about = " · ".join(
        part for part in (citation["kind"], citation["date"][:10], ", ".join(citation["authors"])) if part
    )
    return (
        f'<a class="tl-card" href="{html.escape(source_link(citation))}" target="_blank" rel="noopener">'
        f'<span class="tl-n">{int(citation["n"])}</span>'
        f'<span class="tl-title">{html.escape(citation["title"] or citation["source"])}</span>'
        f'<span class="tl-where">{html.escape(citation["source"])} · {html.escape(where)}</span>'
        f'<q class="tl-quote">{html.escape(_shorten(citation["quote"], 420))}</q>'
        f'<span class="tl-about">{html.escape(about)}</span></a>'
    )


def _shorten(text: str, most: int) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= most else folded[: most - 1].rstrip() + "…"


def document_rows(documents: Sequence[Json]) -> str:
    """The list of what is stored."""
    if not documents:
        return '<p class="tl-empty">Nothing is stored yet: add files above, or <code>teamlore ingest FOLDER</code>.</p>'
    rows = "".join(_document_row(document) for document in documents)
    return (
        '<table class="tl-documents"><thead><tr><th>Document</th><th>Kind</th><th>Space</th><th>Date</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _document_row(document: Json) -> str:
    link = html.escape(source_link({**document, "start": 0, "end": 0}))
    cells = (document["kind"], document["space"], document["date"][:10])
    title = html.escape(document["title"] or document["source"])
    return (
        f'<tr><td><a href="{link}" target="_blank" rel="noopener">{title}'
        f"</a><br><small>{html.escape(document['source'])}</small></td>"
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        + "</tr>"
    )


def report_html(report: Json) -> str:
    """What an upload came to, each failure with its reason."""
    summary = (
        f"{report['files']} files read: {report['documents']} documents, {report['chunks']} passages, "
        f"{report['unchanged']} unchanged."
    )
    troubles = "".join(
        f"<li><b>{html.escape(item['file'])}</b>: {html.escape(item['reason'])}</li>"
        for item in [*report["failed"], *report["skipped"]]
    )
    return f"<p>{html.escape(summary)}</p>" + (f"<p>Left out:</p><ul>{troubles}</ul>" if troubles else "")


def source_page(document: Json, *, start: int, end: int, where: str) -> str:
    """A whole page: the source's text with the span [start, end) highlighted, and where it stands."""
    text = str(document["text"])
    start, end = max(0, min(start, len(text))), max(0, min(end, len(text)))
    first, last = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    quoted = f'<mark id="quote">{html.escape(text[start:end])}</mark>' if start < end else ""
    cut_before = '<p class="cut">… earlier text left out …</p>' if first else ""
    cut_after = '<p class="cut">… later text left out …</p>' if last < len(text) else ""
    title = html.escape(document["title"] or document["source"])
    about = " · ".join(
        html.escape(part)
        for part in (
            document["source"], where, document["kind"], document["date"][:10], ", ".join(document["authors"]),
            f"version {document['version']}",
        )
        if part
    )  # fmt: skip
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{SOURCE_CSS}</style></head><body>"
        f'<header><a href="/ui">teamlore</a><h1>{title}</h1><p>{about}</p>'
        + ('<p><a class="jump" href="#quote">Go to the quote</a></p>' if quoted else "")
        + f"</header><main>{cut_before}<pre>{html.escape(text[first:start])}{quoted}{html.escape(text[end:last])}</pre>"
        f"{cut_after}</main></body></html>"
    )


def message_page(title: str, detail: str) -> str:
    """A page that says one thing: not found, sign in."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{SOURCE_CSS}</style></head><body><header>"
        f'<a href="/ui">teamlore</a><h1>{html.escape(title)}</h1><p>{html.escape(detail)}</p></header></body></html>'
    )


SOURCE_CSS = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5d6778; --paper: #fff; --edge: #e2e6ec; --mark: #ffe58a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ef; --soft: #9aa5b8; --paper: #14181f; --edge: #2b323e; --mark: #6b5600; }
}
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.6 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
header { position: sticky; top: 0; background: var(--paper); padding: .8rem 1.2rem;
  border-bottom: 1px solid var(--edge) }
header h1 { font-size: 1.15rem; margin: .2rem 0; overflow-wrap: anywhere }
header p { margin: 0; color: var(--soft); font-size: .88rem; overflow-wrap: anywhere }
main { max-width: 62rem; margin: 0 auto; padding: 1rem 1.2rem 4rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 14px/1.65 ui-monospace, monospace }
mark { background: var(--mark); color: inherit; padding: .1em 0; border-radius: 3px; scroll-margin-top: 9rem }
a { color: #2f6fde } .cut { color: var(--soft); text-align: center }
"""

PAGE_CSS = """
.gradio-container { max-width: 1360px !important; margin: 0 auto !important }
#title h1 { margin-bottom: 0 } #title p { opacity: .75; margin-top: .2rem }
.tl-heading { font-size: .82rem; text-transform: uppercase; letter-spacing: .06em; opacity: .65; margin: .2rem 0 .5rem }
.tl-empty { opacity: .65 }
.tl-card { display: block; position: relative; border: 1px solid var(--border-color-primary); border-radius: 10px;
  padding: .6rem .8rem .6rem 2.6rem; margin-bottom: .6rem; text-decoration: none !important;
  color: var(--body-text-color) !important; background: var(--background-fill-primary) }
.tl-card:hover, .tl-card:focus-visible { border-color: var(--color-accent); outline: none }
.tl-n { position: absolute; left: .7rem; top: .65rem; min-width: 1.4rem; text-align: center; font-weight: 700;
  border-radius: 6px; background: var(--color-accent-soft); padding: 0 .25rem; font-size: .85rem }
.tl-title { font-weight: 600; display: block; overflow-wrap: anywhere }
.tl-where, .tl-about { font-size: .8rem; opacity: .7; display: block; overflow-wrap: anywhere }
.tl-quote { display: block; margin: .35rem 0; font-size: .92rem; border-left: 3px solid var(--color-accent);
  padding-left: .6rem; quotes: none; overflow-wrap: anywhere }
.tl-documents { width: 100%; border-collapse: collapse } .tl-documents td, .tl-documents th { text-align: left;
  padding: .35rem .5rem; border-bottom: 1px solid var(--border-color-primary); vertical-align: top }
footer { display: none !important }
"""
