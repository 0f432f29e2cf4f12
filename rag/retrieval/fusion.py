"""Fusion of rankings whose scores have different scales."""

from collections.abc import Mapping


def min_max(scores: Mapping[str, float]) -> dict[str, float]:
    """Scale to [0, 1] over the pool; when all are equal, each gets 1. Empty in, empty out."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {key: (value - low) / (high - low) for key, value in scores.items()}


def weighted_sum(
    signals: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]
) -> list[tuple[str, float, dict[str, float]]]:
    """(key, score, parts), best first: score = Σ weight · min-max normalised signal, and the parts sum to it.

    What a signal does not know counts 0 there, as its weakest member does. Ties go by key, so that order is stable.
    Source: Lee, "Analyses of multiple evidence combination", SIGIR 1997 (CombSUM over min-max scores); that sums of
    scores beat ranks: Bruch, Gai & Ingber, "An analysis of fusion functions for hybrid retrieval", TOIS 2023.
    """
    normalised = {name: min_max(scores) for name, scores in signals.items()}
    keys = {key for scores in normalised.values() for key in scores}
    rows = []
    for key in keys:
        parts = {name: weights[name] * scores[key] for name, scores in normalised.items() if key in scores}
        rows.append((key, sum(parts.values()), parts))
    return sorted(rows, key=lambda row: (-row[1], row[0]))
