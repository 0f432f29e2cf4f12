"""A figure over runs as a small drawing: dots with their 95 % intervals. Pure.

Both axes are plain: runs stand at equal distances, oldest first, and a figure that is a share is drawn from 0 to 1
whatever its values, so that a small change looks small.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 320, 116  # units of the drawing
LEFT, RIGHT, TOP, BOTTOM = 26, 12, 8, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """`data`: runs that differ in it asked something else; "" when nobody knows."""

    when: str
    value: float
    low: float | None
    high: float | None
    n: int
    accepted: bool = False
    data: str = ""


def trend(name: str, points: Sequence[Point]) -> str:
    """SVG. Neighbours that asked the same are joined; a dotted line stands where the questions changed."""
    most = _most(points)
    places = [(_across(at, len(points)), _up(point.value, most)) for at, point in enumerate(points)]
    told = html.escape(_told(name, points))
    return (
        f'<svg class="tl-trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{told}">'
        f"{_frame(most)}{_reference(points, most)}{_joins(points, places)}"
        f"{''.join(_dot(point, place, most) for point, place in zip(points, places, strict=True))}</svg>"
    )


def number(value: float) -> str:
    """Three digits after the point; of what is beyond 10, one."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"


def _told(name: str, points: Sequence[Point]) -> str:
    last = points[-1]
    sure = f", 95 % interval {interval(last.low, last.high)}" if interval(last.low, last.high) else ""
    if len(points) == 1:
        return f"{name}: one run, {number(last.value)}{sure}"
    return f"{name} over {len(points)} runs: first {number(points[0].value)}, last {number(last.value)}{sure}"


def _most(points: Sequence[Point]) -> float:
    """The upper end of the scale: 1 for shares."""
    return max(1.0, *(max(point.value, point.high or 0.0) for point in points))


def _across(at: int, count: int) -> float:
    room = WIDTH - LEFT - RIGHT
    return LEFT + room / 2 if count == 1 else LEFT + 8 + (room - 16) * at / (count - 1)


def _up(value: float, most: float) -> float:
    room = HEIGHT - TOP - BOTTOM
    return HEIGHT - BOTTOM - room * min(1.0, max(0.0, value / most))


def _frame(most: float) -> str:
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = _up(share * most, most)
        lines.append(
            f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"></line>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share * most:.3g}</text>'
        )
    return "".join(lines)


def _reference(points: Sequence[Point], most: float) -> str:
    """A line at the height of the accepted run, as far as the same was asked."""
    accepted = next((point for point in points if point.accepted), None)
    if accepted is None:
        return ""
    same = [at for at, point in enumerate(points) if point.data == accepted.data]
    start = LEFT if same[0] == 0 else _across(same[0], len(points))
    end = WIDTH - RIGHT if same[-1] == len(points) - 1 else _across(same[-1], len(points))
    y = _up(accepted.value, most)
    return f'<line class="mark" x1="{start:.1f}" x2="{end:.1f}" y1="{y:.1f}" y2="{y:.1f}"></line>'


def _joins(points: Sequence[Point], places: Sequence[tuple[float, float]]) -> str:
    drawn = []
    for at in range(1, len(points)):
        (x, y), (to_x, to_y) = places[at - 1], places[at]
        if points[at - 1].data == points[at].data:
            drawn.append(f'<line class="join" x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"></line>')
        else:
            drawn.append(_upright("break", (x + to_x) / 2, TOP, HEIGHT - BOTTOM))
    return "".join(drawn)


def _dot(point: Point, place: tuple[float, float], most: float) -> str:
    x, y = place
    whisker = ""
    if point.low is not None and point.high is not None:
        whisker = _upright("whisker", x, _up(point.high, most), _up(point.low, most))
    ring = f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="7.5"></circle>' if point.accepted else ""
    sure = f" ({interval(point.low, point.high)})" if interval(point.low, point.high) else ""
    told = f"{point.when}: {number(point.value)}{sure}, {point.n} scored{', accepted' if point.accepted else ''}"
    dot = f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"></circle>'
    return f"<g><title>{html.escape(told)}</title>{whisker}{ring}{dot}</g>"


def _upright(kind: str, x: float, top: float, bottom: float) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"></line>'
