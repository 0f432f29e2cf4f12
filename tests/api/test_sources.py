"""The ledger and the sources over HTTP: what is shown to whom, plans, schedules, syncs, and jobs that are cancelled."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rag.api.jobs import CANCELLED, JobRunner
from rag.api.metrics import Metrics
from rag.api.schedule import OWNER, Schedule
from rag.api.work import WorkPool
from rag.client import ApiError, Client
from rag.domain.errors import StorageFailed
from rag.domain.ports import Jobs
from rag.domain.records import FileOutcome, FileState
from rag.domain.syncing import SyncOptions
from rag.domain.types import Access, IngestReport, Job
from tests.api.parts import TOKEN, House

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ALL = Access(everything=True)


def put_file(house: House, name: str, state: FileState, *, space: str = "default", reason: str = "") -> str:
    """A row of the ledger, of a source of the space; the source's id."""
    source = house.services.catalog.put_source(name=space, root=f"/srv/{space}", space=space)
    row = FileOutcome(path=name, fingerprint="1", state=state, reason=reason, reader="markdown", at=NOW)
    house.services.ledger.put(source.id, [row])
    return source.id


def member(house: House, space: str) -> Client:
    house.services.grants.grant("team", space)
    return house.client(house.app(auth="keys"), key=house.key("ann", "team"))


