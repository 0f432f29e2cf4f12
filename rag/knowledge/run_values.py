"""What a run that was named says, and what sets two apart."""

from dataclasses import replace

from rag.domain.runs import RunKey, RunSection, StoredRun
from rag.domain.types import Finding
from rag.knowledge import run_telling as tell
from rag.knowledge.run_comparison import SectionDifference, compare_runs, values_of
from rag.knowledge.run_context import Context, Quote, lacks, lowest_wanted, undirected

MOST_LISTED = 30  # keys of a section


def tell_values(context: Context) -> Finding:
    asked = context.asked
    for n, called in enumerate(asked.names):
        named = context.named(n)
        if isinstance(named, Finding):
            return named
        for stored in named:
            context.note = _earlier(stored, named[0])
            if asked.by:
                _say_extreme(context, stored, called)
            for keys in asked.keys:
                if asked.step is None:
                    context.say_values(stored, keys, called)
                else:
                    _say_at_step(context, stored, [key for key in keys if key.section == "metrics"], called)
            for section in asked.sections:
                _say_section(context, stored, section, called)
    return context.finding()


def _earlier(stored: StoredRun, newest: StoredRun) -> str:
    """Of runs of one name the newest comes first; when the others were, stands in front of what they say."""
    started = stored.run.started[:10]
    return f"In the earlier run of {started}:" if started and stored.run.started < newest.run.started else ""


def tell_missing(context: Context) -> Finding | None:
    named = context.named(0)
    if isinstance(named, Finding):
        return None
    key = RunKey(section=context.asked.hint or "params", key=context.asked.missing)
    return Finding(reason=" ".join(lacks(stored, key, context.asked.names[0]) for stored in named))


def _say_extreme(context: Context, stored: StoredRun, called: str) -> None:
    """The lowest val_loss in run X: over its history, unless the last is asked for."""
    keys = [key for key in context.asked.by if tell.read_value(stored, key) is not None]
    if not keys:
        context.reasons.append(lacks(stored, context.asked.by[0], called))
    for key in context.chosen(keys):
        low = lowest_wanted(context.asked.way, key)
        if low is None:
            context.reasons.append(undirected(key))
            continue
        side = key if context.asked.side == "last" else replace(key, side="lowest" if low else "highest")
        if tell.read_value(stored, side) is not None:
            context.say_value(stored, side, called)


def _say_at_step(context: Context, stored: StoredRun, keys: list[RunKey], called: str) -> None:
    histories = {metric.key: metric.history for metric in stored.run.metrics}
    label = tell.label(stored, called)
    for key in keys:
        history = histories.get(key.key, ())
        found = [value for at, value in history if at == context.asked.step]
        if found:
            shown = "not finite" if found[-1] is None else tell.written(found[-1])
            text = f"{shown}: {key.key} at step {context.asked.step} of run {label}."
            context.say(text, context.quote(stored, key))
        elif history:
            context.reasons.append(
                f"Run {label} has no {key.key} at step {context.asked.step}; its steps go from {history[0][0]} to "
                f"{history[-1][0]}."
            )


def _say_section(context: Context, stored: StoredRun, section: RunSection, called: str) -> None:
    values = values_of(stored.run, section)
    label = tell.label(stored, called)
    if not values:
        context.reasons.append(f"Run {label} has no {section}.")
        return
    keys = [RunKey(section=section, key=key) for key in values]
    told = [f"{key} = {tell.cut(text, 60)}" if text else key for key, text in values.items()]
    more = f" and {len(told) - MOST_LISTED} more" if len(told) > MOST_LISTED else ""
    quotes = [context.quote(stored, key) for key in keys[: tell.LISTED]]
    context.say(f"{', '.join(told[:MOST_LISTED])}{more}: the {section} of run {label}.", *quotes)


# --- two runs -----------------------------------------------------------------------------------------------------


def tell_differences(context: Context) -> Finding:
    both: list[StoredRun] = []
    for n in range(2):
        named = context.named(n)
        if isinstance(named, Finding):
            return named
        if len(named) != 1:
            told = ", ".join(tell.label(stored) for stored in named)
            return Finding(reason=f"{context.asked.names[n]} may be {told}. Name it by its id.")
        both += named
    if context.asked.keys:
        return tell_values(context)
    first, second = both
    labels = [tell.label(stored, called) for stored, called in zip(both, context.asked.names, strict=True)]
    between = f"from run {labels[0]} to run {labels[1]}"
    wanted = context.asked.sections
    for section in compare_runs(first.run, second.run):
        told = tell.difference(section)
        if told and (not wanted or section.section in wanted):
            quotes = _difference_quotes(context, section, first, second)
            context.say(f"{section.section.capitalize()} {between}: {told}.", *quotes)
    return context.finding(f"Nothing differs {between}.")


def _difference_quotes(
    context: Context, section: SectionDifference, first: StoredRun, second: StoredRun
) -> list[Quote]:
    changed = [key for key, *_ in section.changed][: tell.MOST_DIFFERENCES]
    places = [(stored, key) for key in changed for stored in (first, second)]
    for stored, pairs in ((first, section.only_first), (second, section.only_second)):
        places += [(stored, key) for key, _ in pairs[: tell.MOST_DIFFERENCES]]
    return [context.quote(stored, RunKey(section=section.section, key=key)) for stored, key in places]
