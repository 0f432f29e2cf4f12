"""MLflow's file store (`mlruns/<experiment>/<run>/`): each run a document, whatever else lies there by its reader."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

import yaml

from ingest.readers._curves import Curve, share_of
from ingest.readers._mlflow import MlflowRun, dataset_named, document_of
from ingest.readers._runs import noted
from ingest.readers._tree import files_of, read_rest
from ingest.readers.base import Candidate, Limits, Reader
from ingest.text.decode import clean
from ingest.text.safe_yaml import load_yaml
from rag.domain.errors import UnreadableSource
from rag.domain.types import Parsed

META = "meta.yaml"
DEPTHS = {"store": 2, "experiment": 1, "run": 0}  # folders between the claimed one and a run's files
Layout = Literal["store", "experiment", "run", ""]
PROSE = frozenset(
    {".md", ".rst", ".txt", ".html", ".htm", ".pdf", ".ipynb", ".docx", ".pptx"}
)  # artifacts worth reading
MACHINE_TEXTS = ("requirements", "conda", "python_env")
MOST_LOOKED_AT = 64  # folders, to tell what this one is
LONGEST_VALUE = 2**20  # bytes of a parameter, a tag, a meta.yaml
LONGEST_LINE = 10_000
MOST_ARTIFACTS = 10_000
LOADER: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # every scalar stays as it is written


@dataclass(slots=True)
class _Store:
    folder: Path
    files: list[str]
    by_run: dict[str, list[str]] = field(default_factory=dict)  # folder of the run: files below it
    experiments: dict[str, dict[str, str]] = field(default_factory=dict)  # folder: its meta.yaml
    most_points: int = 0
    notes: list[str] = field(default_factory=list)
    deleted: int = 0


def claims_store(candidate: Candidate) -> bool:
    return candidate.is_dir and bool(_layout(candidate.path))


def read_store(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    """A broken run costs that run only. Raises UnreadableSource when there is nothing but broken ones."""
    store = _open(candidate.path)
    some = False
    for parsed in noted(_parts(store, limits), store.notes):
        some = True
        yield parsed
    if not some:
        reasons = " ".join(store.notes[:20]) or "It holds no run."
        raise UnreadableSource(f"{candidate.relative} is an MLflow store, but nothing in it can be read. {reasons}")


def _parts(store: _Store, limits: Limits) -> Iterator[Parsed]:
    for place, files in sorted(store.by_run.items()):
        try:
            run = _run(store, place, files)
        except (UnreadableSource, OSError) as error:
            reason = error.what if isinstance(error, UnreadableSource) else error.strerror
            store.notes.append(f"Run {place or store.folder.name}: {reason}")
            continue
        if run.deleted:
            store.deleted += 1
        else:
            yield document_of(run)
    if store.deleted:
        store.notes.append(f"{store.deleted} deleted runs were left out.")
    used = {file for file in store.files if _is_used(file, store)}
    store.notes += yield from read_rest(store.folder, used, limits)


def _layout(folder: Path) -> Layout:
    """What lies here, from at most a few small files. Raises OSError as `scandir` does."""
    keys = _keys(folder / META)
    if keys:
        run = "run_id" in keys or "run_uuid" in keys
        return "run" if run and "artifact_uri" in keys else "experiment" if "artifact_location" in keys else ""
    numbered = sorted(entry.name for entry in os.scandir(folder) if entry.name.isdigit())
    some = (_keys(folder / name / META) for name in numbered[:MOST_LOOKED_AT])
    return "store" if any({"experiment_id", "artifact_location"} <= keys for keys in some) else ""


def _keys(path: Path) -> set[str]:
    """The keys of a small flat YAML file, empty when it is none or absent."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return set()
    return {line.partition(b":")[0].decode("ascii", "replace") for line in head.split(b"\n") if b":" in line}


def _open(folder: Path) -> _Store:
    depth = DEPTHS[_layout(folder) or "store"]
    store = _Store(folder, list(files_of(folder)))
    for file in store.files:
        parts = file.split("/")
        if depth == DEPTHS["store"] and parts[0] == "models":  # the registry of models, each with its own meta.yaml
            continue
        place = "/".join(parts[:depth])
        if len(parts) > depth + 1 or parts[depth:] == [META]:
            store.by_run.setdefault(place, []).append(file)
    for place in {_above(place) for place in store.by_run}:
        store.experiments[place] = _experiment(store, place, depth)
    store.by_run = {place: files for place, files in store.by_run.items() if _is_run(place, files)}
    store.most_points = share_of(sum("/metrics/" in f"/{file}" for file in store.files))
    trash = folder / ".trash"
    if trash.is_dir() and any(trash.iterdir()):
        store.notes.append("What lies in .trash was deleted; it was left out.")
    return store


def _above(place: str) -> str:
    return place.rpartition("/")[0]


def _is_run(place: str, files: Sequence[str]) -> bool:
    """A folder beside runs that MLflow keeps for other things (models, datasets, traces, tags) is none."""
    inside = {file[len(place) + 1 if place else 0 :].partition("/")[0] for file in files}
    named = PurePosixPath(place).name
    return META in inside or (bool(inside & {"params", "metrics"}) and named not in ("models", "datasets", "traces"))


