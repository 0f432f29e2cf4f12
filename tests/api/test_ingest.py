"""Uploads, named folders and the jobs they become."""

import threading
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from rag.api.jobs import STOPPED
from rag.client import ApiError
from rag.domain.errors import StorageFailed
from tests.api.parts import BASE, TOKEN, House


def test_an_uploaded_file_is_found(house: House) -> None:
    client = house.client(house.app())
    job = client.upload([("retro.md", b"we chose bf16")], kind="retro")
    seen: list[str] = []
    done = client.wait(job["id"], on_progress=lambda progress: seen.append(progress["stage"]), timeout=5)
    assert done["state"] == "done"
    assert done["report"]["files"] == 1
    assert client.search("bf16")["hits"][0]["kind"] == "retro"


def test_files_are_sent_by_path_too(house: House, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mixed precision is bf16")
    client = house.client(house.app())
    client.wait(client.upload([tmp_path / "notes.txt"])["id"], timeout=5)
    assert [d["source"] for d in client.documents()["documents"]] == ["notes.txt"]


def test_the_local_token_may_name_any_path(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("bf16")
    client = house.client(house.app(), token=TOKEN)
    done = client.wait(client.ingest_paths([tmp_path / "a.md"])["id"], timeout=5)
    assert done["report"]["documents"] == 1


def test_others_may_name_only_what_lies_below_an_ingest_root(house: House, tmp_path: Path) -> None:
    root = tmp_path / "open"
    root.mkdir()
    (root / "a.md").write_text("bf16")
    (tmp_path / "secret.md").write_text("fp8")
    (root / "link.md").symlink_to(tmp_path / "secret.md")
    client = house.client(house.app(ingest_roots=[root]))
    assert client.wait(client.ingest_paths([root / "a.md"])["id"], timeout=5)["state"] == "done"
    for path in (tmp_path / "secret.md", root / ".." / "secret.md", root / "link.md", Path("/etc/passwd"), "/nowhere"):
        with pytest.raises(ApiError) as caught:
            client.ingest_paths([path])
        assert (caught.value.status, caught.value.code) == (403, "not-allowed")


@pytest.mark.parametrize(("path", "status"), [("a.md", 400), ("/no/such/file", 404), ("", 422), ("/a\0b" * 2000, 422)])
def test_a_wrong_path_is_refused_with_words(house: House, path: str, status: int) -> None:
    http = house.http(house.app())
    reply = http.post("/v1/ingest", json={"paths": [path]}, headers={"X-Teamlore-Token": TOKEN})
    assert reply.status_code == status
    assert reply.json()["fix"]


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b'{"paths": []}', b'{"paths": "x"}', b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_request_is_refused(http: httpx.Client, body: bytes) -> None:
    reply = http.post("/v1/ingest", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code in (400, 422)
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", "multipart/form-data; boundary=x", ""])
def test_an_upload_without_files_is_refused(http: httpx.Client, content_type: str) -> None:
    reply = http.post("/v1/ingest", content=b"hello", headers={"Content-Type": content_type})
    assert reply.status_code == 400


def test_a_job_that_fails_says_why_without_a_path_of_the_host(house: House) -> None:
    house.ingestor.fail = StorageFailed("The disk is full at /home/somebody/teamlore.", fix="Free some space.")
    client = house.client(house.app())
    job = client.wait(client.upload([("a.md", b"x")])["id"], timeout=5)
    assert job["state"] == "failed"
    assert job["error"] == "The disk is full at (a path of the server). Free some space."


def test_a_job_that_breaks_says_nothing_of_the_inside(house: House) -> None:
    house.ingestor.fail = RuntimeError("secret-canary")
    client = house.client(house.app())
    job = client.wait(client.upload([("a.md", b"x")])["id"], timeout=5)
    assert job["state"] == "failed"
    assert "canary" not in job["error"]


def test_more_jobs_than_fit_are_told_to_come_back(house: House) -> None:
    app = house.app()
    client = house.client(app)
    house.ingestor.gate.clear()
    for _ in range(app.state.shared.job_pool.room):
        client.upload([("a.md", b"x")])
    with pytest.raises(ApiError) as caught:
        client.upload([("a.md", b"x")])
    assert (caught.value.status, caught.value.code) == (503, "too-busy")
    assert client.status()["work"]["jobs"] == {"running": 1, "waiting": 16}


def test_stopping_fails_what_runs_and_waits_with_a_reason_and_closes_the_services(house: House) -> None:
    with TestClient(house.app(), base_url=BASE, client=("127.0.0.1", 1)) as client:
        house.ingestor.gate.clear()
        jobs = [client.post("/v1/ingest", files={"files": ("a.md", b"x")}).json()["id"] for _ in range(3)]
        threading.Timer(0.1, house.ingestor.gate.set).start()
    assert house.closed == [True]
    for job in jobs:
        ended = house.services.jobs.get(job)
        assert (ended.state, ended.error) == ("failed", STOPPED)
