"""What kind of writing a document is: as it was named, as it says itself, or as its name and headings suggest. Pure."""

import re
from itertools import pairwise
from pathlib import PurePosixPath

from rag.domain.types import Parsed, Section

DEFAULT = "document"
SAME = {
    "adr": "decision",
    "decision-record": "decision",
    "rfc": "decision",
    "pep": "decision",
    "post-mortem": "postmortem",
    "incident": "postmortem",
    "retrospective": "retro",
    "modelcard": "model-card",
    "datasetcard": "dataset-card",
    "doc": DEFAULT,
    "docs": DEFAULT,
}
BY_PATH: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("postmortem", r"post-?mortems?|incidents?"),
        ("retro", r"retros?|retrospectives?"),
        ("decision", r"adrs?|decisions?|decision-records?|rfcs?|peps?"),
        ("model-card", r"model-?cards?"),
        ("dataset-card", r"(dataset|data)-?cards?"),
        ("meeting", r"meetings?|meeting-notes|minutes"),
        ("runbook", r"runbooks?|playbooks?"),
    )
)
MODEL_HEADINGS = frozenset({"model details", "intended use", "model description", "out-of-scope use", "training data"})
DATASET_HEADINGS = frozenset({"dataset description", "dataset structure", "dataset summary", "source data"})
DECISION_HEADINGS = frozenset({"decision", "context", "consequences", "decision outcome", "considered options"})
POSTMORTEM_HEADINGS = frozenset({"root cause", "timeline", "impact", "root causes", "action items"})
RETRO_HEADINGS = frozenset({"what went well", "what went wrong", "what could be improved", "what did not go well"})


def kind_of(parsed: Parsed, path: str, given: str = "") -> str:
    """`given` by the caller wins, then the reader or the front matter, then the path, then the headings."""
    said = (given or parsed.kind).strip().lower().replace(" ", "-").replace("_", "-")
    if said and (given or said not in SAME or SAME[said] != DEFAULT):
        return SAME.get(said, said)
    if parsed.syntax in ("code", "table", "data"):
        return "code" if parsed.syntax == "code" else "data"
    if parsed.syntax in ("notebook", "chat"):
        return parsed.syntax
    return _by_path(path) or _by_headings(parsed) or DEFAULT


def _by_path(path: str) -> str:
    place = PurePosixPath(path.lower().replace("_", "-").replace(" ", "-"))
    words = re.split(r"[-.]", place.stem)
    names = [place.stem, *reversed(place.parts[:-1]), *words, *map("-".join, pairwise(words))]
    for name in names:
        for kind, pattern in BY_PATH:
            if pattern.fullmatch(name):
                return kind
    return "decision" if re.fullmatch(r"(adr|rfc|pep)-?\d{1,5}.*", place.stem) else ""


def _by_headings(parsed: Parsed) -> str:
    headings = {mark.locator.path[-1].lower() for mark in parsed.marks if isinstance(mark.locator, Section)}
    for kind, typical in (
        ("decision", DECISION_HEADINGS),
        ("retro", RETRO_HEADINGS),
        ("postmortem", POSTMORTEM_HEADINGS),
        ("model-card", MODEL_HEADINGS),
        ("dataset-card", DATASET_HEADINGS),
    ):
        if len(headings & typical) >= 2:
            return kind
    return ""
