"""A run as tables on a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.metrics.likely import LIKELY
from eval.metrics.similarity import SIMILARITY
from eval.packs.samples import BETWEEN
from eval.progress import Narrator
from eval.report.meanings import BESIDE
from eval.runs.asking import Item
from eval.runs.results import TOGETHER
from eval.runs.runner import Run
from rag.knowledge.evaluation_rows import key_figures

_PERFECT = {"false_answer": 0.0, "false_refusal": 0.0}  # where less is better; 1 elsewhere
_NO_GOAL = frozenset({"answer_words", "citation_precision", *LIKELY, *SIMILARITY})  # a right answer may have any value


def show(result: Mapping[str, Any], console: Console) -> None:
    """One table a pack; the packs together last, when they are several."""
    packs = result["packs"]
    for name, pack in packs.items():
        if name == TOGETHER and len(pack["ingest"]) < 2:
            continue
        title = f"{name}: {pack['n']} question{'s' * (pack['n'] != 1)}"
        console.print(_table(title, pack, key_figures(list(pack["metrics"]), result["command"])))
        if "refusal" in pack:
            console.print(_refusal(pack["refusal"]), style="dim")
        if pack.get("baselines"):
            console.print(_baselines_table("beside plain systems", pack["baselines"]))
        latency = pack["latency_ms"]
        if latency["p50"] is not None:
            console.print(
                f"a question takes {latency['p50']} ms at the median, {latency['p95']} ms at p95", style="dim"
            )
        if pack["errors"]:
            console.print(f"{pack['errors']} questions failed", style="bold red")
    if result.get("baselines"):
        console.print(_baselines_table("the mean over these packs, beside plain systems", result["baselines"]))
    console.print(f"{result['seconds']:.1f} s in all", style="dim")


def _table(title: str, pack: Mapping[str, Any], key: Sequence[str]) -> Table:
    """What `key` names comes first, in bold."""
    table = Table(title=title, title_justify="left")
    table.add_column("metric")
    for heading in ("mean", "95 %", "scored", "not"):
        table.add_column(heading, justify="right")
    for name in (*key, *(name for name in pack["metrics"] if name not in key)):
        found = pack["metrics"][name]
        low, high = found["ci95"]
        interval = "" if low is None else f"{low:.3f} to {high:.3f}"
        mean = "none" if found["value"] is None else f"{found['value']:.3f}"
        cells = (mean, interval, str(found["n"]), str(pack["n"] - found["n"]))
        table.add_row(name, *cells, style="bold" if name in key else "", end_section=name == key[-1])
    return table


def _refusal(block: Mapping[str, Any]) -> str:
    """What the confidence is worth; what is None could not be scored."""
    today = block["today"]
    told = (
        ("known from unknown: AUROC", block["auroc"]),
        ("calibration error", block["ece"]),
        ("wrong of those answered today", today["risk"]),
    )
    return "confidence: " + ", ".join(f"{words} {value:.3f}" for words, value in told if value is not None)


def _baselines_table(title: str, baselines: Mapping[str, Any]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("system", "metric", "mean", "ours - it", "95 %", "p"):
        table.add_column(heading, justify="left" if heading in ("system", "metric") else "right")
    for name, metrics in baselines.items():
        shown = [metric for metric in BESIDE if metric in metrics]
        for metric in shown:
            found = metrics[metric]
            low, high = found["ci95"]
            cells = (
                f"{found['value']:.3f}",
                f"{found['difference']:+.3f}",
                f"{low:+.3f} to {high:+.3f}",
                f"{found['p']:.4f}",
            )
            table.add_row(
                name if metric == shown[0] else "", metric, *cells, end_section=len(shown) > 1 and metric == shown[-1]
            )
    return table


def show_failures(run: Run, narrator: Narrator) -> None:
    """Every question that missed a metric, in two lines."""
    for one in run.packs:
        for item in one.items:
            missed = [
                name
                for name, value in item.metrics.items()
                if value is not None and name not in _NO_GOAL and value != _PERFECT.get(name, 1.0)
            ]
            if item.error or missed:
                narrator.say(f"{one.pack.name}/{item.sample.id}: {item.sample.question}")
                narrator.say(f"    {item.error or ', '.join(missed)}; {_gold(item)}")


def _gold(item: Item) -> str:
    sample = item.sample
    gold = ", ".join(sample.gold_files or sorted(sample.judgements)[:3]).replace(BETWEEN, "/") or "unanswerable"
    answer = f'; wanted "{sample.answers[0][:80]}"' if sample.answers else ""
    said = f'; said "{str(item.details["answer"])[:160]}"' if item.details.get("answer") else ""
    return f"gold: {gold}{answer}{said}"
