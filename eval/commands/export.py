"""`teamlore eval export`."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from eval.golden.export import By, Exported, check_target
from eval.golden.export import export as write_folder
from eval.packs.corpus import stage
from eval.packs.loading import Pack, load_pack
from eval.packs.samples import Sample
from eval.progress import Narrator
from eval.runs.home_pack import catalog_of
from eval.runs.runner import SPACE, closing_services, open_services
from rag.domain.errors import BadInput
from rag.domain.ports import Catalog
from rag.settings import Settings, load_settings

Target = Annotated[Path, typer.Argument(metavar="FOLDER", help="a folder to make")]
Home = Annotated[Path | None, typer.Option(metavar="DIR", help="another home than that of the settings")]
Golden = Annotated[Path | None, typer.Option(metavar="FILE", help="the golden set; without it TEAMLORE_GOLDEN")]
OfPack = Annotated[Path | None, typer.Option("--pack", metavar="PACK", help="a pack of files, instead of a home")]
ByWhat = Annotated[str, typer.Option(metavar="passage|document", help="what a row of the corpus is")]
Spaces = Annotated[list[str] | None, typer.Option("--space", metavar="NAME", help="only what is in that space")]


def export(
    folder: Target,
    home: Home = None,
    golden: Golden = None,
    pack: OfPack = None,
    by: ByWhat = "passage",
    space: Spaces = None,
) -> None:
    """A home and its golden set as corpus.jsonl, queries.jsonl and qrels.tsv, beside a running service."""
    check_target(folder)
    narrator = Narrator()
    if pack:
        if home or golden or space:
            raise BadInput("A pack has its own files and questions.", fix="Leave --home, --golden and --space out.")
        with _ingested(_of_files(load_pack(pack)), narrator) as (catalog, samples):
            done = write_folder(catalog, samples, folder, by=_by(by))
    else:
        settings = load_settings(home)
        with catalog_of(settings) as catalog:
            done = write_folder(catalog, _questions(settings, golden), folder, by=_by(by), spaces=space or ())
    _tell(folder, done, narrator)


def _by(named: str) -> By:
    match named:
        case "passage" | "document":
            return named
    raise BadInput(f"--by {named}: unknown.", fix="Say passage or document.")


def _questions(settings: Settings, golden: Path | None) -> tuple[Sample, ...]:
    """The accepted ones; none where nobody named a set and there is none in its usual place."""
    path = golden or settings.golden_file
    return load_pack(path).samples if golden or path.is_file() else ()


def _of_files(pack: Pack) -> Pack:
    """Raises BadInput for another layout."""
    if pack.layout != "files":
        raise BadInput(f"{pack.name} is no tree of files with questions.", fix="Use --golden for a file of questions.")
    return pack


@contextmanager
def _ingested(pack: Pack, narrator: Narrator) -> Iterator[tuple[Catalog, Sequence[Sample]]]:
    """In a home of its own that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="teamlore-export-") as root:
        staged = Path(root) / pack.name
        stage(pack, staged)
        with closing_services(open_services(Path(root, ".home"))) as services:
            with narrator.steps(f"{pack.name}: ingest") as step:
                services.ingestor.ingest([staged], space=SPACE, on_progress=step)
            yield services.catalog, pack.samples


def _tell(folder: Path, done: Exported, narrator: Narrator) -> None:
    narrator.say(f"{folder}: {done.rows} rows, {done.queries} questions, {done.judged} with a relevant row")
    for lost in done.lost:
        narrator.say(f"  not found any more: {lost}")
