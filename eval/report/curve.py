"""A risk–coverage curve in a few lines of a terminal."""

from collections.abc import Mapping, Sequence

from eval.metrics.risk import Point

WIDTH, HEIGHT = 60, 10


def drawn(points: Sequence[Point], marks: Mapping[str, float]) -> list[str]:
    """Lines of text: risk upwards, coverage to the right. `marks`: {one letter: a threshold on the curve}."""
    top = max((point.risk for point in points), default=0.0) or 1.0
    rows = [[" "] * (WIDTH + 1) for _ in range(HEIGHT + 1)]
    for point in points:
        _put(rows, point, top, "·")
    for letter, threshold in marks.items():
        reached = [point for point in points if point.confidence >= threshold]
        if reached:
            _put(rows, reached[-1], top, letter)
    lines = [f"{_label(n, top):>6} │{''.join(row).rstrip()}" for n, row in enumerate(rows)]
    axis = f"{'':>6} └{'─' * (WIDTH + 1)}"
    return [*lines, axis, f"{'':>8}0 %{'of the questions answered':^{WIDTH - 6}}100 %"]


def _put(rows: list[list[str]], point: Point, top: float, letter: str) -> None:
    rows[HEIGHT - round(HEIGHT * point.risk / top)][round(WIDTH * point.coverage)] = letter


def _label(row: int, top: float) -> str:
    return f"{top * (HEIGHT - row) / HEIGHT:.0%}" if row % 5 == 0 else ""
