"""Made-up runs, as documents a reader would make, in a registry in memory."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from rag.domain.records import Metric, RunRecord, finite
from rag.domain.types import Access, Finding, Mark, Query, Run
from rag.knowledge.experiments import ExperimentLookup
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from rag.registry.runs import SqlRuns
from tests.registry import parts

ALL = Access(everything=True)
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
START = datetime(2026, 1, 3, 8, tzinfo=UTC)


def metric(key: str, *values: float) -> Metric:
    """One value a step, from step 0; NaN counts in `last` alone."""
    known = [(value, step) for step, value in enumerate(values) if value == value]
    low, high = (min(known), max(known)) if known else ((None, None), (None, None))
    return Metric(
        key=key,
        last=repr(values[-1]),
        step=len(values) - 1,
        lowest=low[0],
        lowest_step=low[1],
        highest=high[0],
        highest_step=high[1],
        history=tuple((step, finite(repr(value))) for step, value in enumerate(values)),
    )


def lines_of(run: RunRecord) -> list[tuple[str, str]]:
    attributes = (
        ("status", run.status), ("experiment", run.experiment), ("run_name", run.name), ("user", run.user),
        ("start_time", run.started), ("end_time", run.ended), ("note", run.note),
    )  # fmt: skip
    pairs = [(f"attributes.{key}", f"{key} = {text}") for key, text in attributes if text]
    pairs += [(f"params.{key}", f"{key} = {text}") for key, text in run.params]
    pairs += [(f"metrics.{each.key}", f"{each.key} = {each.last} (last)") for each in run.metrics]
    return pairs + [(f"tags.{key}", f"{key} = {text}") for key, text in run.tags]


@dataclass(frozen=True, slots=True)
class Lab:
    """A registry with runs, and the look-up over them."""

    catalog: SqlCatalog
    runs: SqlRuns

    @classmethod
    def holding(cls, *runs: RunRecord, space: str = "default") -> "Lab":
        engine = open_database("sqlite://")
        lab = cls(SqlCatalog(engine), SqlRuns(engine))
        lab.add(*runs, space=space)
        return lab

    def add(self, *runs: RunRecord, space: str = "default", root: str = "/mlruns") -> list[str]:
        """Their documents."""
        of = parts.source(self.catalog, space, root)
        made = []
        for run in runs:
            text, marks = "", [Mark(at=0, locator=Run(run.id, ""))]
            for name, line in [("", f"Run {run.id}."), *lines_of(run)]:
                marks.append(Mark(at=len(text), locator=Run(run.id, name)))
                text += f"{line}\n"
            document = parts.document(of, "mlruns", text, part=run.id, kind="run")
            made.append(replace(document, run=run, marks=tuple(marks)))
        # One chunk each, unlike `parts.prepared`: 200 runs would be thousands.
        self.catalog.commit([parts.update(of, "mlruns", *made)], model=parts.MODEL)
        return [document.id for document in made]

    def lookup(self) -> ExperimentLookup:
        return ExperimentLookup(runs=self.runs, catalog=self.catalog, clock=lambda: NOW)

    def ask(self, text: str, access: Access = ALL) -> Finding | None:
        return self.lookup().look_up(Query(text=text, access=access))

    def say(self, text: str) -> str:
        """What it answers; the reason of a refusal in brackets; empty when it leaves the word to the passages."""
        found = self.ask(text)
        if found is None:
            return ""
        return " ".join(each.text for each in found.statements) or f"[{found.reason}]"

    def quotes(self, text: str) -> list[str]:
        found = self.ask(text)
        assert found is not None
        return [
            self.catalog.text(info.id, ALL, version=info.version).text[start:end]
            for each in found.statements
            for info, start, end in each.quotes
        ]


def made_up(count: int, *, seed: int) -> Sequence[RunRecord]:
    """Runs of three experiments: some fail, some metrics are missing or NaN, values differ."""
    rng = random.Random(seed)
    found = []
    for n in range(count):
        started = START + timedelta(hours=17 * n, minutes=rng.randrange(60))
        kind = rng.choice(["finished", "finished", "finished", "failed", "killed"])
        length = rng.randint(1, 3)
        metrics = [metric("val_loss", *(round(rng.uniform(0.1, 2.0), 5) for _ in range(length)))]
        metrics.append(metric("val_acc", *(round(rng.uniform(10, 99), 3) for _ in range(length))))
        if rng.random() < 0.1:
            metrics[0] = metric("val_loss", 0.01, float("nan"))
        if rng.random() < 0.1:
            del metrics[1]
        found.append(
            RunRecord(
                tool=rng.choice(["mlflow", "wandb"]),
                id=f"{rng.getrandbits(128):032x}",
                name=f"{rng.choice(['swift', 'calm', 'bold'])}-{rng.choice(['heron', 'otter', 'lynx'])}-{n}",
                experiment=rng.choice(["crop_yield", "speech-wer", "Vision Base"]),
                status=kind,  # type: ignore[arg-type]  # one of the three above
                user=rng.choice(["mira", "tomas"]),
                started=started.isoformat(),
                ended=(started + timedelta(minutes=rng.randint(5, 600), seconds=n)).isoformat(),
                params=(
                    ("learning_rate", repr(round(rng.uniform(1e-4, 1e-1), 6))),
                    ("batch_size", str(rng.choice([16, 32, 64]))),
                    ("optimizer", rng.choice(["Adam", "SGD", "RMSprop"])),
                ),
                metrics=tuple(metrics),
                tags=(("team", rng.choice(["heat", "cold"])),),
            )
        )
    return found
