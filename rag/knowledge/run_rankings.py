"""The best of many runs, how many there are, and what they come to together."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace

from rag.domain.runs import RunCondition, RunKey, RunOrder, StoredRun
from rag.domain.types import Finding
from rag.knowledge import run_telling as tell
from rag.knowledge.run_context import ALL_NAMED, Context, Quote, joined, lowest_wanted, step, undirected
from rag.knowledge.run_vocabulary import Group, short_id

MOST_VALUES = 1_000_000  # runs in an average
NUMBERS = -1.7976931348623157e308  # every number is at least this
AVERAGES: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": statistics.fmean,
    "median": statistics.median,
    "sum": sum,
}
IN_TIME = {"duration": ("longest", "shortest"), "start_time": ("latest", "earliest")}


# --- the best -----------------------------------------------------------------------------------------------------


def tell_best(context: Context) -> Finding:
    asked = context.asked
    for key in context.chosen(asked.by):
        low = lowest_wanted(asked.way, key)
        if low is None:
            context.reasons.append(undirected(key))
            continue
        extreme = replace(key, side="lowest" if low else "highest")
        before = len(context.statements)
        _say_leaders(context, extreme if asked.side == "ever" else key, low=low)
        alone = asked.top == 1 and not asked.keys and not asked.side
        if key.section == "metrics" and alone and len(context.statements) > before:
            _say_ever(context, extreme)
    return context.finding(f"No run{context.scope} has a number for {asked.by[0].key}.")


def _ranked(context: Context, key: RunKey, *, low: bool) -> tuple[list[StoredRun], int]:
    """The first runs, and of how many that have a number."""
    known = RunCondition(on=key, is_="HAS")
    if key.section in ("params", "tags"):
        known = RunCondition(on=key, is_=">=", values=(NUMBERS,))
    query = context.asking((known,), order=RunOrder(by=key, descending=not low))
    limit = max(context.asked.top, tell.LISTED) + 1
    return context.runs.find(query, limit=limit)[0], context.runs.count(query)


def _say_leaders(context: Context, key: RunKey, *, low: bool) -> None:
    ranked, count = _ranked(context, key, low=low)
    if not ranked:
        return
    way = _way(key, low=low)
    among = f"{count} run{'s' * (count != 1)}{context.scope}"
    if context.asked.top > 1:
        for n, stored in enumerate(ranked[: context.asked.top], 1):
            text = f"{tell.label(stored)}: {_measure(stored, key)}, number {n} by {way} of {among}."
            context.say(text, context.quote(stored, key))
        return
    tied, who = _tied(ranked, count, key)
    quotes = [context.quote(stored, key) for stored in tied]
    context.say(f"{who}: {_measure(tied[0], key)}, the {way} of {among}.", *quotes)
    for stored in tied[:ALL_NAMED]:
        for keys in context.asked.keys:
            context.say_values(stored, keys)


def _tied(ranked: Sequence[StoredRun], count: int, key: RunKey) -> tuple[list[StoredRun], str]:
    """Those that are as good as the first, and what they are called."""
    best = tell.number_of(ranked[0], key)
    tied = [stored for stored in ranked if tell.number_of(stored, key) == best]
    if len(tied) == 1:
        return tied, tell.label(tied[0])
    more = " and more" if len(tied) == len(ranked) < count else ""
    return tied, f"{joined([tell.label(stored) for stored in tied])}{more} (a tie)"


def _say_ever(context: Context, key: RunKey) -> None:
    """The best value at any step, when it is better than the best last one."""
    ranked, count = _ranked(context, key, low=key.side == "lowest")
    last = replace(key, side="last")
    if tell.number_of(ranked[0], key) != tell.number_of(ranked[0], last):
        tied, who = _tied(ranked, count, key)
        text = f"At any step the {key.side} is {_measure(tied[0], key)}, in {who}."
        context.say(text, *(context.quote(stored, key) for stored in tied))


def _measure(stored: StoredRun, key: RunKey) -> str:
    value = tell.read_value(stored, key)
    assert value is not None, "it was ranked by it"
    name = key.key.replace("_", " ") if key.section == "attributes" else key.key
    return f"{name} {value.text}{step(value.step)}"


def _way(key: RunKey, *, low: bool) -> str:
    word = "lowest" if low else "highest"
    if key.section == "attributes":
        return IN_TIME[key.key][low]
    if key.section != "metrics":
        return word
    return f"{word} last value" if key.side == "last" else f"{word} value at any step"


# --- many ---------------------------------------------------------------------------------------------------------


def tell_many(context: Context) -> Finding:
    """How many, and which."""
    count = context.runs.count(context.asking())
    if not count:
        return _none(context)
    found, _ = context.runs.find(context.asking(), limit=tell.LISTED)
    more = f" and {count - len(found)} more" if count > len(found) else ""
    ids = ", ".join(short_id(stored.run.id) for stored in found)
    quotes = [quote for stored in found for quote in _reasons(context, stored, context.asked.groups)]
    context.say(f"{count} run{'s' * (count != 1)}{context.scope}: {ids}{more}.", *quotes)
    for stored in found:
        for keys in context.asked.keys:
            there = [key for key in keys if tell.read_value(stored, key) is not None]
            for key in context.chosen(there):
                context.say_value(stored, key)
    return context.finding()


def _reasons(context: Context, stored: StoredRun, groups: Sequence[Group]) -> list[Quote]:
    """For each group a line by which the run fulfils it, if it can be seen."""
    quotes: list[Quote] = []
    for group in groups or [(RunCondition(on=RunKey(section="attributes", key="run_id"), is_="HAS"),)]:
        there = [on.on for on in group if on.on.section == "datasets" or tell.read_value(stored, on.on) is not None]
        quotes.extend(context.quote(stored, key) for key in there[:1])
    return quotes


def _none(context: Context) -> Finding:
    """Zero is an answer, and the runs that fail one condition alone say so."""
    for n, dropped in enumerate(context.asked.groups):
        rest = tuple(group for at, group in enumerate(context.asked.groups) if at != n)
        query = replace(context.asking(), groups=rest)
        found, _ = context.runs.find(query, limit=tell.LISTED)
        quotes = [quote for stored in found for quote in _reasons(context, stored, [dropped])]
        if quotes:
            count = context.runs.count(query)
            nearest = f"{count} run{'s come' if count != 1 else ' comes'} near: {tell.naming(found, count)}"
            context.say(f"0 runs{context.scope}; {nearest}.", *quotes)
            return context.finding()
    return Finding(reason=f"No stored run that you may read fits{context.scope}.")


def tell_average(context: Context) -> Finding:
    asked = context.asked
    for key in context.chosen(asked.by):
        query = context.asking((RunCondition(on=key, is_="HAS"),), order=RunOrder(by=key))
        found, _ = context.runs.find(replace(query, keys=(key,)), limit=MOST_VALUES)
        pairs = [(number, each) for each in found if (number := tell.number_of(each, key)) is not None]
        if not pairs:
            continue
        value = AVERAGES[asked.way]([number for number, _ in pairs])
        ends = [f"{number:.6g} ({short_id(stored.run.id)})" for number, stored in (pairs[0], pairs[-1])]
        last = "last " if key.section == "metrics" else ""
        what = f"the {asked.way} {last}{key.key} of {len(pairs)} run{'s' * (len(pairs) != 1)}{context.scope}"
        quotes = [context.quote(stored, key) for _, stored in pairs[: tell.LISTED]]
        context.say(f"{value:.6g}: {what}, from {ends[0]} to {ends[1]}.", *quotes)
    return context.finding(f"No run{context.scope} has a number for {asked.by[0].key}.")
