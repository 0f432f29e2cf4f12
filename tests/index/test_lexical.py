import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.domain.errors import StorageFailed
from rag.domain.ports import LexicalIndex
from rag.index.analysis import LONGEST_TERM
from rag.index.lexical import MOST_TERMS, TantivyIndex
from tests.contracts.index import LexicalIndexContract, passage


class TestTantivyInMemory(LexicalIndexContract):
    @pytest.fixture
    def index(self) -> LexicalIndex:
        return TantivyIndex(None)


class TestTantivyOnDisk(LexicalIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> LexicalIndex:
        return TantivyIndex(tmp_path / "lexical")


def test_what_was_committed_is_there_after_reopening(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    index.apply([passage("a:1:0", "gradient")], [], position=5)
    index.close()
    again = TantivyIndex(tmp_path)
    assert (again.position, again.count(), again.search("gradients", 1)[0][0]) == (5, 1, "a:1:0")


def test_a_reader_sees_what_the_writer_committed_once_it_reloads(tmp_path: Path) -> None:
    writer = TantivyIndex(tmp_path)
    writer.apply([passage("a:1:0", "gradient")], [], position=1)
    reader = TantivyIndex(tmp_path, read_only=True)
    writer.apply([passage("b:1:0", "gradient norm")], [], position=2)
    assert reader.position == 1
    reader.reload()
    assert (reader.position, len(reader.search("gradient", 5))) == (2, 2)
    with pytest.raises(StorageFailed):
        reader.apply([], [], position=3)


def test_a_second_writer_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    first, second = TantivyIndex(tmp_path), TantivyIndex(tmp_path)
    first.apply([passage("a:1:0", "gradient")], [], position=1)
    with pytest.raises(StorageFailed):
        second.apply([passage("b:1:0", "gradient")], [], position=1)
    first.apply([passage("c:1:0", "gradient")], [], position=2)
    assert first.count() == 2


@pytest.mark.parametrize("content", [b"", b"{", b"\x00" * 500])
def test_a_damaged_index_says_so_when_it_is_opened(tmp_path: Path, content: bytes) -> None:
    index = TantivyIndex(tmp_path)
    index.apply([passage("a:1:0", "gradient")], [], position=1)
    index.close()
    (tmp_path / "meta.json").write_bytes(content)
    with pytest.raises(StorageFailed, match="cannot be used"):
        TantivyIndex(tmp_path)


def test_a_lost_segment_says_so_when_it_is_opened(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    index.apply([passage("a:1:0", "gradient")], [], position=1)
    index.close()
    for path in tmp_path.glob("*.term"):
        path.unlink()
    with pytest.raises(StorageFailed):
        TantivyIndex(tmp_path)


def test_an_absent_index_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed):
        TantivyIndex(tmp_path / "absent", read_only=True)


def test_a_pasted_page_is_a_question_too() -> None:
    index = TantivyIndex(None)
    words = [f"word{n}" for n in range(MOST_TERMS * 3)]
    index.apply([passage(f"a:1:{n}", " ".join(words)) for n in range(2)], [], position=1)
    index.apply([passage("b:1:0", "needle")], [], position=2)
    assert {chunk_id for chunk_id, _ in index.search(" ".join([*words, "needle"]), 5)} == {"a:1:0", "a:1:1", "b:1:0"}


def test_scores_of_a_small_index_compare_with_those_of_the_large_one_it_continues() -> None:
    large, small = TantivyIndex(None), TantivyIndex(None)
    large.apply([passage(f"d{n}:1:0", f"alpha {'delta' if n else 'beta'} gamma") for n in range(200)], [], position=1)
    small.apply([passage("new:1:0", "alpha beta gamma")], [], position=2)
    [(_, there), (_, other)] = large.search("beta gamma", 2)
    [(_, here)] = small.search("beta gamma", 1, statistics=large)
    assert here == pytest.approx(there, rel=0.15)
    assert here > 2 * other


APPLY_FOR_EVER = """
import sys
from pathlib import Path
from rag.index.lexical import TantivyIndex
from tests.contracts.index import passage
index = TantivyIndex(Path(sys.argv[1]))
for n in range(index.position + 1, 10**9):
    batch = [passage(f"d{n}:1:{i}", "x" * n + " text") for i in range(20)]
    index.apply(batch, [f"d{n - 3}:1:0"], position=n)
    print(n, flush=True)
"""


@pytest.mark.slow
def test_a_killed_writer_leaves_a_whole_commit(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    for round_number in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", APPLY_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE, env=environment, text=True
        )
        assert child.stdout is not None
        with child, child.stdout:
            lines = [child.stdout.readline() for _ in range(10 + 7 * round_number)]
            child.kill()
            acknowledged = int((child.stdout.read().split() or lines)[-1])
        index = TantivyIndex(tmp_path)
        assert index.position in (acknowledged, acknowledged + 1)
        assert index.count() == 20 * index.position - (index.position - 3)
        assert len(index.search("x" * min(index.position, LONGEST_TERM), 50)) >= 20
        index.close()
