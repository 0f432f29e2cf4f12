"""`teamlore files`: what became of each file that was looked at."""

from typing import Annotated, Any

import typer

from rag.cli import show
from rag.cli.open import open_door
from rag.cli.sources import find_source
from rag.domain.errors import BadInput

PAGE = 200
STATES = ("indexed", "skipped", "failed", "parked")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else there.")]


def files(
    context: typer.Context,
    state: Annotated[str, typer.Option(metavar="STATE", help="Only these: indexed, skipped, failed or parked.")] = "",
    source: Annotated[str, typer.Option(metavar="NAME", help="Only of this source.")] = "",
    json: AsJson = False,
) -> None:
    """What became of each file: read, skipped, failed, and why."""
    if state and state not in STATES:
        raise BadInput(f"There is no state {state!r}.", fix=f"One of {', '.join(STATES)}.")
    with open_door(context.obj) as door:
        wanted = find_source(door.client, source)["source_id"] if source else ""
        found, cursor, counts = list[dict[str, Any]](), "", dict[str, int]()
        while True:
            page = door.client.get("/v1/files", state=state, source=wanted, limit=PAGE, cursor=cursor)
            found += page["files"]
            counts, cursor = page["counts"], page["next_cursor"]
            if not cursor:
                break
    show.as_json({"files": found, "counts": counts}) if json else show.files(found, counts)
