"""What is denied here and affirmed there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rag.answering.checks.alignment import align, denies, limits, sequence
from rag.answering.checks.reading import sentences, stems, tokens

REACH = 4  # content words after a denial that it is taken to deny, within its clause
HERE, THERE = "“{}” stands here, not in the source", "the source says “{}” of it"
_BREAKING = """. , ; : ! ? ( ) [ ] | but although though while whereas because which however so if when since unless
    until and or that who where"""
_BREAKS = frozenset(_BREAKING.split())
_SOFTLY = """fail fails failed failing failure unable lack lacks lacked lacking avoid avoids avoided prevent prevents
    prevented refuse refuses refused stop stops stopped instead rather absent absence impossible"""
_SOFT = frozenset(_SOFTLY.split())  # they deny what follows, and are words like others
_MILD = {"not": "only", "or": "not"}
_IMPLIED = re.compile(
    r"\b(?:error|crash|broke|missing|lost|reject|abandon|except|unlike|wrong|exclude|drop|remove|disable|skip|ignore|too|"
    r"less|few|little|only|hard|yet|problem|issue|worse|despite|ban|forbid|den[iy]|deprecat|withdr|un\w{4,}|in(?:abil|"
    r"cor|val|comp|suf)|impos|dis\w{4,}|non-?\w+)",
    re.I,
)
_NEGATIVE = re.compile(r"(?:un|non)-?(?=\w{4})", re.I)


@dataclass(slots=True)
class Clause:
    """`said`: (stem, number of the denial over it or 0), in order. Soft denials have numbers below 0."""

    said: list[tuple[str, int]] = field(default_factory=list)
    denials: dict[int, str] = field(default_factory=dict)  # number: the word that denies
    words: frozenset[str] = frozenset()
    around: frozenset[str] = frozenset()  # the stems of the whole sentence
    hinted: bool = False  # something of the sentence denies, or implies it

    def under(self, denial: int) -> list[str]:
        return [stem for stem, over in self.said if over == denial]

    def likeness(self, other: "Clause") -> float:
        return len(self.words & other.words) + 0.5 * len(self.around & other.around)


def turned(text: str, source: str) -> list[str]:
    """For each denial that one has and the other has not, a line that says so; both plain.

    Where the words of the source were kept in their order their places decide, elsewhere what is under the denial.
    """
    own, theirs = clauses(text), clauses(source)
    said, there_said = sequence(text), sequence(source)
    if not any((*said.gaps, *there_said.gaps)) and not any(clause.denials for clause in (*own, *theirs)):
        return []
    aligned = align(said, there_said)
    here, there = _words_of(own), _words_of(theirs)
    found = [HERE.format(here.get(number, "not")) for number in aligned.added]
    found += [THERE.format(there.get(number, "not")) for number in aligned.dropped]
    for clause in own:
        unsettled = clause.denials.keys() - aligned.settled_here
        found += [HERE.format(here[number]) for number in sorted(unsettled) if _is_new(number, clause, theirs)]
    for clause in theirs:
        unsettled = {number for number in clause.denials if number > 0} - aligned.settled_there
        gone = [number for number in sorted(unsettled) if _is_gone(clause.under(number), clause, own, theirs)]
        found += [THERE.format(there[number]) for number in gone]
    return list(dict.fromkeys(found))


def _words_of(read: Sequence[Clause]) -> dict[int, str]:
    return {number: word for clause in read for number, word in clause.denials.items()}


def _is_new(number: int, clause: Clause, theirs: Sequence[Clause]) -> bool:
    """Nothing under it is denied in the source."""
    if number < 0 and any(stem in other.words for stem in stems(clause.denials[number]) for other in theirs):
        return False
    said = [polarity for stem in clause.under(number) if (polarity := _there(stem, clause, theirs))]
    if not said:
        return number > 0 and bool(clause.around) and not _any_hint(clause, theirs)
    return all(polarity == {False} for polarity in said) and (number > 0 or not _any_hint(clause, theirs))


def _is_gone(over: Sequence[str], clause: Clause, own: Sequence[Clause], theirs: Sequence[Clause]) -> bool:
    """A clause of the statement affirms what stands under it."""
    for mine in own:
        affirmed = {stem for stem, denial in mine.said if stem in over and not denial}
        if mine.denials or not affirmed or len(mine.words & clause.words) * 2 <= len(mine.words):
            continue
        if over[0] in affirmed and all(_there(stem, mine, theirs) == {True} for stem in affirmed):
            return True
    return False


def _there(stem: str, clause: Clause, theirs: Sequence[Clause]) -> set[bool]:
    """Whether the clauses of the source that are most like this one deny the word or not; empty: none has it."""
    having = [(clause.likeness(other), other) for other in theirs if stem in other.words]
    most = max((like for like, _ in having), default=0.0)
    near = [other for like, other in having if like == most]
    return {bool(over) for other in near for said, over in other.said if said == stem}


def _any_hint(clause: Clause, theirs: Sequence[Clause]) -> bool:
    """Whether the sentences of the source nearest to this clause deny anything, or imply it."""
    most = max((clause.likeness(other) for other in theirs), default=0.0)
    return any(other.hinted for other in theirs if clause.likeness(other) >= 0.6 * most)


@lru_cache(maxsize=256)
def clauses(text: str) -> tuple[Clause, ...]:
    """Of plain text. Denials are numbered from 1 through the whole of it, as `alignment.sequence` does."""
    found: list[Clause] = []
    numbers = [0, 0]
    for sentence in sentences(text):
        made = list(_of_sentence(tokens(sentence), numbers))
        around = frozenset(stem for clause in made for stem, _ in clause.said)
        hinted = any(clause.denials for clause in made) or bool(_IMPLIED.search(sentence))
        for clause in made:
            clause.words, clause.around = frozenset(stem for stem, _ in clause.said), around
            clause.hinted = hinted
            if clause.said or clause.denials:
                found.append(clause)
    return tuple(found)


def _of_sentence(words: Sequence[str], numbers: list[int]) -> Iterator[Clause]:
    """`numbers`: how many hard and soft denials there were before; counted on."""
    clause, reach, over = Clause(), 0, 0
    lows = [word.lower() for word in words]
    for place, low in enumerate(lows):
        if low in _BREAKS:
            yield _settled(clause)
            clause, reach = Clause(), 0
        elif denies(low):
            numbers[0] += 1
            if not _is_mild(lows, place):
                over, reach = numbers[0], REACH
                clause.denials[over] = low
        else:
            if low in _SOFT:
                numbers[1] += 1
                over, reach = -numbers[1], REACH
                clause.denials[over] = low
            reach = _say(words[place], clause, over, reach)
    yield _settled(clause)


def _is_mild(lows: list[str], place: int) -> bool:
    """`not only`, `whether or not`, `no more than`, `No. 3`."""
    after = lows[place + 1] if place + 1 < len(lows) else ""
    asked = place > 1 and lows[place - 2 : place] == ["whether", "or"]
    return asked or limits(lows, place) or after == _MILD.get(lows[place])


def _say(word: str, clause: Clause, over: int, reach: int) -> int:
    own = stems(word)
    soft = word.lower() in _SOFT
    clause.said += [(stem, over if reach and not soft else 0) for stem in own]
    bare = _NEGATIVE.sub("", word.lower())
    if bare != word.lower():  # unstable: stable is denied
        clause.said += [(stem, 0 if reach else 1) for stem in stems(bare)]
    return reach - bool(reach and own and not soft)


def _settled(clause: Clause) -> Clause:
    """A denial with nothing after it in its clause denies what stands before it."""
    for number in clause.denials:
        if not clause.under(number):
            before = [place for place, (_, over) in enumerate(clause.said) if over == 0][-REACH:]
            for place in before:
                clause.said[place] = (clause.said[place][0], number)
    return clause
