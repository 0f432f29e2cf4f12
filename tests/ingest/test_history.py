"""A repository's past, as git itself wrote it."""

from pathlib import Path

import pytest
from dulwich import porcelain

from ingest.history import Depth, blob_id, months, open_history
from rag.domain.errors import UnreadableSource

MAY = 1_777_600_000  # 2026-05-01


class Team:
    """Commits into a repository, an hour apart."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.commits = 0
        porcelain.init(str(root)).close()

    def commit(self, why: str, author: str = "Ada <ada@example.org>", **files: str) -> str:
        for name, text in files.items():
            (self.root / f"{name}.md").write_text(text)
        porcelain.add(str(self.root), [str(self.root / f"{name}.md") for name in files])
        at, self.commits = MAY + 3600 * self.commits, self.commits + 1
        made = porcelain.commit(
            str(self.root), message=why, author=author, committer=author, commit_timestamp=at, author_timestamp=at,
            commit_timezone=7200, author_timezone=7200,
        )  # fmt: skip
        return made.decode()


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def test_each_path_has_its_last_versions_with_who_and_why(team: Team) -> None:
    for lr in ("1e-4", "2e-4", "3e-4"):
        last = team.commit(f"Use {lr}\n\nThe loss was better.", run=f"lr {lr}")
    team.commit("Another", "Bo Li <bo@example.org>", other="words")
    history = open_history(team.root, Depth(versions=2))
    assert history is not None
    past = history.past("run.md")
    assert [history.data(each) for each in past] == [b"lr 3e-4", b"lr 2e-4"]
    assert past[0].revision.id == last
    assert past[0].revision.reason == "Use 3e-4\n\nThe loss was better."
    assert past[0].revision.at == "2026-05-01T05:46:40+02:00"
    assert (past[0].identity.name, past[0].identity.id) == ("Ada", "ada@example.org")
    assert past[0].blob == blob_id(b"lr 3e-4")
    assert history.past("none.md") == ()
    history.close()


def test_the_commits_of_a_month_are_one_document_of_messages(team: Team) -> None:
    team.commit("Start", run="lr 1e-4")
    team.commit("bf16 instead of fp16: the loss went to NaN", "Bo Li <bo@example.org>", run="bf16", other="x")
    history = open_history(team.root, Depth(versions=2))
    assert history is not None
    (month,) = months(history, "team")
    assert (month.part, month.kind, month.authors) == ("2026-05", "history", ("Ada", "Bo Li"))
    assert "bf16 instead of fp16: the loss went to NaN" in month.text
    assert "changed other.md, run.md" in month.text
    assert [mark.locator.id for mark in month.marks] == [c.revision.id for c in reversed(history.commits)]  # type: ignore[union-attr]
    history.close()


def test_a_folder_without_git_and_a_repository_without_commits_have_no_past(tmp_path: Path, team: Team) -> None:
    assert open_history(team.root, Depth()) is None
    (tmp_path / "plain").mkdir()
    assert open_history(tmp_path / "plain", Depth()) is None


def test_a_damaged_repository_is_told(team: Team) -> None:
    team.commit("Start", run="lr 1e-4")
    for path in (team.root / ".git" / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:5])
    history = open_history(team.root, Depth())
    assert history is not None
    with pytest.raises(UnreadableSource, match="cannot be read"):
        history.past("run.md")
    history.close()


def test_where_a_shallow_clone_ends_nobody_is_said_to_have_made_all_its_files(team: Team, tmp_path: Path) -> None:
    team.commit("Start", run="1e-4")
    last = team.commit("Fix a typo", "Bo <bo@example.org>", other="Text")
    (tmp_path / ".git" / "shallow").write_text(f"{last}\n")
    history = open_history(tmp_path, Depth())
    assert history is not None
    (past,) = history.past("run.md")
    assert (past.identity, past.revision.by, past.revision.reason) == (None, "", "")
    assert past.revision.at.startswith("2026-05-01T")
    assert [(made.revision.reason, made.paths) for made in history.commits] == [("Fix a typo", ())]
    history.close()


@pytest.mark.parametrize("way", ["link", "file"])
def test_a_git_that_leads_to_a_repository_of_another_folder_is_not_followed(tmp_path: Path, way: str) -> None:
    Team(tmp_path / "private").commit("Nobody else's business", run="1e-4")
    here = tmp_path / "here"
    here.mkdir()
    if way == "link":
        (here / ".git").symlink_to(tmp_path / "private" / ".git")
    else:
        (here / ".git").write_text(f"gitdir: {tmp_path / 'private' / '.git'}\n")
    with pytest.raises(UnreadableSource, match="knows nothing of this folder"):
        open_history(here, Depth())


def test_a_submodule_and_a_working_tree_have_their_history(tmp_path: Path) -> None:
    main = Team(tmp_path / "main")
    main.commit("Start", run="1e-4")
    tree, module = tmp_path / "tree", tmp_path / "main" / "module"
    porcelain.worktree_add(str(main.root), str(tree), branch=b"other")
    (tmp_path / "main" / ".git" / "modules").mkdir()
    Team(module).commit("Inside", other="Text")
    (module / ".git").rename(tmp_path / "main" / ".git" / "modules" / "module")
    (module / ".git").write_text("gitdir: ../.git/modules/module\n")
    with (tmp_path / "main" / ".git" / "modules" / "module" / "config").open("a") as config:
        config.write("[core]\n\tworktree = ../../../module\n")
    for folder, said in ((tree, "Start"), (module, "Inside")):
        history = open_history(folder, Depth())
        assert history is not None
        assert [made.revision.reason for made in history.commits] == [said]
        history.close()
