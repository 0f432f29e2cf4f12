"""/v1/evaluations: who may see runs, what is told of them, and that no folder leads out or breaks the service."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from eval.report.html import html_report
from eval.runs.folder import accept
from tests.api.parts import House, make_house

FIRST, SECOND, THIRD = "2026-03-01T0900-answers-aaaa", "2026-03-02T0900-answers-bbbb", "2026-03-03T0900-answers-cccc"


def item(name: str, **metrics: float | None) -> dict[str, Any]:
    return {"id": name, "kind": "fact", "question": f"What is {name}?", "metrics": metrics, "status": "answered"}


ITEMS = [
    item("q1", answer_correct=1.0),
    item("q2", answer_correct=0.0),
    item("q3", false_answer=1.0),
    {**item("q4"), "error": "It broke."},
    item("q5", answer_correct=None),
]


def run(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a run holds
    pack = {
        "n": 5,
        "metrics": {
            "token_f1": {"value": 0.25, "ci95": [0.1, 0.4], "n": 3},
            "answer_correct": {"value": 0.5, "ci95": [0.1, 0.9], "n": 2},
            "false_answer": {"value": 1.0, "ci95": [0.2, 1.0], "n": 1},
        },
        "latency_ms": {"p50": 80.0, "p95": 120.5},
        "errors": 1,
        "ingest": {"docs": {}},
        "items": ITEMS,
    }
    system = {"version": "0.1", "revision": "abc123", "dirty": True, "data": {"docs": {"questions": "d1"}}}
    return {
        "id": "x", "started": "2026-03-01T09:00:00+00:00", "command": "answers", "packs": {"docs": pack, "*": pack},
        "system": system, "seconds": 9.5, **more,
    }  # fmt: skip


def put(folder: Path, name: str, **more: Any) -> Path:  # noqa: ANN401 - whatever a run holds
    (folder / name).mkdir(parents=True)
    (folder / name / "run.json").write_text(json.dumps(run(**more)))
    return folder / name


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    """One for all tests, and the folder it reads."""
    made, folder = make_house(), tmp_path_factory.mktemp("home") / "evaluations"
    yield made.http(made.app(evaluations=folder)), folder
    made.tear_down()


@pytest.fixture
def folder(service: tuple[httpx.Client, Path]) -> Path:
    """With three runs and nothing else."""
    shutil.rmtree(service[1], ignore_errors=True)
    for name in (SECOND, FIRST, THIRD):
        put(service[1], name)
    return service[1]


@pytest.fixture
def http(service: tuple[httpx.Client, Path], folder: Path) -> httpx.Client:
    del folder
    return service[0]


def told(http: httpx.Client, path: str = "", **params: Any) -> Any:  # noqa: ANN401 - whatever the answer holds
    reply = http.get(f"/v1/evaluations{path}", params=params)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_runs_come_newest_first_and_in_pages(http: httpx.Client, folder: Path) -> None:
    first = told(http, limit=2)
    assert [one["id"] for one in first["evaluations"]] == [THIRD, SECOND]
    put(folder, "2026-03-04T0900-answers-dddd")
    rest = told(http, limit=2, cursor=first["next_cursor"])
    assert ([one["id"] for one in rest["evaluations"]], rest["next_cursor"]) == ([FIRST], "")


def test_a_run_named_otherwise_stands_where_its_file_was_written(http: httpx.Client, folder: Path) -> None:
    moment = 1_772_442_060  # 2026-03-02 09:01
    os.utime(put(folder, "baseline") / "run.json", (moment, moment))
    assert [one["id"] for one in told(http)["evaluations"]] == [THIRD, "baseline", SECOND, FIRST]


def test_a_run_tells_its_key_figures_with_their_intervals(http: httpx.Client) -> None:
    one = told(http)["evaluations"][-1]
    (pack,) = one["packs"]  # the packs together are the same one
    assert pack["figures"] == [
        {"metric": "answer_correct", "value": 0.5, "ci95": [0.1, 0.9], "n": 2, "less_is_better": False},
        {"metric": "false_answer", "value": 1.0, "ci95": [0.2, 1.0], "n": 1, "less_is_better": True},
    ]
    assert (pack["n"], pack["errors"], pack["latency_ms"]["p95"], len(pack["data"])) == (5, 1, 120.5, 12)
    assert (one["state"], one["started"], one["seconds"]) == ("done", "2026-03-01T09:00:00+00:00", 9.5)
    assert (one["revision"], one["dirty"], one["accepted"], one["has_report"]) == ("abc123", True, None, False)


def test_what_was_asked_tells_two_runs_apart(http: httpx.Client, folder: Path) -> None:
    put(folder, "2026-03-04T0900-answers-dddd", system={"data": {"docs": {"questions": "d2"}}})
    new, old, older, _ = (one["packs"][0]["data"] for one in told(http)["evaluations"])
    assert old == older != new


def test_who_accepted_a_run_is_told(http: httpx.Client, folder: Path) -> None:
    accept(folder / FIRST, by="ann", note="good")
    found = {one["id"]: one["accepted"] for one in told(http)["evaluations"]}
    assert (found[FIRST]["by"], found[FIRST]["note"], found[SECOND]) == ("ann", "good", None)


def test_a_run_is_given_without_its_items_and_with_them_in_pages(http: httpx.Client) -> None:
    whole = told(http, f"/{FIRST}")
    assert whole["items"] is None
    assert "items" not in whole["run"]["packs"]["docs"]
    assert whole["run"]["packs"]["docs"]["metrics"]["token_f1"]["n"] == 3
    page = told(http, f"/{FIRST}", items=True, limit=4)
    assert [(one["id"], one["outcome"]) for one in page["items"]] == [
        ("q1", "right"), ("q2", "wrong"), ("q3", "false answer"), ("q4", "failed"),
    ]  # fmt: skip
    rest = told(http, f"/{FIRST}", items=True, limit=4, cursor=page["next_cursor"])
    assert ([one["id"] for one in rest["items"]], rest["total"], rest["next_cursor"]) == (["q5"], 5, "")
    wrong = told(http, f"/{FIRST}", items=True, wrong=True)
    assert ([one["id"] for one in wrong["items"]], wrong["total"]) == (["q2", "q3", "q4"], 3)
    assert told(http, f"/{FIRST}", items=True, pack="other")["total"] == 0


def test_what_is_no_run_is_told_in_the_same_words(http: httpx.Client, folder: Path) -> None:
    put(folder, ".hidden")
    (folder / "link").symlink_to(folder / FIRST)
    (folder / "empty").mkdir()
    replies = [
        http.get(f"/v1/evaluations/{wanted}{path}").json()
        for wanted in ("none", ".hidden", "link", "empty", "%2e%2e", "a%00b", "%5c..%5cx", "a b$c", "a" * 299)
        for path in ("", "/report")
    ]
    assert {(reply["status"], reply["code"], reply["detail"], reply["fix"]) for reply in replies} == {
        (404, "not-found", "There is no such evaluation.", "List them: `teamlore eval runs`.")
    }
    assert http.get("/v1/evaluations/..%2f..%2fregistry.db").status_code == 404  # no such route


META = '<meta http-equiv="Content-Security-Policy" content="'
BROKEN = {
    "no JSON": b"{",
    "no UTF-8": b'{"packs": "\xff"}',
    "no object": b"[]",
    "no packs": b"{}",
    "packs of another shape": b'{"packs": []}',
    "a pack that is none": b'{"packs": {"a": null}}',
    "no number": b'{"packs": {}, "seconds": NaN}',
    "a number beyond all": b'{"packs": {}, "seconds": 1e999}',
    "nested without end": b'{"packs": ' + b"[" * 200_000,
    "items of another shape": b'{"packs": {"a": {"items": [1]}}}',
    "empty": b"",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_run_is_listed_with_the_reason(http: httpx.Client, folder: Path, content: bytes) -> None:
    (folder / SECOND / "run.json").write_bytes(content)
    found = told(http)["evaluations"]
    assert [one["state"] for one in found] == ["done", "broken", "done"]
    assert found[1]["trouble"].startswith("run.json: ")
    assert str(folder) not in found[1]["trouble"]
    whole = told(http, f"/{SECOND}", items=True)
    assert (whole["state"], whole["run"], whole["items"]) == ("broken", None, None)


def test_no_link_is_followed_and_no_pipe_waited_for(http: httpx.Client, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text(json.dumps(run(command="secret")))
    for name in (FIRST, SECOND):
        (folder / name / "run.json").unlink()
    (folder / FIRST / "run.json").symlink_to(tmp_path / "secret.json")
    os.mkfifo(folder / SECOND / "run.json")
    (folder / THIRD / "report.html").symlink_to(tmp_path / "secret.json")
    done, *others = told(http)["evaluations"]
    assert [one["state"] for one in others] == ["broken", "broken"]
    assert "link" in others[1]["trouble"]
    assert done["has_report"] is False
    reply = http.get(f"/v1/evaluations/{THIRD}/report")
    assert (reply.status_code, "secret" in reply.text) == (400, False)


def test_a_run_too_large_to_read_is_told(http: httpx.Client, folder: Path) -> None:
    with (folder / FIRST / "run.json").open("r+b") as file:
        file.truncate((64 << 20) + 1)
    assert "larger than 64 MB" in told(http)["evaluations"][-1]["trouble"]


def test_an_unfinished_run_is_told_as_such(http: httpx.Client, folder: Path) -> None:
    (folder / FIRST / "run.json").rename(folder / FIRST / "partial.jsonl")
    one = told(http)["evaluations"][-1]
    assert (one["state"], one["packs"], one["trouble"]) == ("unfinished", [], "")
    assert told(http, f"/{FIRST}", items=True)["run"] is None
    accept(folder / SECOND, by="ann")
    (folder / SECOND / "accepted.json").write_text("[")
    one = told(http)["evaluations"][1]
    assert (one["state"], one["accepted"], "accepted.json" in one["trouble"]) == ("done", None, True)


def test_figures_follow_a_file_that_was_written_anew(http: httpx.Client, folder: Path) -> None:
    assert told(http, f"/{FIRST}")["command"] == "answers"
    fresh = folder / FIRST / "new"
    fresh.write_text(json.dumps(run(command="retrieval")))
    fresh.replace(folder / FIRST / "run.json")
    assert told(http, f"/{FIRST}")["command"] == "retrieval"


def test_half_a_sign_in_a_text_is_sent_as_a_sign(http: httpx.Client, folder: Path) -> None:
    (folder / FIRST / "run.json").write_text(json.dumps(run(command="a\ud800b \U0001f426")))
    assert told(http)["evaluations"][-1]["command"] == "a\ufffdb \U0001f426"


def test_no_folder_is_no_run(house: House, tmp_path: Path) -> None:
    assert told(house.http(house.app(evaluations=tmp_path / "none"))) == {"evaluations": [], "next_cursor": ""}
    assert house.http(house.app()).get("/v1/evaluations").status_code == 404


@pytest.mark.parametrize("cursor", ["nonsense", "WyJhIl0", "WzFd"])
def test_a_cursor_nobody_gave_out_is_refused(http: httpx.Client, cursor: str) -> None:
    assert http.get("/v1/evaluations", params={"cursor": cursor}).status_code == 400
    found = http.get(f"/v1/evaluations/{FIRST}", params={"items": True, "cursor": cursor})
    assert found.status_code == 400


def test_only_administrators_see_runs_their_questions_and_reports(house: House, folder: Path) -> None:
    app = house.app("keys", evaluations=folder)
    (folder / FIRST / "report.html").write_text("<p>quotes</p>")
    member = house.http(app, headers={"Authorization": f"Bearer {house.key('ann', 'team')}"})
    admin = house.http(app, headers={"Authorization": f"Bearer {house.key('eve', admin=True)}"})
    for path in ("", f"/{FIRST}", f"/{FIRST}?items=true", f"/{FIRST}/report", "/none", "/none/report"):
        refused = member.get(f"/v1/evaluations{path}")
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert admin.get(f"/v1/evaluations/{FIRST}").status_code == 200
    assert admin.get(f"/v1/evaluations/{FIRST}/report").text == "<p>quotes</p>"


def test_a_report_can_run_its_own_script_and_reach_nothing(http: httpx.Client, folder: Path) -> None:
    page = html_report(run())
    (folder / FIRST / "report.html").write_text(page)
    assert told(http)["evaluations"][-1]["has_report"] is True
    reply = http.get(f"/v1/evaluations/{FIRST}/report")
    assert (reply.text, reply.headers["content-type"]) == (page, "text/html; charset=utf-8")
    policy = dict(part.strip().partition(" ")[::2] for part in reply.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["sandbox"] == "allow-scripts"
    digest = policy["script-src"]
    assert digest.startswith("'sha256-")
    assert digest in page
    assert "unsafe" not in digest
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Cache-Control"] == "no-store"
    others = http.get("/v1/evaluations").headers["Content-Security-Policy"]
    assert "sandbox" not in others


@pytest.mark.parametrize(
    "page",
    [
        "<p>old</p><script>alert(1)</script>",
        '<title>x</title><meta http-equiv="Content-Security-Policy" content="script-src \'sha256-' + "A" * 43 + "='\">",
        '<meta http-equiv="Content-Security-Policy" content="script-src \'unsafe-inline\'"><title>x</title>',
        '<meta http-equiv="Content-Security-Policy" content="script-src \'sha256-x\'; script-src *\r\nX: y"><title>',
    ],
)
def test_a_page_that_names_no_script_before_its_title_runs_none(http: httpx.Client, folder: Path, page: str) -> None:
    (folder / FIRST / "report.html").write_text(page)
    policy = http.get(f"/v1/evaluations/{FIRST}/report").headers["Content-Security-Policy"]
    assert "script-src 'none';" in policy


def test_a_run_without_a_report_says_how_to_make_one(http: httpx.Client) -> None:
    reply = http.get(f"/v1/evaluations/{FIRST}/report")
    assert reply.status_code == 404
    assert f"eval report HOME/evaluations/{FIRST}" in reply.json()["fix"]
