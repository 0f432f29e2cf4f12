"""`teamlore keys`: they work beside a running service, for the registry takes writers one after the other."""

from typing import Annotated

import typer

from rag.cli import show
from rag.cli.open import open_grants

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    context: typer.Context,
    name: str,
    group: Annotated[list[str] | None, typer.Option("--group", help="A group the key belongs to (repeatable).")] = None,
    space: Annotated[list[str] | None, typer.Option("--space", help="A space the key may read (repeatable).")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Reads everything and may purge.")] = False,
) -> None:
    """Make a key. It is shown once."""
    with open_grants(context.obj) as grants:
        own = f"key:{name}"
        for granted in space or ():
            grants.grant(own, granted)
        key_id, key = grants.create_key(name, frozenset([*(group or ()), own]), admin=admin)
    show.line(key)
    show.note(f"Key {key_id} for {name}. Keep it: it is stored hashed and cannot be shown again.")


@app.command("list")
def list_keys(context: typer.Context) -> None:
    """Keys by name, without their secret."""
    with open_grants(context.obj) as grants:
        show.table(grants.keys(), "id", "name", "groups", "admin", "created_at", "revoked_at")


@app.command()
def revoke(context: typer.Context, key_id: str) -> None:
    """From now on the key opens nothing."""
    with open_grants(context.obj) as grants:
        grants.revoke_key(key_id)
    show.line(f"revoked {key_id}")
