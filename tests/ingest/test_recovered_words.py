"""How many words of real files are read, by a second extractor's count; the table with -s."""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.readers.base import look_at
from ingest.sandbox import ReaderPool
from rag.domain.errors import UnreadableSource
from rag.domain.types import Parsed
from tests.ingest.second_opinion import SECOND

pytestmark = pytest.mark.slow
FLOOR = 0.95
REFUSED = {".doc", ".ppt", ".jpg", ".png"}  # and a workbook without values
Outcome = tuple[Parsed, ...] | UnreadableSource


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))


def share(found: Counter[str], wanted: Counter[str]) -> float:
    """Of the words that the second extractor finds, repeated ones counted; 1 where it finds none."""
    return (found & wanted).total() / wanted.total() if wanted else 1.0


def read(files: list[Path]) -> dict[Path, Outcome]:
    outcomes: dict[Path, Outcome] = {}
    with ReaderPool(2) as pool:
        for path in files:
            try:
                outcomes[path] = pool.read(look_at(path, path.name))
            except UnreadableSource as error:
                outcomes[path] = error
    return outcomes


def test_the_words_of_real_files_are_read(pack: Callable[[str], Path]) -> None:
    root = pack("files-unstructured") / "files"
    outcomes = read(sorted(path for path in root.rglob("*") if path.is_file()))
    shares: dict[str, list[float]] = defaultdict(list)
    table = []
    for path, outcome in outcomes.items():
        told = f"{path.relative_to(root).as_posix():55}"
        if isinstance(outcome, UnreadableSource):
            table.append(f"{told} refused: {outcome}")
            continue
        text = "\n".join(parsed.text for parsed in outcome)
        wanted = words(SECOND[path.suffix](path))
        got = words(text)
        shares[path.suffix].append(share(got, wanted))
        lost = (wanted - got).most_common(6) if shares[path.suffix][-1] < 0.99 else ""
        table.append(
            f"{told} {len(outcome):3} {len(text):8,} {wanted.total():7,} {shares[path.suffix][-1]:6.1%} {lost}"
        )
    sys.stdout.write("\n" + "\n".join(table) + "\n")
    assert {suffix: each for suffix, each in shares.items() if min(each) < FLOOR} == {}
    refused = {path for path, outcome in outcomes.items() if isinstance(outcome, UnreadableSource)}
    assert {path.suffix for path in refused if path.name != "empty.xlsx"} <= REFUSED
    assert len(outcomes) - len(refused) >= 50
