"""What questions cost: time to the first words, tokens, and money at given prices. Over a set of questions.

first_statement_ms: from the question until the first statement can be read, p50 and p95 over the questions that were
answered. Tokens are those that the language model's server counted, 0 where none was asked (extractive answers, facts,
refusals before writing). Where one question's tokens are not known neither are the totals: nothing is guessed.

Worked: 100 questions of 900 tokens in and 80 out, at 0.50 and 1.50 a million: (90,000 x .5 + 8,000 x 1.5) / 1e6 = .057.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Of a million tokens, in whatever currency."""

    tokens_in: float
    tokens_out: float


def money(tokens: Mapping[str, int] | None, prices: Prices | None) -> float | None:
    """None where the tokens or the prices are not known; 0 where no token was used, whatever the prices."""
    if tokens is None:
        return None
    if not tokens["in"] and not tokens["out"]:
        return 0.0
    return None if prices is None else (tokens["in"] * prices.tokens_in + tokens["out"] * prices.tokens_out) / MILLION


def spending(items: Sequence[Mapping[str, Any]], prices: Prices | None = None) -> dict[str, Any]:
    """Of the items of a run's JSON: `first_statement_ms`, `tokens` and `cost`, in all and a question.

    Items that failed are left out. `unknown` counts those whose tokens nobody told.
    """
    asked = [item for item in items if not item.get("error")]
    counted = [item["tokens"] for item in asked if item.get("tokens") is not None]
    unknown = len(asked) - len(counted)
    total = None if unknown or not counted else {way: sum(one[way] for one in counted) for way in ("in", "out")}
    cost = money(total, prices)
    return {
        "first_statement_ms": percentiles([item.get("first_statement_ms") for item in asked]),
        "tokens": {"in": total["in"] if total else None, "out": total["out"] if total else None, "unknown": unknown},
        "cost": {"total": cost, "per_question": None if cost is None else cost / len(asked)},
    }


def priced(result: dict[str, Any], prices: Prices | None) -> dict[str, Any]:
    """A run's JSON with what each pack cost."""
    packs = {
        name: {**pack, **spending(pack["items"], prices)} if any("tokens" in item for item in pack["items"]) else pack
        for name, pack in result["packs"].items()
    }
    return {**result, "packs": packs, **({"prices": asdict(prices)} if prices else {})}


def percentiles(values: Iterable[float | None]) -> dict[str, float | None]:
    """p50 and p95 of what is known, by nearest rank; None where nothing is."""
    known = [value for value in values if value is not None]
    if not known:
        return {"p50": None, "p95": None}
    middle, slow = np.percentile(known, [50, 95], method="inverted_cdf").tolist()
    return {"p50": round(middle, 2), "p95": round(slow, 2)}
