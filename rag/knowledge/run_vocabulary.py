"""What is stored about runs, arranged for finding in a question. Pure."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from rag.domain.runs import RunCondition, RunKey, RunName, RunSection, RunVocabulary
from rag.knowledge.run_words import NOT_ALONE, Atom, fold, shorten, words_of

SHORTEST_PREFIX = 4  # characters of an id, after the word run
SHORTEST_ALONE = 7
MOST_VALUES = 200  # compared one by one
_MIXED = re.compile(r"(?=.*\d)(?=.*[a-z])", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{32}")

Group = tuple[RunCondition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """By folded words, so that `crop tcn experiment` finds Crop_TCN_experiment."""

    ids: tuple[tuple[str, RunName], ...]  # casefolded, ascending
    names: dict[str, tuple[RunName, ...]]
    keys: dict[str, tuple[RunKey, ...]]
    short_keys: dict[str, tuple[RunKey, ...]]
    endings: dict[str, tuple[RunKey, ...]]  # short, of one key only
    sayings: dict[str, Group]  # a whole experiment, dataset, user, or value of a param or tag
    words: dict[str, Group]  # one word of an experiment, dataset, run name, or value
    runs: tuple[RunName, ...]

    def keys_of(self, phrase: Sequence[Atom]) -> tuple[RunKey, ...]:
        """Those spelled like the phrase; else folded like it; else those that its short form means; else the only one
        that ends so: of `peak_lr` the learning rate."""
        folded = "".join(atom.folded for atom in phrase)
        found = self.keys.get(folded, ())
        if len(phrase) == 1:
            exact = tuple(key for key in found if key.key == phrase[0].text)
            dotted = tuple(key for key in found if key.name == phrase[0].text)
            found = exact or dotted or found
        one = folded.removesuffix("s")  # learning rates
        known = self.short_keys
        found = found or known.get(shorten(folded)) or self.keys.get(one) or known.get(shorten(one), ())
        return found or self.endings.get(shorten(one), ())

    def runs_called(self, atom: Atom, *, introduced: bool) -> tuple[RunName, ...]:
        """By id, by its beginning, or by name. What is not introduced by `run` must look like nothing else."""
        word = atom.word
        mixed = bool(_MIXED.match(word))
        exact = self._with_prefix(word, whole=True)
        if exact and (introduced or atom.quoted or (len(word) >= 6 and mixed) or len(word) >= 16):
            return exact
        named = self.names.get(atom.folded, ())
        if named and (introduced or atom.quoted or mixed or "_" in word or "-" in word):
            return named
        if len(word) >= (SHORTEST_PREFIX if introduced else SHORTEST_ALONE) and (introduced or mixed):
            return self._with_prefix(word)
        return ()

    def _with_prefix(self, word: str, *, whole: bool = False) -> tuple[RunName, ...]:
        at = bisect_left(self.ids, word, key=lambda entry: entry[0])
        found = []
        while at < len(self.ids) and self.ids[at][0].startswith(word):
            if not whole or self.ids[at][0] == word:
                found.append(self.ids[at][1])
            at += 1
        return tuple(found)


@lru_cache(maxsize=4)
def arranged(stored: RunVocabulary) -> Vocabulary:
    keys, short, names = defaultdict[str, list[RunKey]](list), defaultdict[str, list[RunKey]](list), _names(stored)
    for section, key in stored.keys:
        for said in {fold(key), fold(f"{section}.{key}")}:
            keys[said].append(RunKey(section=section, key=key))
    for said, found in keys.items():
        short[shorten(said)].extend(found)
    return Vocabulary(
        ids=tuple(sorted(((run.id.casefold(), run) for run in stored.runs), key=lambda entry: entry[0])),
        names=names,
        keys={said: tuple(dict.fromkeys(found)) for said, found in keys.items()},
        short_keys={said: tuple(dict.fromkeys(found)) for said, found in short.items()},
        endings=_endings(stored),
        sayings=_sayings(stored),
        words=_words(stored),
        runs=stored.runs,
    )


def _endings(stored: RunVocabulary) -> dict[str, tuple[RunKey, ...]]:
    found = defaultdict[str, list[RunKey]](list)
    for section, key in stored.keys:
        words = [word for word in re.split(r"[\W_]+", key) if word]
        for said in {shorten(fold("".join(words[n:]))) for n in range(1, len(words))}:
            found[said].append(RunKey(section=section, key=key))
    return {said: tuple(keys) for said, keys in found.items() if len(keys) == 1}


def _names(stored: RunVocabulary) -> dict[str, tuple[RunName, ...]]:
    """`run-3` is called so, and `run 3`."""
    found = defaultdict[str, list[RunName]](list)
    for run in stored.runs:
        said = fold(run.name) if run.name else ""
        for name in {said, said.removeprefix("run")} - {""}:
            found[name].append(run)
    return {name: tuple(runs) for name, runs in found.items()}


Facet = tuple[RunSection, str]


def _facets(stored: RunVocabulary) -> Iterable[tuple[Facet, str]]:
    for experiment in {run.experiment for run in stored.runs} - {""}:
        yield ("attributes", "experiment"), experiment
    for dataset in stored.datasets:
        yield ("datasets", "name"), dataset
    for section, key, text in stored.values:
        yield (section, key), text


def _sayings(stored: RunVocabulary) -> dict[str, Group]:
    users = [(("attributes", "user"), user) for user in {run.user for run in stored.runs} - {""}]
    found = defaultdict[str, dict[Facet, dict[str, None]]](dict)
    for facet, text in [*_facets(stored), *cast(list[tuple[Facet, str]], users)]:
        if fold(text) not in NOT_ALONE and len(fold(text)) > 1:
            found[fold(text)].setdefault(facet, {})[text] = None
    return {said: _group(facets, said) for said, facets in found.items()}


def _words(stored: RunVocabulary) -> dict[str, Group]:
    named = [(("attributes", "run_name"), name) for name in {run.name for run in stored.runs} - {""}]
    found = defaultdict[str, dict[Facet, dict[str, None]]](dict)
    for facet, text in [*_facets(stored), *cast(list[tuple[Facet, str]], named)]:
        for word in {*words_of(text), *re.split(r"[\W_]+", text.casefold())}:
            if len(word) > 2 and word not in NOT_ALONE:
                found[word].setdefault(facet, {})[text] = None
    return {word: _group(facets, word) for word, facets in found.items()}


def _group(facets: dict[Facet, dict[str, None]], word: str) -> Group:
    return tuple(
        RunCondition(on=RunKey(section=section, key=key), is_="IN", values=tuple(texts))
        if len(texts) <= MOST_VALUES
        else RunCondition(on=RunKey(section=section, key=key), is_="ILIKE", values=(f"%{word}%",))
        for (section, key), texts in facets.items()
    )


def short_id(run_id: str) -> str:
    """The first eight characters of what nobody reads whole."""
    return run_id[:8] if _HEX.fullmatch(run_id) else run_id
