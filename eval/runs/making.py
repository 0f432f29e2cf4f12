"""From packs to a finished run's folder: what is recorded, what is asked, what is kept when it is stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.metrics.cost import Prices, priced
from eval.packs.loading import Pack
from eval.progress import Narrator
from eval.runs.asking import Command
from eval.runs.baselines import beside
from eval.runs.folder import RUN, finish, new_folder, now
from eval.runs.home_pack import digest_of
from eval.runs.meaning import meaning
from eval.runs.partial import Begun, Partial, open_partial
from eval.runs.record import corpus_digest, identity, questions_digest, record
from eval.runs.results import Made, run_json
from eval.runs.runner import Evaluation, Options, Run, isolated, open_embedder
from rag.domain.errors import BadInput, Conflict
from rag.settings import Settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    command: Command
    options: Options
    folder: Path | None = None  # of the run; None: a new one below the home
    baselines: bool = False
    prices: Prices | None = None  # of the language model's tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    run: Run
    result: Mapping[str, Any]
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """What is settled before the first question."""

    settings: Settings
    system: Mapping[str, Any]
    folder: Path


def begin(packs: Sequence[Pack], request: Request) -> Begin:
    """Nothing is written yet. Raises BadInput, Conflict for a finished run, NotFound for a home that is none."""
    live = [pack for pack in packs if pack.layout == "home"]
    if live and len(live) < len(packs):
        raise BadInput(
            f"{live[0].name}: questions to a home and packs with a corpus of their own are two runs.",
            fix="Name the JSONL files in one command and the folders in another.",
        )
    home = load_settings(request.options.home)
    settings = home if live else isolated(request.options.home or Path())
    folder = request.folder or new_folder(home.home, request.command, now())
    if (folder / RUN).exists():
        raise Conflict(
            f"{folder}: this run is finished, and is not written over.", fix="Name another folder: --run DIR."
        )
    held = digest_of(home) if live else ""
    data = {p.name: {"questions": questions_digest(p.samples), "corpus": held or corpus_digest(p)} for p in packs}
    options = {"limit": request.options.limit, "seed": request.options.seed, "separate": request.options.separate}
    return Begin(settings=settings, system=record(settings, data, options, {}), folder=folder)


def make_run(packs: Sequence[Pack], request: Request, narrator: Narrator) -> Finished:
    """Ask everything that was not asked before, and finish the run's folder.

    Stopped by Ctrl+C or an error, what was asked stays there, and it says how to go on. Raises what `begin`,
    `open_partial` and the service raise.
    """
    begun = begin(packs, request)
    fresh = Begun(
        id=begun.folder.resolve().name,
        started=now().isoformat(timespec="seconds"),
        identity=identity(request.command, begun.system),
    )
    with open_partial(begun.folder, fresh) as partial:
        if partial.items:
            narrator.say(f"{begun.folder}: {len(partial.items)} questions were asked before; going on from there.")
        try:
            run = Evaluation(
                command=request.command,
                options=request.options,
                narrator=narrator,
                journal=partial,
                similarity=meaning(lambda: open_embedder(begun.settings)),
            ).run(packs)
        except BaseException:
            _stopped(partial, begun.folder, narrator)
            raise
        found = _baselines(run, begun.settings, request, narrator) if request.baselines else None
        system = seen_through(packs, begun, narrator)
        made = Made(id=partial.begun.id, started=partial.begun.started, system=system, pieces=partial.pieces)
        result = priced(run_json(run, begun.settings, found, made), request.prices)
        finish(begun.folder, result)
    return Finished(run=run, result=result, folder=begun.folder)


def _baselines(run: Run, settings: Settings, request: Request, narrator: Narrator) -> dict[str, Any]:
    return beside(run, open_embedder(settings), narrator, separate=request.options.separate)


def _stopped(partial: Partial, folder: Path, narrator: Narrator) -> None:
    if partial.asked:
        narrator.say(f"{partial.asked} answers are kept: with --run {folder} the same command goes on from there.")
    else:
        partial.discard()


def seen_through(packs: Sequence[Pack], begun: Begin, narrator: Narrator) -> Mapping[str, Any]:
    """The record at the end: a service may have read new documents while its home was asked, and then it says so."""
    if packs[0].layout != "home" or digest_of(begun.settings) == begun.system["data"][packs[0].name]["corpus"]:
        return begun.system
    narrator.say("The home changed while it was asked: the questions did not all meet the same documents.")
    return {**begun.system, "home": "changed while it was asked"}
