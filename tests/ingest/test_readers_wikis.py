"""Exports of wikis and of trackers of issues: a document a page, with who wrote it, where it stands, what it says."""

import json
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from ingest.codec import parsed_from_json, parsed_to_json
from ingest.readers import find_reader, markdown
from ingest.readers.base import Limits, look_at
from ingest.sandbox import ReaderPool
from ingest.text.notes import note_facts
from rag.domain.records import Identity, Revision
from rag.domain.types import Message, Parsed, Section

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
    target.parent.mkdir(parents=True, exist_ok=True)
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


def test_a_project_in_which_a_dump_lies_is_not_read_as_one_thing(tmp_path: Path) -> None:
    for name in ("many", "deep"):
        put(tmp_path / name, "issues.json", [REST_ISSUE])
        put(tmp_path / name, "issue_comments.json", [REST_COMMENT])
        assert find_reader(look_at(tmp_path / name, name)) is not None
    put(tmp_path / "deep", "src/train.py", "x = 1\n")
    for n in range(11):
        put(tmp_path / "many", f"{n}.md", "Words.")
    assert find_reader(look_at(tmp_path / "many", "many")) is None
    assert find_reader(look_at(tmp_path / "deep", "deep")) is None


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


# --- Notion -----------------------------------------------------------------------------------------------------

TEAM, TASKS, NAN, LONG = (digit * 32 for digit in "abcd")
NOTION = {
    f"Team {TEAM}.md": (
        f"# Team\n\nSee [Fix NaN](Team%20{TEAM}/Tasks%20{TASKS}/Fix%20NaN%20{NAN}.md).\n\nNote: keep it.\n"
    ),
    f"Team {TEAM}/Tasks {TASKS}.csv": "Name,Status,Owner,Date,Tags\nFix NaN,Done,Ada,,a\n",
    f"Team {TEAM}/Tasks {TASKS}_all.csv": "Name,Status,Owner,Date,Tags\nFix NaN,Done,Ada,,a\nOld,Done,Bob,,b\n",
    f"Team {TEAM}/Tasks {TASKS}/Fix NaN {NAN}.md": (
        "# Fix NaN\n\nStatus: Done\nOwner: Ada Lovelace, Bob\nDate: May 18, 2026\nTags: loss, fp16\n\n"
        "## Cause\n\nfp16 overflows.\n"
    ),
    f"Team {TEAM}/A title so long that the file's na {LONG}.md": "# A title so long that the file's name ends\n\nx\n",
    f"Team {TEAM}/plot.png": "GIF89a\x00\x01",
    f"Team {TEAM}/notes.txt": "A file beside it.",
}


def notion(folder: Path) -> Path:
    for name, text in NOTION.items():
        put(folder, name, text)
    return folder


def test_a_notion_export_is_a_document_a_page_under_the_pages_above_it(tmp_path: Path) -> None:
    parts = read(notion(tmp_path / "export"), "notion")
    assert sorted(parsed.part for parsed in parts) == sorted(
        [TEAM, NAN, LONG, f"{TASKS}.csv", f"Team {TEAM}/notes.txt"]
    )
    pages = by_title(parts)
    page = pages["Fix NaN"]
    assert page.text == NOTION[f"Team {TEAM}/Tasks {TASKS}/Fix NaN {NAN}.md"]
    assert [mark.locator for mark in page.marks] == [
        Section(("Team", "Tasks", "Fix NaN")),
        Section(("Team", "Tasks", "Fix NaN", "Cause")),
    ]
    assert page.url == f"https://www.notion.so/{NAN}"
    assert (page.authors, page.date) == (("Ada Lovelace", "Bob"), "2026-05-18")
    assert said(page, "parent") == ["Tasks"]
    assert said(page, "tag") == ["loss", "fp16"]
    (status,) = [fact for fact in page.facts if fact.key.casefold() == "status"]
    assert (status.value, status.at) == ("Done", page.text.index("Status: Done"))
    assert said(pages["Team"], "links-to") == ["Fix NaN"]
    assert said(pages["Team"], "Note") == []
    assert "A title so long that the file's name ends" in pages
    assert "Old,Done,Bob" in pages["Tasks"].text


