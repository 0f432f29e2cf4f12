"""Where a statement keeps its source's words in their order, a denial stands between the same two of them, or not."""

from dataclasses import dataclass, field
from difflib import SequenceMatcher

from rag.answering.checks.reading import stems, tokens

_DENIALS = """not no never none nobody nothing nowhere neither nor cannot without hardly barely scarcely dont didnt
    doesnt wont cant isnt arent wasnt werent"""
DENIALS = frozenset(_DENIALS.split())
LIMITS = frozenset({"more", "less", "fewer", "later", "sooner", "earlier"})


def denies(token: str) -> bool:
    """Words that deny wherever they stand; `token` in lower case."""
    return token in DENIALS or token.endswith("n't")


def limits(lows: list[str], place: int) -> bool:
    """The "no" of `no more than three`, at most three, and of `No. 3`. `lows`: tokens in lower case."""
    after, then = [*lows[place + 1 : place + 3], "", ""][:2]
    return lows[place] == "no" and (after in LIMITS or (after == "." and then[:1].isdigit()))


@dataclass(slots=True)
class Sequence:
    """Content words in order; `gaps[i]`: numbers, from 1, of the denials before word i; one gap more behind."""

    words: list[str] = field(default_factory=list)
    gaps: list[tuple[int, ...]] = field(default_factory=lambda: [()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """Numbers of denials: `settled` stand in both; `added` only in the statement, `dropped` only in the source."""

    settled_here: frozenset[int]
    settled_there: frozenset[int]
    added: tuple[int, ...]
    dropped: tuple[int, ...]


def sequence(text: str) -> Sequence:
    found, number = Sequence(), 0
    said = tokens(text)
    lows = [token.lower() for token in said]
    for place, token in enumerate(said):
        if denies(lows[place]):
            number += 1
            if limits(lows, place):
                continue
            found.gaps[-1] = (*found.gaps[-1], number)
            continue
        own = stems(token)
        if own:
            found.words.append(own[-1])
            found.gaps.append(())
    return found


def align(own: Sequence, source: Sequence) -> Aligned:
    """Of two words that follow each other in both, and of the outermost ones of the statement."""
    partner: dict[int, int] = {}
    for block in SequenceMatcher(None, own.words, source.words, autojunk=False).get_matching_blocks():
        partner |= {block.a + n: block.b + n for n in range(block.size)}
    here: set[int] = set()
    there: set[int] = set()
    added: list[int] = []
    dropped: list[int] = []
    for gap, said in enumerate(own.gaps):
        left, right = partner.get(gap - 1), partner.get(gap)
        if left is not None and right is not None and right == left + 1:
            theirs, whole = source.gaps[right], True
        elif gap == 0 and right is not None:
            theirs, whole = source.gaps[right], False
        elif gap == len(own.words) and left is not None:
            theirs, whole = source.gaps[left + 1], False
        else:
            continue
        common = min(len(said), len(theirs))
        here.update(said[:common])
        there.update(theirs[:common])
        if len(said) > common:
            added += said[common:]
        elif len(theirs) > common and whole:
            dropped += theirs[common:]
    return Aligned(
        settled_here=frozenset(here), settled_there=frozenset(there), added=tuple(added), dropped=tuple(dropped)
    )
