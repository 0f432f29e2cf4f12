"""Exports of wikis and of trackers of issues: a document a page, with who wrote it, where it stands, what it says."""

import json
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from ingest.codec import parsed_from_json, parsed_to_json
from ingest.readers import find_reader
from ingest.readers.base import Limits, look_at
from rag.domain.types import Message, Parsed

LIMITS = Limits()


def read(path: Path, reader: str = "") -> list[Parsed]:
    candidate = look_at(path, path.name)
    found = find_reader(candidate)
    assert found is not None
    assert not reader or found.name == reader
    parts = list(found.read(candidate, LIMITS))
    for parsed in parts:
        assert parsed_from_json(json.loads(json.dumps(parsed_to_json(parsed)))) == parsed
    return parts


def put(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def said(parsed: Parsed, key: str) -> list[object]:
    return [fact.value for fact in parsed.facts if fact.key == key]


def by_title(parts: Iterable[Parsed]) -> dict[str, Parsed]:
    return {parsed.title: parsed for parsed in parts}


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return target


# --- GitHub -----------------------------------------------------------------------------------------------------

REPO = "https://github.com/lab/crops"
ISSUE = {
    "assignees": [{"id": "U1", "login": "bob", "name": "Bob B."}],
    "author": {"id": "U2", "is_bot": False, "login": "ada", "name": "Ada L."},
    "body": "Loss is NaN since #3.\n\nSee lab/other#9 and `v1.2#x`.",
    "closedAt": "2026-05-20T10:00:00Z",
    "comments": [
        {
            "id": "IC_kw1",
            "author": {"login": "bob"},
            "body": "Use bf16, fp16 overflows.",
            "createdAt": "2026-05-19T08:30:00Z",
            "url": f"{REPO}/issues/12#issuecomment-501",
        },
        {"id": "IC_kw2", "author": {"login": "ada"}, "body": "", "createdAt": "2026-05-19T09:00:00Z", "url": ""},
    ],
    "createdAt": "2026-05-18T09:14:00Z",
    "labels": [{"id": "L1", "name": "bug"}, {"id": "L2", "name": "training"}],
    "milestone": {"title": "v2"},
    "number": 12,
    "state": "CLOSED",
    "stateReason": "COMPLETED",
    "title": "NaN loss",
    "url": f"{REPO}/issues/12",
}
PULL = {
    "author": {"login": "app/renovate", "is_bot": True},
    "body": "Fixes #12",
    "createdAt": "2026-05-19T12:00:00Z",
    "headRefName": "bf16",
    "isDraft": False,
    "mergedAt": "2026-05-20T09:59:00Z",
    "number": 13,
    "reviews": [
        {
            "id": "PRR_1",
            "author": {"login": "ada"},
            "state": "APPROVED",
            "body": "",
            "submittedAt": "2026-05-20T09:00:00Z",
        }
    ],
    "state": "MERGED",
    "title": "Train in bf16",
    "url": f"{REPO}/pull/13",
}
REST_ISSUE = {
    "url": "https://api.github.com/repos/lab/crops/issues/12",
    "html_url": f"{REPO}/issues/12",
    "number": 12,
    "title": "NaN loss",
    "user": {"login": "ada", "id": 2, "type": "User"},
    "labels": [{"name": "bug"}],
    "state": "closed",
    "assignees": [],
    "comments": 1,
    "created_at": "2026-05-18T09:14:00Z",
    "updated_at": "2026-05-20T10:00:00Z",
    "body": None,
}
REST_COMMENT = {
    "url": "https://api.github.com/repos/lab/crops/issues/comments/501",
    "html_url": f"{REPO}/issues/12#issuecomment-501",
    "issue_url": "https://api.github.com/repos/lab/crops/issues/12",
    "id": 501,
    "user": {"login": "bob", "type": "User"},
    "created_at": "2026-05-19T08:30:00Z",
    "updated_at": "2026-05-19T08:30:00Z",
    "body": "Use bf16, fp16 overflows.",
}


def test_an_issue_is_a_document_whose_comments_are_cited_one_by_one(tmp_path: Path) -> None:
    issue, pull = read(put(tmp_path, "issues.json", [ISSUE, PULL]), "github")
    assert (issue.title, issue.kind, issue.url) == ("#12 NaN loss", "issue", f"{REPO}/issues/12")
    assert issue.part == "lab/crops#12"
    assert issue.authors == ("ada", "bob")
    assert {(one.system, one.id) for one in issue.people} == {("github", "ada"), ("github", "bob")}
    places = [mark.locator for mark in issue.marks]
    assert places[1] == Message("501", "bob", "2026-05-19T08:30:00+00:00", f"{REPO}/issues/12#issuecomment-501")
    assert issue.text[issue.marks[1].at :].endswith("Use bf16, fp16 overflows.\n\n")
    assert len(places) == 2
    assert said(issue, "state") == ["closed"]
    assert said(issue, "label") == ["bug", "training"]
    assert said(issue, "links-to") == ["#3", "lab/other#9"]
    assert said(issue, "milestone") == ["v2"]
    assert said(issue, "closed-at") == ["2026-05-20T10:00:00+00:00"]
    assert (pull.kind, said(pull, "state"), said(pull, "approved-by")) == ("pull-request", ["merged"], ["ada"])
    assert said(pull, "links-to") == ["#12"]
    assert pull.people == ()


def test_comments_of_a_dump_of_their_own_join_their_issue(tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    put(
        folder,
        "issues.json",
        json.dumps([REST_ISSUE]) + json.dumps([{**REST_ISSUE, "number": 14, "html_url": f"{REPO}/issues/14"}]),
    )
    put(folder, "issue_comments.json", [REST_COMMENT])
    put(folder, "README.md", "# How it was dumped")
    parts = by_title(read(folder, "github"))
    assert set(parts) == {"How it was dumped", "#12 NaN loss", "#14 NaN loss"}
    assert parts["#12 NaN loss"].files == ("issue_comments.json", "issues.json")
    assert "bob · 2026-05-19 08:30 UTC\nUse bf16" in parts["#12 NaN loss"].text
    assert by_title(read(zipped(folder, tmp_path / "dump.zip"), "archive")).keys() == parts.keys()


def test_both_forms_of_one_comment_have_one_name(tmp_path: Path) -> None:
    (of_gh,) = read(put(tmp_path, "a.json", [ISSUE]))
    (of_rest,) = read(put(tmp_path, "b.json", [REST_COMMENT]), "github")
    assert of_rest.marks[0].locator == of_gh.marks[1].locator
    assert of_rest.part == of_gh.part


def test_an_issue_without_a_time_is_read_without_inventing_one(tmp_path: Path) -> None:
    bare = {"number": 7, "title": "Slow", "state": "OPEN", "body": "It takes 9 h."}
    (parsed,) = read(put(tmp_path, "issues.json", [bare]), "github")
    assert parsed.text == "It takes 9 h.\n\n"
    assert (parsed.date, parsed.marks) == ("", ())


@pytest.mark.parametrize(
    "broken",
    [
        [{**ISSUE, "comments": {"nodes": 1}, "labels": "x", "author": [], "createdAt": 5, "milestone": []}],
        [ISSUE, None, 3, [[]], {"number": "x", "title": []}],
        {**ISSUE, "body": None, "comments": [None, {"body": {}}], "assignees": None},
    ],
)
def test_an_issue_of_wrong_types_is_still_one_document(tmp_path: Path, broken: object) -> None:
    assert [parsed.title for parsed in read(put(tmp_path, "issues.json", broken), "github")] == ["#12 NaN loss"]


def test_json_that_only_looks_like_issues_is_read_as_data(tmp_path: Path) -> None:
    other = [{"number": "seven", "title": "Of a song", "body": "la la"}]
    (parsed,) = read(put(tmp_path, "songs.json", other))
    assert "la la" in parsed.text
