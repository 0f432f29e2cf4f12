"""What answering one question about runs needs: the asked, the stores, and how values are told and quoted."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.domain.ports import Catalog
from rag.domain.runs import RunKey, RunOrder, RunQuery, Runs, RunSection, StoredRun
from rag.domain.types import DocumentInfo, DocumentText, FactStatement, Finding, Query
from rag.knowledge import run_telling as tell
from rag.knowledge.run_comparison import values_of
from rag.knowledge.run_gist import Asked
from rag.knowledge.run_vocabulary import Group
from rag.knowledge.run_words import lower_is_better

ALL_NAMED = 3  # runs of one name: the value of each is told
SHOWN = 8  # keys of a run, when the one asked for is not there
KINDS = {"params": "parameter ", "metrics": "metric ", "tags": "tag "}
FILLED: tuple[RunSection, ...] = ("params", "metrics")
Quote = tuple[DocumentInfo, int, int]


@dataclass(slots=True)
class Context:
    """One question, one Context: texts are read once."""

    runs: Runs
    catalog: Catalog
    query: Query
    asked: Asked
    statements: list[FactStatement] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    note: str = ""  # in front of what is said next
    _texts: dict[tuple[str, int], DocumentText] = field(default_factory=dict)

    def finding(self, reason: str = "The runs say nothing of it.") -> Finding:
        return Finding(statements=tuple(self.statements), reason=" ".join(self.reasons) or reason)

    def asking(self, *more: Group, documents: Sequence[str] = (), order: RunOrder | None = None) -> RunQuery:
        """The runs that the question's conditions leave."""
        query = RunQuery(
            access=self.query.access,
            filters=self.query.filters,
            as_of=self.query.as_of,
            groups=(*self.asked.groups, *more),
            documents=tuple(documents),
        )
        return replace(query, order=order) if order else query

    @property
    def scope(self) -> str:
        """The question's conditions, in its words."""
        return f" ({', '.join(self.asked.scope)})" if self.asked.scope else ""

    def named(self, n: int) -> list[StoredRun] | Finding:
        """The runs that the n-th name of the question may mean; a refusal when none fits, or too many do."""
        called = self.asked.names[n]
        documents = [run.document for run in self.asked.runs[n]]
        found, _ = self.runs.find(self.asking(documents=documents), limit=ALL_NAMED + 1)
        if not found:
            return Finding(reason=f"Run {called} is stored, but not as {joined(self.asked.scope)}.")
        if len(found) > ALL_NAMED:
            told = ", ".join(tell.label(stored) for stored in found[:ALL_NAMED])
            return Finding(reason=f"{called} may be any of {len(documents)} runs: {told} … Name it by its id.")
        return self.runs.get([stored.document.id for stored in found], self.query.access, as_of=self.query.as_of)

    def chosen(self, keys: Sequence[RunKey]) -> list[RunKey]:
        """Of the keys that a word may mean those of the section that the question hints at."""
        hinted = [key for key in keys if key.section == self.asked.hint]
        return hinted or list(keys)

    def quote(self, stored: StoredRun, key: RunKey) -> Quote:
        info = stored.document
        place = info.id, info.version
        if place not in self._texts:
            self._texts[place] = self.catalog.text(info.id, self.query.access, version=info.version)
        return (info, *tell.line_of(self._texts[place], stored.run.id, key))

    def say(self, text: str, *quotes: Quote) -> None:
        self.statements.append(FactStatement(text=text, quotes=tuple(dict.fromkeys(quotes)), note=self.note))

    def say_values(self, stored: StoredRun, keys: Sequence[RunKey], called: str = "") -> None:
        """What a run says of a word that may mean any of these keys; a reason when it says nothing."""
        there = [key for key in keys if tell.read_value(stored, key) is not None]
        if not there:
            self.reasons.append(lacks(stored, keys[0], called))
        for key in self.chosen(there):
            self.say_value(stored, key, called)

    def say_value(self, stored: StoredRun, key: RunKey, called: str = "") -> None:
        value, label = tell.read_value(stored, key), tell.label(stored, called)
        assert value is not None, "only asked of a run that has it"
        what = {
            "metrics": f"the {key.side} value of {key.key}{step(value.step)} in run",
            "params": f"parameter {key.key} of run",
            "tags": f"tag {key.key} of run",
            "attributes": f"{key.key.replace('_', ' ')} of run",
        }[key.section]
        self.say(f"{value.text}: {what} {label}.", self.quote(stored, key))


def joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def step(number: int | None) -> str:
    return f" (step {number})" if number is not None else ""


def lowest_wanted(way: str, key: RunKey) -> bool | None:
    """None: the name of the key does not tell which way is better."""
    if way in ("best", "worst"):
        lower = lower_is_better(key.key)
        return None if lower is None else lower == (way == "best")
    if way == "top":
        return lower_is_better(key.key) is True
    return way == "low"


def undirected(key: RunKey) -> str:
    return f"Whether a low or a high {key.key} is better, its name does not tell: ask for the lowest or the highest."


def lacks(stored: StoredRun, key: RunKey, called: str) -> str:
    """With the keys that it has instead, the nearest first."""
    there = [name for section in FILLED for name in values_of(stored.run, section)]
    near = difflib.get_close_matches(key.key, there, n=SHOWN, cutoff=0.4)
    shown = [*near, *(name for name in there if name not in near)][:SHOWN]
    has = f"it has {', '.join(shown)}" if shown else "it has no parameters and no metrics"
    what = key.key.replace("_", " ") if key.section == "attributes" else f"{KINDS.get(key.section, '')}{key.key}"
    return f"Run {tell.label(stored, called)} has no {what}; {has}."