def test_a_project_in_which_a_page_of_notion_lies_is_not_read_as_one_thing(tmp_path: Path) -> None:
    put(tmp_path, f"Plan {TEAM}.md", "# Plan\n")
    for n in range(10):
        put(tmp_path, f"{n}.md", "Words.")
    assert find_reader(look_at(tmp_path, "docs")) is not None
    put(tmp_path, "src/train.py", "x = 1\n")
    assert find_reader(look_at(tmp_path, "docs")) is None


def test_a_renamed_page_of_notion_is_the_same_document(tmp_path: Path) -> None:
    before = read(put(tmp_path / "a", f"Plan {TEAM}.md", "# Plan\n").parent)
    after = read(put(tmp_path / "b", f"New plan {TEAM}.md", "# New plan\n").parent)
    assert [parsed.part for parsed in before] == [parsed.part for parsed in after] == [TEAM]
    assert [parsed.title for parsed in after] == ["New plan"]


def test_a_zipped_notion_export_in_parts_gives_the_same_pages(tmp_path: Path) -> None:
    part = zipped(notion(tmp_path / "export"), tmp_path / "outer" / "Export-1-Part-1.zip")
    whole = zipped(part.parent, tmp_path / "Export-1.zip")
    for path in (part, whole):
        parts = read(path, "archive")
        assert len(parts) == 5
        assert by_title(parts)["Fix NaN"].url == f"https://www.notion.so/{NAN}"


NOTION_HTML = """<html><head><title>Fix NaN: the whole title</title></head><body>
<article id="cccccccc-cccc-cccc-cccc-cccccccccccc" class="page sans"><header><h1 class="page-title">Fix NaN</h1>
<table class="properties"><tbody>
<tr class="property-row property-row-status"><th><span><svg></svg></span>Status</th><td><span>Done</span></td></tr>
<tr class="property-row property-row-person"><th>Owner</th><td><span class="user">Ada</span></td></tr>
<tr class="property-row property-row-date"><th>Date</th><td><time>@May 18, 2026</time></td></tr>
<tr class="property-row property-row-multi_select"><th>Tags</th><td><span>loss</span><span>fp16</span></td></tr>
<tr class="property-row property-row-checkbox"><th>Done?</th><td><div class="checkbox checkbox-on"></div></td></tr>
</tbody></table></header><div class="page-body"><p>fp16 overflows. <a href="Team%20%s.html">Team</a></p></div>
</article></body></html>""".replace("%s", TEAM)


def test_a_notion_export_as_html_tells_the_same(tmp_path: Path) -> None:
    put(tmp_path, "export/index.html", "<html><body>A list of contents</body></html>")
    put(tmp_path, f"export/Team {TEAM}.html", "<html><head><title>Team</title></head><body><p>x</p></body></html>")
    put(tmp_path, f"export/Team/Fix NaN {NAN}.html", NOTION_HTML)
    pages = by_title(read(tmp_path / "export", "notion"))
    assert set(pages) == {"Team", "Fix NaN: the whole title"}
    page = pages["Fix NaN: the whole title"]
    assert (page.part, page.authors, page.date) == (NAN, ("Ada",), "2026-05-18")
    assert said(page, "tag") == ["loss", "fp16"]
    assert said(page, "Done?") == ["Yes"]
    assert said(page, "links-to") == ["Team"]
    assert "fp16 overflows." in page.text
    assert page.marks[0].locator == Section(("Team", "Fix NaN"))


def test_a_page_that_cannot_be_read_is_named_and_costs_the_others_nothing(tmp_path: Path) -> None:
    put(tmp_path, f"export/Empty {TEAM}.md", "")
    put(tmp_path, f"export/Good {NAN}.md", "# Good\n\nx\n")
    (parsed,) = read(tmp_path / "export", "notion")
    assert parsed.part == NAN
    assert any("Empty" in note for note in parsed.notes)


