"""From the pieces of a question to what is asked, named and demanded in it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rag.domain.runs import Comparison, RunCondition, RunKey, RunName, RunSection
from rag.knowledge.run_dates import in_year
from rag.knowledge.run_reading import Said
from rag.knowledge.run_vocabulary import Group, Vocabulary

Verb = Literal["value", "best", "compare", "count", "list", "aggregate", "missing"]
MOST_TOP = 50
NO_KEY = frozenset(["why", "how", "should", "could", "would", "explain", "describe", "recommend", "who", "where", "if"])
OPPOSITE: dict[Comparison, Comparison] = {"=": "!=", "IN": "NOT IN", "ILIKE": "NOT ILIKE"}
SIGNS: dict[str, Comparison] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "=", "!=": "!="}
POINTED = frozenset(["since", "after", "from", "before", "until", "till", "today", "yesterday", "this", "last"])
USED = frozenset(["use", "used", "uses", "using", "set", "ran"])


@dataclass(slots=True)
class Asked:
    """One look-up. `keys`: for each key asked for, the stored ones that may be meant; all of `groups` hold."""

    verb: Verb = "list"
    runs: list[tuple[RunName, ...]] = field(default_factory=list)  # for each one named, who may be meant
    names: list[str] = field(default_factory=list)  # as the question calls them
    keys: list[tuple[RunKey, ...]] = field(default_factory=list)
    sections: list[RunSection] = field(default_factory=list)  # whole ones asked for
    groups: list[Group] = field(default_factory=list)
    scope: list[str] = field(default_factory=list)  # the groups in words
    by: tuple[RunKey, ...] = ()  # what is compared or averaged
    way: str = ""  # low, high, best, worst; mean, median, sum
    side: Literal["", "last", "ever"] = ""
    top: int = 1
    step: int | None = None
    missing: str = ""  # a key that nobody has
    hint: RunSection | None = None  # which section is meant where a key stands in several


@dataclass(slots=True)
class Gist:
    vocabulary: Vocabulary
    now: datetime
    core: list[Said]
    said: list[Said]
    asked: Asked = field(default_factory=Asked)
    places: list[int] = field(default_factory=list)  # of the keys asked for, in `core`
    statuses: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)

    def about_runs(self) -> bool:
        named = any(piece.kind in ("run", "named") for piece in self.core)
        return named or any(on.on.key == "experiment" for piece in self.core for on in piece.group)

    def has(self, kind: str) -> bool:
        return any(piece.kind == kind for piece in self.core)

    def first(self, kind: str) -> int:
        return next((at for at, piece in enumerate(self.core) if piece.kind == kind), -1)

    # --- collecting ---------------------------------------------------------------------------------------------

    def collect(self) -> bool:
        """False: something is said that has no place in a look-up."""
        if self.has("unknown"):
            return self._missing()
        for piece in self.core:
            if piece.kind == "named":
                self.asked.runs.append(piece.runs)
                self.asked.names.append(piece.text)
        at = 0
        while at < len(self.core):
            used = self._take(at)
            if used == 0:
                return False
            at += used
        words = {piece.text.casefold() for piece in self.said}
        if self.asked.side or self.has("superlative") or self.has("aggregate"):
            self.asked.hint = "metrics"
        elif words & USED:
            self.asked.hint = "params"
        return True

    def _missing(self) -> bool:
        """A word that is spelled or introduced like a key, of a run that is known."""
        places = [at for at, piece in enumerate(self.core) if piece.kind == "unknown"]
        words = [self.core[at].text for at in places]
        apart = places[-1] - places[0] != len(places) - 1
        named = [piece for piece in self.core if piece.kind == "named"]
        if apart or len(named) != 1 or len(places) > 3 or any(word.casefold() in NO_KEY for word in words):
            return False
        beside = [self.core[at].kind for at in (places[0] - 1, places[-1] + 1) if 0 <= at < len(self.core)]
        if "section" not in beside and not any("_" in word or "/" in word for word in words):
            return False
        self.asked.missing = " ".join(words)
        self.asked.runs, self.asked.names = [named[0].runs], [named[0].text]
        return True

    def _take(self, at: int) -> int:
        """How many pieces were understood together; 0: this one has no place in a look-up."""
        taken = TAKEN.get(self.core[at].kind)
        if taken is not None:
            return taken(self, at)
        self._note(at)
        return 1

    def _saying(self, at: int) -> int:
        return self.where(self.core[at].group, self.core[at].text)

    def _tool(self, at: int) -> int:
        on = RunKey(section="attributes", key="tool")
        return self.where((RunCondition(on=on, is_="=", values=(self.core[at].term,)),), self.core[at].text)

    def _not(self, at: int) -> int:
        return int(self.kind_at(at + 1) == "status")

    def _between(self, at: int) -> int:
        del at
        return int(len(self.asked.runs) > 1)

    def _nowhere(self, at: int) -> int:
        del at
        return 0

    def _note(self, at: int) -> None:
        piece = self.core[at]
        if piece.kind == "side" and not (piece.term == "last" and self.kind_at(at + 1) in ("run", "number")):
            self.asked.side = "ever" if piece.term == "ever" else "last"
        if piece.kind == "attribute":
            self.attributes.append(piece.term)

    def kind_at(self, at: int) -> str:
        return self.core[at].kind if 0 <= at < len(self.core) else ""

    def where(self, group: Sequence[RunCondition], words: str) -> int:
        self.asked.groups.append(tuple(group))
        self.asked.scope += [words] if words else []
        return 1

    def _key(self, at: int) -> int:
        """With what follows it a condition; alone something that is asked for."""
        keys, text = self.core[at].keys, self.core[at].text
        kinds = [self.kind_at(at + n) for n in range(1, 5)]
        if kinds[0] == "compared" and kinds[1] == "number":
            sign, number = self.core[at + 1], self.core[at + 2]
            return 2 + self._compared(keys, sign.term, number, f"{text} {sign.text} {number.text}")
        if kinds == ["between", "number", "and", "number"]:
            low, high = self.core[at + 2], self.core[at + 4]
            self._compared(keys, ">=", low, f"{text} from {low.text} to {high.text}")
            self._compared(keys, "<=", high, "")
            return 5
        if kinds[0] == "number" and kinds[1] != "superlative":
            number = self.core[at + 1]
            return 1 + self._compared(keys, "=", number, f"{text} {number.text}")
        skip = 1 if kinds[0] == "compared" and self.core[at + 1].term in ("=", "!=") else 0
        skip = 1 if kinds[0] == "not" else skip
        if kinds[skip] == "saying":
            value = self.core[at + 1 + skip]
            negated = skip == 1 and (kinds[0] == "not" or self.core[at + 1].term == "!=")
            own = tuple(each for each in value.group if each.on in keys)
            if own:
                group = tuple(_opposite(each) for each in own) if negated else own
                self.where(group, f"{text} {'not ' if negated else ''}{value.text}")
                return 2 + skip
        if skip:
            return 0
        self.asked.keys.append(keys)
        self.places.append(at)
        return 1

    def _compared(self, keys: Sequence[RunKey], sign: str, number: Said, words: str) -> int:
        values = (number.number,)
        return self.where([RunCondition(on=key, is_=SIGNS[sign], values=values) for key in keys], words)

    def _number(self, at: int) -> int:
        number = self.core[at].number
        near = {self.kind_at(at - 1), self.kind_at(at + 1)}
        side = self.kind_at(at - 1) == "side" and self.kind_at(at + 1) == "run"
        if (near & {"superlative"} or side) and number.is_integer() and 0 < number <= MOST_TOP:
            self.asked.top = int(number)
            return 1
        if self.kind_at(at + 1) == "key":  # 64 epochs
            key = self.core[at + 1]
            return 1 + self._compared(key.keys, "=", self.core[at], f"{self.core[at].text} {key.text}")
        return 0

    def _status(self, at: int) -> int:
        piece = self.core[at]
        self.statuses.append(piece.term)
        if not self.asked.runs:
            is_: Comparison = "!=" if self.kind_at(at - 1) == "not" else "="
            on = RunKey(section="attributes", key="status")
            words = f"not {piece.term}" if is_ == "!=" else piece.term
            self.where((RunCondition(on=on, is_=is_, values=(piece.term,)),), words)
        return 1

    def _step(self, at: int) -> int:
        if self.kind_at(at + 1) != "number" or not self.core[at + 1].number.is_integer() or len(self.asked.runs) != 1:
            return 0
        self.asked.step = int(self.core[at + 1].number)
        return 2

    def _period(self, at: int) -> int:
        period = self.core[at].period
        assert period is not None, "its kind says so"
        if self.asked.runs:
            return 0
        if period.month:
            period = in_year(period, self._year(period.month))
        on = RunKey(section="attributes", key="end_time" if self.ended() else "start_time")
        bounds: list[tuple[Comparison, datetime | None]] = [(">=", period.start), ("<", period.end)]
        for is_, moment in bounds:
            if moment is not None:
                self.asked.groups.append((RunCondition(on=on, is_=is_, values=(moment,)),))
        self.asked.scope.append(f"{'ended' if self.ended() else 'started'} {_when(period.words)}")
        return 1

    def ended(self) -> bool:
        """`ended`, or `when did it end`, where the word means no last value."""
        verb = self.has("when")
        return any(
            (piece.kind, piece.term) == ("start", "end_time")
            or (verb and piece.kind == "side" and piece.text.casefold() == "end")
            for piece in self.core
        )

    def _year(self, month: int) -> int:
        """The last one in which a run started in that month; else the last one in which the month has begun."""
        begun = self.now.year if month <= self.now.month else self.now.year - 1
        known = {int(run.started[:4]) for run in self.vocabulary.runs if run.started[5:7] == f"{month:02d}"}
        return max((year for year in known if year <= begun), default=begun)


def _opposite(condition: RunCondition) -> RunCondition:
    return RunCondition(on=condition.on, is_=OPPOSITE[condition.is_], values=condition.values)


def _when(words: str) -> str:
    return words if words.split()[0] in POINTED else f"in {words}"


TAKEN: dict[str, Callable[[Gist, int], int]] = {
    "key": Gist._key, "saying": Gist._saying, "number": Gist._number, "status": Gist._status,
    "period": Gist._period, "tool": Gist._tool, "not": Gist._not, "between": Gist._between, "step": Gist._step,
    "compared": Gist._nowhere,
}  # fmt: skip
