import os
import sys
from pathlib import Path

import pytest

from ingest.discover import Walk, resolve, walk
from ingest.scope import Target, targets
from rag.domain.errors import NotFound


def make(root: Path, *names: str) -> None:
    for name in names:
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("text")


def no_folder(folder: Path) -> bool:
    del folder
    return False


def files(found: Walk, root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in found.files]


def test_files_are_found_in_the_order_of_their_names(tmp_path: Path) -> None:
    make(tmp_path, "b.md", "a/z.md", "a/b/y.md", "a.md")
    assert sorted(files(walk(tmp_path, no_folder), tmp_path)) == ["a.md", "a/b/y.md", "a/z.md", "b.md"]
    assert files(walk(tmp_path, no_folder), tmp_path) == files(walk(tmp_path, no_folder), tmp_path)


def test_what_a_program_made_or_hid_is_left_out_with_a_reason(tmp_path: Path) -> None:
    make(
        tmp_path, ".git/config", ".env", "node_modules/x.js", "env/pyvenv.cfg", "env/lib.py", "keep.md", "x.egg-info/a"
    )
    found = walk(tmp_path, no_folder)
    assert files(found, tmp_path) == ["keep.md"]
    assert {path.name: reason for path, reason in found.skipped} == {
        ".git": "hidden",
        ".env": "hidden",
        "node_modules": "generated",
        "x.egg-info": "generated",
        "env": "a virtual environment or a cache",
    }


def test_links_are_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "in/a.md", "out/secret.md")
    (tmp_path / "in" / "link.md").symlink_to(tmp_path / "out" / "secret.md")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    found = walk(tmp_path / "in", no_folder)
    assert files(found, tmp_path) == ["in/a.md"]
    assert {reason for _, reason in found.skipped} == {"a symbolic link"}


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"nowhere\.md"):
        resolve(tmp_path / "nowhere.md")


def test_a_folder_that_a_reader_claims_is_one_thing(tmp_path: Path) -> None:
    make(tmp_path, "mlruns/0/meta.yaml", "a.md")
    found = walk(tmp_path, lambda folder: folder.name == "mlruns")
    assert files(found, tmp_path) == ["a.md"]
    assert found.folders == [tmp_path / "mlruns"]


def test_what_was_named_is_the_source(tmp_path: Path) -> None:
    make(tmp_path, "docs/a.md", "docs/b/c.md", "one.md")
    found = targets([tmp_path / "docs", tmp_path / "one.md"], [], no_folder)
    assert {target.root.name: sorted(target.found) for target in found} == {
        "docs": ["a.md", "b/c.md"],
        "one.md": ["one.md"],
    }
    assert not any(target.known for target in found)


def test_a_path_inside_a_known_source_belongs_to_it_and_only_it_is_looked_at(tmp_path: Path) -> None:
    make(tmp_path, "docs/a.md", "docs/b/c.md")
    (target,) = targets([tmp_path / "docs" / "b"], [tmp_path / "docs"], no_folder)
    assert (target.root.name, sorted(target.found), target.scopes) == ("docs", ["b/c.md"], {"b"})


def test_naming_the_parent_later_leaves_what_is_known_in_its_source(tmp_path: Path) -> None:
    make(tmp_path, "docs/a.md", "docs/b/c.md")
    found = targets([tmp_path / "docs"], [tmp_path / "docs" / "b"], no_folder)
    by_name = {target.root.name: (sorted(target.found), target.scopes) for target in found}
    assert by_name == {"docs": (["a.md"], {""}), "b": (["c.md"], {""})}


def inner(found: list[Target], name: str) -> list[Target]:
    return [target for target in found if target.root.name == name]


def test_a_source_inside_that_is_gone_was_looked_at_and_one_in_a_hidden_folder_was_not(tmp_path: Path) -> None:
    make(tmp_path, "docs/a.md", "docs/.github/x.md")
    known = [tmp_path / "docs" / "gone", tmp_path / "docs" / ".github"]
    found = targets([tmp_path / "docs"], known, no_folder)
    assert inner(found, "gone")[0].scopes == {""}
    assert inner(found, ".github")[0].scopes == set()


def test_naming_a_file_twice_finds_it_once(tmp_path: Path) -> None:
    make(tmp_path, "docs/a.md")
    (target,) = targets([tmp_path / "docs", tmp_path / "docs" / "a.md", tmp_path / "docs"], [], no_folder)
    assert sorted(target.found) == ["a.md"]


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS keeps file names in UTF-8")
def test_a_name_that_is_no_utf_8_is_told_and_stops_nothing(tmp_path: Path) -> None:
    make(tmp_path, "keep.md", os.fsdecode(b"caf\xe9.md"))
    found = walk(tmp_path, no_folder)
    assert files(found, tmp_path) == ["keep.md"]
    assert [(path.name, reason) for path, reason in found.skipped] == [("caf�.md", "its name is not UTF-8: rename it")]
