"""Conditions that a user types into a question: `kind:retro author:"Anna Smith" after:2024`. Pure."""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase

from rag.domain.types import DocumentInfo, Filters
from rag.retrieval.dates import read_days
from rag.retrieval.sources import stored_kind

NAMES = ("kind", "author", "space", "file", "after", "before")
# A quoted phrase is passed over: what is meant word for word is no condition.
_TYPED = re.compile(
    rf"(?<!\S)(?P<name>{'|'.join(NAMES)}):(?!//)(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^\s\"]++))(?!\S)\s*|\"[^\"]*\"",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operators:
    """Hard conditions, as `Filters` has them; `files` are parts of paths, or patterns with * and ?."""

    filters: Filters = field(default_factory=Filters)
    files: tuple[str, ...] = ()

    def narrowed(self, filters: Filters) -> Filters | None:
        """What fulfils these and the caller's own; None: nothing can."""
        ours = self.filters
        pairs = ((filters.spaces, ours.spaces), (filters.kinds, ours.kinds), (filters.authors, ours.authors))
        both = [_common(theirs, typed) for theirs, typed in pairs]
        after = max((day for day in (filters.after, ours.after) if day), default=None)
        before = min((day for day in (filters.before, ours.before) if day), default=None)
        if None in both or (after and before and before <= after):
            return None
        spaces, kinds, authors = (names or () for names in both)
        common = replace(filters, spaces=spaces, kinds=kinds, authors=authors, after=after, before=before)
        return replace(common, files=self.files or filters.files)

    def admits(self, document: DocumentInfo) -> bool:
        """Whether one of its files is asked for; true without `file:`."""
        paths = [path.casefold() for path in (document.path, *document.files)]
        return not self.files or any(_fits(path, wanted.casefold()) for wanted in self.files for path in paths)

    def written(self) -> tuple[str, ...]:
        """As they may be typed again; facts as `--fact` takes them, for they cannot be typed into a question."""
        ours = self.filters
        said = {"space": ours.spaces, "kind": ours.kinds, "author": ours.authors, "file": self.files}
        days = {"after": ours.after, "before": ours.before}
        return (
            *(f"{name}:{_quoted(value)}" for name, values in said.items() for value in values),
            *(f"{name}:{day.isoformat()}" for name, day in days.items() if day),
            *(f"{key}={value}" for key, value in ours.facts),
        )


def read_operators(question: str) -> tuple[str, Operators]:
    """The question without its operators, and what they ask for.

    Several of one name are alternatives, of dates the narrowest holds. Unknown names, values that are no date, and
    what stands in quotation marks stay text.
    """
    said: dict[str, list[str]] = {name: [] for name in NAMES}

    def take(match: re.Match[str]) -> str:
        name = (match["name"] or "").lower()
        value = (match["quoted"] or match["bare"] or "").strip()
        if not value or (name in ("after", "before") and read_days(value) is None):
            return match[0]
        if value not in said[name]:
            said[name].append(value)
        return ""

    text = _TYPED.sub(take, question)
    if not any(said.values()):
        return question, Operators()
    filters = Filters(
        spaces=tuple(said["space"]),
        kinds=tuple(dict.fromkeys(stored_kind(kind) for kind in said["kind"])),
        authors=tuple(said["author"]),
        after=max(_days(said["after"]), default=None),
        before=min(_days(said["before"]), default=None),
    )
    return text.rstrip(), Operators(filters=filters, files=tuple(said["file"]))


def _days(said: list[str]) -> list[date]:
    return [days[0] for value in said if (days := read_days(value))]


def _common(theirs: tuple[str, ...], ours: tuple[str, ...]) -> tuple[str, ...] | None:
    if not theirs or not ours:
        return theirs or ours
    wanted = {name.casefold() for name in ours}
    return tuple(name for name in theirs if name.casefold() in wanted) or None


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"(?!//)[^\s\"]+", value) else f'"{value.replace(chr(34), "")}"'


def _fits(path: str, wanted: str) -> bool:
    if "*" in wanted or "?" in wanted:
        return fnmatchcase(path, wanted) or fnmatchcase(path, f"*/{wanted}")
    return wanted in path
