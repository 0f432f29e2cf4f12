"""`teamlore people`: who stands behind the names in documents."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from rag.cli import show
from rag.cli.open import open_door
from rag.domain.errors import BadInput

if TYPE_CHECKING:
    from rag.client import Client

app = typer.Typer(invoke_without_command=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Their name, a part of it that only one has, or their id.")]
STATES = ("active", "left", "opted-out")
COLUMNS = ("name", "state", "identities", "documents", "last seen", "id")
Json = dict[str, Any]


@app.callback()
def people(
    context: typer.Context,
    query: Annotated[str, typer.Option(help="Only whose name has these words.")] = "",
    json: AsJson = False,
) -> None:
    """People: list (without a verb), show, merge, split, state, undo, load."""
    if context.invoked_subcommand is not None:
        return
    with open_door(context.obj) as door:
        found = _all(door.client, query)
    if json:
        show.as_json({"people": found})
        return
    rows = [{**each, "state": _state(each), "last seen": each["last_seen"], "id": each["person_id"]} for each in found]
    show.table(rows, *COLUMNS) if rows else show.note("Nobody. Names come with documents: `teamlore ingest FOLDER`.")


@app.command("show")
def show_person(context: typer.Context, name: Name, json: AsJson = False) -> None:
    """A person's identities, and why each is theirs."""
    with open_door(context.obj) as door:
        found = door.client.get(_place(name))
    _tell(found, json=json)


@app.command("merge")
def merge(context: typer.Context, a: Name, b: Name, json: AsJson = False) -> None:
    """Two are one person."""
    with open_door(context.obj, write=True) as door:
        found = door.client.post("/v1/people/merge", {"a": a, "b": b})
    _tell(found, json=json)


@app.command("split")
def split(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="IDENTITY", help="As `show` prints it: slack:U01.")],
    json: AsJson = False,
) -> None:
    """One identity is somebody else."""
    if not identity.partition(":")[2]:
        raise BadInput(f"{identity!r} names no identity.", fix="Write it as slack:U01, as `teamlore people show` does.")
    with open_door(context.obj, write=True) as door:
        found = door.client.post("/v1/people/split", {"identity": identity})
    _tell(found, json=json)


@app.command("state")
def state(
    context: typer.Context,
    name: Name,
    word: Annotated[str, typer.Argument(metavar="STATE", help="active, left or opted-out.")],
    json: AsJson = False,
) -> None:
    """Somebody is active, has left, or does not want to be named in lists."""
    if word not in STATES:
        raise BadInput(f"{word} is no state.", fix=f"Known are {', '.join(STATES)}.")
    with open_door(context.obj, write=True) as door:
        found = door.client.patch(_place(name), {"state": word})
    _tell(found, json=json)


@app.command("undo")
def undo(context: typer.Context, json: AsJson = False) -> None:
    """Take back the last merge, split, state or people.yaml."""
    with open_door(context.obj, write=True) as door:
        found = door.client.post("/v1/people/undo", {})
    if json:
        show.as_json(found)
    else:
        show.line(f"Taken back: {found['undone']}." if found["undone"] else "There is nothing to take back.")


@app.command("load")
def load(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A people.yaml.")],
    json: AsJson = False,
) -> None:
    """Say who is who, by a file: it wins over matching."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read as text.", fix="It is YAML in UTF-8.") from error
    with open_door(context.obj, write=True) as door:
        found = door.client.post("/v1/people/load", {"text": text})
    show.as_json(found) if json else show.line(f"{found['people']} people are as {file.name} says.")


def hint(client: "Client", names: Sequence[str]) -> None:
    """For filters by author that found nothing: whom they could have meant."""
    for name in names:
        found = client.get("/v1/people", query=name, limit=5)
        likely = ", ".join(each["name"] for each in found["people"])
        if likely != name:
            show.note(f"--author {name}: " + (f"did you mean {likely}?" if likely else "nobody has this name."))


def _all(client: "Client", query: str) -> list[Json]:
    found: list[Json] = []
    cursor = ""
    while True:
        page = client.get("/v1/people", query=query, limit=200, cursor=cursor)
        found += page["people"]
        cursor = page["next_cursor"]
        if not cursor:
            return found


def _place(name: str) -> str:
    return f"/v1/people/{quote(name, safe='')}"


def _state(person: Json) -> str:
    return f"{person['state']} ({person['until']})" if person["until"] else str(person["state"])


def _tell(person: Json, *, json: bool) -> None:
    if json:
        show.as_json(person)
        return
    seen = f", last seen {person['last_seen']}" if person["last_seen"] else ""
    show.line(f"{person['name']} · {_state(person)} · {person['documents']} documents{seen} · {person['person_id']}")
    rows = [
        {
            "identity": f"{one['system']}:{one['id']}",
            "names": ", ".join(one["names"]),
            "e-mails": ", ".join(one["emails"]),
            "evidence": one["evidence"],
        }
        for one in person["identities"]
    ]
    show.table(rows, "identity", "names", "e-mails", "evidence")
