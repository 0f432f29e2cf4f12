"""`teamlore runs`: experiment runs as a table, the best of them, two side by side."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from rag.cli import show
from rag.cli.open import open_door
from rag.domain.errors import BadInput

Json = dict[str, Any]
VARYING = 8  # columns beside the fixed ones
SECTIONS = ("params", "metrics", "tags", "datasets")


def runs(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Words of a name, experiment, id, note or tag.")] = "",
    where: Annotated[
        str, typer.Option("--filter", metavar="FILTER", help="As in MLflow: metrics.val_loss < 0.02 and …")
    ] = "",
    sort: Annotated[str, typer.Option(metavar="ORDER", help="A key, ASC or DESC: metrics.val_loss ASC.")] = "",
    best: Annotated[str, typer.Option(metavar="KEY", help="The best run by this metric.")] = "",
    highest: Annotated[
        bool | None, typer.Option("--max/--min", help="What is best, where the name does not tell.")
    ] = None,
    compare: Annotated[
        tuple[str, str], typer.Option(metavar="A B", help="What differs between two runs, by name or id.")
    ] = ("", ""),
    experiment: Annotated[str, typer.Option(help="Only of this experiment.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many rows.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Experiment runs: list, filter, sort, the best, two compared."""
    if any(compare):
        with open_door(context.obj) as door:
            found = door.client.get("/v1/runs/compare", a=compare[0], b=compare[1])
        show.as_json(found) if json else _show_comparison(found)
        return
    if best and sort:
        raise BadInput("--best and --sort both say the order.", fix="Use one of them.")
    order = _best_first(best, highest) if best else sort
    with open_door(context.obj) as door:
        params = {"query": query, "filter": where, "order_by": order, "experiment": experiment}
        page = door.client.get("/v1/runs", limit=1 if best else limit, **params)
    if best:
        page["runs"] = [run for run in page["runs"] if _number(run, order.split()[0]) is not None]
        page["total"] = len(page["runs"])
    show.as_json(page) if json else _show_page(page)


def _best_first(best: str, highest: bool | None) -> str:
    from rag.knowledge.run_words import lower_is_better

    key = best if "." in best or "(" in best else f"metrics.{best}"
    if highest is None:
        lower = lower_is_better(key.rpartition(".")[2])
        if lower is None:
            raise BadInput(
                f"Whether a low or a high {best} is better, its name does not tell.", fix="Add --min or --max."
            )
        highest = not lower
    return f"{key} {'DESC' if highest else 'ASC'}"


def _number(run: Json, key: str) -> object:
    section, _, name = key.partition(".")
    if section == "metrics":
        return run["metrics"].get(name, {}).get("number")
    return run["params"].get(name) if section == "params" else ""


def _show_page(page: Json) -> None:
    found = page["runs"]
    if not found:
        show.note("No run fits. Runs come from MLflow, W&B, TensorBoard and tables: `teamlore ingest PATH`.")
        return
    rows = [_row(run) for run in found]
    names = [name for name in ("name", "experiment", "user") if any(row.get(name) for row in rows)]
    keys = varying(rows)
    show.table(rows, "id", *names, "status", *keys, "started", spare=(*names[:1], *keys, *names[1:], "started"))
    if page["total"] > len(found):
        show.note(f"{len(found)} of {page['total']} runs: narrow them with --filter, or see more with --limit.")


def _row(run: Json) -> Json:
    run_id: str = run["run_id"]
    return {
        "id": show.short_id(run_id),
        "name": run["name"],
        "experiment": run["experiment"],
        "user": run["user"],
        "status": run["status"],
        "started": run["start_time"][:16].replace("T", " "),
        **{f"params.{key}": value for key, value in run["params"].items()},
        **{f"metrics.{key}": metric["last"] for key, metric in run["metrics"].items()},
    }


def varying(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Metrics, then params, that are not the same in all rows; those that most rows have come first."""
    keys = dict.fromkeys(key for row in rows for key in row if key.startswith(("params.", "metrics.")))
    differing = [key for key in keys if len(rows) == 1 or len({row.get(key) for row in rows}) > 1]
    held = {key: sum(key in row for row in rows) for key in differing}
    return sorted(differing, key=lambda key: (-held[key], not key.startswith("metrics.")))[:VARYING]


def _show_comparison(found: Json) -> None:
    runs = [_row(found[side]) for side in ("a", "b")]
    names = [f"{run['name']} {run['id']}".strip() for run in runs]
    rows, same = list[Json](), 0
    for section in SECTIONS:
        difference = found[section]
        same += difference["same"]
        for key, values in difference["changed"].items():
            rows.append({"key": f"{section}.{key}", **dict(zip(names, values, strict=True))})
        for name, side in zip(names, ("only_a", "only_b"), strict=True):
            rows += [{"key": f"{section}.{key}", name: value or "yes"} for key, value in difference[side].items()]
    show.table(rows, "key", *names) if rows else show.line("Nothing differs.")
    show.note(f"{same} the same")
