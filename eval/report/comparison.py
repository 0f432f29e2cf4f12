"""A comparison of two runs on a terminal, and as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from eval.comparing.compare import Comparison, Difference, State, Twice
from eval.report.gating import said

LISTED = 10  # questions of each kind; --all lists every one
LONGEST = 240  # characters of a passage
STATES: tuple[State, ...] = ("broken", "fixed", "still wrong")


def show_comparison(found: Comparison, console: Console, *, every: bool = False) -> None:
    for line in _lines_before(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(_table(found))
    for name, words in found.people.items():
        console.print(f"{name}: {words}", markup=False, highlight=False, soft_wrap=True)
    console.print(_verdict(found), markup=False, highlight=False, soft_wrap=True)
    for state in STATES:
        for line in _listed(state, found.of(state), every=every):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def _lines_before(found: Comparison) -> Iterator[str]:
    if found.differs:
        yield "What differs between the two runs:"
        yield from (f"  {line}" for line in found.differs)
    else:
        yield "The records of the two runs name no difference."
    for pack in found.pairs:
        for ids, what in (
            (pack.only_a, "only in A"),
            (pack.only_b, "only in B"),
            (pack.changed, "another question or gold answer, left out"),
        ):
            if ids:
                yield f"{pack.pack}: {what}: {len(ids)} ({', '.join(ids[:LISTED])}{' …' * (len(ids) > LISTED)})"


def _table(found: Comparison) -> Table:
    table = Table(title="B against A, paired by question", title_justify="left")
    for heading in ("pack", "metric"):
        table.add_column(heading, overflow="fold")
    for heading in ("A", "B", "B - A", "95 %", "p", "corrected", "unnoticed", "n"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in found.differences:
        table.add_row(*_row(one), style="bold" if one in found.found else None)
    return table


def _row(one: Difference) -> tuple[str, ...]:
    change = one.difference
    return (
        one.pack,
        one.metric,
        f"{one.a:.3f}",
        f"{one.b:.3f}",
        f"{change.value or 0.0:+.3f}",
        "" if change.low is None or change.high is None else f"{change.low:+.3f} {change.high:+.3f}",
        f"{one.p:.3f}",
        "" if one.adjusted is None else f"{one.adjusted:.3f}",
        "" if one.unnoticed is None else f"{one.unnoticed:.2f}",
        str(change.n),
    )


def _verdict(found: Comparison) -> str:
    if not found.found:
        return "No difference that chance does not explain. A loss under `unnoticed` would be missed one time in five."
    named = ", ".join(f"{one.pack} {one.metric} {one.difference.value or 0.0:+.3f}" for one in found.found)
    return f"Chance does not explain: {named}."


def _listed(state: State, some: tuple[Twice, ...], *, every: bool) -> Iterator[str]:
    yield f"\n{state}: {len(some)}"
    shown = some if every else some[:LISTED]
    for one in shown:
        yield from _question(one)
    if len(some) > len(shown):
        yield f"  … and {len(some) - len(shown)} more: --all lists them"


def _question(one: Twice) -> Iterator[str]:
    yield f"  {one.pack}/{one.b['id']}: {one.b.get('question', '')}"
    if gold := one.b.get("answers") or one.a.get("answers"):
        yield f"    gold       {_flat(' | '.join(gold))}"
    elif one.b.get("answerable") is False:
        yield "    gold       the documents do not say"
    for name, item, missed in (("A", one.a, one.wrong_a), ("B", one.b, one.wrong_b)):
        yield f"    {name} {'missed ' + ', '.join(missed) if missed else 'right'}: {said(item)}"
        if passages := item.get("passages"):
            yield f"      first passage, {passages[0]['source']}: {_flat(passages[0]['text'])}"


def _flat(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…"


def comparison_json(found: Comparison) -> dict[str, Any]:
    return {
        "differs": list(found.differs),
        "differences": [asdict(one) for one in found.differences],
        "people": dict(found.people),
        "found": [[one.pack, one.metric] for one in found.found],
        "unpaired": {
            pack.pack: {"only_a": pack.only_a, "only_b": pack.only_b, "changed": pack.changed} for pack in found.pairs
        },
        "questions": {state: [_question_json(one) for one in found.of(state)] for state in STATES},
    }


def _question_json(one: Twice) -> Mapping[str, Any]:
    return {"pack": one.pack, "id": one.b["id"], "wrong_a": one.wrong_a, "wrong_b": one.wrong_b, "a": one.a, "b": one.b}
