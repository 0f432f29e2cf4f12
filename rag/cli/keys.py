"""`teamlore keys`: they work beside a running service, for the registry takes writers one after the other."""

from typing import Annotated

import typer

from rag.cli import show
from rag.cli.open import open_grants
from rag.domain.errors import BadInput

app = typer.Typer(no_args_is_help=True)

RESERVED = frozenset({"local"})  # the one user of a service on loopback, whose conversations are its own
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]


@app.command()
def create(
    context: typer.Context,
    name: str,
    group: Annotated[list[str] | None, typer.Option("--group", help="A group the key belongs to (repeatable).")] = None,
    space: Annotated[list[str] | None, typer.Option("--space", help="A space the key may read (repeatable).")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Reads everything and may purge.")] = False,
    json: AsJson = False,
) -> None:
    """Make a key. It is shown once."""
    from rag.domain.types import Principal

    name = _checked(name)
    own, spaces = f"key:{name}", frozenset(space or ())
    with open_grants(context.obj, make=True) as grants:
        key_id, key = grants.create_key(name, frozenset([*(group or ()), own]), admin=admin)
        left = grants.access(Principal(name=name, groups=frozenset([own]))).spaces  # by a revoked key of this name
        for granted in left - spaces:
            grants.revoke(own, granted)
        for granted in spaces:
            grants.grant(own, granted)
    if json:
        show.as_json({"id": key_id, "name": name, "key": key})
        return
    show.line(key)
    show.note(f"Key {key_id} for {name}. Keep it: it is stored hashed and cannot be shown again.")
    if not (group or spaces or admin):
        show.note("It opens nothing yet: revoke it and make one with --space SPACE, --group GROUP or --admin.")


@app.command("list")
def list_keys(context: typer.Context, json: AsJson = False) -> None:
    """Keys by name, without their secret."""
    with open_grants(context.obj) as grants:
        keys = grants.keys()
    if json:
        show.as_json({"keys": keys})
    elif not keys:
        show.note("No keys yet: teamlore keys create NAME --space SPACE")
    else:
        show.table([_readable(key) for key in keys], "id", "name", "groups", "admin", "created", "revoked")


@app.command()
def revoke(context: typer.Context, key_id: str) -> None:
    """From now on the key opens nothing."""
    with open_grants(context.obj, write=True) as grants:
        grants.revoke_key(key_id)
    show.line(f"revoked {key_id}")


def _checked(name: str) -> str:
    name = name.strip()
    if not name or not name.isprintable():
        raise BadInput("A key needs a name that can be read.", fix="Name who or what will use it: keys create ci-bot")
    if name.lower() in RESERVED:
        raise BadInput(f"A key cannot be named {name}: that is the user of this machine.", fix="Choose another name.")
    return name


def _readable(key: dict[str, object]) -> dict[str, object]:
    groups = key["groups"]
    return {
        "id": key["id"],
        "name": key["name"],
        "groups": ", ".join(groups) if isinstance(groups, list) else "",
        "admin": "yes" if key["admin"] else "no",
        "created": str(key["created_at"])[:16].replace("T", " "),
        "revoked": str(key["revoked_at"] or "")[:16].replace("T", " "),
    }
