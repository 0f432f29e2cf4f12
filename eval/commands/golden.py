"""`teamlore eval golden make`: candidate questions from what a home holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from eval.commands.common import wide_console
from eval.golden.candidates import Maker
from eval.golden.corpus import Corpus, read
from eval.golden.llm import Proposer
from eval.golden.make import GENERATORS, KINDS, LIMIT, Made, make
from eval.progress import Narrator
from rag.domain.errors import BadInput, BadSetting, NotFound
from rag.domain.golden import GoldenItem
from rag.domain.ports import OnProgress
from rag.knowledge.golden import change_golden, load_golden, merge
from rag.settings import Settings, load_settings

app = typer.Typer(help="A golden set of the team's own: proposed here, judged by people.", no_args_is_help=True)
SHOWN = 2  # examples of a kind

Home = Annotated[Path | None, typer.Option(metavar="DIR", help="the home to ask about; without it the settings' own")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", metavar="K", help="only this kind; several times for more")]
Limit = Annotated[int, typer.Option(min=1, metavar="N", help="how many of a kind")]
Seed = Annotated[int, typer.Option(metavar="S", help="another seed chooses and words otherwise")]
Space = Annotated[str, typer.Option(metavar="S", help="only what stands in this space")]
Llm = Annotated[bool, typer.Option("--llm", help="ask the language model of TEAMLORE_LLM for more")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="the golden set; without it TEAMLORE_GOLDEN")]


@app.command("make")
def make_candidates(
    home: Home = None,
    kinds: Kinds = None,
    limit: Limit = LIMIT,
    seed: Seed = 0,
    space: Space = "",
    out: Out = None,
    llm: Llm = False,
) -> None:
    """Propose questions with answers and quotes; nothing of it is asked before a person has accepted it."""
    if unknown := sorted(set(kinds or ()) - set(KINDS)):
        raise BadInput(f"There is no kind {unknown[0]!r}.", fix=f"Name one of: {', '.join(KINDS)}.")
    settings, narrator = load_settings(home), Narrator()
    path = out or settings.golden_file
    known = load_golden(path) if path.exists() else ()
    before = {item.id for item in known}
    reviewed = [item for item in known if item.review != "candidate" or item.reviewed_at]
    corpus = read_home(settings, space, narrator)
    with narrator.steps("golden") as step:
        more = {"llm": _proposer(settings, limit, step).generate} if llm else {}
        made = make(
            Maker(corpus=corpus, seed=seed),
            kinds=kinds or (),
            limit=limit,
            known=reviewed,
            generators={**GENERATORS, **more},
        )
    after = change_golden(path, lambda now: merge(now, made.items))
    show(made, wide_console())
    new, waiting = sum(one.id not in before for one in after), sum(one.review == "candidate" for one in after)
    narrator.say(f"{path}: {len(after)} items, {new} of them new, {waiting} to be reviewed.")
    if waiting:
        narrator.say(f"Judge them: teamlore eval golden review {path}")


def _proposer(settings: Settings, limit: int, on_progress: OnProgress) -> Proposer:
    """Raises BadSetting when the settings name no language model."""
    from rag.main import reach
    from rag.models.llms import load_llm

    found = load_llm(settings.llm, reach(settings))
    if found is None:
        raise BadSetting("TEAMLORE_LLM names no language model.", fix="Set TEAMLORE_LLM, or leave --llm out.")
    return Proposer(llm=found, limit=limit, on_progress=on_progress)


def read_home(settings: Settings, space: str, narrator: Narrator) -> Corpus:
    """Nothing is written there. Raises NotFound when there is no home."""
    from rag.main import build

    if not settings.registry and not settings.home.is_dir():
        raise NotFound(f"{settings.home}: there is no home.", fix="Ingest something first: teamlore ingest PATH.")
    services = build(settings, mode="read")
    try:
        with narrator.steps("golden") as step:
            found = read(services, space, step)
    finally:
        services.close()
    if not (found.pages or found.runs):
        raise BadInput(
            f"Nothing stands in a space {space!r}." if space else f"{settings.home}: no documents to ask about.",
            fix="Leave --space out, or name one that was given to `teamlore ingest`."
            if space
            else "Ingest something first: teamlore ingest PATH.",
        )
    return found


def show(made: Made, console: Console) -> None:
    """What was made and dropped of each kind, and examples."""
    table = Table("kind", "found", "made", "dropped, and why", title="Candidates")
    counts = {kind: sum(item.kind == kind for item in made.items) for kind in {*made.found, *made.dropped}}
    for kind in sorted(counts):
        why = ", ".join(f"{count} {reason}" for reason, count in made.dropped.get(kind, {}).items())
        table.add_row(kind, str(made.found.get(kind, 0)), str(counts[kind]), why)
    console.print(table)
    for kind in sorted(counts):
        _examples(kind, [item for item in made.items if item.kind == kind][:SHOWN], console)


def _examples(kind: str, items: Sequence[GoldenItem], console: Console) -> None:
    for item in items:
        answer = item.answer if item.answerable else f"(not in the documents: {item.why})"
        console.print(f"{kind}: {item.question}\n    → {answer}", markup=False, highlight=False)
