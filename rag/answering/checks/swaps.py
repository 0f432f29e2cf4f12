"""Where a statement keeps its source's words around it, another number, date or name stands in their midst."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rag.answering.checks import dates, numbers
from rag.answering.checks.names import is_code
from rag.answering.checks.reading import TOKEN, stems
from rag.index.analysis import STOP_WORDS

MOST_HERE, MOST_THERE = 3, 4  # words that may stand in the place of others
_OPENS = re.compile(r"(?:^|[.!?:;|\n])[\"'“‘(\])\s]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    key: str
    kind: str  # number, date, name or word
    text: str


def swapped(text: str, source: str) -> list[tuple[str, str]]:
    """(kind, line) for each; both plain. A number that stands elsewhere in the source is caught by this alone."""
    own, theirs = _items(text), _items(source)
    matcher = SequenceMatcher(None, [item.key for item in own], [item.key for item in theirs], autojunk=False)
    steps = matcher.get_opcodes()
    found: list[tuple[str, str]] = []
    for place, (step, a, b, c, d) in enumerate(steps):
        if step != "replace" or b - a > MOST_HERE or d - c > MOST_THERE or not _held(steps, place):
            continue
        for kind in ("number", "date", "name"):
            here = [item for item in own[a:b] if item.kind == kind]
            there = [item for item in theirs[c:d] if item.kind == kind]
            if here and there and not any(_alike(one, other) for one in here for other in there):
                found.append((kind, f"{here[0].text} stands here where the source says {there[0].text}"))
    return found


def _held(steps: Sequence[tuple[str, int, int, int, int]], place: int) -> bool:
    """Equal words on both sides, or three on the one where the text ends on the other."""
    before = steps[place - 1] if place else None
    after = steps[place + 1] if place + 1 < len(steps) else None
    left = before[2] - before[1] if before and before[0] == "equal" else 0
    right = after[2] - after[1] if after and after[0] == "equal" else 0
    return bool(left and right) or (place == 0 and right >= 3) or (after is None and left >= 3)


def _alike(one: _Item, other: _Item) -> bool:
    if one.kind == "name":
        mine, theirs = set(stems(one.text)), set(stems(other.text))
        return bool(mine & theirs) or one.text.lower() in other.text.lower() or other.text.lower() in one.text.lower()
    if one.kind == "date":
        return not dates.strange(one.text, other.text)
    return not numbers.strange(one.text, other.text)


def _items(text: str) -> list[_Item]:
    spans = [(moment.start, len(moment.text), "date", moment.text) for moment in dates.moments(text)]
    blank = dates.without(text)
    spans += [(one.start, one.end - one.start, "number", one.text) for one in numbers.quantities(blank)
              if one.text.lower() != "one"]  # fmt: skip
    taken = sorted(set(spans))
    found = [(start, _Item(key=f"{kind} {said}", kind=kind, text=said)) for start, _, kind, said in taken]
    found += [(at, item) for at, item in _words(blank) if not any(s <= at < s + size for s, size, _, _ in taken)]
    return [item for _, item in sorted(found, key=lambda pair: pair[0])]


def _words(text: str) -> Iterator[tuple[int, _Item]]:
    for match in TOKEN.finditer(text):
        token = match[0]
        own = stems(token)
        if not own or token.lower() in STOP_WORDS:
            continue
        opens = bool(_OPENS.search(text[max(0, match.start() - 4) : match.start()]))
        name = is_code(token) or (token[0].isupper() and not opens)
        yield match.start(), _Item(key=own[-1], kind="name" if name else "word", text=token)