# --- Confluence -------------------------------------------------------------------------------------------------


def thing(kind: str, id_: str, **values: str) -> str:
    """An object of entities.xml; a value `Class:id` is another object."""
    rows = []
    for name, value in values.items():
        of, _, other = value.partition(":")
        if of in ("Page", "Space", "ConfluenceUserImpl", "Comment", "Label"):
            rows.append(f'<property name="{name}" class="{of}" package="p"><id name="id">{other}</id></property>')
        else:
            rows.append(f'<property name="{name}"><![CDATA[{value}]]></property>')
    key = "key" if kind == "ConfluenceUserImpl" else "id"
    return f'<object class="{kind}" package="p"><id name="{key}">{id_}</id>{"".join(rows)}</object>'


BODY = (
    '<h2>Cause</h2><p>fp16 overflows&nbsp;&mdash; see <ac:link><ri:page ri:content-title="Home" /></ac:link> and'
    ' <ac:link><ri:user ri:userkey="u2" /></ac:link>.</p>'
    '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">python</ac:parameter>'
    "<ac:plain-text-body><![CDATA[if a < b:\n    x = 1]] ></ac:plain-text-body></ac:structured-macro>"
    '<ac:structured-macro ac:name="info"><ac:parameter ac:name="title">Mind</ac:parameter>'
    "<ac:rich-text-body><p>Use bf16.</p></ac:rich-text-body></ac:structured-macro>"
    '<ac:structured-macro ac:name="toc"><ac:parameter ac:name="maxLevel">3</ac:parameter></ac:structured-macro>'
    "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>"
    "<ac:task-body>Retrain</ac:task-body></ac:task></ac:task-list>"
)
OBJECTS = (
    thing("BodyContent", "b2", body=BODY, content="Page:2", bodyType="2"),
    thing("Space", "9", key="CROPS", name="Crops"),
    thing("ConfluenceUserImpl", "u1", name="ada", lowerName="ada"),
    thing("InternalUser", "5", name="ada", displayName="Ada Lovelace", emailAddress="ada@example.org"),
    thing("ConfluenceUserImpl", "u2", name="bob@example.org"),
    thing("Page", "1", title="Home", space="Space:9", version="1", contentStatus="current"),
    thing(
        "Page", "2", title="NaN loss", space="Space:9", parent="Page:1", version="3", contentStatus="current",
        creator="ConfluenceUserImpl:u1", lastModifier="ConfluenceUserImpl:u2", versionComment="the cause",
        lastModificationDate="2026-05-18 09:14:00.000",
    ),
    thing("Page", "3", title="NaN loss", originalVersion="Page:2", version="2", contentStatus="current"),
    thing("Page", "4", title="A draft", space="Space:9", contentStatus="draft"),
    thing("Page", "5", title="Nothing in it", space="Space:9", contentStatus="current"),
    thing("BodyContent", "b1", body="<p>Welcome.</p>", content="Page:1"),
    thing("BodyContent", "b3", body="<p>What it said before.</p>", content="Page:3"),
    thing("BodyContent", "b4", body="<p>Not yet.</p>", content="Page:4"),
    thing("Comment", "7", containerContent="Page:2", creator="ConfluenceUserImpl:u2", creationDate="2026-05-19 10:00"),
    thing("BodyContent", "b7", body="<p>Confirmed on two GPUs.</p>", content="Comment:7"),
    thing("Label", "20", name="training"),
    thing("Labelling", "21", label="Label:20", content="Page:2"),
    thing("Attachment", "30", title="notes.md", containerContent="Page:2", version="1", contentStatus="current"),
)  # fmt: skip


