from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.originals import Originals, clean_name
from rag.domain.errors import StorageFailed

NAMES = {
    "notes.md": "notes.md",
    "../../etc/passwd": "passwd",
    "C:\\Users\\ada\\plan.docx": "plan.docx",
    "/abs/olute.md": "olute.md",
    "a\x00b\n.md": "ab.md",
    "..": "upload",
    "": "upload",
    "con.txt": "_con.txt",
    "a:b|c?.md": "a_b_c_.md",
    "e\u0301t\u00e9.md": "\u00e9t\u00e9.md",
    "evil\u202etxt.exe": "eviltxt.exe",
    ".env": "env",
    "x" * 300 + ".md": "x" * 147 + ".md",
}


@pytest.mark.parametrize(("name", "clean"), NAMES.items())
def test_a_name_from_outside_becomes_a_plain_one(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@given(st.text())
def test_a_clean_name_never_leaves_its_folder_and_is_clean_already(name: str) -> None:
    clean = clean_name(name)
    assert clean
    assert "/" not in clean
    assert "\\" not in clean
    assert clean not in (".", "..")
    assert len(clean) <= 150


def test_one_content_is_kept_once(tmp_path: Path) -> None:
    originals = Originals(tmp_path / "originals")
    first = originals.keep("a.md", b"same")
    assert originals.keep("b.md", b"same") == first
    assert first.read_bytes() == b"same"
    assert first.suffix == ".md"
    assert originals.keep("c.md", b"other") != first


def test_a_full_or_read_only_disk_is_named_and_leaves_nothing_half(tmp_path: Path) -> None:
    (tmp_path / "originals").write_text("a file where the folder should be")
    with pytest.raises(StorageFailed, match=r"a\.md could not be kept"):
        Originals(tmp_path / "originals").keep("a.md", b"x")
