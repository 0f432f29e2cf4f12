"""A run as one HTML file that needs nothing else: no script of others, no font, no network."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eval.report.against import Against, promises
from eval.report.charts import Chart, drawing, number, swatch
from eval.report.meanings import BESIDE
from eval.report.sections_curves import curves, trade_off
from eval.report.sections_kinds import Kinds, kinds
from eval.report.sections_questions import DETAILED, kinds_of, questions
from eval.report.sections_record import meanings, record
from eval.report.sections_summary import Summary, summary
from eval.report.verdict import verdict
from eval.report.view import Pack, RunView, read_run

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What the page says of one pack."""

    summary: Summary
    kinds: Kinds | None
    charts: tuple[Chart, ...]
    baselines: tuple[tuple[str, str, dict[str, Any]], ...]  # system, metric, {value, ci95, difference, p}


def html_report(
    run: Mapping[str, Any], beside: Against | None = None, *, others: Mapping[str, Mapping[str, Any]] | None = None
) -> str:
    """`others`: {name: run} that quality against time shows too. Raises BadInput for what is no run."""
    view = read_run(run)
    runs = {"this run": view} | ({beside.name: beside.baseline} if beside else {})
    runs |= {name: read_run(one) for name, one in (others or {}).items()}
    script = (_HERE / "report.js").read_text(encoding="utf-8")
    return (
        _environment()
        .get_template("report.html")
        .render(
            run=view,
            beside=beside,
            verdict=verdict(view, beside),
            promises=promises(view, beside),
            parts=[_part(f"p{at}", name, view, beside, runs) for at, name in enumerate(view.shown)],
            questions=questions(view, beside),
            question_kinds=kinds_of(view.single),
            detailed=DETAILED,
            groups=record(view, beside.baseline if beside else None),
            meanings=meanings(view),
            style=(_HERE / "report.css").read_text(encoding="utf-8"),
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def _part(key: str, name: str, view: RunView, beside: Against | None, runs: Mapping[str, RunView]) -> Part:
    pack = view.packs[name]
    before = beside.baseline.packs.get(name) if beside else None
    return Part(
        summary=summary(name, pack, view.command, beside),
        kinds=kinds(name, pack, view.command),
        charts=(*curves(key, pack, before), *trade_off(key, name, runs)),
        baselines=tuple(_baselines(pack)),
    )


def _baselines(pack: Pack) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(system, metric, figure); the system only in its first row."""
    for name, metrics in pack.baselines.items():
        told = name
        for metric in BESIDE:
            figure = metrics.get(metric) if isinstance(metrics, dict) else None
            if isinstance(figure, dict) and isinstance(figure.get("value"), float):
                yield told, metric, figure
                told = ""


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {"number": number, "drawing": drawing, "figure": figure}
    made.globals |= {"swatch": swatch}
    return made


def figure(value: float | None) -> str:
    """Three digits after the point; of what is beyond 1, fewer."""
    if value is None:
        return "–"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
