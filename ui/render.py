"""From the API's JSON to what the browser shows: pure functions, and everything that is not ours is escaped.

Document text and model output are data. They become text: no Markdown, no HTML, no image, no link of theirs survives.
Links lead to our own source page only.
"""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from ui.because import why_here

Json = Mapping[str, Any]

LINED = ("code", "data", "notebook", "chat")  # kinds whose lines mean something
QUOTE = 420  # characters of a quote that a card shows
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n+", re.DOTALL)
_SPECIAL = re.compile(
    r"[\\`*{}\[\]<>&$~@|^]"  # code, emphasis, links, HTML, formulas, addresses
    r"|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"  # emphasis, but not an identifier's
    r"|:(?=[^\s\d])|(?<=[A-Za-z])\.(?=\S)"  # bare addresses
    r"|\A[^A-Za-z0-9]"  # what makes a heading, a list or a rule of a line
)
_OPENINGS = {
    "disagreement": "My sources disagree.",
    "not-allowed": "I may not look there for you.",
    "unclear": "I do not know what you mean.",
}
_NUMBERED = re.compile(r"\A(\d+)([.)])")


def escape_markdown(text: str) -> str:
    """The text as itself in Markdown, on one line: signs that could mean something there become character references.

    Other signs stay, for a screen reader is given the Markdown.
    """
    escaped = _SPECIAL.sub(lambda sign: f"&#{ord(sign.group())};", " ".join(text.split()))
    return _NUMBERED.sub(lambda start: f"{start[1]}&#{ord(start[2])};", escaped)


def answer_markdown(answer: Json) -> str:
    """A finished answer: its statements with linked markers, or the refusal; then what to keep in mind."""
    understood = f"*Understood as: {escape_markdown(answer['understood_as'])}*" if answer.get("understood_as") else ""
    said = [refusal_markdown(answer["refusal"])] if answer["refusal"] else [*_statements(answer), *_terms(answer)]
    return "\n\n".join(filter(None, [understood, *said, *_warnings(answer)]))


def _statements(answer: Json) -> list[str]:
    links = {citation["n"]: source_link(citation) for citation in answer["citations"]}
    parts = []
    for statement in answer["statements"]:
        doubt = "" if statement["support"] == "verified" else " *(not confirmed by its source)*"
        marks = "".join(f" [\\[{n}\\]]({links[n]})" for n in statement["citations"] if n in links)
        note = f"*{escape_markdown(statement['note'])}* " if statement.get("note") else ""
        parts.append(f"{note}{escape_markdown(statement['text'])}{marks}{doubt}")
    return parts


def _terms(answer: Json) -> list[str]:
    """What an answer's terms mean, each with a link to where the team says so."""
    return [
        f"**{escape_markdown(one['term'])}**: {escape_markdown(one['meaning'])} [here]({source_link(one['citation'])})"
        for one in answer.get("glossary", ())
    ]


def _warnings(answer: Json) -> list[str]:
    return [f"*{escape_markdown(warning)}*" for warning in answer["warnings"]]


def refusal_markdown(refusal: Json) -> str:
    people = ", ".join(escape_markdown(name) for name in refusal["people"])
    asked = f"\n\nWho may know: {people}" if people else ""
    near = "\n\nWhat came nearest is listed under *Nearest passages*." if refusal["nearest"] else ""
    opening = _OPENINGS.get(refusal.get("kind", ""), "I found no answer.")
    return f"**{opening}** {escape_markdown(refusal['reason'])}{asked}{near}"


def draft_markdown(text: str) -> str:
    """What has streamed in so far; its markers become links when the answer is done."""
    return escape_markdown(text)


def source_link(citation: Json) -> str:
    """Built from ids and offsets alone, whatever a citation may claim to be its link; it opens at the quote."""
    document, version = quote(str(citation["document_id"]), safe=""), int(citation["version"])
    return f"/ui/source/{document}/{version}?start={int(citation['start'])}&end={int(citation['end'])}#quote"


def place(locator: Json) -> str:
    """A locator in words: "lines 3-7", "page 4", "cell 2 (output)"."""
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
            return " · ".join(part for part in (locator["author"], locator["time"][:16].replace("T", " ")) if part)
        case "run":
            return f"run {short_id(locator['run'])} {locator['key']}".strip()
        case _:
            return ""


def short_id(run: str) -> str:
    """The hexadecimal ids of MLflow as its own page shortens them."""
    return run[:8] if len(run) == 32 and not set(run) - set("0123456789abcdef") else run


def citation_cards(citations: Sequence[Json], *, heading: str, empty: str = "") -> str:
    """One card a citation or hit, each a link to the words in their source; what has a `why` says it below."""
    if not citations:
        return f'<p class="tl-empty">{html.escape(empty)}</p>' if empty else ""
    cards = "".join(f"<li>{_card(citation)}{_why(citation)}</li>" for citation in citations)
    return f'<h2 class="tl-heading">{html.escape(heading)}</h2><ol class="tl-cards">{cards}</ol>'


def _card(citation: Json) -> str:
    title = citation["title"] or citation["source"]
    sections = citation.get("section", [])
    section = " › ".join(sections[1:] if sections and sections[0] == title else sections)
    source = "" if citation["source"] == "." else citation["source"]  # read as a whole: the title says more
    where = _joined(source, place(citation["locator"]), section)
    about = _joined(citation["kind"], citation["date"][:10], some(citation["authors"]))
    return (
        f'<a class="tl-card" href="{html.escape(source_link(citation))}" target="_blank" rel="noopener">'
        f'<span class="tl-n">{int(citation["n"])}</span>'
        f'<span class="tl-title">{html.escape(title)}</span>'
        f'<q class="tl-quote">{html.escape(_shorten(citation["quote"], citation["kind"]))}</q>'
        f'<span class="tl-where">{html.escape(where)}</span>'
        f'<span class="tl-about">{html.escape(about)}</span>{_copies(citation)}</a>'
    )


def _copies(citation: Json) -> str:
    """Of a hit: which documents say the same, and are not shown for it."""
    names = [copy["source"] for copy in citation.get("copies", ())]
    return f'<span class="tl-about">The same in {html.escape(some(names))}</span>' if names else ""


def _why(citation: Json) -> str:
    return why_here(citation) if "why" in citation else ""


def some(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _shorten(quote: str, kind: str) -> str:
    text = _FRONT_MATTER.sub("… ", quote).strip()
    if kind not in LINED and "\n\n" not in text:  # one paragraph: its line ends are its editor's
        text = " ".join(text.split())
    return text if len(text) <= QUOTE else text[: QUOTE - 1].rstrip() + "…"


def report_html(report: Json) -> str:
    """What an upload came to, each failure with its reason."""
    counts = (
        _count(report["files"], "file"),
        _count(report["documents"], "document"),
        _count(report["chunks"], "passage"),
        f"{report['unchanged']} unchanged" if report["unchanged"] else "",
    )
    troubles = "".join(
        f"<li><b>{html.escape(item['file'])}</b>: {html.escape(item['reason'])}</li>"
        for item in [*report["failed"], *report["skipped"]]
    )
    left_out = f"<p>Left out:</p><ul>{troubles}</ul>" if troubles else ""
    return f'<div class="tl-report" role="status"><p>Read: {_joined(*counts)}.</p>{left_out}</div>'


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def date_trouble(name: str, given: str) -> str:
    """What is wrong with a day that was typed; empty when nothing is."""
    try:
        date.fromisoformat(given or "2026-01-31")
    except ValueError:
        return f"“{name}” must be a day such as 2026-01-31, not “{given}”."
    return ""
