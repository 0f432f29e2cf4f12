"""teamlore versions: what a document said, when, and what changed."""

from typing import Annotated, Any

import typer

from rag.cli import show
from rag.cli.open import open_door
from rag.cli.spans import span_of


def versions(
    context: typer.Context,
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="Its id, as answers and hits show it.")],
    diff: Annotated[bool, typer.Option("--diff", help="What changed, line by line.")] = False,
    before: Annotated[int | None, typer.Option("--from", min=1, help="With --diff: from this version.")] = None,
    after: Annotated[int | None, typer.Option("--to", min=1, help="With --diff: to this one, else the last.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Every version of a document: since when, by whom and why; with --diff what changed."""
    place = f"/v1/documents/{span_of(document).document}"
    with open_door(context.obj) as door:
        found = (
            door.client.get(f"{place}/diff", before=before, after=after)
            if diff or before or after
            else door.client.get(f"{place}/versions")
        )
    if json:
        show.as_json(found)
    elif "unified" in found:
        _show_difference(found)
    else:
        show.table(
            [_row(version) for version in found["versions"]],
            "version",
            "from",
            "until",
            "by",
            "why",
            spare=("by", "until"),
        )


def _row(version: dict[str, Any]) -> dict[str, str]:
    return {
        "version": str(version["version"]),
        "from": version["valid_from"][:16].replace("T", " "),
        "until": (version["valid_to"] or "")[:16].replace("T", " ") or "now",
        "by": version["changed_by"],
        "why": version["reason"].partition("\n")[0],
    }


def _show_difference(found: dict[str, Any]) -> None:
    new = found["after"]
    versions = " to ".join(dict.fromkeys(str(found[side]["version"]) for side in ("before", "after")))
    show.line(f"{show.named(new)}: version {versions}, {new['valid_from'][:10]}")
    if new["changed_by"] or new["reason"]:
        show.line(f"{new['changed_by']}: {new['reason'].strip()}")
    alone = found["before"]["version"] == new["version"]
    show.raw(found["unified"] or ("It has no other version yet." if alone else "Nothing of the text changed."))
