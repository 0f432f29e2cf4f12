"""`teamlore eval judge RUN --judge NAME`: the answers of stored runs, judged by models."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.judges.bench import Bench, among, pair_line, record_json, spent, with_itself
from eval.judges.judged import JudgedItem, Task
from eval.judges.judging import Verdict
from eval.judges.memory import ModelJudge, slug
from eval.judges.runs import METRIC, Judgements, Piece, judged_run, pieces, questions
from eval.judges.standing import NOT_MEASURED, standings, with_people
from eval.runs.folder import TOGETHER, load_run, write_atomically
from rag.domain.errors import BadInput

BESIDE: Mapping[Task, str] = {"answers": "answer_correct", "claims": "quote_support"}  # the same without a model
MEASURE = "Agreement with people is measured by the same command on a folder of answers or claims that people labelled."


def judge_run(path: Path, names: Sequence[str], bench: Bench, limit: int | None, console: Console) -> None:
    """Writes a copy with the judge's figures beside the run, one for each judge."""
    run = load_run(path)
    judges = [bench.judge(name) for name in names]
    said: dict[str, Sequence[Verdict]] = {}
    for judge in judges:
        tasks = [task for task in METRIC if task in judge.tasks]
        found = [piece for place in _sample(run, limit) for piece in pieces(*place, tasks)]
        if not found:
            raise BadInput(f"{path}: no answers to judge.", fix="Name a run of `teamlore eval answers`.")
        items = [piece.item for piece in found]
        verdicts = bench.verdicts(judge, items, path.name)
        said[judge.name] = verdicts
        made = _judgements(judge, tasks, found, verdicts, bench)
        result = judged_run(run, made, tasks)
        result["judged"] = {**(run.get("judged") or {}), judge.name: record_json(judge, items, verdicts)}
        file = _file(path, judge.name)
        write_atomically(file, result)
        _show(result, judge, tasks, console)
        _tell(judge, items, verdicts, console)
        _warn(run, judge, console)
        if NOT_MEASURED in made.people.values():
            bench.narrator.say(MEASURE)
        bench.narrator.say(f"written to {file}")
    if len({tuple(judge.tasks) for judge in judges}) == 1:
        for pair in among(items, said):
            console.print(pair_line(*pair), markup=False, highlight=False, soft_wrap=True)


def _tell(judge: ModelJudge, items: Sequence[JudgedItem], verdicts: Sequence[Verdict], console: Console) -> None:
    """What it cost, and how far it agrees with itself."""
    for line in (spent(verdicts), with_itself(items, verdicts)):
        if line:
            console.print(f"{judge.name}: {line}", markup=False, highlight=False, soft_wrap=True)


def _sample(run: Mapping[str, Any], limit: int | None) -> list[tuple[str, Mapping[str, Any]]]:
    every = list(questions(run))
    if limit is None or limit >= len(every):
        return every
    return [every[place] for place in sorted(random.Random(0).sample(range(len(every)), limit))]


def _judgements(
    judge: ModelJudge, tasks: Sequence[Task], found: Sequence[Piece], verdicts: Sequence[Verdict], bench: Bench
) -> Judgements:
    measured = standings(bench.home)
    people = {task: with_people(measured, judge, task) for task in tasks}
    return Judgements(name=judge.name, pieces=found, verdicts=verdicts, people=people)


def _file(path: Path, name: str) -> Path:
    file = f"judged-{slug(name)}.json"
    return path / file if path.is_dir() else path.with_name(f"{path.stem}-{file}")


def _show(run: Mapping[str, Any], judge: ModelJudge, tasks: Sequence[Task], console: Console) -> None:
    """Beside the figure without a model, over the same questions."""
    table = Table(title=judge.name, title_justify="left")
    for heading in ("pack", "metric", "mean", "95 %", "scored", "not", "without a model, same questions", "people"):
        table.add_column(heading, overflow="fold")
    for pack, found in run["packs"].items():
        if pack == TOGETHER and len(run["packs"]) < 3:
            continue
        for task in tasks:
            metric = f"{METRIC[task]}@{judge.name}"
            if metric in found["metrics"]:
                table.add_row(pack, METRIC[task], *_cells(found, metric, BESIDE[task]))
    console.print(table)


def _cells(pack: Mapping[str, Any], metric: str, plain: str) -> tuple[str, ...]:
    figure = pack["metrics"][metric]
    low, high = figure["ci95"]
    same = [item["metrics"].get(plain) for item in pack["items"] if item["metrics"].get(metric) is not None]
    known = [value for value in same if value is not None]
    return (
        "none" if figure["value"] is None else f"{figure['value']:.3f}",
        "" if low is None else f"{low:.3f} to {high:.3f}",
        str(figure["n"]),
        str(len(pack["items"]) - figure["n"]),
        f"{plain} {sum(known) / len(known):.3f}" if known else "",
        figure["people"],
    )


def _warn(run: Mapping[str, Any], judge: ModelJudge, console: Console) -> None:
    wrote = ((run.get("system") or {}).get("settings") or {}).get("llm")
    if wrote == judge.record.model:
        line = f"{wrote} wrote these answers itself: models prefer what they wrote. Take another judge."
        console.print(line, style="bold", markup=False, highlight=False, soft_wrap=True)
