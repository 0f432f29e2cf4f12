"""Evaluation runs as the browser shows them: pure functions, and everything that is not ours is escaped."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ui.render import Json
from ui.trends import Point, interval, number, trend

TOGETHER = "*"
LONGEST = 40  # runs of a drawing
FIRST = "answers"
FEW = 3  # figures of a row
MEANINGS = {
    "answer_correct": (
        "answers that are right",
        "Share of the questions whose answer says what was expected.",
    ),
    "citation_evidence": (
        "answers that cite the evidence",
        "Share of the answerable questions whose answer cites the words that hold it.",
    ),
    "citation_valid": (
        "citations that are exact quotes",
        "Share of the citations that stand in their document word for word. Anything below 1 is a fault.",
    ),
    "false_answer": (
        "answered though nothing is known",
        "Of the questions that the documents do not answer, the share that got an answer all the same.",
    ),
    "false_refusal": (
        "refused though it is known",
        "Of the questions that the documents do answer, the share that was refused.",
    ),
    "file_hit": ("right file found", "Share of the questions for which search brought a file that holds the answer."),
    "evidence_hit": ("evidence found", "Share of the questions for which search brought the very words that answer."),
    "ndcg": ("ranking (nDCG)", "How near the ranking is to the best possible one; 1 is the best."),
    "recall": ("relevant documents found", "Share of the relevant documents that search brought."),
    "mrr": ("first relevant document (MRR)", "One divided by the rank of the first relevant document, on average."),
}
HOW = (
    "Dot: the mean over the questions that could be scored. Upright line: its 95 % interval, how far it may lie "
    "off with other questions of the same sort. Ring and level line: the accepted run. Dotted line: from there on the "
    "questions or files are others, so figures left and right of it do not compare. Whether a difference is more than "
    "chance is said by <code>teamlore eval compare</code> and by the report."
)
EMPTY = (
    '<div class="tl-message"><p><b>No evaluation yet.</b></p><p class="tl-empty">Try it on the examples that come with '
    "teamlore:</p><pre><code>teamlore eval answers examples</code></pre>"
    '<p class="tl-empty">Then on questions of your own: propose them, accept the good ones under <i>Golden set</i>, '
    "and ask them. Their file is the one that <code>TEAMLORE_GOLDEN</code> names, else golden.jsonl in teamlore's "
    "home:</p><pre><code>teamlore eval golden make\nteamlore eval answers GOLDEN.jsonl</code></pre></div>"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One pack of one run."""

    run: Json
    pack: Json


def series(runs: Sequence[Json]) -> dict[str, list[Seen]]:
    """What can stand in one drawing, by what it is called: the same command, packs and pack. Runs oldest first; answers
    come before all else, then what was measured last.
    """
    found: dict[str, list[Seen]] = {}
    for run in runs:
        for pack in sorted(run["packs"], key=lambda pack: pack["name"] != TOGETHER):
            found.setdefault(_series_name(run, pack["name"]), []).append(Seen(run, pack))
    order = sorted(found, key=lambda name: found[name][0].run["command"] != FIRST)
    return {name: found[name][::-1] for name in order}


def _series_name(run: Json, pack: str) -> str:
    names = sorted(each["name"] for each in run["packs"] if each["name"] != TOGETHER)
    others = [name for name in names if name != pack]
    if pack == TOGETHER:
        return f"{run['command']} · {', '.join(names)} together"
    return f"{run['command']} · {pack}" + (f" (asked with {', '.join(others)})" if others else "")


def references(runs: Sequence[Json]) -> set[str]:
    """Of those with the same command and packs, the run accepted last: the one that others are measured against."""
    last: dict[Any, Json] = {}
    for run in runs:
        key = run["command"], frozenset(pack["name"] for pack in run["packs"])
        if run["accepted"] and (key not in last or run["accepted"]["at"] > last[key]["accepted"]["at"]):
            last[key] = run
    return {run["id"] for run in last.values()}


def label(metric: str) -> str:
    """In plain words: `evidence found, first 5`. A metric without words of its own keeps its name."""
    name, _, k = metric.partition("@")
    words = MEANINGS[name][0] if name in MEANINGS else name.replace("_", " ")
    return f"{words}, first {k}" if k else words


def figure_cards(seen: Sequence[Seen]) -> str:
    """The key figures of the newest run of a series, each with its course over the runs before."""
    if not seen:
        return ""
    newest = seen[-1]
    cards = "".join(
        _card(figure, _points(seen, figure["metric"])[-LONGEST:])
        for figure in newest.pack["figures"]
        if figure["value"] is not None
    )
    return f'{_headline(newest)}<div class="tl-figures">{cards}</div><p class="tl-how">{HOW}</p>'


def _headline(newest: Seen) -> str:
    pack, run = newest.pack, newest.run
    p50, p95 = pack["latency_ms"].get("p50"), pack["latency_ms"].get("p95")
    parts = (
        f"Newest run: {_minute(run['started'])} UTC",
        _count(pack["n"], "question"),
        f"{pack['errors']} failed" if pack["errors"] else "",
        f"a question takes {p50:,.0f} ms at the median, {p95:,.0f} ms at p95"
        if p50 is not None and p95 is not None
        else "",
    )
    told = html.escape(" · ".join(part for part in parts if part))
    link = f" · {_report_link(run, 'Open its report')}" if run["has_report"] else ""
    return f'<p class="tl-headline" role="status">{told}{link}</p>'


