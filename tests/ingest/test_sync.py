from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.sync import Plan, Scope, Seen, plan
from rag.domain.records import FileOutcome, FileState

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PATHS = st.sampled_from(["a.md", "b.md", "docs/a.md", "docs/b.md", "docs/deep/c.md", "docsy/d.md"])
PRINTS = st.sampled_from(["", "1", "2", "3"])
SEEN = st.dictionaries(PATHS, PRINTS.map(lambda print_: Seen(fingerprint=print_)))
SCOPES = st.lists(st.sampled_from(["", "docs", "docs/deep", "a.md"]), min_size=1, max_size=3)


def row(path: str, fingerprint: str, state: FileState = "indexed", **rest: object) -> FileOutcome:
    return FileOutcome(path=path, fingerprint=fingerprint, state=state, at=NOW, **rest)  # type: ignore[arg-type]


def rows(**states: str) -> dict[str, FileOutcome]:
    return {path: row(path, fingerprint) for path, fingerprint in states.items()}


def seen(**states: str) -> dict[str, Seen]:
    return {path: Seen(fingerprint=fingerprint) for path, fingerprint in states.items()}


@st.composite
def known(draw: st.DrawFn) -> dict[str, FileOutcome]:
    paths = draw(st.sets(PATHS))
    states = st.sampled_from(["indexed", "skipped", "failed", "parked"])
    due = st.sampled_from([None, NOW - timedelta(1), NOW + timedelta(1)])
    return {
        path: row(path, draw(PRINTS), draw(states), documents=draw(st.integers(0, 1)), next_try=draw(due))
        for path in paths
    }


def test_new_and_changed_are_read_the_same_is_left_and_what_is_gone_is_removed() -> None:
    todo = plan(seen(new="1", same="1", other="2"), rows(same="1", other="1", gone="9"), Scope(), now=NOW)
    assert todo == Plan(added=("new",), changed=("other",), unchanged=("same",), removed=("gone",))


def test_the_same_content_under_another_path_has_moved() -> None:
    todo = plan(seen(new="1", copy="1", same="1"), rows(old="1", same="1"), Scope(), now=NOW)
    assert (todo.moved, todo.added, todo.removed) == ((("old", "copy"),), ("new",), ())
    assert todo.read == ("copy", "new")


def test_what_was_not_looked_at_stays() -> None:
    stored = {path: row(path, "1") for path in ("docs/a.md", "docsy/d.md", "notes/b.md")}
    assert plan({}, stored, Scope(paths=["docs"]), now=NOW).removed == ("docs/a.md",)


def test_what_could_not_be_looked_at_is_not_gone() -> None:
    stored = {path: row(path, "1") for path in ("docs/a.md", "docs/locked/b.md")}
    assert plan({}, stored, Scope(unseen=["docs/locked"]), now=NOW).removed == ("docs/a.md",)


def test_a_failed_file_waits_until_it_is_due_changed_named_or_asked_for() -> None:
    found = seen(f="1")
    later = {"f": row("f", "1", "failed", next_try=NOW + timedelta(minutes=1))}
    for_good = {"f": row("f", "1", "failed")}
    parked = {"f": row("f", "1", "parked", tries=3)}
    assert plan(found, later, Scope(), now=NOW).waiting == ("f",)
    assert plan(found, for_good, Scope(), now=NOW).waiting == ("f",)
    assert plan(found, parked, Scope(), now=NOW).parked == ("f",)
    assert plan(found, later, Scope(), now=NOW + timedelta(minutes=1)).again == ("f",)
    for stored in (later, for_good, parked):
        assert plan(seen(f="2"), stored, Scope(), now=NOW).changed == ("f",)
        assert plan(found, stored, Scope(named=["f"]), now=NOW).again == ("f",)
        assert plan(found, stored, Scope(), now=NOW, retry=True).again == ("f",)


def test_a_failed_file_of_which_nothing_is_stored_is_forgotten_when_it_goes() -> None:
    stored = {"never": row("never", "1", "failed"), "once": row("once", "1", "failed", documents=1)}
    todo = plan({}, stored, Scope(), now=NOW)
    assert (todo.forgotten, todo.removed) == (("never",), ("once",))


def test_what_is_no_longer_to_be_read_is_removed_though_it_is_there() -> None:
    todo = plan({"a": Seen(reason="empty")}, rows(a="1"), Scope(), now=NOW)
    assert (todo.left_out, todo.removed) == (("a",), ("a",))


@given(SEEN, known(), SCOPES, SCOPES)
def test_every_path_has_one_fate_and_doing_it_leaves_nothing_to_do(
    found: dict[str, Seen], stored: dict[str, FileOutcome], paths: list[str], unseen: list[str]
) -> None:
    scope = Scope(paths=paths, unseen=unseen)
    todo = plan(found, stored, scope, now=NOW)
    read, moved_away = set(todo.read), {old for old, _ in todo.moved}
    fates = [*todo.read, *todo.unchanged, *todo.waiting, *todo.parked, *todo.left_out]
    assert sorted(fates) == sorted(found)
    gone = {*todo.removed, *todo.forgotten, *moved_away}
    assert gone & set(found) <= set(todo.left_out)
    assert all(scope.covers(path) for path in gone)
    after = {path: outcome for path, outcome in stored.items() if path not in gone}
    after |= {path: row(path, found[path].fingerprint) for path in read}
    after |= {path: row(path, "", "skipped") for path in todo.left_out}
    again = plan(found, after, scope, now=NOW)
    assert (again.read, again.removed, again.forgotten) == ((), (), ())
