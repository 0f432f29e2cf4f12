"""What kind of writing a document is: as it was named, as it says itself, or as its name and headings suggest. Pure."""

import re
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
    "failed-experiment": "failure",
    "negative-result": "failure",
    "lesson-learned": "learning",
    "lessons-learned": "learning",
    "what-i-learned": "learning",
    "what-we-learned": "learning",
    "learnings": "learning",
    "til": "learning",
    "modelcard": "model-card",
    "datasetcard": "dataset-card",
    "doc": DEFAULT,
    "docs": DEFAULT,
}
# Anywhere at the start or end of a file's name, as a folder's name in the plural too.
BY_NAME: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("failure", r"(?:failed|failure)-(?:experiment|run|attempt|idea|training)s?|negative-results?|dead-ends?"),
        ("failure", r"what-(?:failed|did-not-work|didnt-work|did-not-help)|why-(?:it|we|this)-failed"),
        (
            "learning",
            r"lessons?-learn(?:ed|t)|what-(?:i|we)-(?:have-)?learn(?:ed|t)|(?:key-)?learnings|today-i-learned",
        ),
        ("postmortem", r"post-?mortem|incident"),
        ("retro", r"retro|retrospective"),
        ("decision", r"adr|decision|decision-record|rfc|pep"),
        ("model-card", r"model-?card"),
        ("dataset-card", r"(?:dataset|data)-?card"),
        ("meeting", r"meeting|meeting-notes|minutes"),
        ("runbook", r"runbooks?|playbooks?"),
    )
)
FOLDERS = {"failures": "failure", "til": "learning", "learnings": "learning", "adrs": "decision"}
# A page about retros is no retro.
ABOUT = frozenset(
    {"index", "readme", "template", "templates", "process", "processes", "policy", "policies", "guide", "guides"}
    | {"guideline", "guidelines", "norms", "howto", "format", "response", "checklist", "tree", "overview"}
)
ABOUT_IN_TITLE = frozenset({"template", "guide", "policy", "checklist", "process"})
LONGEST_NAME = 4  # words
IN_TITLE: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "learning",
        re.compile(r"(?:\w+ ){0,3}?(?:lessons? (?:we )?learn(?:ed|t)|what (?:i|we) (?:have )?learn(?:ed|t)|til:)"),
    ),
    ("failure", re.compile(r"why .{1,80} failed|failed (?:experiment|run|attempt)s?|(?:\w+ ){0,3}?negative results?")),
    ("postmortem", re.compile(r"post-?mortem|incident report|(?:.{1,80} )?post-?mortem$")),
    ("retro", re.compile(r"(?:retro|retrospective)(?![\w-])|(?:.{1,80} )?(?:retro|retrospective)$")),
)
MODEL_HEADINGS = frozenset({"model details", "intended use", "model description", "out-of-scope use", "training data"})
DATASET_HEADINGS = frozenset({"dataset description", "dataset structure", "dataset summary", "source data"})
DECISION_HEADINGS = frozenset({"decision", "context", "consequences", "decision outcome", "considered options"})
POSTMORTEM_HEADINGS = frozenset({"root cause", "timeline", "impact", "root causes", "action items"})
FAILURE_HEADINGS = frozenset(
    {"why it failed", "why this failed", "why we stopped", "what we tried", "what i tried", "what was tried"}
    | {"what did not work", "what didn't work", "what did not help", "failed attempts", "negative results"}
)
LEARNING_HEADINGS = frozenset(
    {"what i learned", "what we learned", "what i learnt", "what we learnt", "lessons learned", "lessons learnt"}
    | {"learnings", "key learnings", "what we would do differently", "what i would do differently"}
)
RETRO_HEADINGS = frozenset(
    {"what went well", "what went wrong", "what could be improved", "what did not go well", "what went badly"}
)


def kind_of(parsed: Parsed, path: str, given: str = "") -> str:
    """`given` by the caller wins, then the reader or the front matter, then the path, then the headings."""
    said = (given or parsed.kind).strip().lower().replace(" ", "-").replace("_", "-")
    if said and (given or said not in SAME or SAME[said] != DEFAULT):
        return SAME.get(said, said)
    if parsed.syntax in ("code", "table", "data"):
        return "code" if parsed.syntax == "code" else "data"
    if parsed.syntax in ("notebook", "chat"):
        return parsed.syntax
    return _by_path(path) or _by_title(parsed.title) or _by_headings(parsed) or _by_facts(parsed) or DEFAULT


def _by_path(path: str) -> str:
    place = PurePosixPath(path.lower().replace("_", "-").replace(" ", "-"))
    if re.fullmatch(r"(adr|rfc|pep)-?\d{1,5}.*", place.stem):
        return "decision"
    words = [word for word in re.split(r"[-.]", place.stem) if not word.isdigit()]
    if ABOUT.intersection(words):
        return ""
    longest = min(LONGEST_NAME, len(words))
    names = [
        *("-".join(words[:count]) for count in range(longest, 0, -1)),
        *("-".join(words[-count:]) for count in range(longest, 0, -1)),
    ]
    found = next((kind for name in names for kind, pattern in BY_NAME if pattern.fullmatch(name)), "")
    return found or next((kind for folder in reversed(place.parts[:-1]) if (kind := _of_folder(folder))), "")


def _of_folder(name: str) -> str:
    singular = name.removesuffix("s")
    fits = (kind for kind, pattern in BY_NAME if pattern.fullmatch(name) or pattern.fullmatch(singular))
    return FOLDERS.get(name) or next(fits, "")


def _by_title(title: str) -> str:
    plain = " ".join(title.lower().replace("\u2019", "'").split())
    if ABOUT_IN_TITLE.intersection(re.findall(r"[a-z]+", plain)):
        return ""
    return next((kind for kind, pattern in IN_TITLE if pattern.match(plain)), "")


def _by_headings(parsed: Parsed) -> str:
    headings = {mark.locator.path[-1].lower() for mark in parsed.marks if isinstance(mark.locator, Section)}
    for kind, typical in (
        ("decision", DECISION_HEADINGS),
        ("retro", RETRO_HEADINGS),
        ("postmortem", POSTMORTEM_HEADINGS),
        ("model-card", MODEL_HEADINGS),
        ("dataset-card", DATASET_HEADINGS),
        ("failure", FAILURE_HEADINGS),
    ):
        if len(headings & typical) >= 2:
            return kind
    if headings & FAILURE_HEADINGS and headings & LEARNING_HEADINGS:
        return "failure"
    return "learning" if headings & LEARNING_HEADINGS else ""


def _by_facts(parsed: Parsed) -> str:
    """The header of a decision or of a Hugging Face card."""
    keys = {fact.key.lower().replace("_", "-") for fact in parsed.facts}
    if "deciders" in keys or {"status", "number"} <= keys or {"status", "superseded-by"} <= keys:
        return "decision"
    if keys & {"base-model", "library-name", "pipeline-tag"}:
        return "model-card"
    return "dataset-card" if keys & {"task-categories", "size-categories", "annotations-creators"} else ""
