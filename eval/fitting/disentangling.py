"""How well the conversations of IRC logs are told apart: `python -m eval.fitting.disentangling PACK`.

A pack holds `logs/` and `conversations.jsonl.gz`, with rows {"file": "logs/test/x.txt", "lines": [1001, 1004]},
lines from 0; a line from 1000 on that is in no row stands alone, and earlier lines are context. The measures are those
of Kummerfeld et al. (ACL 2019): all files of a folder together, lines as points, only replies of lines from 1000 on.
"""

import gzip
import json
import math
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from ingest.readers._irc import read_line
from ingest.readers.irc import Entry, first_day, parse, said
from ingest.text.decode import decode
from ingest.text.disentangle import replies
from rag.domain.errors import BadInput

LABELLED = 1000  # the first line whose conversation is known
Clusters = list[frozenset[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One file: which of its lines belong together, truly and as found. Both hold the same lines."""

    gold: Clusters
    found: Clusters


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """All from 0 to 100. `information`: 1 - variation of information / log2(lines)."""

    information: float
    one_to_one: float
    precision: float  # conversations of more than one line that are exactly right
    recall: float
    exact: float  # F1 of the two
    pairs: float  # F1 over pairs of lines in one conversation


def measure(files: Sequence[Judged]) -> Scores:
    """Raises ValueError without a line."""
    together: Counter[tuple[int, int]] = Counter()
    golds: list[int] = []
    founds: list[int] = []
    overlap, right = 0, 0
    for judged in files:
        shared = np.array([[len(one & other) for other in judged.found] for one in judged.gold])
        overlap += _best_overlap(shared)
        offset = len(golds), len(founds)
        together.update({(i + offset[0], j + offset[1]): int(shared[i, j]) for i, j in np.argwhere(shared).tolist()})
        golds += [len(one) for one in judged.gold]
        founds += [len(one) for one in judged.found]
        right += len({one for one in judged.gold if len(one) > 1} & set(judged.found))
    lines = sum(golds)
    distance = 2 * _entropy(together.values()) - _entropy(golds) - _entropy(founds)
    several = sum(size > 1 for size in golds), sum(size > 1 for size in founds)
    return Scores(
        information=100 * (1 - distance / math.log2(lines)),
        one_to_one=100 * overlap / lines,
        precision=100 * right / max(several[1], 1),
        recall=100 * right / max(several[0], 1),
        exact=100 * 2 * right / max(sum(several), 1),
        pairs=100 * 2 * _pairs(together.values()) / max(_pairs(golds) + _pairs(founds), 1),
    )


def _entropy(sizes: Iterable[int]) -> float:
    kept = list(sizes)
    total = sum(kept)
    return -sum(size / total * math.log2(size / total) for size in kept)


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _best_overlap(shared: "np.ndarray[tuple[int, int], np.dtype[np.int64]]") -> int:
    """The most lines that a pairing of conversations, each with at most one, has in common."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(shared, maximize=True)
    return int(shared[rows, columns].sum())


# --- a pack -----------------------------------------------------------------------------------------------------


def truth(pack: Path) -> dict[str, Clusters]:
    """{file: its conversations}. Raises BadInput when the pack holds none."""
    path = pack / "conversations.jsonl.gz"
    if not path.is_file():
        raise BadInput(f"{pack}: no conversations.jsonl.gz.", fix="Name a pack with marked conversations of IRC logs.")
    known: dict[str, Clusters] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            known[str(row["file"])].append(frozenset(row["lines"]))
    return dict(known)


def judge(path: Path, gold: Clusters) -> tuple[Judged, int]:
    """(the conversations of a log, number of its messages)"""
    log, numbers, count = read_log(path)
    answered = enumerate(replies(said(log)))
    links = ((numbers[at], numbers[to]) for at, to in answered if numbers[at] >= LABELLED)
    points = frozenset(range(LABELLED, count)).union(*gold)
    found = [cluster & points for cluster in joined(count, links) if cluster & points]
    return Judged(gold=[*gold, *(frozenset({line}) for line in points.difference(*gold))], found=found), len(log)


def read_log(path: Path) -> tuple[list[Entry], list[int], int]:
    """(messages, their lines' numbers as the marks count them, how many those are)

    Where a message holds a line break, the lines after the first are not counted.
    """
    text = decode(path.read_bytes(), path.name).text
    log = parse(text, first_day(path.name, text) or date(2000, 1, 1))
    counted = [line for line, raw in enumerate(text.split("\n")) if raw.strip() and read_line(raw).kind != "other"]
    numbers = {line: number for number, line in enumerate(counted)}
    return log, [numbers[entry.line] for entry in log], len(counted)


def joined(count: int, links: Iterable[tuple[int, int]]) -> Clusters:
    """The numbers below `count`, those together that links connect."""
    names = list(range(count))

    def name(number: int) -> int:
        while names[number] != number:
            names[number] = names[names[number]]
            number = names[number]
        return number

    for one, other in links:
        names[name(one)] = name(other)
    groups: dict[int, set[int]] = defaultdict(set)
    for number in range(count):
        groups[name(number)].add(number)
    return [frozenset(group) for group in groups.values()]


def main(arguments: Sequence[str]) -> None:
    """Prints a row for each folder of logs, and one for each channel of the other channels."""
    if len(arguments) != 1:
        raise BadInput("One pack is measured at a time.", fix="python -m eval.fitting.disentangling PACK")
    pack = Path(arguments[0])
    groups: dict[str, list[Judged]] = defaultdict(list)
    messages, begin = 0, time.perf_counter()
    for file, gold in sorted(truth(pack).items()):
        judged, count = judge(pack / file, gold)
        messages += count
        folder = Path(file).parent.name
        groups[folder].append(judged)
        if folder == "new-domains":
            groups[f"  {Path(file).name.partition('.')[0]}"].append(judged)
    seconds = time.perf_counter() - begin
    table = Table("logs", "files", "lines", "talks", *("VI", "1-1", "P", "R", "F1", "pairs"))
    for name, files in groups.items():
        table.add_row(name, *_row(files))
    console = Console()
    console.print(table)
    console.print(f"{messages:,} messages in {seconds:.1f} s: {seconds / messages * 10_000:.1f} s for 10,000")


def _row(files: Sequence[Judged]) -> list[str]:
    scores = measure(files)
    sizes = [len(one) for judged in files for one in judged.gold]
    values = (
        scores.information, scores.one_to_one, scores.precision, scores.recall, scores.exact, scores.pairs,
    )  # fmt: skip
    return [
        str(len(files)),
        f"{sum(sizes):,}",
        f"{sum(size > 1 for size in sizes):,}",
        *(f"{value:.1f}" for value in values),
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
