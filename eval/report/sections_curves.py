"""The curves of a pack: recall, risk against coverage, calibration, latency; and quality against time over runs."""

from collections.abc import Iterator, Mapping, Sequence

from eval.report.charts import Axis, Chart, Pair, Series, Style, axis_up_to, number, share_axis
from eval.report.meanings import label
from eval.report.view import Item, Pack, Refusal, RunView
from eval.statistics.stats import estimate
from rag.knowledge.evaluation_rows import key_figures

DEPTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
DEEP = (1, 2, 3, 5, 10, 20, 30, 50, 70, 100)
_WITHOUT = {
    "top_score": "threshold on the best passage's score",
    "top_cosine": "threshold on the best passage's cosine",
}


def curves(key: str, pack: Pack, before: Pack | None) -> tuple[Chart, ...]:
    """Those that the pack has the numbers for. `key`: unique in the page; `before`: the same pack of the baseline."""
    found = [_recall(key, pack, before), _latency(key, pack, before)]
    if pack.refusal:
        found[1:1] = [_risk(key, pack.refusal, before.refusal if before else None), _reliability(key, pack.refusal)]
    return tuple(chart for chart in found if chart)


def _both(pack: Pack, before: Pack | None, style: Style) -> tuple[tuple[str, Pack | None, Style], ...]:
    return ("this run", pack, style), ("baseline", before, "dashed")


def _recall(key: str, pack: Pack, before: Pack | None) -> Chart | None:
    graded = "recall@10" in pack.metrics
    depths = DEEP if graded else DEPTHS
    lines = [
        Series(name=name, points=points, ranges=ranges, style=style)
        for name, one, style in _both(pack, before, "line")
        if one and (found := _recalled(one.items, depths, graded=graded))
        for points, ranges in (found,)
    ]
    if not lines or lines[0].name != "this run":
        return None
    ends = {depth: value for depth, value in lines[0].points}
    what = "Relevant documents found" if graded else "Evidence found"
    shown = (1, 5, 10, 100) if graded else (1, 5, 10)
    reads = ", ".join(f"{number(ends[depth], '%')} among the first {depth}" for depth in shown if depth in ends)
    return Chart(
        key=f"{key}-recall",
        title=f"{what} among the first k",
        reads=f"{reads}.",
        x=Axis(label="k", low=1, high=depths[-1], ticks=(1, 3, 10, 30, 100) if graded else DEPTHS, log=graded),
        y=share_axis("recall" if graded else "share of questions"),
        series=tuple(lines),
    )


def _recalled(
    items: Sequence[Item], depths: Sequence[int], *, graded: bool
) -> tuple[tuple[Pair, ...], tuple[Pair, ...]] | None:
    """(points, intervals) over the items that say at which ranks something relevant stood."""
    scored = [(item.ranks, item.relevant or 1, item.cluster or item.id) for item in items if item.ranks is not None]
    scored = [one for one in scored if one[1] > 0]
    if not scored:
        return None
    points, ranges = [], []
    for depth in depths:
        counts = [(sum(rank <= depth for rank in ranks), relevant) for ranks, relevant, _ in scored]
        values = [count / relevant if graded else float(count > 0) for count, relevant in counts]
        found = estimate(values, [cluster for _, _, cluster in scored])
        points.append((float(depth), found.value or 0.0))
        ranges.append((found.low or 0.0, found.high or 0.0))
    return tuple(points), tuple(ranges)


def _risk(key: str, block: Refusal, before: Refusal | None) -> Chart | None:
    if not block.curve:
        return None
    lines = [Series(name=_named("confidence", block.aurc), points=_curve(block))]
    if before and before.curve:
        lines.append(Series(name=_named("confidence, baseline", before.aurc), points=_curve(before), style="dashed"))
    for name, plain in list(block.references.items())[: 3 - len(lines)]:
        points = tuple((point.coverage, point.risk) for point in plain.curve)
        lines.append(Series(name=_named(_WITHOUT.get(name, name), plain.aurc), points=points, style="dashed"))
    today = block.today
    if today.coverage is not None and today.risk is not None:
        lines += [Series(name="", points=())] * (3 - len(lines))
        lines.append(Series(name="the threshold of this run", points=((today.coverage, today.risk),), style="dots"))
    highest = max((y for line in lines for _, y in line.points), default=0.0)
    return Chart(
        key=f"{key}-risk",
        title="Risk against coverage",
        reads=_risk_words(block),
        x=share_axis("share of the questions answered, most confident first"),
        y=share_axis("share of these that are wrong")
        if highest > 0.5
        else _small_share("share of these that are wrong"),
        series=tuple(lines),
    )


def _small_share(text: str) -> Axis:
    return Axis(label=text, low=0.0, high=0.5, ticks=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5), unit="%")


def _curve(block: Refusal) -> tuple[Pair, ...]:
    return tuple((point.coverage, point.risk) for point in block.curve)


def _named(name: str, area: float | None) -> str:
    return name if area is None else f"{name} (area {area:.3f})"


