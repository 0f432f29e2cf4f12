from hypothesis import given
from hypothesis import strategies as st

from ingest.sync import plan

PATHS = st.sampled_from(["a.md", "b.md", "docs/a.md", "docs/b.md", "docs/deep/c.md", "docsy/d.md"])
STATES = st.dictionaries(PATHS, st.sampled_from(["1", "2", "3"]))
SCOPES = st.lists(st.sampled_from(["", "docs", "docs/deep", "a.md"]), min_size=1, max_size=3)


def test_new_and_changed_are_read_the_same_is_left_and_what_is_gone_is_removed() -> None:
    todo = plan({"new": "1", "same": "1", "other": "2"}, {"same": "1", "other": "1", "gone": "1"}, scopes=[""])
    assert (todo.read, todo.unchanged, todo.removed) == (("new", "other"), ("same",), ("gone",))


def test_what_was_not_looked_at_stays() -> None:
    known = {"docs/a.md": "1", "docsy/d.md": "1", "notes/b.md": "1"}
    assert plan({}, known, scopes=["docs"]).removed == ("docs/a.md",)


def test_what_could_not_be_looked_at_is_not_gone() -> None:
    known = {"docs/a.md": "1", "docs/locked/b.md": "1"}
    assert plan({}, known, scopes=[""], unseen=["docs/locked"]).removed == ("docs/a.md",)


@given(STATES, STATES, SCOPES, SCOPES)
def test_every_path_has_one_fate_and_doing_it_leaves_nothing_to_do(
    found: dict[str, str], known: dict[str, str], scopes: list[str], unseen: list[str]
) -> None:
    todo = plan(found, known, scopes=scopes, unseen=unseen)
    fates = [*todo.read, *todo.unchanged, *todo.removed]
    assert len(fates) == len(set(fates))
    assert set(fates) <= set(found) | set(known)
    assert set(todo.read) | set(todo.unchanged) == set(found)
    after = {path: mark for path, mark in {**known, **found}.items() if path not in todo.removed}
    again = plan(found, after, scopes=scopes, unseen=unseen)
    assert (again.read, again.removed) == ((), ())


@given(STATES, STATES)
def test_looking_at_everything_leaves_what_is_there(found: dict[str, str], known: dict[str, str]) -> None:
    todo = plan(found, known, scopes=[""])
    assert {path: mark for path, mark in {**known, **found}.items() if path not in todo.removed} == found
