"""Where the literals of all rules stand, in one pass: four characters at a time, five bits of each.

Five bits do not tell large letters from small ones, so both are found; what is found is compared with the text then.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.secrets.rules import Rule, Text

WIDTH, BITS = 4, 5
CODES = 1 << (WIDTH * BITS)
SHORTEST = 3  # characters of an anchor


@dataclass(frozen=True)
class Scanner:
    rules: tuple[Rule, ...]
    _table: npt.NDArray[np.bool_]
    _anchors: dict[int, list[tuple[str, bool, list[int]]]]  # {code: (anchor, in any case, which rules)}

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> "Scanner":
        wanted: dict[tuple[str, bool], list[int]] = defaultdict(list)
        for n, rule in enumerate(rules):
            for anchor in rule.anchors:
                assert len(anchor) >= SHORTEST, f"{rule.name}: {anchor!r} is too short"
                wanted[anchor, rule.folded].append(n)
        table = np.zeros(CODES, dtype=np.bool_)
        anchors: dict[int, list[tuple[str, bool, list[int]]]] = defaultdict(list)
        for (anchor, folded), numbers in wanted.items():
            for code in _codes(anchor):
                table[code] = True
                anchors[code].append((anchor, folded, numbers))
        return cls(tuple(rules), table, dict(anchors))

    def places(self, text: Text) -> list[tuple[Rule, list[int]]]:
        """Each rule that has one, with the offsets of its anchors, ascending."""
        found: dict[int, list[int]] = defaultdict(list)
        for n, rule in enumerate(self.rules):
            if rule.locate is not None:
                starts = [match.start() for match in rule.locate.finditer(text.raw)]
                found.update({n: starts} if starts else {})
        for at, code in self._hits(text.raw):
            for anchor, folded, numbers in self._anchors[code]:
                if (text.low if folded else text.raw).startswith(anchor, at):
                    for n in numbers:
                        found[n].append(at)
        return [(self.rules[n], found[n]) for n in sorted(found)]

    def _hits(self, raw: str) -> Iterator[tuple[int, int]]:
        letters = np.frombuffer(f"{raw}\0".encode("latin-1", "replace"), dtype=np.uint8) & 31
        count = len(letters) - WIDTH + 1
        if count <= 0:
            return iter(())
        codes = letters[:count].astype(np.uint32)
        for n in range(1, WIDTH):
            codes |= letters[n : n + count].astype(np.uint32) << np.uint32(BITS * n)
        at = np.flatnonzero(self._table[codes])
        return zip(at.tolist(), codes[at].tolist(), strict=True)


def _codes(anchor: str) -> Iterator[int]:
    """One, or all that an anchor of three characters may begin."""
    known = sum((ord(char) & 31) << (BITS * n) for n, char in enumerate(anchor[:WIDTH]))
    if len(anchor) >= WIDTH:
        yield known
    else:
        yield from (known | last << (BITS * SHORTEST) for last in range(1 << BITS))