def _risk_words(block: Refusal) -> str:
    parts = [f"{block.n_answerable} answerable and {block.n_unanswerable} unanswerable questions"]
    if block.auroc is not None:
        low, high = block.ci95.get("auroc", (None, None))
        interval = "" if low is None or high is None else f" ({low:.2f} to {high:.2f})"
        parts.append(f"confidence tells them apart with an AUROC of {block.auroc:.3f}{interval}")
    for name, plain in block.references.items():
        if plain.auroc is not None:
            parts.append(f"a {_WITHOUT.get(name, name)} with {plain.auroc:.3f}")
    unscored = f" {block.not_scored} could not be scored." if block.not_scored else ""
    return "; ".join(parts) + f". Lower is better.{unscored}"


def _reliability(key: str, block: Refusal) -> Chart | None:
    bins = [one for one in block.bins if one.n and one.confidence is not None and one.correct is not None]
    if not bins:
        return None
    points = tuple((one.confidence or 0.0, one.correct or 0.0) for one in bins)
    most = max(one.n for one in bins)
    dots = Series(
        name="a bin of confidence; the larger, the more questions",
        points=points,
        style="dots",
        sizes=tuple(3.0 + 7.0 * (one.n / most) ** 0.5 for one in bins),
        ranges=tuple(_wilson(one.correct or 0.0, one.n) for one in bins),
    )
    error = "" if block.ece is None else f"Expected calibration error {block.ece:.3f}"
    by_chance = block.ece_if_calibrated
    error += "" if not error or by_chance is None else f"; {by_chance:.3f} if confidence were perfect, by chance alone"
    return Chart(
        key=f"{key}-reliability",
        title="Is confidence what it says?",
        reads=f"{error}. On the line, confidence is the share that is right." if error else "On the line, it is.",
        x=share_axis("confidence"),
        y=share_axis("share that is right"),
        series=(dots,),
        guide=((0.0, 0.0), (1.0, 1.0)),
        notes=tuple(f"{one.n} questions" for one in bins),
    )


def _wilson(share: float, n: int) -> Pair:
    found = estimate([1.0] * round(share * n) + [0.0] * (n - round(share * n)))
    return found.low or 0.0, found.high or 0.0


def _latency(key: str, pack: Pack, before: Pack | None) -> Chart | None:
    lines = [
        Series(name=name, points=_distribution(times), style=style)
        for name, one, style in _both(pack, before, "steps")
        if one and len(times := sorted(i.latency_ms for i in one.items if i.latency_ms is not None)) > 1
    ]
    if not lines or lines[0].name != "this run":
        return None
    told = [f"{name} {number(value)} ms" for name, value in pack.latency_ms.items() if value is not None]
    return Chart(
        key=f"{key}-latency",
        title="How long a question takes",
        reads=", ".join(told) + "." if told else "Milliseconds a question.",
        x=axis_up_to("milliseconds", max(line.points[-1][0] for line in lines)),
        y=share_axis("share of questions done"),
        series=tuple(lines),
    )


def _distribution(times: Sequence[float]) -> tuple[Pair, ...]:
    """Empirical: at the i-th smallest of n times, i / n are done."""
    return tuple((time, rank / len(times)) for rank, time in enumerate(times, 1))


def trade_off(key: str, name: str, runs: Mapping[str, RunView]) -> Iterator[Chart]:
    """Quality against time, and against cost where it is known: a dot a run. `runs`: {label: run}, this run first."""
    packs = {run: view.packs[name] for run, view in runs.items() if name in view.packs}
    if len(packs) < 2:
        return
    first = next(iter(packs.values()))
    scored = [metric for metric, figure in first.metrics.items() if figure.value is not None]
    if not scored:
        return
    metric = key_figures(scored, next(iter(runs.values())).command)[0]
    times = {run: pack.latency_ms.get("p50") for run, pack in packs.items()}
    costs = {run: pack.cost.per_question for run, pack in packs.items()}
    yield from _scatter(f"{key}-time", (metric, "milliseconds at the median"), packs, times)
    if any(costs.values()):
        yield from _scatter(f"{key}-cost", (metric, "cost of a question"), packs, costs)


def _scatter(
    key: str, names: tuple[str, str], packs: Mapping[str, Pack], values: Mapping[str, float | None]
) -> Iterator[Chart]:
    """Where two runs at least have both."""
    metric, unit = names
    dots = []
    for run, pack in packs.items():
        figure, across = pack.metrics.get(metric), values[run]
        if figure and figure.value is not None and across is not None:
            low, high = figure.ci95
            span = (figure.value if low is None else low, figure.value if high is None else high)
            dots.append(Series(name=run, points=((across, figure.value),), style="dots", ranges=(span,)))
    if len(dots) < 2:
        return
    yield Chart(
        key=key,
        title=f"Quality against {'cost' if key.endswith('cost') else 'time'}",
        reads=f"{label(metric)}, with the 95 % interval. Better is up and to the left.",
        x=axis_up_to(unit, max(dot.points[0][0] for dot in dots)),
        y=share_axis(label(metric)),
        series=tuple(dots),
    )
