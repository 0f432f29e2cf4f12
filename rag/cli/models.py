"""`teamlore models`."""

from typing import Annotated

import typer

from rag.cli import show
from rag.cli.open import settings_of
from rag.domain.errors import NotFound

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_models(
    context: typer.Context,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")
    ] = False,
) -> None:
    """Models known by name, and which of them are here."""
    from rag.models.artifacts import listing

    rows = listing(settings_of(context.obj).models)
    show.as_json({"models": rows}) if json else show.table(rows, "name", "kind", "licence", "size", "here")


@app.command()
def pull(context: typer.Context, name: str) -> None:
    """Fetch a model, check its checksum and keep it."""
    from rag.models.artifacts import listing
    from rag.models.artifacts import pull as fetch

    models = settings_of(context.obj).models
    known = [row["name"] for row in listing(models)]
    if name not in known:
        raise NotFound(f"No model is called {name!r}.", fix=f"Name one of: {', '.join(known)}.")
    with show.progress() as on_progress:
        path = fetch(name, models, on_progress)
    show.line(f"{name} is at {path}")
