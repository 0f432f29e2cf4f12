"""/v1/runs, against runs put into the registry by hand."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from rag.registry.runs import SqlRuns
from tests.api.parts import House, make_house
from tests.knowledge.run_parts import Lab, metric
from tests.knowledge.test_experiments import FIRST, SECOND

THIRD = replace(
    FIRST, id="4242ffff8cf347dc86450978cf7b589b", name="tcn-base", experiment="other", metrics=(), params=()
)


@pytest.fixture(scope="module")
def filled() -> Iterator[House]:
    house = make_house()
    assert isinstance(house.services.runs, SqlRuns)
    lab = Lab(house.services.catalog, house.services.runs)  # type: ignore[arg-type]  # the house's are SQL ones
    lab.add(FIRST, SECOND, THIRD)
    lab.add(replace(FIRST, id="5ec3e7", name="hidden", metrics=(metric("val_loss", 0.0),)), space="secret", root="/s")
    house.services.grants.grant("team", "default")
    yield house
    house.tear_down()


@pytest.fixture(scope="module")
def team(filled: House) -> httpx.Client:
    """One who may not read the space `secret`."""
    key = filled.key("ann", "team")
    return filled.http(filled.app("keys"), headers={"Authorization": f"Bearer {key}"})


def ids(reply: httpx.Response) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [run["run_id"][:8] for run in reply.json()["runs"]]


def test_runs_are_listed_the_newest_first_with_what_they_hold(team: httpx.Client) -> None:
    reply = team.get("/v1/runs")
    assert ids(reply)[0] == "a384553e"
    body = reply.json()
    first = next(run for run in body["runs"] if run["run_id"] == FIRST.id)
    assert (body["total"], first["params"]["optimizer"], first["metrics"]["val_loss"]["lowest"]) == (3, "Adam", 0.2)
    assert "history" not in first["metrics"]["val_loss"]


def test_runs_are_filtered_searched_and_ordered(team: httpx.Client) -> None:
    assert ids(team.get("/v1/runs", params={"order_by": "metrics.val_loss ASC"}))[:2] == ["a384553e", "42428211"]
    assert ids(team.get("/v1/runs", params={"order_by": "min(metrics.val_loss) ASC"}))[:2] == ["42428211", "a384553e"]
    assert ids(team.get("/v1/runs", params={"filter": "metrics.val_loss < 0.45"})) == ["a384553e"]
    assert ids(team.get("/v1/runs", params={"filter": "params.optimizer LIKE 'a%'"})) == []
    assert ids(team.get("/v1/runs", params={"filter": "params.optimizer ILIKE 'a%'"})) == ["42428211"]
    assert ids(team.get("/v1/runs", params={"filter": "duration > 60 and experiment != 'other'"})) == ["42428211"]
    assert ids(team.get("/v1/runs", params={"query": "WIDE crop"})) == ["a384553e"]
    assert ids(team.get("/v1/runs", params={"experiment": "other"})) == ["4242ffff"]


def test_what_is_not_a_number_never_wins(team: httpx.Client) -> None:
    for direction in ("ASC", "DESC"):
        assert ids(team.get("/v1/runs", params={"order_by": f"metrics.val_acc {direction}"}))[0] == "42428211"


def test_pages_hold_each_run_once(team: httpx.Client) -> None:
    seen, cursor = list[str](), ""
    for _ in range(3):
        reply = team.get("/v1/runs", params={"limit": 1, "cursor": cursor})
        seen += ids(reply)
        cursor = reply.json()["next_cursor"]
    assert (len(set(seen)), cursor) == (3, "")
    assert team.get("/v1/runs", params={"cursor": "nonsense"}).status_code == 400


def test_a_run_is_shown_whole_by_id_beginning_or_name(team: httpx.Client) -> None:
    for name in (FIRST.id, "42428"):
        body = team.get(f"/v1/runs/{name}").json()
        assert body["run_id"] == FIRST.id
        assert body["metrics"]["val_loss"]["history"] == [[0, 0.9], [1, 0.2], [2, 0.5]]
    assert team.get("/v1/runs/TCN-WIDE").json()["run_id"] == SECOND.id


def test_a_beginning_that_many_runs_have_names_them(team: httpx.Client) -> None:
    for name in ("4242", "tcn-base"):
        reply = team.get(f"/v1/runs/{name}")
        assert reply.status_code == 400
        assert FIRST.id in reply.json()["detail"]
        assert THIRD.id in reply.json()["detail"]


def test_absent_and_not_yours_are_the_same(team: httpx.Client) -> None:
    replies = [team.get(f"/v1/runs/{name}") for name in ("5ec3e7", "hidden", "nothing")]
    assert {reply.status_code for reply in replies} == {404}
    assert len({reply.json()["detail"] for reply in replies}) == 1
    assert ids(team.get("/v1/runs", params={"query": "hidden"})) == []


def test_two_runs_are_compared(team: httpx.Client) -> None:
    body = team.get("/v1/runs/compare", params={"a": "42428211", "b": "a384"}).json()
    assert body["params"] == {
        "changed": {"optimizer": ["Adam", "SGD"]}, "only_a": {"seed": "1"}, "only_b": {"depth": "4"}, "same": 1,
    }  # fmt: skip
    assert body["tags"]["same"] == 1
    assert team.get("/v1/runs/compare", params={"a": "42428211", "b": "5ec3e7"}).status_code == 404


def test_a_wrong_filter_is_told_with_its_place(team: httpx.Client) -> None:
    reply = team.get("/v1/runs", params={"filter": "metrics.val_loss ~ 3"})
    assert (reply.status_code, reply.json()["code"]) == (400, "bad-input")
    assert "at character 18" in reply.json()["detail"]