def _points(seen: Sequence[Seen], metric: str) -> list[Point]:
    counts = references([one.run for one in seen])
    return [
        Point(
            when=_minute(one.run["started"]),
            value=figure["value"],
            low=figure["ci95"][0],
            high=figure["ci95"][1],
            n=figure["n"],
            accepted=one.run["id"] in counts,
            data=one.pack["data"],
        )
        for one in seen
        for figure in one.pack["figures"]
        if figure["metric"] == metric and figure["value"] is not None
    ]


def _card(figure: Json, points: Sequence[Point]) -> str:
    metric, (low, high) = figure["metric"], figure["ci95"]
    name, about = label(metric), MEANINGS.get(metric.partition("@")[0], ("", ""))[1]
    less = ' <small class="tl-less">less is better</small>' if figure["less_is_better"] else ""
    sure = f"<span>95 %: {interval(low, high)} ·</span> " if interval(low, high) else ""
    explained = f'<p class="tl-about">{html.escape(about)} <code>{html.escape(metric)}</code></p>'
    return (
        f'<section class="tl-figure" aria-label="{html.escape(name)}"><h3>{html.escape(name)}{less}</h3>'
        f"<p><b>{number(figure['value'])}</b> {sure}<span>{int(figure['n']):,} scored</span></p>"
        f"{trend(name, points)}{explained}</section>"
    )


def run_rows(runs: Sequence[Json], *, more: bool) -> str:
    """Every run, newest first, whatever it measured; broken and unfinished ones with what is wrong."""
    if not runs:
        return EMPTY
    heads = ("Run", "Measured", "Figures", "Code", "Report")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    counts = references(runs)
    body = "".join(f"<tr>{_row(run, heads, run['id'] in counts)}</tr>" for run in runs)
    told = f"The newest {len(runs)} runs" if more else _count(len(runs), "run")
    return (
        f'<h2 class="tl-heading">{told}</h2><table class="tl-table tl-evaluations"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _row(run: Json, heads: Sequence[str], counts: bool) -> str:
    cells = (_run_cell(run, counts), _measured_cell(run), _figures_cell(run), _code_cell(run), _report_cell(run))
    return "".join(f'<td data-head="{head}">{cell}</td>' for head, cell in zip(heads, cells, strict=True))


def _run_cell(run: Json, counts: bool) -> str:
    """`counts`: later runs are measured against this one; another one may have been accepted since."""
    accepted = run["accepted"]
    mark = ""
    if accepted:
        by = f" by {accepted['by']}" if accepted["by"] else ""
        note = f"<small>{html.escape(accepted['note'])}</small>" if accepted["note"] else ""
        mark = f'<span class="tl-tag">{"✓ accepted" if counts else "was accepted"}{html.escape(by)}</span>{note}'
    return f"{html.escape(_minute(run['started']))}<small>{html.escape(run['id'])}</small>{mark}"


def _measured_cell(run: Json) -> str:
    if run["state"] == "unfinished":
        return '<span class="tl-state">not finished</span><small>Go on with the command that began it.</small>'
    if run["state"] == "broken":
        return f'<span class="tl-bad">broken</span><small>{html.escape(run["trouble"])}</small>'
    packs = [pack for pack in run["packs"] if pack["name"] != TOGETHER]
    questions, failed = sum(pack["n"] for pack in packs), sum(pack["errors"] for pack in packs)
    told = _count(questions, "question") + (f", {failed:,} failed" if failed else "")
    names = ", ".join(pack["name"] for pack in packs)
    trouble = f'<small class="tl-bad">{html.escape(run["trouble"])}</small>' if run["trouble"] else ""
    return f"{html.escape(run['command'])} · {html.escape(names)}<small>{told}</small>{trouble}"


def _figures_cell(run: Json) -> str:
    """Of the packs together, else of the first."""
    if not run["packs"]:
        return ""
    pack = next((pack for pack in run["packs"] if pack["name"] == TOGETHER), run["packs"][0])
    scored = [figure for figure in pack["figures"] if figure["value"] is not None]
    return "".join(
        f"<div><b>{number(figure['value'])}</b> {html.escape(label(figure['metric']))} "
        f'<span class="tl-state">{interval(*figure["ci95"])}</span></div>'
        for figure in scored[:FEW]
    )


def _code_cell(run: Json) -> str:
    revision = f"{run['revision'][:7]}{', changed' if run['dirty'] else ''}"
    took = f"took {_seconds(run['seconds'])}" if run["seconds"] is not None else ""
    return f"{html.escape(run['version'])}<small>{html.escape(revision)}</small><small>{took}</small>"


def _report_cell(run: Json) -> str:
    if run["has_report"]:
        return _report_link(run, "Open")
    return '<span class="tl-state">none yet</span>' if run["state"] == "done" else ""


def _report_link(run: Json, text: str) -> str:
    link = f"/v1/evaluations/{quote(run['id'], safe='')}/report"
    named = f"{text}: the report of {_minute(run['started'])}"
    return (
        f'<a href="{html.escape(link)}" target="_blank" rel="noopener" aria-label="{html.escape(named)}">'
        f"{html.escape(text)}</a>"
    )


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _count(number_of: int, noun: str) -> str:
    return f"{number_of:,} {noun}" if number_of == 1 else f"{number_of:,} {noun}s"
