"""teamlore documents: what is known, narrowed by kind, author and what headers say."""

from typing import Annotated

import typer

from rag.cli import show
from rag.cli.open import open_door
from rag.domain.errors import BadInput


def documents(
    context: typer.Context,
    space: Annotated[
        list[str] | None, typer.Option("--space", metavar="SPACE", help="Only this space (repeatable).")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="Only this kind (repeatable).")
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option("--author", metavar="NAME", help="Only by this author (repeatable).")
    ] = None,
    fact: Annotated[
        list[str] | None, typer.Option("--fact", metavar="KEY=VALUE", help="Only where a header says so (repeatable).")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 50,
    cursor: Annotated[str, typer.Option(help="Where the page before ended.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """List documents: by space, kind, author, or facts such as status=accepted."""
    wanted = {"spaces": space, "kinds": kind, "authors": author, "facts": [f"{k}={v}" for k, v in facts_of(fact)]}
    filters = {name: values for name, values in wanted.items() if values}
    with open_door(context.obj) as door:
        page = door.client.documents(limit=limit, cursor=cursor, filters=filters)
    if json:
        show.as_json(page)
        return
    rows = [{**found, "source": show.named(found), "date": found["date"][:10]} for found in page["documents"]]
    show.table(rows, "document_id", "title", "source", "kind", "date", spare=("source", "kind", "date"))
    if page["next_cursor"]:
        show.line(f"There are more: --cursor {page['next_cursor']}")


def facts_of(written: list[str] | None) -> tuple[tuple[str, str], ...]:
    """(key, value) of each `key=value`. Raises BadInput."""
    pairs = [fact.partition("=") for fact in written or ()]
    for key, sign, value in pairs:
        if not (key.strip() and sign):
            raise BadInput(f"--fact: {key + sign + value!r} has no key.", fix="Write it as status=accepted.")
    return tuple((key.strip(), value.strip()) for key, _, value in pairs)
