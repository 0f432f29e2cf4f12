"""SIGKILL in the middle of writing: what was acknowledged is there, once; the rest is there whole or not at all."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from tests.registry.parts import ALL, ids, replayed

WRITER = """
import sys
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from tests.registry.parts import MODEL, document, source, update
catalog = SqlCatalog(open_database(sys.argv[1]))
of = source(catalog)
n = int(sys.argv[2])
while True:
    n += 1
    pair = [update(of, f"{side}{n % 7}", document(of, f"{side}{n % 7}", f"state {n}\\n" * 20)) for side in "lr"]
    catalog.commit(pair, model=MODEL)
    print(n, flush=True)
    if n % 11 == 0:
        catalog.purge(pair[0].prepared[0].document.id)
        catalog.commit(pair, model=MODEL)
"""


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_is_there_by_half(url: str) -> None:
    dice, last, written = random.Random(7), 0, 0
    for _ in range(8):
        command = [sys.executable, "-c", WRITER, url, str(last)]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(dice.uniform(0.05, 0.6))
        writer.kill()
        acknowledged = [
            int(line) for line in (first + writer.communicate()[0]).splitlines(keepends=True) if "\n" in line
        ]
        assert acknowledged == list(range(last + 1, acknowledged[-1] + 1))
        written += len(acknowledged)
        last = check(url, acknowledged[-1])
    assert written > 16


def check(url: str, acknowledged: int) -> int:
    """The state the registry stands at: the acknowledged one or the next."""
    engine = open_database(url)
    catalog = SqlCatalog(engine)
    found, _ = catalog.documents(ALL)
    states = {each.path: int(catalog.text(each.id, ALL).text.split()[1]) for each in found}
    newest = max(states.values())
    assert newest in (acknowledged, acknowledged + 1)
    for slot in {n % 7 for n in range(max(1, newest - 6), newest + 1)}:
        expected = max(n for n in range(newest - 6, newest + 1) if n % 7 == slot and n > 0)
        assert states[f"r{slot}"] == expected
        purged_just_now = expected % 11 == 0
        assert states.get(f"l{slot}") == expected or purged_just_now
    assert replayed(catalog) == ids(catalog)
    assert len(catalog.chunks(ids(catalog), ALL)) == catalog.counts()["chunks"]
    engine.dispose()
    return newest
