"""A live MLflow tracking server, asked over its REST API: each of its runs a document."""

import hashlib
import json
import re
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from ingest.readers._curves import Curve, share_of
from ingest.readers._mlflow import MlflowRun, dataset_named, document_of, metric_written
from ingest.text.structured import load_json
from rag.domain.errors import BackendFailed, BadInput, UnreadableSource
from rag.domain.records import finite
from rag.domain.types import Parsed

VERSION = 1  # raise it when the text of the same run changes
SCHEME = "mlflow:"
API = "/api/2.0/mlflow"
PAGE = 1_000  # experiments or runs
POINTS = 25_000  # of a metric's history, a page
EXPERIMENTS_AT_ONCE = 50
MOST_PAGES = 10_000
TRIES = 4
FIRST_WAIT = 0.5  # seconds, doubled with every try
LONGEST_WAIT = 30.0
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
BUSY = frozenset({429, 500, 502, 503, 504})
MOST_FOLDERS = 20  # of a run's artifacts, each a request
RUN_ID = re.compile(r"[\w.-]{1,256}")

Json = Mapping[str, Any]
Sleep = Callable[[float], None]


class MlflowServer:
    """A Remote. `token` is sent as a bearer, else `user` (name, password) as basic authentication."""

    def __init__(
        self,
        url: str,
        *,
        token: str = "",
        user: tuple[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._url = url.rstrip("/")
        self._sleep = sleep
        self._signs_in = bool(token or user)
        self._names: dict[str, str] = {}  # of experiments, by id
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        auth = httpx.BasicAuth(*user) if user and not token else None
        self._client = httpx.Client(timeout=TIMEOUT, headers=headers, auth=auth, transport=transport)
        weakref.finalize(self, self._client.close)

    @property
    def signs_in(self) -> bool:
        return self._signs_in

    @property
    def root(self) -> str:
        return f"{SCHEME}{self._url}"

    def listing(self) -> dict[str, str]:
        """{experiment id/run id: fingerprint of all that the search says of the run}. Raises BackendFailed."""
        try:
            return self._listing()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._odd(f"runs in no form that is known ({error!r:.200})") from error

    def _listing(self) -> dict[str, str]:
        self._names = {
            str(experiment["experiment_id"]): str(experiment.get("name", ""))
            for experiment in self._pages("experiments", "/experiments/search", {"max_results": PAGE})
        }
        found: dict[str, str] = {}
        ids = sorted(self._names)
        for first in range(0, len(ids), EXPERIMENTS_AT_ONCE):
            body = {
                "experiment_ids": ids[first : first + EXPERIMENTS_AT_ONCE],
                "max_results": PAGE,
                "run_view_type": "ACTIVE_ONLY",
                "order_by": ["attributes.start_time ASC"],  # what is logged meanwhile comes last, and moves no page
            }
            for run in self._pages("runs", "/runs/search", body):
                experiment = str(run["info"]["experiment_id"])
                found[f"{experiment}/{_id(run)}"] = _fingerprint(run, self._names.get(experiment, ""))
        return found

    def read(self, path: str) -> Parsed:
        """Raises UnreadableSource when that run is gone or told in no way that MLflow tells it, BackendFailed."""
        try:
            return self._read(path)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableSource(
                f"What {self._url} says of the run {path} is not what MLflow says: {error!r:.200}.",
                fix="Look at that run in MLflow's own page.",
            ) from error

    def _read(self, path: str) -> Parsed:
        experiment, _, run_id = path.partition("/")
        run = self._get("/runs/get", run_id=run_id).get("run", {})
        data, info = run.get("data", {}), run.get("info", {})
        keys = sorted({str(metric["key"]) for metric in data.get("metrics", ())})
        most = share_of(len(keys))
        artifacts, notes = self._artifacts(run_id)
        return document_of(
            MlflowRun(
                id=run_id,
                experiment=self._experiment(experiment),
                info={key: str(value) for key, value in info.items()},
                params=_pairs(data.get("params", ())),
                tags=_pairs(data.get("tags", ())),
                curves={key: self._curve(run_id, key, most) for key in keys},
                datasets=tuple(map(_dataset, run.get("inputs", {}).get("dataset_inputs", ()))),
                artifacts=artifacts,
                files=(path,),
                url=f"{self._url}/#/experiments/{experiment}/runs/{run_id}",
                notes=notes,
            )
        )

    def _experiment(self, experiment: str) -> str:
        if experiment not in self._names:
            found = self._get("/experiments/get", experiment_id=experiment).get("experiment", {})
            self._names[experiment] = str(found.get("name", experiment))
        return self._names[experiment]

    def _curve(self, run: str, key: str, most: int) -> Curve:
        curve, token, last = Curve(key, most), "", None
        for _ in range(MOST_PAGES):
            more = {"page_token": token} if token else {}
            page = self._get("/metrics/get-history", run_id=run, metric_key=key, max_results=str(POINTS), **more)
            for point in page.get("metrics", ()):
                curve.add(
                    int(point.get("step", 0)), int(point.get("timestamp", 0)), metric_written(point.get("value", 0))
                )
            last, token = token, str(page.get("next_page_token") or "")
            if not token or token == last:
                break
        return curve

    def _artifacts(self, run: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of files, and a note when not all could be had: artifacts may lie where the server cannot look."""
        names: list[str] = []
        waiting = [""]
        for _ in range(MOST_FOLDERS):
            if not waiting:
                return tuple(sorted(names)), ()
            folder = waiting.pop(0)
            try:
                page = self._get("/artifacts/list", run_id=run, **({"path": folder} if folder else {}))
            except (BackendFailed, UnreadableSource) as error:
                return tuple(sorted(names)), (f"Run {run}: its artifacts could not be listed. {error.what}",)
            for file in page.get("files", ()):
                (waiting if file.get("is_dir") else names).append(str(file.get("path", "")))
        return tuple(sorted(names)), ((f"Run {run}: only some of its artifacts were listed.",) if waiting else ())

    def _pages(self, what: str, path: str, body: Json) -> Iterator[Json]:
        token = ""
        for _ in range(MOST_PAGES):
            page = self._ask("POST", path, {"json": {**body, **({"page_token": token} if token else {})}})
            yield from page.get(what, ())
            last, token = token, str(page.get("next_page_token") or "")
            if not token:
                return
            if token == last:
                raise self._odd(f"the same page of {what} again and again")

    def _get(self, place: str, **query: str) -> Json:
        return self._ask("GET", place, {"params": query})

    def _ask(self, method: str, path: str, how: Mapping[str, Any]) -> Json:
        """One request, repeated while the server is busy or does not answer."""
        why = ""
        for n in range(TRIES):
            wait = min(LONGEST_WAIT, FIRST_WAIT * 2**n)
            try:
                response = self._client.request(method, f"{self._url}{API}{path}", **how)
            except httpx.HTTPError as error:
                why = f"does not answer: {str(error) or type(error).__name__}"
            else:
                if response.status_code not in BUSY:
                    return self._said(response)
                why = f"answers with status {response.status_code}"
                wait = min(LONGEST_WAIT, finite(response.headers.get("Retry-After", "")) or wait)
            if n < TRIES - 1:
                self._sleep(max(0.0, wait))
        raise BackendFailed(
            f"The MLflow server at {self._url} {why}.",
            fix="Start it, or check the address and the network; nothing that was read before is lost.",
        )

    def _said(self, response: httpx.Response) -> Json:
        if response.status_code in (401, 403):
            raise BackendFailed(
                f"The MLflow server at {self._url} does not let us in (status {response.status_code}).",
                fix="Set MLFLOW_TRACKING_URI to its address, and MLFLOW_TRACKING_TOKEN or MLFLOW_TRACKING_USERNAME and"
                " MLFLOW_TRACKING_PASSWORD.",
            )
        try:
            value = load_json(response.text, "its answer")
        except UnreadableSource as error:
            raise self._odd(f"status {response.status_code} and something else than JSON") from error
        if not isinstance(value, dict):
            raise self._odd("something else than an object")
        if response.is_success:
            return value
        said = str(value.get("message", ""))[:300]
        if value.get("error_code") == "RESOURCE_DOES_NOT_EXIST":
            raise UnreadableSource(f"The MLflow server no longer has it: {said}.", fix="Sync again.")
        raise self._odd(f"status {response.status_code}: {said}")

    def _odd(self, what: str) -> BackendFailed:
        return BackendFailed(
            f"{self._url} answered with {what}.",
            fix="Name the address of an MLflow tracking server (`mlflow server`), version 2 or later.",
        )


def mlflow_opener(environment: Mapping[str, str]) -> Callable[[str], MlflowServer]:
    """Opens `mlflow:http://host:5000`. MLflow's own variables say how to sign in.

    What they say goes to the server that MLFLOW_TRACKING_URI names and to no other: a name comes from a user.
    """
    said = {key: environment.get(f"MLFLOW_TRACKING_{key}", "") for key in ("URI", "TOKEN", "USERNAME", "PASSWORD")}
    user = (said["USERNAME"], said["PASSWORD"]) if said["USERNAME"] else None

    def open_server(name: str) -> MlflowServer:
        if _place(name.removeprefix(SCHEME)) == _place(said["URI"]):
            return open_mlflow(name, token=said["TOKEN"], user=user)
        return open_mlflow(name)

    return open_server


def _place(url: str) -> tuple[str, str, int | None]:
    """Raises BadInput, which is kept: without the name and password in it."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port
    except ValueError as error:
        bare = url.rpartition("@")[2]
        raise BadInput(f"{bare} is no address.", fix="Write it as mlflow:http://127.0.0.1:5000.") from error


def open_mlflow(name: str, *, token: str = "", user: tuple[str, str] | None = None) -> MlflowServer:
    """A name and password in the address are used and not kept. Raises BadInput for no HTTP address."""
    parts = urlsplit(name.removeprefix(SCHEME))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(
            f"{name.rpartition('@')[2]} names no MLflow server.", fix="Write it as mlflow:http://127.0.0.1:5000."
        )
    if parts.username:
        user = (parts.username, parts.password or "")
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return MlflowServer(bare, token=token, user=user)


def _id(run: Json) -> str:
    """Raises BackendFailed for one that could not be asked for again."""
    run_id = str(run["info"].get("run_id") or run["info"].get("run_uuid", ""))
    if not RUN_ID.fullmatch(run_id):
        raise BackendFailed(f"The MLflow server names a run {run_id[:100]!r}.", fix="Is it an MLflow server?")
    return run_id


def _fingerprint(run: Json, experiment: str) -> str:
    """Of everything the search says, whatever the order it says it in."""
    data = run.get("data", {})
    said = [
        run.get("info"),
        run.get("inputs"),
        *(_sorted(data.get(what, ())) for what in ("metrics", "params", "tags")),
    ]
    text = json.dumps([VERSION, experiment, *said], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _sorted(entries: Sequence[Json]) -> list[Json]:
    return sorted(entries, key=lambda entry: str(entry.get("key")))


def _pairs(entries: Sequence[Json]) -> dict[str, str]:
    return {str(entry["key"]): str(entry.get("value", "")) for entry in entries}


def _dataset(entry: Json) -> str:
    known, tags = entry.get("dataset", {}), _pairs(entry.get("tags", ()))
    return dataset_named(
        str(known.get("name", "?")), str(known.get("digest", "")), context=tags.get("mlflow.data.context", "")
    )
