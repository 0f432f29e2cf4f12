"""Augmentations for log-mel clips of shape (bands, frames)."""

import numpy as np

MIXUP_ALPHA = 0.4
MAX_SHIFT_FRAMES = 100  # one second at a hop of 10 ms


def mixup(one: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Mix two clips; the weight is drawn from Beta(alpha, alpha)."""
    weight = float(rng.beta(MIXUP_ALPHA, MIXUP_ALPHA))
    return weight * one + (1 - weight) * other, weight


def shift(clip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Roll a clip in time. Silence is not padded in: birds do not stop at the edge of a clip."""
    return np.roll(clip, int(rng.integers(-MAX_SHIFT_FRAMES, MAX_SHIFT_FRAMES)), axis=1)
