"""What the page offers to ask and to narrow by, made from what is stored. Pure."""

import re
from collections.abc import Sequence

from ui.render import Json

ASKED_OF = {
    "postmortem": "What caused “{}”?",
    "decision": "Why {}?",
    "retro": "What went badly in “{}”?",
    "notebook": "What did “{}” find?",
    "experiment": "What did “{}” find?",
    "runbook": "How does “{}” go?",
    "meeting": "What was agreed in “{}”?",
    "document": "What does “{}” say?",
}
MOST = 4
LONGEST = 80  # characters of a title
_LABEL = re.compile(r"^(post-?mortem|adr|rfc|decision|retro|\d+)(?:\s*[:–—]\s*|\s+-\s+)", re.IGNORECASE)


def questions(documents: Sequence[Json]) -> list[str]:
    """At most four, of different kinds where there are any, about the newest documents that bear a date."""
    newest: dict[str, Json] = {}
    for document in documents:
        kind, title = document["kind"], document["title"]
        if not document["date"] or kind not in ASKED_OF or not title or len(title) > LONGEST:
            continue
        if kind not in newest or document["date"] > newest[kind]["date"]:
            newest[kind] = document
    return [_question(kind, newest[kind]["title"]) for kind in ASKED_OF if kind in newest][:MOST]


def _question(kind: str, title: str) -> str:
    named = _LABEL.sub("", title)
    if kind == "decision" and named[1:2].islower():  # "0004: Train in bf16": why train in bf16?
        named = named[0].lower() + named[1:]
    return ASKED_OF[kind].format(named)


def kinds(documents: Sequence[Json]) -> list[str]:
    return sorted({document["kind"] for document in documents if document["kind"]})


def authors(documents: Sequence[Json]) -> list[str]:
    return sorted({author for document in documents for author in document["authors"]})
