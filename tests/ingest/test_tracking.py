"""A tracking server over REST: a made-up one, for what goes wrong. A real one is asked in test_mlflow_server.py."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from ingest.tracking import MlflowServer, mlflow_opener, open_mlflow
from rag.domain.errors import BackendFailed, BadInput, UnreadableSource
from tests.ingest.runs_made import run_of

URL = "http://tracking.example:5000"
API = "/api/2.0/mlflow"


class FakeServer:
    """Answers as MLflow does, a page of two at a time; `trouble` answers come first."""

    def __init__(self, trouble: Sequence[httpx.Response | Exception] = ()) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.trouble = list(trouble)
        self.waits: list[float] = []
        self.seen: list[httpx.Request] = []
        self.add("r1", val_loss=[0.5, 0.25])

    def add(self, run: str, **metrics: list[float]) -> None:
        info = {"run_id": run, "experiment_id": "3", "status": "FINISHED", "start_time": 1_770_000_000_000}
        self.runs[run] = {"info": info, "history": metrics, "params": [{"key": "lr", "value": "0.0050"}]}

    def client(self, *, user: tuple[str, str] | None = None) -> MlflowServer:
        return MlflowServer(URL, transport=httpx.MockTransport(self.handle), sleep=self.waits.append, user=user)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if self.trouble:
            said = self.trouble.pop(0)
            if isinstance(said, Exception):
                raise said
            return said
        body = json.loads(request.content) if request.content else {}
        query = {key: values[0] for key, values in parse_qs(request.url.query.decode()).items()}
        return httpx.Response(200, json=self.answer(request.url.path.removeprefix(API), body | query))

    def answer(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        if path == "/experiments/search":
            return page("experiments", [{"experiment_id": "3", "name": "kestrel"}], asked)
        if path == "/runs/search":
            return page("runs", [self.run(run) for run in sorted(self.runs)], asked)
        if path == "/runs/get":
            return {"run": self.run(asked["run_id"])}
        if path == "/metrics/get-history":
            values = self.runs[asked["run_id"]]["history"][asked["metric_key"]]
            points = [{"key": "k", "value": value, "timestamp": n, "step": n} for n, value in enumerate(values)]
            return page("metrics", points, asked)
        return {}

    def run(self, run: str) -> dict[str, Any]:
        known = self.runs[run]
        last = [{"key": key, "value": values[-1], "step": len(values) - 1} for key, values in known["history"].items()]
        return {"info": known["info"], "data": {"metrics": last, "params": known["params"]}}


def page(what: str, entries: Sequence[Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    first = int(asked.get("page_token", 0))
    more = {"next_page_token": str(first + 2)} if first + 2 < len(entries) else {}
    return {what: list(entries[first : first + 2]), **more}


def test_all_pages_of_runs_and_of_a_history_are_read() -> None:
    fake = FakeServer()
    for n in range(5):
        fake.add(f"s{n}", loss=[1.0, 0.5, 0.25, 0.125, 0.0625])
    server = fake.client()
    assert sorted(server.listing()) == ["3/r1", *(f"3/s{n}" for n in range(5))]
    parsed = server.read("3/s1")
    run = run_of(parsed)
    assert (run.experiment, run.params, run.metrics[0].last) == ("kestrel", (("lr", "0.0050"),), "0.0625")
    assert len(run.metrics[0].history) == 5
    assert parsed.url == f"{URL}/#/experiments/3/runs/s1"


def test_a_fingerprint_changes_with_what_the_search_says_and_with_nothing_else() -> None:
    fake = FakeServer()
    fake.add("r2", b=[1.0], a=[2.0])
    before = fake.client().listing()
    fake.runs["r2"]["history"] = dict(reversed(fake.runs["r2"]["history"].items()))
    assert fake.client().listing() == before
    fake.runs["r2"]["history"]["a"].append(1.5)
    after = fake.client().listing()
    assert {path for path in after if after[path] != before[path]} == {"3/r2"}


def test_a_busy_server_is_asked_again_after_a_while() -> None:
    trouble = [httpx.Response(429, headers={"Retry-After": "7"}), httpx.ConnectError("refused"), httpx.Response(503)]
    fake = FakeServer(trouble)
    assert list(fake.client().listing()) == ["3/r1"]
    assert fake.waits == [7.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([httpx.ConnectError("refused")] * 4, "does not answer: refused"),
        ([httpx.Response(500)] * 4, "status 500"),
        ([httpx.Response(401)], "does not let us in"),
        ([httpx.Response(200, text="<html>")], "something else than JSON"),
        ([httpx.Response(404, text="<html>")], "status 404"),
        ([httpx.Response(200, json=[1])], "something else than an object"),
    ],
)
def test_a_server_that_cannot_be_used_is_said_with_what_to_do(answers: list[Any], says: str) -> None:
    with pytest.raises(BackendFailed, match=says) as caught:
        FakeServer(answers).client().listing()
    assert caught.value.fix


def test_a_run_that_is_gone_meanwhile_costs_that_run_only() -> None:
    gone = httpx.Response(404, json={"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run with id=r9 not found"})
    with pytest.raises(UnreadableSource, match="r9"):
        FakeServer([gone]).client().read("3/r9")


def test_a_server_that_gives_one_page_for_ever_is_left() -> None:
    same = [httpx.Response(200, json={"experiments": [], "next_page_token": "x"}) for _ in range(3)]
    with pytest.raises(BackendFailed, match="same page"):
        FakeServer(same).client().listing()


def test_artifacts_that_cannot_be_listed_are_a_note() -> None:
    fake = FakeServer()
    handle = fake.handle

    def deny(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403) if "artifacts" in request.url.path else handle(request)

    parsed = MlflowServer(URL, transport=httpx.MockTransport(deny)).read("3/r1")
    assert run_of(parsed).metrics
    assert "artifacts could not be listed" in parsed.notes[0]


def test_who_signs_in_is_kept_out_of_the_name_of_the_source() -> None:
    server = open_mlflow("mlflow:https://ana:hunter2@tracking.example/ml")
    assert server.root == "mlflow:https://tracking.example/ml"
    fake = FakeServer()
    fake.client(user=("ana", "hunter2")).listing()
    assert fake.seen[0].headers["Authorization"].startswith("Basic ")
    with pytest.raises(BadInput, match="names no MLflow server"):
        open_mlflow("mlflow:/etc/passwd")


@pytest.mark.parametrize(
    "name", ["ftp://ana:hunter2@host/x", "http://ana:hunter2@host:port", "http://ana:hunter2@[::1"]
)
def test_a_name_that_cannot_be_followed_is_refused_without_its_password(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        mlflow_opener({})(f"mlflow:{name}")
    assert "hunter2" not in str(caught.value)


def test_a_token_goes_to_the_server_it_belongs_to_and_to_no_other() -> None:
    opened = mlflow_opener({"MLFLOW_TRACKING_URI": f"{URL}/", "MLFLOW_TRACKING_TOKEN": "t0p"})
    assert opened(f"mlflow:{URL}").signs_in
    assert not opened("mlflow:http://tracking.example:5001").signs_in
    assert not opened("mlflow:http://elsewhere.example:5000").signs_in
