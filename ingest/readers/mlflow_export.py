"""What mlflow-export-import leaves: a folder of an experiment with its runs, or of one run."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ingest.readers._curves import Curve, share_of
from ingest.readers._mlflow import MlflowRun, dataset_named, document_of, metric_written
from ingest.readers._runs import noted
from ingest.readers._tree import files_of, read_rest
from ingest.readers.base import Candidate, Limits, Reader, look_at, read_bytes
from ingest.text.decode import clean
from ingest.text.structured import load_json
from rag.domain.errors import UnreadableSource
from rag.domain.types import Parsed

RUN, EXPERIMENT = "run.json", "experiment.json"
SIGNS = {EXPERIMENT: (b'"export_', b'"experiment'), RUN: (b'"export_', b'"run_')}  # in their first 8 KiB
LOOKED_AT = 8 * 2**10
METRICS_GUESSED = 20  # of a run, before it is read
MOST_ARTIFACTS = 10_000
Json = Mapping[str, Any]


def claims_export(candidate: Candidate) -> bool:
    return candidate.is_dir and any(_shows(candidate.path / name, SIGNS[name]) for name in (EXPERIMENT, RUN))


def read_export(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """A broken run costs that run only. Raises UnreadableSource when there is nothing but broken ones."""
    notes: list[str] = []
    some = False
    for parsed in noted(_parts(candidate.path, limits, notes), notes):
        some = True
        yield parsed
    if not some:
        raise UnreadableSource(f"No run in {candidate.relative} can be read. {' '.join(notes[:20])}".strip())


def _shows(path: Path, signs: tuple[bytes, ...]) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(LOOKED_AT)
    except OSError:
        return False
    return all(sign in head for sign in signs) or b'"mlflow"' in head


def _parts(folder: Path, limits: Limits, notes: list[str]) -> Iterator[Parsed]:
    files = list(files_of(folder))
    places = [PurePosixPath(file).parent.as_posix() for file in files if PurePosixPath(file).name == RUN]
    places = [place for place in places if "/" not in place]  # deeper ones are a run's own artifacts
    names = _experiments(folder, limits, notes) if EXPERIMENT in files else {}
    used = {EXPERIMENT}
    for place in sorted(places):
        below = "" if place == "." else f"{place}/"
        inside = [file for file in files if file.startswith(f"{below}artifacts/")]
        used.add(f"{below}{RUN}")
        try:
            value = _loaded(folder, f"{below}{RUN}", limits)
            run = _run(value, names, below, inside, share_of(METRICS_GUESSED * len(places)))
        except UnreadableSource as error:
            notes.append(f"Run {place}: {error.what}")
            continue
        if run.deleted:
            notes.append(f"Run {run.id} was deleted; it was left out.")
        else:
            yield document_of(run)
    notes += yield from read_rest(folder, used, limits)


def _experiments(folder: Path, limits: Limits, notes: list[str]) -> dict[str, str]:
    try:
        value = _loaded(folder, EXPERIMENT, limits)
    except UnreadableSource as error:
        notes.append(error.what)
        return {}
    found = _mapping(value.get("experiment") or _mapping(value.get("mlflow")).get("experiment"))
    return {str(found.get("experiment_id", "")): str(found.get("name", ""))}


def _run(value: Json, names: Mapping[str, str], below: str, inside: list[str], most: int) -> MlflowRun:
    """Raises UnreadableSource when it names no run."""
    run = _mapping(value.get("mlflow")) or value  # before version 1 there was no `mlflow` around it
    info = {key: str(said) for key, said in _mapping(run.get("info")).items() if said is not None}
    run_id = info.get("run_id") or info.get("run_uuid")
    if not run_id:
        raise UnreadableSource("it names no run.")
    curves = {key: _curve(key, points, most) for key, points in _mapping(run.get("metrics")).items()}
    artifacts = tuple(file.removeprefix(f"{below}artifacts/") for file in inside)[:MOST_ARTIFACTS]
    return MlflowRun(
        id=run_id,
        experiment=names.get(info.get("experiment_id", ""), "") or info.get("experiment_id", ""),
        info=info,
        params=_texts(run.get("params")),
        tags=_texts(run.get("tags")),
        curves={key: curve for key, curve in curves.items() if curve.points},
        datasets=tuple(_datasets(run.get("inputs"))),
        artifacts=artifacts,
        files=(f"{below}{RUN}",),
    )


def _curve(key: str, points: object, most: int) -> Curve:
    curve = Curve(key, most)
    for point in points if isinstance(points, list) else ():
        place = _mapping(point)
        if "value" in place:
            curve.add(_whole(place.get("step")), _whole(place.get("timestamp")), metric_written(place["value"]))
    return curve


def _datasets(inputs: object) -> Iterator[str]:
    entries = inputs.get("dataset_inputs") if isinstance(inputs, Mapping) else inputs
    for entry in entries if isinstance(entries, list) else ():
        known = _mapping(_mapping(entry).get("dataset"))
        if known.get("name"):
            yield dataset_named(str(known["name"]), str(known.get("digest") or ""))


def _loaded(folder: Path, name: str, limits: Limits) -> Json:
    text = clean(read_bytes(look_at(folder / name, name), limits).decode("utf-8", "replace"))
    return _mapping(load_json(text, name))


def _texts(value: object) -> dict[str, str]:
    return {str(key): "" if text is None else str(text) for key, text in _mapping(value).items()}


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int:
    text = str(value)
    return int(text) if text.lstrip("-").isdigit() and len(text) < 19 else 0


READER: Reader = Reader(name="mlflow-export", version=1, claims=claims_export, read=read_export)
