"""A run in MLflow's own terms, wherever it was kept: file store, database, export, server."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.readers._curves import Curve
from ingest.readers._runs import Beside, moment, number_written, parsed_run, status_of
from rag.domain.records import RunRecord, finite
from rag.domain.types import Parsed

RUN_NAME = "mlflow.runName"
USER = "mlflow.user"
NOTE = "mlflow.note.content"
PARENT = "mlflow.parentRunId"
MACHINE_TAGS = frozenset({"mlflow.log-model.history"})  # kept with the run, not shown: JSON for MLflow itself


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowRun:
    """`info` is what MLflow calls so (run_name, user_id, status, start_time in ms ...), every value as text."""

    id: str
    experiment: str
    info: Mapping[str, str]
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    datasets: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    url: str = ""
    notes: tuple[str, ...] = ()

    @property
    def deleted(self) -> bool:
        return self.info.get("lifecycle_stage") == "deleted"


def document_of(run: MlflowRun) -> Parsed:
    info, tags = run.info, run.tags
    record = RunRecord(
        tool="mlflow",
        id=run.id,
        name=info.get("run_name") or tags.get(RUN_NAME) or info.get("name", ""),
        experiment=run.experiment,
        status=status_of(info.get("status", "")),
        user=tags.get(USER) or info.get("user_id", ""),
        started=moment(info.get("start_time", "")),
        ended=moment(info.get("end_time", "")),
        parent=tags.get(PARENT, ""),
        note=tags.get(NOTE, ""),
        params=tuple(sorted(run.params.items())),
        metrics=tuple(curve.metric() for _, curve in sorted(run.curves.items())),
        tags=tuple(sorted((key, text) for key, text in tags.items() if key not in MACHINE_TAGS)),
        datasets=run.datasets,
        artifacts=run.artifacts,
    )
    return parsed_run(record, Beside(files=run.files, curves=run.curves, url=run.url, notes=run.notes))


def metric_written(value: object) -> str:
    """As a server or an export writes it; what a database keeps as its largest float was an infinity."""
    number = finite(str(value))
    return number_written(number) if number is not None and abs(number) > 1.797e308 else str(value)


def dataset_named(name: str, digest: str, *, context: str = "", source: str = "") -> str:
    """How a run's input is called: its name, which version of it, what for and from where."""
    more = [f"digest {digest}"] if digest else []
    more += [context] if context else []
    more += [f"from {source}"] if source and len(source) <= 300 else []
    return f"{name} ({', '.join(more)})" if more else name
