"""A run in Markdown, short enough for a comment under a pull request.

What a corpus or a question says stands in code spans, where neither HTML, images, mentions nor references work.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eval.metrics import METRICS
from eval.report.against import Against, Change, Moved, promises
from eval.report.meanings import label
from eval.report.verdict import verdict
from eval.report.view import Figure, Item, Pack, RunView, read_run
from rag.knowledge.evaluation_rows import key_figures

MARK = "<!-- teamlore eval -->"  # not shown; `ingest` knows by it what holds the answers to questions
LISTED = 20  # questions in each list
LONGEST = 300  # characters of a text
_ARROWS = {"better": "🟢 ▲", "worse": "🔴 ▼", "no difference": "=", "not judged": ""}


def markdown_report(run: Mapping[str, Any], beside: Against | None = None) -> str:
    """Raises BadInput for what is no run."""
    view = read_run(run)
    parts = [MARK, f"### {verdict(view, beside).text}", *_promises(view, beside)]
    for pack_name, pack in view.shown.items():
        parts.append(_figures(pack_name, pack, view.command, beside))
    if beside:
        parts += _moved("Broken", beside.broken) + _moved("Fixed", beside.fixed)
    parts += _wrong(view)
    parts.append(_record(view))
    return "\n\n".join(part for part in parts if part) + "\n"


def _promises(view: RunView, beside: Against | None) -> Iterator[str]:
    broken = [promise for promise in promises(view, beside) if not promise.kept]
    if broken:
        lines = (f"- 🔴 {code(one.pack)}: not true that {one.text}: {_ids(one.broken_by)}" for one in broken)
        yield "\n".join(["**Broken promises**", "", *lines])


def _ids(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - LISTED} more" if len(ids) > LISTED else ""
    return ", ".join(code(one) for one in ids[:LISTED]) + more


def _figures(name: str, pack: Pack, command: str, beside: Against | None) -> str:
    before = "| before | change |" if beside else "|"
    rows = [
        f"**{code(name)}**, {pack.n} questions",
        "",
        f"| | now | 95 % {before} scored |",
        f"|---|---:|:---:{'|---:|:---' if beside else ''}|---:|",
    ]
    for metric in key_figures(list(pack.metrics), command):
        change = beside.changes.get((name, metric)) if beside else None
        rows.append(_row(metric, pack.metrics[metric], change, paired=beside is not None))
    return "\n".join(rows)


def _row(metric: str, figure: Figure, change: Change | None, *, paired: bool) -> str:
    value = "not scored" if figure.value is None else f"{figure.value:.3f}"
    low, high = figure.ci95
    interval = "" if low is None or high is None else f"{low:.3f} to {high:.3f}"
    named = code(metric).replace("|", "\\|")
    cells = [f"{label(metric)} ({named})" if metric in METRICS else named, value, interval]
    if paired:
        cells += [f"{change.before:.3f}", _change(change)] if change else ["", ""]
    return f"| {' | '.join([*cells, str(figure.n)])} |"


def _change(change: Change) -> str:
    told = f"{change.now - change.before:+.3f}"
    if change.now != change.before:
        told += f" ({change.low:+.3f} to {change.high:+.3f})"
    return f"{_ARROWS[change.direction]} {told}".strip()


def _moved(title: str, moved: Sequence[Moved]) -> list[str]:
    if not moved:
        return []
    lines = [f"<details{' open' if title == 'Broken' else ''}><summary>{title}: {len(moved)}</summary>", ""]
    for one in moved[:LISTED]:
        what = ", ".join(code(metric) for metric in one.worse or one.better)
        lines += [f"- {code(one.now.id)} {code(one.now.question)} ({what})", f"  - wanted: {_wanted(one.now)}"]
        lines += [f"  - before: {_said(one.before)}", f"  - now: {_said(one.now)}"]
    return ["\n".join([*lines, *_more(moved), "", "</details>"])]


def _more(many: Sequence[object]) -> list[str]:
    return [f"- and {len(many) - LISTED} more"] if len(many) > LISTED else []


def _wrong(view: RunView) -> list[str]:
    wrong = [(name, item) for name, pack in view.single.items() for item in pack.items if item.is_wrong]
    if not wrong:
        return []
    lines = [f"<details><summary>Wrong in this run: {len(wrong)}</summary>", ""]
    lines += [f"- {code(f'{name}/{item.id}')} {item.outcome}: {code(item.question)}" for name, item in wrong[:LISTED]]
    return ["\n".join([*lines, *_more(wrong), "", "</details>"])]


def _wanted(item: Item) -> str:
    if item.answerable is False:
        return "a refusal: nothing is known"
    return " or ".join(code(answer) for answer in item.answers[:2]) or "(not in the run)"


def _said(item: Item) -> str:
    return f"{item.outcome}, {code(item.error or item.answer or 'nothing said')}"


def _record(view: RunView) -> str:
    system = view.system
    known = {
        "run": view.id,
        "command": f"teamlore eval {view.command}" if view.command else "",
        "version": system.get("version"),
        "revision": system.get("revision"),
        "started": view.started,
    }
    return "<sub>" + " · ".join(f"{name} {code(str(value))}" for name, value in known.items() if value) + "</sub>"


def code(text: str) -> str:
    """A code span that nothing in the text can end, on one line, at most LONGEST characters."""
    flat = " ".join(text.split())
    short = flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…"
    fence = "`"
    while fence in short:
        fence += "`"
    pad = " " if short.startswith("`") or short.endswith("`") else ""
    return f"{fence}{pad}{short}{pad}{fence}" if short else ""
