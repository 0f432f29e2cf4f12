"""What trackers kept: a value of a named run, the best run by a metric, how much two runs differ."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from eval.golden.candidates import Candidate, Maker
from eval.golden.corpus import Page
from eval.golden.words import Span
from rag.domain.records import Metric
from rag.domain.runs import RunKey, RunSection, StoredRun
from rag.knowledge.run_telling import line_of, written
from rag.knowledge.run_words import lower_is_better

MADE_BY = "runs/1"
LONGEST = 60  # characters of a value
_ASK = {
    "params": ("What {key} did the run {run} use?", "With which {key} was the run {run} started?"),
    "metrics": ("What was the {key} of the run {run} at the end?", "Which {key} did the run {run} reach in the end?"),
}


def names(maker: Maker) -> dict[str, str]:
    """{id: how to call it}: by name where no other run has it, else by the beginning of its id."""
    told = Counter(stored.run.name for stored in maker.corpus.runs)
    return {
        stored.run.id: stored.run.name if stored.run.name and told[stored.run.name] == 1 else stored.run.id[:8]
        for stored in maker.corpus.runs
    }


def spoken(key: str) -> str:
    """`learning_rate` as people say it; what is no plain word stays as it is."""
    return key.replace("_", " ") if key.islower() and key.replace("_", "").isalpha() else key


def generate(maker: Maker) -> Iterator[Candidate]:
    called = names(maker)
    for stored in maker.corpus.runs:
        page = maker.corpus.page_of(stored.document.id)
        if page:
            yield from _values(maker, stored, page, called[stored.run.id])
    yield from _best(maker, called)
    yield from _differences(maker, called)


def quote(page: Page, stored: StoredRun, section: RunSection, key: str) -> Span:
    return line_of(page.shown, stored.run.id, RunKey(section=section, key=key))


def _values(maker: Maker, stored: StoredRun, page: Page, name: str) -> Iterator[Candidate]:
    run = stored.run
    pairs: list[tuple[RunSection, str, str]] = [("params", key, value) for key, value in run.params]
    pairs += [("metrics", metric.key, metric.last) for metric in run.metrics if metric.number is not None]
    for section, key, value in sorted(pairs, key=lambda pair: maker.roll(run.id, *pair))[:3]:
        if value and len(value) <= LONGEST and "\n" not in value:
            question = maker.choose(_ASK[section], run.id, key).format(key=spoken(key), run=name)
            yield _candidate(question, value, [(page, quote(page, stored, section, key))])


def _candidate(question: str, answer: str, quotes: Sequence[tuple[Page, Span]]) -> Candidate:
    (page, span), *others = quotes
    return Candidate(
        kind="run", question=question, answer=answer, page=page, spans=(span,), others=tuple(others), made_by=MADE_BY
    )


def _metrics(maker: Maker) -> dict[tuple[str, str], list[tuple[StoredRun, Metric]]]:
    """{(experiment, metric): runs that end with a number of it}."""
    found: dict[tuple[str, str], list[tuple[StoredRun, Metric]]] = defaultdict(list)
    for stored in maker.corpus.runs:
        for metric in stored.run.metrics:
            if metric.number is not None:
                found[stored.run.experiment, metric.key].append((stored, metric))
    return found


def _best(maker: Maker, called: dict[str, str]) -> Iterator[Candidate]:
    for (experiment, key), runs in _metrics(maker).items():
        low = lower_is_better(key)
        if low is None or len(runs) < 3 or not experiment:
            continue
        ranked = sorted(runs, key=lambda pair: (pair[1].number or 0.0) * (1 if low else -1))
        if ranked[0][1].number == ranked[1][1].number:
            continue
        stored, metric = ranked[0]
        page = maker.corpus.page_of(stored.document.id)
        forms = ("Which run of {0} ended with the {1} {2}?", "Of all runs of {0}, which one has the {1} final {2}?")
        question = maker.choose(forms, experiment, key).format(experiment, "lowest" if low else "highest", spoken(key))
        if page:
            answer = f"{called[stored.run.id]} ({metric.last})"
            yield _candidate(question, answer, [(page, quote(page, stored, "metrics", key))])


def _differences(maker: Maker, called: dict[str, str]) -> Iterator[Candidate]:
    for (_, key), runs in _metrics(maker).items():
        for (one, first), (two, second) in zip(runs[::2], runs[1::2], strict=False):
            pages = maker.corpus.page_of(one.document.id), maker.corpus.page_of(two.document.id)
            if first.number is None or second.number is None or not pages[0] or not pages[1]:
                continue
            gap = abs(first.number - second.number)
            pair = f"{called[one.run.id]} and {called[two.run.id]}"
            question = f"By how much do the final {spoken(key)} values of {pair} differ?"
            quotes = [
                (pages[0], quote(pages[0], one, "metrics", key)),
                (pages[1], quote(pages[1], two, "metrics", key)),
            ]
            if gap:
                yield replace(_candidate(question, written(float(f"{gap:.6g}")), quotes), computed=True)
