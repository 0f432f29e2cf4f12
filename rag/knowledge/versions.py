"""What changed between two versions of a document. Pure."""

import difflib
from dataclasses import dataclass

MOST_LINES = 20_000  # of one side: beyond, comparing line by line takes longer than anybody waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`unified` as `diff -u` writes it, without the two file lines; empty when the texts are the same."""

    unified: str
    added: int  # lines
    removed: int


def difference(before: str, after: str, *, around: int = 3) -> Difference:
    """`around`: unchanged lines shown beside a change. Texts beyond MOST_LINES differ from their first change to their
    last one."""
    old, new = before.splitlines(), after.splitlines()
    head, tail = (0, 0) if max(len(old), len(new)) <= MOST_LINES else _same_ends(old, new)
    middle = difflib.unified_diff(old[head : len(old) - tail], new[head : len(new) - tail], n=around, lineterm="")
    if max(len(old), len(new)) - head - tail > MOST_LINES:
        gone, come = old[head : len(old) - tail], new[head : len(new) - tail]
        changes = [f"@@ -{head + 1},{len(gone)} +{head + 1},{len(come)} @@", *(f"-{x}" for x in gone)]
        changes += [f"+{line}" for line in come]
    else:
        changes = list(middle)[2:]
    return Difference(
        unified="\n".join(changes),
        added=sum(line.startswith("+") for line in changes),
        removed=sum(line.startswith("-") for line in changes),
    )


def _same_ends(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many lines at the beginning and at the end are the same."""
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    tail = next((n for n in range(shorter - head) if old[-1 - n] != new[-1 - n]), shorter - head)
    return head, tail
