"""A question about runs, word by word: each said in the vocabulary's terms, or the question is not about runs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rag.domain.records import finite
from rag.domain.runs import RunKey, RunName
from rag.knowledge.run_dates import Period, read_period
from rag.knowledge.run_vocabulary import Group, Vocabulary
from rag.knowledge.run_words import LONGEST, TERMS, Atom

MOST_ATOMS = 60  # a longer text is no look-up
COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A piece of the question. `kind`: one of the lexicon's, or key, named (a run), saying, number, period, unknown."""

    kind: str
    term: str = ""
    text: str
    keys: tuple[RunKey, ...] = ()
    runs: tuple[RunName, ...] = ()
    group: Group = ()
    number: float = 0.0
    period: Period | None = None


def read_words(found: Sequence[Atom], vocabulary: Vocabulary, now: datetime) -> list[Said]:
    """In order, all of it; empty when it is too long to be a look-up."""
    if len(found) > MOST_ATOMS:
        return []
    said: list[Said] = []
    at = 0
    while at < len(found):
        piece, count = _Reader(found, vocabulary, now, said).at(at)
        said.append(piece)
        at += count
    return said


@dataclass(frozen=True, slots=True)
class _Reader:
    atoms: Sequence[Atom]
    vocabulary: Vocabulary
    now: datetime
    said: Sequence[Said]

    def at(self, at: int) -> tuple[Said, int]:
        atom = self.atoms[at]
        run = self._run(at)
        if run is not None:
            return run
        words = [each.word for each in self.atoms[at : at + 9]]
        period = None if atom.quoted else read_period(words, self.now)
        if period is not None:
            shown, count = period
            return Said(kind="period", text=shown.words, period=shown), count
        for count in range(min(LONGEST, len(self.atoms) - at), 0, -1):
            piece = self._phrase(self.atoms[at : at + count])
            if piece is not None:
                return piece, count
        return self._rest(atom), 1

    def _phrase(self, phrase: Sequence[Atom]) -> Said | None:
        text = " ".join(atom.text for atom in phrase)
        plain = not any(atom.quoted for atom in phrase)
        term = TERMS.get(tuple(atom.word for atom in phrase)) if plain else None
        keys = self.vocabulary.keys_of(phrase)
        if term is not None and (len(phrase) > 1 or phrase[0].text.isalpha() or not keys):
            return Said(kind=term[0], term=term[1], text=text, keys=keys)
        if keys and (len(phrase) == 1 or plain):
            return Said(kind="key", text=text, keys=keys)
        group = self.vocabulary.sayings.get("".join(atom.folded for atom in phrase))
        return Said(kind="saying", text=text, group=group) if group else None

    def _rest(self, atom: Atom) -> Said:
        number = _number(atom)
        if number is not None:
            return Said(kind="number", text=atom.text, number=number)
        if not atom.quoted and atom.word in COUNTS:
            return Said(kind="number", text=atom.text, number=float(COUNTS[atom.word]))
        group = self.vocabulary.words.get(atom.word)
        return Said(kind="saying" if group else "unknown", text=atom.text, group=group or ())

    def _run(self, at: int) -> tuple[Said, int] | None:
        introduced = self._introduced()
        for count in (3, 2, 1):
            phrase = self.atoms[at : at + count]
            if len(phrase) < count or (count > 1 and not introduced):
                continue
            text = " ".join(atom.text for atom in phrase)
            whole = phrase[0] if count == 1 else Atom(text, False, "".join(atom.folded for atom in phrase))
            if count == 1 and not whole.quoted and (whole.word,) in TERMS:
                continue
            runs = self.vocabulary.runs_called(whole, introduced=introduced)
            if runs:
                return Said(kind="named", text=text, runs=runs), count
        return None

    def _introduced(self) -> bool:
        """After `run`, `runs`, `run id`; and after `run A and`, `run A vs`."""
        for before in reversed(self.said):
            if before.kind == "run":
                return True
            if before.kind == "named":
                return self.said[-1].kind in ("and", "compare") or self.said[-1].text.casefold() == "with"
            joins = before.kind in ("and", "compare", "between")
            if not joins and before.text.casefold() not in ("id", "ids", "named", "called", "name", "with"):
                return False
        return False


def _number(atom: Atom) -> float | None:
    """None where its size is open: 74% is 0.74 of one run and 74 of another, 0,001 is a thousandth to many."""
    if atom.quoted or atom.text[:1] not in "-.0123456789":
        return None
    first, *groups = atom.text.partition(".")[0].split(",")
    if groups and (first.lstrip("-")[:1] in ("", "0") or any(len(group) != 3 for group in groups)):
        return None
    return finite(atom.text.replace(",", ""))
