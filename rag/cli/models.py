"""`teamlore models`."""

import typer

from rag.cli import show
from rag.cli.open import settings_of

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_models(context: typer.Context) -> None:
    """Models known by name, and which of them are here."""
    from rag.models.artifacts import listing

    show.table(listing(settings_of(context.obj).models), "name", "kind", "licence", "size", "here")


@app.command()
def pull(context: typer.Context, name: str) -> None:
    """Fetch a model, check its checksum and keep it."""
    from rag.models.artifacts import pull as fetch

    with show.progress() as on_progress:
        path = fetch(name, settings_of(context.obj).models, on_progress)
    show.line(f"{name} is at {path}")
