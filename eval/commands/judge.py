"""`teamlore eval judge`: metrics, checks and models beside what people said."""

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.commands.common import Out, check_out, wide_console, write_json
from eval.commands.judging_runs import judge_run
from eval.judges.bench import Bench, record_json
from eval.judges.checkers import JUDGES, judges
from eval.judges.judged import CLASSES, JudgedItem, JudgedPack, load_judged
from eval.judges.judging import Judge
from eval.judges.labelled import Trial, agreement_json, detectors, scorable, tried
from eval.judges.models import Server, is_model
from eval.judges.runs import is_run
from eval.progress import Narrator
from eval.report.judges import show_models
from eval.report.labelled import show_trials
from eval.runs.record import machine
from rag import __version__
from rag.domain.errors import BadInput
from rag.settings import load_settings

Labelled = Annotated[
    list[Path], typer.Argument(metavar="PACK|RUN...", help="folders or files of labelled items; or runs, to be judged")
]
Names = Annotated[
    list[str] | None,
    typer.Option("--judge", metavar="NAME", help="one judge, instead of all; openai:MODEL lets a model judge; repeat"),
]
Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="a seeded sample of N items of each pack")]
Half = Annotated[str, typer.Option(metavar="fit|held-out", help="one half only, split as where things are fitted")]


Trials = Annotated[int, typer.Option(min=1, metavar="N", help="ask a model so often, each time in another order")]
Url = Annotated[str, typer.Option(metavar="URL", help="where the model listens; else TEAMLORE_LLM_BASE_URL")]
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="where verdicts of models are kept; else TEAMLORE_HOME")]
Ragas = Annotated[str, typer.Option("--ragas-python", metavar="FILE", help="a Python that has ragas: ragas:MODEL")]


def judge(
    packs: Labelled,
    judge: Names = None,
    out: Out = None,
    limit: Limit = None,
    half: Half = "",
    trials: Trials = 1,
    judge_url: Url = "",
    home: Home = None,
    ragas: Ragas = sys.executable,
) -> None:
    """How far each judge agrees with people's labels: accuracy, kappa, confusion, with intervals.

    Of a run: what a model says of its answers, beside how far that model agrees with people.
    """
    check_out(out)
    if half not in {"", "fit", "held-out"}:
        raise BadInput(f"{half!r} is no half.", fix="Use --half fit or --half held-out.")
    names = judge or []
    bench = _bench(home, judge_url, trials, ragas) if any(is_model(name) for name in names) else None
    runs = [path for path in packs if is_run(path)]
    for run in runs:
        _judge_run(run, names, bench, limit)
    labelled = [load_judged(path) for path in packs if path not in runs]
    results = {pack.name: _judge_pack(pack, names, bench, (half, limit)) for pack in labelled}
    if out:
        write_json(out, {"command": "judge", "half": half, "packs": results, "system": _system()})


def _bench(home: Path | None, url: str, trials: int, ragas: str) -> Bench:
    """The key goes to the server it belongs to, and to no other that is named here."""
    settings = load_settings(home)
    key = settings.llm_api_key.get_secret_value()
    own = not url or url == settings.llm_base_url
    server = Server(url=url or settings.llm_base_url, key=key if own else "", ragas=ragas)
    return Bench(home=settings.home, server=server, trials=trials, narrator=Narrator())


def _judge_run(run: Path, names: Sequence[str], bench: Bench | None, limit: int | None) -> None:
    if bench is None or not all(is_model(name) for name in names):
        raise BadInput(
            f"{run} is a run, which has the figures without a model already.",
            fix="Name a model as judge, --judge openai:MODEL; or name a folder of labelled items instead of a run.",
        )
    judge_run(run, names, bench, limit, wide_console())


def _judge_pack(
    pack: JudgedPack, names: Sequence[str], bench: Bench | None, which: tuple[str, int | None]
) -> dict[str, Any]:
    """`which`: half, and a limit."""
    half, limit = which
    items, console = _chosen(pack, half=half, limit=limit), wide_console()
    models = [bench.judge(name) for name in names if bench and is_model(name)]
    plain = _named([name for name in names if not is_model(name)], pack)
    if not names:
        plain = [*judges(pack.task), *detectors(items)]
    trials = [tried(one, items) for one in plain]
    told: dict[str, dict[str, Any]] = {}
    for model in models:
        assert bench is not None
        verdicts = bench.verdicts(model, items, pack.name)
        trials.append(Trial(judge=model.name, items=tuple(items), verdicts=verdicts))
        told[model.name] = record_json(model, items, verdicts)
        bench.keep(model, pack, trials[-1], half)
    show_trials(pack, trials, console)
    if models:
        show_models(trials, {model.name for model in models}, console)
    result = pack_json(pack, trials)
    for name, known in told.items():
        result["judges"][name].update(known)
    return result


def _system() -> dict[str, Any]:
    return {"version": __version__, "machine": machine()}


def _chosen(pack: JudgedPack, *, half: str, limit: int | None) -> Sequence[JudgedItem]:
    items = [item for item in scorable(pack.items) if half in {"", item.half}]
    if not items:
        raise BadInput(f"{pack.name}: no item is left to judge.", fix="Take the other half, or all of them.")
    if limit is None or limit >= len(items):
        return items
    return [items[place] for place in sorted(random.Random(0).sample(range(len(items)), limit))]


def _named(names: Sequence[str], pack: JudgedPack) -> list[Judge]:
    found = [named(name, pack) for name in names]
    for one in found:
        if pack.task not in one.tasks:
            fits = ", ".join(other.name for other in judges(pack.task))
            raise BadInput(f"{one.name} does not judge {pack.task} ({pack.name}).", fix=f"Use one of: {fits}.")
    return found


def named(name: str, pack: JudgedPack) -> Judge:
    """Raises BadInput for a name nobody has."""
    known: dict[str, Judge] = {**JUDGES, **{found.name: found for found in detectors(pack.items)}}
    if name not in known:
        raise BadInput(f"No judge is called {name!r}.", fix=f"Use one of: {', '.join(known)}.")
    return known[name]


def pack_json(pack: JudgedPack, trials: Sequence[Trial]) -> dict[str, Any]:
    return {
        "task": pack.task,
        "n": len(trials[0].items) if trials else 0,
        "judges": {trial.judge: _trial_json(trial) for trial in trials},
    }


def _trial_json(trial: Trial) -> dict[str, Any]:
    pairs = zip(trial.items, trial.verdicts, strict=True)
    return {
        "unscored": trial.unscored,
        "binary": agreement_json(trial.binary()),
        "by_class": agreement_json(trial.by_class(CLASSES[trial.items[0].task])),
        "items": [{"id": item.id, "people": item.label, "judge": v.label, "score": v.score} for item, v in pairs],
    }
