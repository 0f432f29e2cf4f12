"""`teamlore sources`: what is kept up to date, and how often."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from rag.cli import show
from rag.cli.open import open_door
from rag.domain.errors import BadInput, NotFound, StorageFailed

if TYPE_CHECKING:
    from rag.client import Client

app = typer.Typer(invoke_without_command=True)

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name, its root, or the beginning of its id.")]
Json = dict[str, Any]


@app.callback()
def list_sources(context: typer.Context, json: AsJson = False) -> None:
    """What is kept up to date: the list (without a verb), every, sync, remove."""
    if context.invoked_subcommand is not None:
        return
    with open_door(context.obj) as door:
        found = door.client.get("/v1/sources")["sources"]
    if json:
        show.as_json({"sources": found})
    elif found:
        show.table([_row(source) for source in found], *COLUMNS, spare=SPARE)
    else:
        show.note("Nothing is kept up to date yet: `teamlore ingest FOLDER`.")


@app.command("every")
def every(
    context: typer.Context,
    name: Name,
    interval: Annotated[str, typer.Argument(metavar="INTERVAL", help="15m, 2h, 1d … or off.")],
) -> None:
    """How often the running service syncs a source."""
    seconds = seconds_of(interval)
    with open_door(context.obj, write=True) as door:
        source = find_source(door.client, name)
        changed = door.client.patch(_place(source), {"every": seconds})
    when = f"is synced every {interval_of(seconds)} while the service runs" if seconds else "is synced when asked"
    show.line(f"{changed['name']} {when}.")


@app.command("sync")
def sync(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its name, its root, or the beginning of its id; else all of them.")
    ] = "",
    retry: Annotated[bool, typer.Option("--retry", help="Also what is parked, or waits to be tried.")] = False,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Look into every file, though size and time are the same.")
    ] = False,
    allow_empty: Annotated[bool, typer.Option("--allow-empty", help="Believe a source that looks empty now.")] = False,
    json: AsJson = False,
) -> None:
    """Look at sources again, now."""
    body = {"retry": retry, "rehash": rehash, "allow_empty": allow_empty}
    reports = list[Json]()
    with open_door(context.obj, write=True) as door, show.progress() as on_progress:
        from rag.domain.types import Progress

        known = [find_source(door.client, name)] if name else _with_a_root(door.client)
        for source in known:
            job = door.client.post(f"{_place(source)}/sync", body)
            ended = door.client.wait(job["id"], on_progress=lambda step: on_progress(Progress(**step)))
            reports.append({"source": source["name"], "error": ended["error"], "report": ended["report"]})
    show.as_json({"synced": reports}) if json else _tell(reports)
    if any(each["error"] or each["report"]["failed"] for each in reports):
        raise typer.Exit(1)


@app.command("remove")
def remove(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Hide all documents of a source, and forget it. Their history stays; `purge` erases."""
    with open_door(context.obj, write=True) as door:
        source = find_source(door.client, name)
        files = source["files"]["indexed"]
        if not yes and not typer.confirm(f"Hide what was read of {source['name']} ({files:,} read)?", err=True):
            show.note("Nothing was changed.")
            return
        job = door.client.delete(_place(source))
        ended = door.client.wait(job["id"])
        if ended["error"]:
            raise StorageFailed(f"{source['name']} was not removed: {ended['error']}", fix="Run it again.")
    show.line(f"{source['name']} is removed: {ended['report']['removed']:,} hidden.")


def find_source(client: "Client", name: str) -> Json:
    """The one of that name, root or beginning of id. Raises NotFound, and BadInput when it could be several."""
    found: list[Json] = client.get("/v1/sources")["sources"]
    for match in (
        [source for source in found if name in (source["source_id"], source.get("root"))],
        [source for source in found if source["name"] == name],
        [source for source in found if source["source_id"].startswith(name)],
    ):
        if len(match) == 1:
            return match[0]
        if match:
            ids = ", ".join(f"{source['source_id'][:8]} ({source.get('root', source['space'])})" for source in match)
            raise BadInput(f"{name} could be several sources: {ids}.", fix="Give the beginning of an id.")
    raise NotFound(f"There is no source {name}.", fix="`teamlore sources` lists them.")


def seconds_of(interval: str) -> int:
    """15m → 900; off → 0. Raises BadInput."""
    if interval == "off":
        return 0
    number, unit = interval[:-1], interval[-1:]
    if unit not in UNITS or not number.isdecimal() or not number.isascii() or len(number) > 6:
        raise BadInput(f"{interval!r} is no interval.", fix="Write 15m, 2h, 1d, or off.")
    return int(number) * UNITS[unit]


def interval_of(seconds: int) -> str:
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % UNITS[unit] == 0)
    return f"{seconds // UNITS[unit]}{unit}"


COLUMNS = ("name", "space", "files", "failed", "last sync", "every", "id", "root", "problem")
SPARE = ("last sync", "id", "root", "every", "space")  # what gives way where there is no room, the last first


def _row(source: Json) -> Json:
    files = source["files"]
    last = datetime.fromisoformat(source["synced_at"]).astimezone() if source["synced_at"] else None
    return {
        **source,
        "files": files["indexed"],
        "failed": files["failed"] + files["parked"],
        "last sync": f"{last:%Y-%m-%d %H:%M}" if last else "",
        "every": interval_of(source["every"]) if source["every"] else "",
        "id": source["source_id"][:8],
    }


def _with_a_root(client: "Client") -> list[Json]:
    """Uploads have none: there is nothing to look at again."""
    return [source for source in client.get("/v1/sources")["sources"] if source["root"] != "uploads:"]


def _place(source: Json) -> str:
    return f"/v1/sources/{quote(source['source_id'], safe='')}"


def _tell(reports: list[Json]) -> None:
    for each in reports:
        if each["error"]:
            show.note(f"{each['source']}: {each['error']}")
        else:
            show.line(each["source"])
            show.report(each["report"])
