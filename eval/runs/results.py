"""A run as the JSON of `--out`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.metrics.cost import percentiles
from eval.runs.asking import Item
from eval.runs.baselines import ALL
from eval.runs.folder import TOGETHER as TOGETHER
from eval.runs.record import record, without_places
from eval.runs.refusals import refusal_json
from eval.runs.runner import PackRun, Run
from eval.statistics.stats import Estimate, estimate, estimate_json, rounded
from rag.settings import Settings

_WORDS = frozenset(
    [
        "answers",
        "evidence",
        "turns",
        "passages",
        "statements",
        "answer",
        "citations",
        "refusal",
        "found",
        "ranking",
        "timings_ms",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a run came to be. `system` as `eval.runs.record.record` gives it, the service's own status aside."""

    id: str
    started: str  # ISO 8601, UTC
    system: Mapping[str, Any]
    pieces: int = 1  # more: it was stopped and gone on with; `seconds` are those of the last piece


def run_json(
    run: Run, settings: Settings, baselines: Mapping[str, Any] | None = None, made: Made | None = None
) -> dict[str, Any]:
    """The shape of `run.json` and `--out`. `baselines`: what eval.runs.baselines found, by pack."""
    packs = {one.pack.name: _pack_json([one]) for one in run.packs}
    beside = dict(baselines or {})
    over_packs = beside.pop(ALL, None)
    for name, found in beside.items():
        packs[name]["baselines"] = found
    if files := [one for one in run.packs if one.pack.layout == "files"]:
        packs[TOGETHER] = _lean(_pack_json(files))
    system = made.system if made else record(settings, {}, {}, {})
    return {
        **({"id": made.id, "started": made.started, "pieces": made.pieces} if made else {}),
        "command": run.command,
        "packs": packs,
        **({"baselines": over_packs} if over_packs else {}),
        "system": {**system, "fingerprints": without_places(run.system)},
        "seconds": round(run.seconds, 3),
    }


def _lean(pack: dict[str, Any]) -> dict[str, Any]:
    """The packs themselves have the words; here they would stand a second time."""
    items = [{name: value for name, value in item.items() if name not in _WORDS} for item in pack["items"]]
    return {**pack, "items": items}


def _pack_json(runs: Sequence[PackRun]) -> dict[str, Any]:
    """Several runs together have their items named `pack/id`."""
    prefixed = [(f"{run.pack.name}/" if len(runs) > 1 else "", run) for run in runs]
    named = [(prefix, item) for prefix, run in prefixed for item in run.items]
    kinds = sorted({item.sample.kind for _, item in named if item.sample.kind})
    by_kind = {kind: [(prefix, item) for prefix, item in named if item.sample.kind == kind] for kind in kinds}
    items = [_item_json(prefix, item, run.units) for prefix, run in prefixed for item in run.items]
    refusal = refusal_json(items)
    return {
        "n": len(named),
        "metrics": _metrics_json(named),
        "by_kind": {kind: {"n": len(some), "metrics": _metrics_json(some)} for kind, some in by_kind.items()},
        "latency_ms": percentiles(item.latency_ms for _, item in named),
        "errors": sum(bool(item.error) for _, item in named),
        "ingest": {run.pack.name: _ingest_json(run) for run in runs},
        **({"refusal": refusal} if refusal else {}),
        "items": items,
    }


def _metrics_json(named: Sequence[tuple[str, Item]]) -> dict[str, Any]:
    names = dict.fromkeys(name for _, item in named for name in item.metrics)
    return {name: estimate_json(estimated(named, name)) for name in names}


def estimated(named: Iterable[tuple[str, Item]], metric: str) -> Estimate:
    """Over the items where it could be scored; questions on one document are drawn together."""
    scored = [(item.metrics.get(metric), prefix + item.sample.cluster) for prefix, item in named]
    kept = [(value, cluster) for value, cluster in scored if value is not None]
    return estimate([value for value, _ in kept], [cluster for _, cluster in kept])


def _ingest_json(run: PackRun) -> dict[str, Any]:
    report = run.ingest
    return {
        "files": report.files,
        "documents": report.documents,
        "chunks": report.chunks,
        "embedded": report.embedded,
        "unchanged": report.unchanged,
        "skipped": [{"file": trouble.file, "reason": trouble.reason} for trouble in report.skipped],
        "failed": [{"file": trouble.file, "reason": trouble.reason} for trouble in report.failed],
        "seconds": round(report.seconds, 3),
    }


def _item_json(prefix: str, item: Item, units: Mapping[str, str]) -> dict[str, Any]:
    unit = units.get(item.sample.id)
    return {
        "id": prefix + item.sample.id,
        "kind": item.sample.kind,
        "question": item.sample.question,
        "metrics": {name: rounded(value) for name, value in item.metrics.items()},
        "cluster": prefix + item.sample.cluster,
        **({"unit": prefix + unit} if unit else {}),
        "latency_ms": None if item.latency_ms is None else round(item.latency_ms, 3),
        **({"error": item.error} if item.error else {}),
        **item.details,
    }