def test_the_ledger_is_listed_by_state_and_page_by_page(house: House) -> None:
    for n in range(5):
        put_file(house, f"{n}.md", "indexed")
    put_file(house, "bad.pdf", "failed", reason="It is encrypted.")
    client = house.client(house.app(), token=TOKEN)
    seen: list[str] = []
    cursor = ""
    while True:
        page = client.get("/v1/files", limit=2, cursor=cursor)
        assert page["counts"] == {"indexed": 5, "failed": 1}
        seen += [file["file"] for file in page["files"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == ["0.md", "1.md", "2.md", "3.md", "4.md", "bad.pdf"]
    (failed,) = client.get("/v1/files", state="failed")["files"]
    assert (failed["file"], failed["reason"], failed["reader"]) == ("bad.pdf", "It is encrypted.", "markdown")
    with pytest.raises(ApiError):
        client.get("/v1/files", state="nonsense")
    with pytest.raises(ApiError):
        client.get("/v1/files", cursor="nonsense")


def test_files_and_sources_of_other_spaces_are_not_there(house: House) -> None:
    put_file(house, "a.md", "indexed", space="lab")
    secret = put_file(house, "b.md", "failed", space="board", reason="broken")
    client = member(house, "lab")
    assert [file["file"] for file in client.get("/v1/files")["files"]] == ["a.md"]
    assert client.get("/v1/files", source=secret) == {"files": [], "counts": {}, "next_cursor": ""}
    assert [source["name"] for source in client.get("/v1/sources")["sources"]] == ["lab"]
    for ask in (
        lambda: client.get(f"/v1/sources/{secret}"),
        lambda: client.patch(f"/v1/sources/{secret}", {"every": 60}),
        lambda: client.post(f"/v1/sources/{secret}/sync", {}),
        lambda: client.delete(f"/v1/sources/{secret}"),
    ):
        with pytest.raises(ApiError) as caught:
            ask()
        assert caught.value.status == 404


def test_only_the_command_line_sees_where_a_source_lies(house: House) -> None:
    put_file(house, "a.md", "failed", space="lab", reason="/srv/lab/a.md cannot be read")
    client = member(house, "lab")
    assert "root" not in client.get("/v1/sources")["sources"][0]
    assert "/srv" not in client.get("/v1/files")["files"][0]["reason"]
    local = house.client(house.app(), token=TOKEN)
    assert local.get("/v1/sources")["sources"][0]["root"] == "/srv/lab"
    assert "/srv/lab" in local.get("/v1/files")["files"][0]["reason"]


def test_a_schedule_and_a_removal_are_an_administrators(house: House) -> None:
    source = put_file(house, "a.md", "indexed", space="lab")
    client = member(house, "lab")
    for ask in (
        lambda: client.patch(f"/v1/sources/{source}", {"every": 60}),
        lambda: client.delete(f"/v1/sources/{source}"),
        lambda: client.post(f"/v1/sources/{source}/sync", {"allow_empty": True}),
    ):
        with pytest.raises(ApiError) as caught:
            ask()
        assert caught.value.status == 403
    local = house.client(house.app(), token=TOKEN)
    assert local.patch(f"/v1/sources/{source}", {"every": 900})["every"] == 900
    assert local.patch(f"/v1/sources/{source}", {"every": 0})["every"] == 0
    for wrong in (1, 59, -60, 10**9, "often"):
        with pytest.raises(ApiError):
            local.patch(f"/v1/sources/{source}", {"every": wrong})


def test_a_sync_is_a_job(house: House) -> None:
    source = put_file(house, "a.md", "indexed", space="lab")
    client = member(house, "lab")
    job = client.post(f"/v1/sources/{source}/sync", {"retry": True})
    assert client.wait(job["id"], timeout=5)["report"]["sources"] == 1
    assert house.ingestor.asked == [(source, SyncOptions(retry=True))]
    gone = house.client(house.app(), token=TOKEN).delete(f"/v1/sources/{source}")
    assert house.client(house.app(), token=TOKEN).wait(gone["id"], timeout=5)["report"]["removed"] == 1


def test_a_plan_is_an_answer_and_no_job(house: House, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("bf16")
    told = house.client(house.app(), token=TOKEN).ingest_paths([tmp_path / "a.md"], plan=True, retry=True)
    assert told["sources"][0]["added"] == ["a.md"]
    assert house.ingestor.asked == [("plan", SyncOptions(retry=True))]
    local = house.client(house.app(ingest_roots=[tmp_path]))
    assert "root" not in local.ingest_paths([tmp_path / "a.md"], plan=True)["sources"][0]
    for wrong in ({"only": ["/etc/passwd"]}, {"plan": True, "only": ["/etc"]}):
        with pytest.raises(ApiError) as caught:
            local.ingest_paths([tmp_path / "a.md"], **wrong)
        assert caught.value.status == 403


def test_what_is_asked_over_the_network_is_named_by_the_command_line_only(house: House, tmp_path: Path) -> None:
    client = house.client(house.app(ingest_roots=[tmp_path]))
    with pytest.raises(ApiError) as caught:
        client.ingest_paths(["mlflow:http://127.0.0.1:5000"])
    assert caught.value.status == 403


def test_what_is_due_is_synced_once_and_what_fails_waits_for_its_next_time(house: House) -> None:
    source = put_file(house, "a.md", "indexed", space="lab")
    put_file(house, "b.md", "indexed", space="other")
    services, clock = house.services, [NOW]
    services.sources.schedule(source, 900)
    app = house.app()
    schedule = Schedule(services.sources, services.ingestor, app.state.shared.jobs, clock=lambda: clock[0])
    house.ingestor.gate.clear()
    assert schedule.look() == [source]
    assert schedule.look() == []
    house.ingestor.fail = StorageFailed("The disk is full.")
    house.ingestor.gate.set()
    settle(schedule)
    clock[0] += timedelta(minutes=14)
    assert schedule.look() == []
    clock[0] += timedelta(minutes=1)
    house.ingestor.fail = None
    assert schedule.look() == [source]
    settle(schedule)
    services.sources.synced(source, clock[0])
    assert schedule.look() == []
    assert [asked for asked, _ in house.ingestor.asked] == [source, source]
    assert OWNER == "schedule"


def test_a_sync_that_could_not_be_started_is_started_at_the_next_look(house: House) -> None:
    source = put_file(house, "a.md", "indexed")
    house.services.sources.schedule(source, 900)

    class Full(JobRunner):
        def start(self, *_: object, **__: object) -> Job:
            raise StorageFailed("The disk is full.")

    jobs = house.app().state.shared.jobs
    schedule = Schedule(
        house.services.sources, house.services.ingestor, Full(house.services.jobs, jobs._pool), clock=lambda: NOW
    )
    with pytest.raises(StorageFailed):
        schedule.look()
    schedule._jobs = jobs
    assert schedule.look() == [source]
    settle(schedule)


def settle(schedule: Schedule) -> None:
    give_up = time.monotonic() + 5
    while schedule._under_way and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not schedule._under_way


def test_a_job_that_waits_or_runs_can_be_cancelled(house: House) -> None:
    client = house.client(house.app())
    house.ingestor.gate.clear()
    first = client.upload([("a.md", b"one")])
    second = client.upload([("b.md", b"two")])
    assert client.delete(f"/v1/jobs/{second['id']}")["error"] == CANCELLED
    client.delete(f"/v1/jobs/{first['id']}")
    house.ingestor.gate.set()
    done = client.wait(first["id"], timeout=5)
    assert (done["state"], done["error"]) == ("failed", CANCELLED)
    assert client.delete(f"/v1/jobs/{first['id']}")["state"] == "failed"


def test_a_cancelled_job_is_its_owners(house: House) -> None:
    house.services.grants.grant("team", "default")
    app = house.app(auth="keys")
    ann, bob = (house.client(app, key=house.key(name, "team")) for name in ("ann", "bob"))
    job = ann.upload([("a.md", b"one")])
    with pytest.raises(ApiError) as caught:
        bob.delete(f"/v1/jobs/{job['id']}")
    assert caught.value.status == 404


def test_a_jobs_end_that_cannot_be_written_is_told_and_written_later(house: House) -> None:
    class Full:
        """The registry's jobs on a disk that is full for a while."""

        def __init__(self, jobs: Jobs) -> None:
            self.jobs, self.full = jobs, True

        def __getattr__(self, name: str) -> object:
            return getattr(self.jobs, name)

        def finish(self, job: str, *, report: IngestReport | None, error: str = "") -> None:
            if self.full:
                raise StorageFailed("The disk is full.")
            self.jobs.finish(job, report=report, error=error)

    stored = house.services.jobs
    full = Full(stored)
    pool = WorkPool("test", running=1, waiting=1, metrics=Metrics())
    runner = JobRunner(full, pool)  # type: ignore[arg-type]
    job = runner.start("sync", "ann", lambda _: IngestReport(files=3))
    pool.close(wait=True)
    ended = runner.get(job.id)
    assert (ended.state, ended.report) == ("done", IngestReport(files=3))
    assert stored.get(job.id).state == "running"
    full.full = False
    assert runner.get(job.id).state == "done"
    assert stored.get(job.id).report == IngestReport(files=3)
