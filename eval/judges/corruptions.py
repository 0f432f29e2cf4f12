"""True statements spoiled in one place, and the same statements said otherwise: what a check must catch, and must not.

Spoiled, one change each: `number` (two digits swapped, or one more), `unit` (ms for s, GB for MB, % left out), `date`
(another year), `entity` (another name of the same corpus), `negation` (a `not` put in or taken out).
Still true: `as it is`, `notation` (87.1 % as 0.871, 1,200 as 1200, 2026-03-01 as 1 March 2026), `contraction`
(is not, isn't), `shortened` (without its brackets), `framed` ("The notes say that ...").

Worked: "The AUC was 0.871." gives number "The AUC was 0.817." and negation "The AUC was not 0.871.".
"""

import re
from calendar import month_name
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from random import Random

from eval.metrics.agreement import stated
from eval.metrics.keys import Key, keys

SHORTEST, LONGEST = 5, 60  # words of a statement

Change = Callable[[str, Random], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A statement that its quotes carry. `cluster`: the document it is from.

    `beside` and `asked`: what stands next to the quotes, and the question, where the statement was written for one.
    """

    statement: str
    quotes: tuple[str, ...]
    cluster: str
    beside: str = ""
    asked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    kind: str  # of SPOILED or STILL_TRUE
    spoiled: bool
    statement: str
    truth: Truth  # what it was made of


def _numbers(text: str) -> list[Key]:
    return [key for key in keys(text) if key.kind == "number" and re.search(r"\d", key.text)]


def _put(text: str, start: int, old: str, new: str) -> str:
    return text[:start] + new + text[start + len(old) :]


def _other_number(text: str, random: Random) -> str | None:
    found = _numbers(text)
    if not found:
        return None
    key = random.choice(found)
    at = text.find(key.text, key.start)
    digits = [place for place, sign in enumerate(key.text) if sign.isdigit()]
    swaps = [(a, b) for a, b in pairwise(digits) if key.text[a] != key.text[b]]
    signs = list(key.text)
    if swaps and not (key.text[swaps[-1][1]] == "0" and key.text[swaps[-1][0]] == "0"):
        a, b = swaps[-1]
        signs[a], signs[b] = signs[b], signs[a]
    else:
        signs[digits[0]] = str(int(signs[digits[0]]) % 9 + 1)
    return _put(text, at, key.text, "".join(signs))


_SWAPPED_UNITS = {
    "ms": "s", "s": "ms", "seconds": "minutes", "minutes": "hours", "hours": "days", "days": "weeks",
    "weeks": "months", "months": "years", "years": "months", "gb": "MB", "mb": "GB", "tb": "GB", "kb": "MB",
    "gib": "MiB", "mib": "GiB", "hour": "day", "minute": "second", "day": "week", "week": "day", "month": "year",
    "year": "month", "%": "", "million": "billion", "billion": "million", "thousand": "million",
}  # fmt: skip
_UNIT = re.compile(
    rf"(?<=\d)(\s?)({'|'.join(sorted(map(re.escape, _SWAPPED_UNITS), key=len, reverse=True))})(?!\w)", re.I
)


def _other_unit(text: str, random: Random) -> str | None:
    found = list(_UNIT.finditer(text))
    if not found:
        return None
    match = random.choice(found)
    return text[: match.start(2)] + _SWAPPED_UNITS[match[2].lower()] + text[match.end(2) :]


def _other_date(text: str, random: Random) -> str | None:
    found = [key for key in keys(text) if key.kind == "date"]
    if not found:
        return None
    key = random.choice(found)
    year = str(int(key.value) // 10_000)
    return _put(text, key.start, key.text, key.text.replace(year, str(int(year) + random.choice([-1, 1]))))


_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|will|should|could|would|has|have|had|must|may|does|do|did)\b(?!\s+not\b)"
)
_DENIAL = re.compile(
    r"\b(is|are|was|were|can|will|should|could|would|has|have|had|must|may|does|do|did)(?:\s+not|n't)\b"
)


def _turned(text: str, random: Random) -> str | None:
    del random
    denied = _DENIAL.search(text)
    if denied:
        return text[: denied.end(1)] + text[denied.end() :]
    found = _AUXILIARY.search(text)
    return f"{text[: found.end()]} not{text[found.end() :]}" if found else None


def _notation(text: str, random: Random) -> str | None:
    del random
    share = re.search(r"(?<![\w.,])(\d{1,2}(?:\.\d+)?)\s?%", text)
    if share:
        return _put(text, share.start(), share[0], f"{float(share[1]) / 100:.10f}".rstrip("0"))
    grouped = re.search(r"(?<![\w.,$])\d{1,3}(?:,\d{3})+(?![\w,.])", text)
    if grouped:
        return _put(text, grouped.start(), grouped[0], grouped[0].replace(",", ""))
    day = re.search(r"(?<![\w-])(\d{4})-(\d\d)-(\d\d)(?![\w-])", text)
    if day and 1 <= int(day[2]) <= 12:
        return _put(text, day.start(), day[0], f"{int(day[3])} {month_name[int(day[2])]} {day[1]}")
    return None


def _contracted(text: str, random: Random) -> str | None:
    del random
    changed = re.sub(r"\b(is|are|was|were|could|would|should|has|have|had|does|do|did) not\b", r"\1n't", text, count=1)
    return changed if changed != text else None


def _shortened(text: str, random: Random) -> str | None:
    del random
    changed = re.sub(r"\s*\([^()]*\)", "", text)
    return changed if changed != text and len(changed.split()) >= SHORTEST else None


def _framed(text: str, random: Random) -> str | None:
    del random
    return f"The notes say that {text}"


SPOILED: Mapping[str, Change] = {
    "number": _other_number,
    "unit": _other_unit,
    "date": _other_date,
    "negation": _turned,
}
STILL_TRUE: Mapping[str, Change] = {
    "as it is": lambda text, _random: text,
    "notation": _notation,
    "contraction": _contracted,
    "shortened": _shortened,
    "framed": _framed,
}


def _names(text: str) -> list[Key]:
    return [key for key in keys(text) if key.kind in {"name", "identifier"} and key.text in text[key.start :]]


def _other_entity(truth: Truth, text: str, known: Sequence[str], random: Random) -> str | None:
    """Another name of the corpus, that the quotes do not hold."""
    quotes = " ".join(truth.quotes).lower()
    found = _names(text)
    strangers = [name for name in known if name.lower() not in quotes]
    if not found or not strangers:
        return None
    key = random.choice(found)
    return _put(text, text.find(key.text, key.start), key.text, random.choice(strangers))


def cases(truths: Sequence[Truth], *, seed: int = 0) -> Iterator[Case]:
    """Every change that applies to each statement; the same input and seed give the same cases."""
    kept = [truth for truth in truths if SHORTEST <= len(truth.statement.split()) <= LONGEST]
    known = sorted({key.text for truth in kept for key in _names(stated(truth.statement))})
    for truth in kept:
        random = Random(sha256(f"{seed} {truth.statement}".encode()).hexdigest())
        text = stated(truth.statement)
        spoiled: Iterable[tuple[str, str | None]] = [
            *((kind, change(text, random)) for kind, change in SPOILED.items()),
            ("entity", _other_entity(truth, text, known, random)),
        ]
        true = [(kind, change(text, random)) for kind, change in STILL_TRUE.items()]
        for wrong, changes in ((True, spoiled), (False, true)):
            for kind, statement in changes:
                if statement is not None and (statement != text or kind == "as it is"):
                    yield Case(kind=kind, spoiled=wrong, statement=statement, truth=truth)
