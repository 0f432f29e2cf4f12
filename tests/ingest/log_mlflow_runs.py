"""Logs runs with MLflow's own client, and writes what it logged as JSON lines. Run by a Python that has mlflow.

python log_mlflow_runs.py URL COUNT SEED OUT
"""

import json
import math
import random
import sys
from pathlib import Path
from typing import Any

from mlflow import MlflowClient  # type: ignore[import-not-found]
from mlflow.entities import Metric, Param, RunTag  # type: ignore[import-not-found]

START = 1_770_000_000_000
STATUSES = ("FINISHED", "FAILED", "KILLED", "RUNNING")
EXPERIMENTS = ("crop/yield", "night birds", "kestrel")


def main(url: str, count: int, seed: int, out: Path) -> None:
    random.seed(seed)
    client = MlflowClient(url)
    known = {name: client.get_experiment_by_name(name) for name in EXPERIMENTS}
    ids = {name: found.experiment_id if found else client.create_experiment(name) for name, found in known.items()}
    logged: list[dict[str, Any]] = []
    for n in range(count):
        logged.append(log(client, ids, n, f"run-{seed}-{n}", logged))
    out.write_text("".join(json.dumps(run) + "\n" for run in logged))


def log(client: Any, ids: dict[str, str], n: int, name: str, logged: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: ANN401
    """Nested, failed, with NaN and infinities, slashes in keys, and now and then a long history."""
    above = logged[-1] if n % 5 == 1 else None
    experiment = above["experiment"] if above else random.choice(EXPERIMENTS)
    tags = {"team/owner": "field", "mlflow.user": random.choice(("ana", "jonas"))}
    tags |= {"mlflow.note.content": f"Note {n}:\nsee the retro."} if n % 7 == 0 else {}
    tags |= {"mlflow.parentRunId": above["id"]} if above else {}
    at = START + n * 60_000
    run = client.create_run(ids[experiment], run_name=name, start_time=at, tags=tags).info.run_id
    params = {"learning_rate": repr(random.uniform(1e-5, 1e-2)), "opt/name": "AdamW", "note": "two  words", "none": ""}
    metrics = {key: history(n, key) for key in ("val_loss", "train/loss", "eval/auc.roc")}
    points = [Metric(key, value, at + s, s * 10) for key, values in metrics.items() for s, value in enumerate(values)]
    for first in range(0, len(points), 900):
        some = [Param(*pair) for pair in params.items()] if first == 0 else []
        client.log_batch(run, metrics=points[first : first + 900], params=some, tags=[RunTag("stage", "dev")])
    status = STATUSES[n % 4]
    if status != "RUNNING":
        client.set_terminated(run, status, end_time=at + 30_500)
    told = {key: [repr(value) for value in values] for key, values in metrics.items()}
    return {"id": run, "name": name, "experiment": experiment, "status": status, "params": params, "metrics": told} | {
        "tags": {**tags, "stage": "dev"}
    }


def history(n: int, key: str) -> list[float]:
    values = [random.random() for _ in range(3000 if n == 50 and key == "val_loss" else random.randrange(1, 12))]
    if key == "train/loss" and n % 11 == 0:
        values[-1] = math.nan
    if key == "train/loss" and n % 13 == 0:
        values[0] = math.inf
    return values


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
