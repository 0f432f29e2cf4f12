"""What a question asks about runs. Every word of it must be understood, else the passages have the word. Pure."""

from datetime import datetime

from rag.domain.runs import RunCondition, RunKey, RunSection
from rag.knowledge.run_gist import Asked, Gist
from rag.knowledge.run_reading import read_words
from rag.knowledge.run_vocabulary import Vocabulary
from rag.knowledge.run_words import atoms

BY_TIME: dict[str, tuple[str, bool]] = {  # (attribute, descending)
    "longest": ("duration", True), "shortest": ("duration", False),
    "latest": ("start_time", True), "earliest": ("start_time", False),
}  # fmt: skip


def read_question(text: str, vocabulary: Vocabulary, now: datetime) -> Asked | None:
    said = read_words(atoms(text), vocabulary, now)
    gist = Gist(vocabulary, now, [piece for piece in said if piece.kind != "filler"], said)
    if not gist.about_runs() or not gist.collect():
        return None
    return _decide(gist)


def _decide(gist: Gist) -> Asked | None:
    asked = gist.asked
    if asked.missing:
        asked.verb = "missing"
        return asked
    _sections(gist)
    if gist.has("compare"):
        asked.verb = "compare"
        return asked if len(asked.runs) == 2 else None
    at = _superlative(gist)
    if at >= 0:
        return _best(gist, at)
    if gist.has("aggregate"):
        asked.verb, asked.way = "aggregate", gist.core[gist.first("aggregate")].term
        asked.by = asked.keys.pop(0) if len(asked.keys) == 1 else ()
        return asked if asked.by and not asked.runs else None
    if asked.runs:
        return _value(gist)
    return _many(gist)


def _superlative(gist: Gist) -> int:
    for at, piece in enumerate(gist.core):
        if piece.kind == "superlative" and not (piece.term in BY_TIME and gist.kind_at(at + 1) == "key"):
            return at
        if piece.kind == "side" and piece.term == "last" and gist.kind_at(at + 1) in ("run", "number"):
            return at  # the last run, the last 3 runs
    return -1


def _sections(gist: Gist) -> None:
    for piece in gist.core:
        if piece.kind != "section":
            continue
        if piece.keys and not gist.asked.keys and (gist.asked.side or gist.has("superlative")):
            gist.asked.keys.append(piece.keys)  # a metric that is named params
            gist.places.append(gist.core.index(piece))
        elif piece.term == "datasets":
            gist.asked.sections.append("datasets")
        elif piece.term == "artifacts":
            gist.asked.sections.append("artifacts")
        else:
            section: RunSection = "params" if piece.term == "params" else "metrics"
            gist.asked.hint = "tags" if piece.term == "tags" else section
    if not gist.asked.keys and not gist.asked.sections and gist.asked.hint and gist.has("section"):
        gist.asked.sections.append(gist.asked.hint)


def _attribute_keys(gist: Gist) -> list[tuple[RunKey, ...]]:
    names = list(gist.attributes)
    if gist.has("when"):
        ended = gist.ended() or bool(gist.statuses)
        names.append("end_time" if ended else "start_time")
    elif gist.statuses and gist.asked.runs:
        names.append("status")
    if gist.has("who"):
        names.append("user")
    return [(RunKey(section="attributes", key=name),) for name in dict.fromkeys(names)]


def _best(gist: Gist, at: int) -> Asked | None:
    asked, piece = gist.asked, gist.core[at]
    term = "latest" if piece.kind == "side" else piece.term
    if term in BY_TIME:
        key, descending = BY_TIME[term]
        asked.by, asked.way = (RunKey(section="attributes", key=key),), "high" if descending else "low"
    else:
        after = [n for n, place in enumerate(gist.places) if place > at]
        if not asked.keys:
            return None
        chosen = after[0] if after else len(asked.keys) - 1
        asked.by, asked.way = asked.keys.pop(chosen), term
    attributes = [keys for keys in _attribute_keys(gist) if keys != asked.by]
    asked.keys.extend(attributes)
    if asked.runs and term in BY_TIME:
        return None
    asked.verb = "value" if asked.runs else "best"
    return asked


def _value(gist: Gist) -> Asked | None:
    asked = gist.asked
    asked.verb = "value"
    asked.keys.extend(_attribute_keys(gist))
    if not asked.keys and not asked.sections:
        if gist.has("experiment") and not asked.groups:
            asked.keys.append((RunKey(section="attributes", key="experiment"),))
        for group in [each for each in asked.groups if any(on.on.section == "params" for on in each)]:
            asked.groups.remove(group)  # did run X use Adam
            asked.keys.append(tuple(on.on for on in group if on.on.section == "params"))
    return asked if asked.keys or asked.sections else None


def _many(gist: Gist) -> Asked | None:
    asked = gist.asked
    asked.verb = "count" if gist.has("many") else "list"
    odd = gist.attributes or asked.sections or asked.side or asked.step is not None or gist.has("who")
    if odd or gist.has("when") or not _names_runs(gist):
        return None
    if asked.verb == "count":
        for keys in asked.keys:
            gist.where([RunCondition(on=key, is_="HAS") for key in keys], f"with {keys[0].key}")
        asked.keys.clear()
        return asked
    return asked if asked.groups else None


def _names_runs(gist: Gist) -> bool:
    """Runs, or which run: `run` alone may be a verb."""
    words = [piece.text.casefold() for piece in gist.said]
    return any(
        piece.kind == "run" and (words[at].endswith("s") or (at > 0 and words[at - 1] in ("which", "what", "any")))
        for at, piece in enumerate(gist.said)
    )