def _experiment(store: _Store, place: str, depth: int) -> dict[str, str]:
    """Of the folder above the runs. Where a run was claimed alone, that is above the claimed folder."""
    path = store.folder / place / META if depth else store.folder.parent / META
    try:
        return _yaml(path)
    except UnreadableSource as error:
        if depth:
            store.notes.append(f"Experiment {place}: {error.what}")
    except OSError:
        pass  # runs without their experiment: they go by its id
    return {}


def _run(store: _Store, place: str, files: Sequence[str]) -> MlflowRun:
    """Raises UnreadableSource when its meta.yaml is no YAML, OSError when it is absent."""
    info = _yaml(store.folder / place / META)
    above = store.experiments.get(_above(place), {})
    inside = {file[len(place) + 1 if place else 0 :]: file for file in files}
    values: dict[str, dict[str, str]] = {"params": {}, "tags": {}}
    curves: dict[str, Curve] = {}
    notes: list[str] = []
    used: list[str] = []
    for name, file in inside.items():
        section, _, key = name.partition("/")
        if section in values:
            values[section][key] = _value(store.folder / file)
        elif section == "metrics" and key:
            curve, bad = _curve(store.folder / file, key, store.most_points)
            notes += [f"{file}: {bad} lines are no points."] if bad else []
            curves |= {key: curve} if curve.points else {}
        else:
            used += [file] if name == META else []
            continue
        used.append(file)
    artifacts = tuple(name.removeprefix("artifacts/") for name in inside if name.startswith("artifacts/"))
    return MlflowRun(
        id=info.get("run_id") or info.get("run_uuid") or PurePosixPath(place).name,
        experiment=above.get("name") or info.get("experiment_id", ""),
        info={**info, "lifecycle_stage": _stage(info, above)},
        params=values["params"],
        tags=values["tags"],
        curves=curves,
        datasets=tuple(_datasets(store.folder, place, inside)),
        artifacts=tuple(sorted(artifacts))[:MOST_ARTIFACTS],
        files=tuple(used),
        notes=tuple(notes),
    )


def _stage(*metas: Mapping[str, str]) -> str:
    return "deleted" if any(meta.get("lifecycle_stage") == "deleted" for meta in metas) else "active"


def _datasets(folder: Path, place: str, inside: Mapping[str, str]) -> Iterator[str]:
    """`inputs/<id>/meta.yaml` names a dataset that the experiment keeps."""
    for name, file in inside.items():
        if not name.startswith("inputs/") or not name.endswith(f"/{META}"):
            continue
        try:
            link = _loaded(folder / file)
            source = PurePosixPath(str(link.get("source_id", "-"))).name
            known = _yaml((folder / place).parent / "datasets" / source / META)
        except (UnreadableSource, OSError):
            continue
        tags = link.get("tags")
        used_for = str(tags.get("mlflow.data.context", "")) if isinstance(tags, dict) else ""
        yield dataset_named(known.get("name", "?"), known.get("digest", ""), context=used_for)


def _curve(path: Path, key: str, most: int) -> tuple[Curve, int]:
    """Lines of time, value and mostly step; and how many lines are something else."""
    curve, bad = Curve(key, most), 0
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE):
            fields = line.decode("ascii", "replace").split()
            try:
                float(fields[1])
                curve.add(int(fields[2]) if len(fields) > 2 else 0, int(fields[0]), fields[1])
            except (ValueError, IndexError):
                bad += bool(fields)
    return curve, bad


def _value(path: Path) -> str:
    with path.open("rb") as file:
        text = clean(file.read(LONGEST_VALUE).decode("utf-8", "replace"))
    return text.removesuffix("\n")


def _yaml(path: Path) -> dict[str, str]:
    """Scalars of a flat YAML file as written; `null` is nothing. Raises UnreadableSource, OSError."""
    found = {key: value for key, value in _loaded(path).items() if isinstance(value, str)}
    return {key: "" if value == "null" else value for key, value in found.items()}


def _loaded(path: Path) -> dict[str, object]:
    try:
        loaded = load_yaml(_value(path), LOADER)
    except (yaml.YAMLError, RecursionError) as error:
        raise UnreadableSource(f"its {META} is no YAML.") from error
    if not isinstance(loaded, dict):
        raise UnreadableSource(f"its {META} holds no keys.")
    return {str(key): value for key, value in loaded.items()}


def _is_used(file: str, store: _Store) -> bool:
    """What belongs to the store's own business; of artifacts, whatever was not written to be read."""
    path = PurePosixPath(file)
    if path.name == META:
        return True
    inside = any(not place or file.startswith(f"{place}/") for place in store.experiments) or "" in store.by_run
    prose = (
        path.suffix.lower() in PROSE and not path.name.lower().startswith(MACHINE_TEXTS) and "artifacts" in path.parts
    )
    return inside and not prose


READER: Reader = Reader(name="mlflow", version=1, claims=claims_store, read=read_store)
