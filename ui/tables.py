"""Tables of the page: what is stored, what is kept up to date, what became of each file, runs. Pure, and all text."""

import html
from collections.abc import Sequence

from ui.render import Json, short_id, source_link

KEYS = 6  # metrics and params beside what every run has
BAD = ("failed", "parked")
Cell = str  # HTML


def document_rows(documents: Sequence[Json]) -> str:
    """The list of what is stored."""
    if not documents:
        return '<p class="tl-empty">Nothing is stored yet: add files above, or <code>teamlore ingest FOLDER</code>.</p>'
    rows = [
        (
            _linked(document, document["title"] or document["source"], _place(document)),
            *map(html.escape, (document["kind"], document["space"], document["date"][:10])),
        )
        for document in documents
    ]
    return _table("documents", ("Document", "Kind", "Space", "Date"), rows)


def source_rows(sources: Sequence[Json]) -> str:
    """What is kept up to date: how many files of each, when it was last looked at, how often it is."""
    if not sources:
        return '<p class="tl-empty">No source yet.</p>'
    rows = []
    for source in sources:
        files = source["files"]
        bad = sum(files[state] for state in BAD)
        rows.append((
            f"{html.escape(source['name'])}{_small(source['problem'])}",
            f"{files['indexed']:,}",
            f'<span class="tl-bad">{bad:,}</span>' if bad else "",
            html.escape(_minute(source["synced_at"] or "")),
            html.escape(_when(source)),
        ))  # fmt: skip
    return _table("sources", ("Source", "Read", "Failed", "Last looked at (UTC)", "Is synced"), rows)


def _when(source: Json) -> str:
    if source["every"]:
        return f"every {_interval(source['every'])}"
    return "when asked" if source["synced_at"] else ""  # uploads have nothing to look at again


def file_rows(page: Json) -> str:
    """The ledger: what became of each file, and how many there are of each state."""
    counts = page["counts"]
    told = " · ".join(f"{counts[state]:,} {html.escape(state)}" for state in sorted(counts))
    if not page["files"]:
        return f'<p class="tl-empty">No such file. {told}</p>'
    rows = []
    for file in page["files"]:
        again = f" Tried again from {_minute(file['next_try'])} UTC on." if file["next_try"] else ""
        name = file["source"] if file["file"] == "." else file["file"]
        state = html.escape(file["state"])
        rows.append((
            f"{html.escape(name)}{_small(file['source'] if name != file['source'] else '')}",
            f'<span class="tl-bad">{state}</span>' if file["state"] in BAD else state,
            html.escape(file["reader"]),
            str(file["chunks"] or ""),
            html.escape(_why(file) + again),
        ))  # fmt: skip
    return f"<p>{told}</p>" + _table("files", ("File", "State", "Reader", "Passages", "Why"), rows)


def _why(file: Json) -> str:
    """Many reasons begin with the file's name, which stands beside it."""
    reason = str(file["reason"])
    return reason.removeprefix(file["file"]).lstrip(": ") if len(file["file"]) > 1 else reason


def run_rows(page: Json) -> str:
    """Runs, a line each, with the metrics and params that tell them apart; each leads to the run's own document."""
    runs = page["runs"]
    if not runs:
        return '<p class="tl-empty">No run fits. Runs are read from MLflow, W&amp;B, TensorBoard and tables.</p>'
    keys = telling_keys(runs)
    rows = [
        (
            _linked(run, run["name"] or short_id(run["run_id"]), run["experiment"]),
            f'<span class="tl-bad">{html.escape(run["status"])}</span>'
            if run["status"] == "failed"
            else html.escape(run["status"]),
            *(html.escape(_brief(_value(run, section, key))) for section, key in keys),
            html.escape(_minute(run["start_time"])),
        )
        for run in runs
    ]
    heads = ("Run", "Status", *(key for _, key in keys), "Started")
    shown = f"{len(runs)} of {page['total']:,} runs" if page["total"] > len(runs) else _count(page["total"])
    return f'<p>{shown}</p><div class="tl-wide">{_table("runs", heads, rows)}</div>'


def _count(runs: int) -> str:
    return "1 run" if runs == 1 else f"{runs:,} runs"


def telling_keys(runs: Sequence[Json]) -> list[tuple[str, str]]:
    """(section, key) of what differs between runs, metrics first; of each, what most runs have comes first."""
    found = dict.fromkeys((section, key) for section in ("metrics", "params") for run in runs for key in run[section])
    values = {pair: [_value(run, *pair) for run in runs] for pair in found}
    telling = [pair for pair in found if len(runs) == 1 or len(set(values[pair])) > 1]
    return sorted(telling, key=lambda pair: (pair[0] != "metrics", -sum(map(bool, values[pair]))))[:KEYS]


def _value(run: Json, section: str, key: str) -> str:
    found = run[section].get(key, "")
    return str(found["last"] if section == "metrics" and found else found)


def _brief(value: str) -> str:
    """A long number with five significant digits."""
    try:
        return f"{float(value):.5g}" if len(value) > 9 and "." in value else value
    except ValueError:
        return value


def _linked(document: Json, title: str, below: str) -> Cell:
    link = html.escape(source_link({**document, "start": 0, "end": 0}).removesuffix("#quote"))
    return f'<a href="{link}" target="_blank" rel="noopener">{html.escape(title)}</a>{_small(below)}'


def _small(text: str) -> Cell:
    return f"<small>{html.escape(text)}</small>" if text else ""


def _place(document: Json) -> str:
    """Nothing, rather than the folder itself, for what lies in a source that is read as a whole."""
    return "" if document["source"] == "." else str(document["source"])


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _interval(seconds: int) -> str:
    size, unit = next(
        (size, unit) for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")) if not seconds % size
    )
    return f"{seconds // size} {unit}"


def _table(name: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    head = "".join(f"<th>{html.escape(each)}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table class="tl-table tl-{name}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