def entities(folder: Path, objects: Iterable[str] = OBJECTS, before: str = "") -> Path:
    text = f"{before}<hibernate-generic>{''.join(objects)}</hibernate-generic>"
    put(folder, "entities.xml", f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    put(folder, "exportDescriptor.properties", "exportType=space\n")
    put(folder, "attachments/2/30/1", "# Notes\n\nA table of seeds.\n")
    return folder


def test_a_confluence_space_is_a_document_a_current_page(tmp_path: Path) -> None:
    folder = entities(tmp_path / "export")
    pages = by_title(read(folder, "confluence"))
    assert set(pages) == {"Home", "NaN loss", "Notes"}
    page = pages["NaN loss"]
    assert [block.strip() for block in page.text.split("\n\n")] == [
        "NaN loss",
        "Cause",
        "fp16 overflows — see Home and @bob@example.org.",
        "if a < b:\n    x = 1",
        "Mind",
        "Use bf16.",
        "- [x] Retrain",
        "Comments",
        "bob@example.org · 2026-05-19 10:00 UTC\nConfirmed on two GPUs.",
    ]
    assert page.part == "2"
    assert page.authors == ("Ada Lovelace", "bob@example.org")
    assert Identity(system="confluence", id="u1", name="Ada Lovelace", email="ada@example.org") in page.people
    assert page.date == "2026-05-18T09:14:00+00:00"
    assert page.revision == Revision(id="3", at=page.date, by="bob@example.org", reason="the cause")
    assert [said(page, key) for key in ("space", "parent", "tag", "links-to")] == [
        ["Crops"],
        ["Home"],
        ["training"],
        ["Home"],
    ]
    assert page.marks[0].locator == Section(("Crops", "Home", "NaN loss"))
    (comment,) = [mark for mark in page.marks if isinstance(mark.locator, Message)]
    assert page.text[comment.at :].startswith("bob@example.org · ")
    assert pages["Notes"].part == "attachments/2/notes.md"
    assert any("Nothing in it" in note for parsed in pages.values() for note in parsed.notes)
    assert by_title(read(zipped(folder, tmp_path / "space.zip"), "archive")).keys() == pages.keys()


def test_a_space_of_many_pages_gives_as_many_documents(tmp_path: Path) -> None:
    objects = [
        row
        for n in range(300)
        for row in (
            thing(
                "Page",
                f"{n}",
                title=f"Page {n}",
                contentStatus="current",
                **({"parent": f"Page:{n // 3}"} if n else {}),
            ),
            thing("BodyContent", f"b{n}", body=f"<p>Word {n}</p>", content=f"Page:{n}"),
        )
    ]
    parts = read(entities(tmp_path / "export", objects), "confluence")
    assert len({parsed.part for parsed in parts if parsed.files == ("entities.xml",)}) == 300
    assert by_title(parts)["Page 299"].marks[0].locator == Section(
        ("Page 0", "Page 1", "Page 3", "Page 11", "Page 33", "Page 99", "Page 299")
    )


HOSTILE = {
    "an entity that grows": (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>',
        (
            thing("Page", "1", title="Home", parent="Page:1"),
            thing("BodyContent", "b", body="<p>x &b; &c;</p>", content="Page:1"),
        ),
    ),
    "cut short": ("", (*OBJECTS[:6], OBJECTS[10], OBJECTS[6], '<object class="Page"><id name="id">8')),
    "objects without anything": (
        "",
        ("<object/>", '<object class="Page"/>', '<object class="BodyContent"/>', *OBJECTS),
    ),
    "control characters": ("", (*OBJECTS, thing("Page", "8", title="\x01\x02"))),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_space_that_is_damaged_or_hostile_gives_what_it_holds(tmp_path: Path, case: str) -> None:
    before, objects = HOSTILE[case]
    parts = read(entities(tmp_path / "export", objects, before), "confluence")
    assert "Home" in by_title(parts)
    assert not any("root:" in parsed.text or "aaaaaaaaaa" * 2 in parsed.text for parsed in parts)


def test_a_page_that_is_nested_too_deeply_is_named(tmp_path: Path) -> None:
    deep = thing("BodyContent", "b5", body="<div>" * 5000 + "x", content="Page:5")
    parts = read(entities(tmp_path / "export", (*OBJECTS, deep)), "confluence")
    assert any("Nothing in it: " in note and "nested" in note for parsed in parts for note in parsed.notes)


CONFLUENCE_HTML = """<html><head><title>Crops : NaN loss</title></head><body><div id="page"><div id="main-header">
<div id="breadcrumb-section"><ol id="breadcrumbs"><li class="first"><span><a href="index.html">Crops</a></span></li>
<li><span><a href="Home_1001.html">Home</a></span></li></ol></div>
<h1 id="title-heading" class="pagetitle"><span id="title-text"> Crops : NaN loss </span></h1></div>
<div id="content" class="view"><div class="page-metadata"> Created by <span class='author'> Ada Lovelace</span>, last
modified by <span class='editor'> Bob</span> on May 18, 2026 </div>
<div id="main-content" class="wiki-content group"><div class="toc-macro rbtoc1">Contents</div>
<p>fp16 overflows, see <a href="Home_1001.html">home</a>.</p>
<img data-base-url="https://wiki.example.org" src="attachments/1002/1.png"></div>
<div class="pageSection group"><div class="pageSectionHeader"><h2 id="attachments">Attachments:</h2></div>1.png</div>
<div class="pageSection group"><div class="pageSectionHeader"><h2 id="comments">Comments:</h2></div>
<table><tr><td>Confirmed. Posted by bob at May 19, 2026</td></tr></table></div>
</div></div><div id="footer">Document generated by Confluence</div></body></html>"""


def test_an_html_export_of_a_space_tells_who_wrote_a_page_and_where_it_stands(tmp_path: Path) -> None:
    folder = tmp_path / "CROPS"
    put(folder, "index.html", "<html><body>Available Pages</body></html>")
    put(folder, "NaN-loss_1002.html", CONFLUENCE_HTML)
    put(folder, "Home_1001.html", CONFLUENCE_HTML.replace("NaN loss", "Home").replace("fp16 overflows", "Welcome"))
    put(folder, "styles/site.css", "body {}")
    pages = by_title(read(folder, "confluence"))
    assert set(pages) == {"Home", "NaN loss"}
    page = pages["NaN loss"]
    assert page.text.startswith("NaN loss\n\nfp16 overflows, see home.")
    assert "Confirmed." in page.text
    assert not any(words in page.text for words in ("generated by", "Attachments", "Created by"))
    assert (page.part, page.authors, page.date) == ("1002", ("Ada Lovelace", "Bob"), "2026-05-18")
    assert page.url == "https://wiki.example.org/pages/viewpage.action?pageId=1002"
    assert page.marks[0].locator == Section(("Crops", "Home", "NaN loss"))
    assert said(page, "links-to") == ["Home"]


# --- Google Takeout ---------------------------------------------------------------------------------------------

NOTE = {
    "color": "DEFAULT",
    "isTrashed": False,
    "isPinned": False,
    "isArchived": False,
    "textContent": "Try bf16 first.\nThen fewer steps.",
    "title": "Ideas",
    "userEditedTimestampUsec": 1779095640000000,
    "createdTimestampUsec": 1779000000000000,
    "labels": [{"name": "training"}],
    "annotations": [{"source": "WEBLINK", "title": "A post", "url": "https://example.org/bf16"}],
    "sharees": [{"isOwner": True, "type": "WRITER", "email": "ada@example.org"}],
}
SHOPPING = {
    **{key: NOTE[key] for key in ("isTrashed", "isPinned", "isArchived")},
    "title": "",
    "listContent": [{"text": "Label the test set", "isChecked": True}, {"text": "Plot it", "isChecked": False}, 3],
}
INFO = {
    "starred": False,
    "content_last_modified": "2026-05-18T09:14:00.123Z",
    "created": "2026-05-01T08:00:00Z",
    "permissions": [
        {"id": "1", "name": "Ada Lovelace", "type": "user", "role": "owner", "email_address": "ada@example.org"},
        {"id": "2", "name": "Bob", "type": "user", "role": "writer", "email_address": "bob@example.org"},
    ],
    "title": "Plan: spring",
    "mime_type": "application/vnd.google-apps.document",
}


def takeout(folder: Path) -> Path:
    put(folder, "archive_browser.html", "<html><body>What this archive holds</body></html>")
    put(folder, "Drive/Models/Plan_ spring.html", "<html><body><p>Train until May.</p></body></html>")
    put(folder, "Drive/Models/Plan_ spring-info.json", INFO)
    put(folder, "Drive/seeds.csv", "seed,auc\n1,0.9\n")
    put(folder, "Keep/Ideas.json", NOTE)
    put(folder, "Keep/Ideas.html", "<html><body>Try bf16 first.</body></html>")
    put(folder, "Keep/2026.json", SHOPPING)
    put(folder, "Keep/Gone.json", {**NOTE, "isTrashed": True})
    put(folder, "Keep/Labels.txt", "training")
    return folder


def test_a_takeout_tells_who_owns_a_file_and_reads_each_note_once(tmp_path: Path) -> None:
    folder = takeout(tmp_path / "Takeout")
    parts = read(folder, "takeout")
    pages = by_title(parts)
    assert len(parts) == 4
    assert set(pages) == {"Plan: spring", "seeds.csv", "Ideas", "Note: - [x] Label the test set"}
    plan = pages["Plan: spring"]
    assert (plan.authors, plan.date) == (("Ada Lovelace",), "2026-05-18T09:14:00.123000+00:00")
    assert plan.people == (
        Identity(system="google", id="ada@example.org", name="Ada Lovelace", email="ada@example.org"),
    )
    note = pages["Ideas"]
    assert note.text == "Ideas\n\nTry bf16 first.\nThen fewer steps.\n\nA post: https://example.org/bf16"
    assert (note.kind, note.date, note.part) == ("note", "2026-05-18T09:14:00+00:00", "keep/1779000000000000")
    assert said(note, "tag") == ["training"]
    assert pages["Note: - [x] Label the test set"].text == "- [x] Label the test set\n- [ ] Plot it"
    assert any("Gone.json: it was thrown away" in text for parsed in parts for text in parsed.notes)
    whole = zipped(folder.parent, tmp_path.parent / f"{tmp_path.name}-takeout.zip")
    assert by_title(read(whole, "archive")).keys() == pages.keys()


def test_a_note_of_keep_is_read_wherever_it_lies(tmp_path: Path) -> None:
    (note,) = read(put(tmp_path, "Ideas.json", NOTE), "takeout")
    assert note.title == "Ideas"


@pytest.mark.parametrize(
    "broken", [{"title": [], "labels": {}, "sharees": 3}, {"userEditedTimestampUsec": "x", "createdTimestampUsec": {}}]
)
def test_a_note_of_wrong_types_is_still_a_note(tmp_path: Path, broken: dict[str, object]) -> None:
    (note,) = read(put(tmp_path, "Ideas.json", {**NOTE, **broken}), "takeout")
    assert "Try bf16 first." in note.text


@pytest.mark.parametrize("content", ["[]", "{", "[" * 3000, '{"permissions": 3, "title": {}, "created": []}'])
def test_a_sidecar_that_makes_no_sense_costs_its_file_nothing(tmp_path: Path, content: str) -> None:
    put(tmp_path, "Takeout/Drive/a.txt", "Words.")
    put(tmp_path, "Takeout/Drive/a.txt-info.json", content)
    assert "Words." in [parsed.text.strip() for parsed in read(tmp_path / "Takeout", "takeout")]


# --- Obsidian ---------------------------------------------------------------------------------------------------

NOTE_OF_A_VAULT = """---
tags: [training, fp16]
aliases: NaN
---
The loss is #nan/fp16 since [[runs/Run 7#Result|run seven]], as in [[Run 7]] and ![[plot.png]].

`#not-a-tag` and #fff and #12, but #todo.

```
#include [[not a link]]
```
"""


def test_a_note_of_a_vault_tells_its_links_and_tags_and_keeps_its_text(tmp_path: Path) -> None:
    (tmp_path / ".obsidian").mkdir()
    note = put(tmp_path, "notes/NaN loss.md", NOTE_OF_A_VAULT)
    (parsed,) = markdown.read_markdown(look_at(note, "notes/NaN loss.md"), LIMITS)
    assert parsed.text == NOTE_OF_A_VAULT
    assert parsed.title == "NaN loss"
    assert said(parsed, "links-to") == ["Run 7"]
    assert said(parsed, "embeds") == ["plot.png"]
    assert said(parsed, "tag") == ["training", "fp16", "nan/fp16", "todo"]
    assert said(parsed, "alias") == ["NaN"]
    (link,) = [fact for fact in parsed.facts if fact.key == "links-to"]
    assert link.at == parsed.text.index("[[runs/Run 7")


def test_a_channel_named_outside_a_vault_is_no_tag(tmp_path: Path) -> None:
    (parsed,) = read(
        put(tmp_path, "guide.md", "Ask in #help, see [docs](#help) and a [[1, 2], [3]] matrix.\n"), "markdown"
    )
    assert parsed.facts == ()
    assert parsed.title == ""


@pytest.mark.parametrize(
    "text", ["[[" * 50_000, "`" * 100_000, "#" + "a/" * 50_000, "![[a|" * 20_000, "[[a]] " * 50_000]
)
def test_a_note_that_is_all_markup_takes_no_time(text: str) -> None:
    began = time.process_time()
    assert len(note_facts(text, 0, vault=True)) <= 1
    assert len(note_facts("\n".join(text[n : n + 9_000] for n in range(0, len(text), 9_000)), 0, vault=True)) <= 20
    assert time.process_time() - began < 5  # what grows with the square of its length takes minutes


def test_a_zipped_vault_is_a_document_a_note(tmp_path: Path) -> None:
    put(tmp_path, "vault/.obsidian/app.json", "{}")
    for n in range(12):
        put(tmp_path, f"vault/{n % 3}/Note {n}.md", f"Word {n} #t{n}\n")
    parts = by_title(read(zipped(tmp_path / "vault", tmp_path / "vault.zip"), "archive"))
    assert {f"Note {n}" for n in range(12)} <= parts.keys()
    assert said(parts["Note 7"], "tag") == ["t7"]


# --- all of them ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_exports_are_read_in_the_sandbox_as_they_are_outside_of_it(tmp_path: Path) -> None:
    put(tmp_path / "dump", "issues.json", [ISSUE, PULL])
    put(tmp_path / "dump", "comments.json", [REST_COMMENT])
    folders = [
        tmp_path / "dump",
        notion(tmp_path / "export"),
        entities(tmp_path / "space"),
        takeout(tmp_path / "Takeout"),
    ]
    with ReaderPool(1) as pool:
        for folder in folders:
            candidate = look_at(folder, folder.name)
            reader = find_reader(candidate)
            assert reader is not None
            assert list(pool.read(candidate)) == list(reader.read(candidate, LIMITS))


def test_an_ordinary_folder_is_nobody_s_export(tmp_path: Path) -> None:
    put(tmp_path, "index.html", "<html></html>")
    put(tmp_path, "page_2026.html", "<html><body>A page</body></html>")
    put(tmp_path, "issues.json", [1])
    put(tmp_path, "comments.json", {})
    put(tmp_path, "entities.xml", "<root/>")
    put(tmp_path, f"{'a' * 32}.md", "A file named by a hash")
    (tmp_path / "Drive").mkdir()
    assert find_reader(look_at(tmp_path, "docs")) is None
