"""Charts as inline SVG: coloured by the page's style sheet, named for those who hear them, each with its numbers."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as Xml

from markupsafe import Markup

Style = Literal["line", "steps", "dashed", "dots"]
Pair = tuple[float, float]
WIDTH, HEIGHT = 420.0, 280.0
LEFT, RIGHT, TOP, BOTTOM = 54.0, 20.0, 12.0, 44.0
MARKS = ("circle", "square", "diamond", "triangle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """From `low` to `high`, which differ; `log`: both above 0."""

    label: str
    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False
    unit: str = ""

    def share(self, value: float) -> float:
        """Where the value lies between the ends, in [0, 1]; beyond them at the nearer end."""
        low, high = self.low, self.high
        if self.log:
            value, low, high = (math.log(max(one, self.low)) for one in (value, low, high))
        return min(1.0, max(0.0, (value - low) / (high - low)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """`ranges[i]`: the interval of points[i], drawn as a band behind a line and as a whisker on a dot; `sizes[i]`: the
    radius of a dot."""

    name: str
    points: tuple[Pair, ...]
    style: Style = "line"
    ranges: tuple[Pair, ...] = ()
    sizes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`key`: unique in the page. `reads`: what to see in it, in words."""

    key: str
    title: str
    reads: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    guide: tuple[Pair, Pair] | None = None  # a thin line to compare with
    notes: tuple[str, ...] = ()  # of the points of the first series

    @property
    def rows(self) -> list[tuple[str, float, float, str]]:
        """(series, x, y, what else): the numbers of the picture; of a long series every n-th."""
        found = []
        for one in self.series:
            step = max(1, math.ceil(len(one.points) / 25))
            for at in sorted({*range(0, len(one.points), step), len(one.points) - 1} - {-1}):
                found.append((one.name, *one.points[at], self._also(one, at)))
        return found

    def _also(self, one: Series, at: int) -> str:
        unit = self.y.unit
        between = [f"{number(one.ranges[at][0], unit)} to {number(one.ranges[at][1], unit)}"] if one.ranges else []
        return ", ".join([*between, *(self.notes[at : at + 1] if one is self.series[0] else ())])


def share_axis(label: str) -> Axis:
    return Axis(label=label, low=0.0, high=1.0, ticks=(0.0, 0.25, 0.5, 0.75, 1.0), unit="%")


def axis_up_to(label: str, highest: float, *, unit: str = "") -> Axis:
    """From 0 to a round number above `highest`, with about five ticks."""
    rough = max(highest, 1e-9) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * times for times in (1, 1.5, 2, 2.5, 3, 5, 10) if size * times >= rough)
    count = max(1, math.ceil(highest / step - 1e-9))
    return Axis(label=label, low=0.0, high=step * count, ticks=tuple(step * at for at in range(count + 1)), unit=unit)


def number(value: float, unit: str = "") -> str:
    """Short: shares as whole per cent, others with at most three digits that count."""
    return f"{value:.0%}" if unit == "%" else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def drawing(chart: Chart) -> Markup:
    """The chart as an `svg` element; every text in it is escaped."""
    names = f"{chart.key}-title {chart.key}-text"
    svg = Xml.Element("svg", viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", role="img")
    svg.set("aria-labelledby", names)
    Xml.SubElement(svg, "title", id=f"{chart.key}-title").text = chart.title
    Xml.SubElement(svg, "desc", id=f"{chart.key}-text").text = chart.reads
    _frame(svg, chart)
    place = _placer(chart)
    if chart.guide:
        _line(svg, [place(*point) for point in chart.guide], "guide")
    for at, series in enumerate(chart.series):
        _series(svg, series, place, at)
    return Markup(Xml.tostring(svg, encoding="unicode"))


def swatch(at: int, style: Style) -> Markup:
    """The sign of a series, for a legend."""
    svg = Xml.Element("svg", {"class": "swatch", "viewBox": "0 0 24 12", "aria-hidden": "true"})
    if style == "dots":
        _mark(svg, (12.0, 6.0), 4.5, at)
    else:
        _line(svg, [(1.0, 6.0), (23.0, 6.0)], f"s{at % 4}{' dashed' if style == 'dashed' else ''}")
    return Markup(Xml.tostring(svg, encoding="unicode"))


def _placer(chart: Chart) -> Callable[[float, float], Pair]:
    def place(x: float, y: float) -> Pair:
        across = LEFT + chart.x.share(x) * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BOTTOM - chart.y.share(y) * (HEIGHT - TOP - BOTTOM)

    return place


def _frame(svg: Xml.Element, chart: Chart) -> None:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for tick in chart.y.ticks:
        y = bottom - chart.y.share(tick) * (bottom - TOP)
        _line(svg, [(LEFT, y), (right, y)], "grid")
        _words(svg, number(tick, chart.y.unit), (LEFT - 7, y + 4), "end")
    for tick in chart.x.ticks:
        x = LEFT + chart.x.share(tick) * (right - LEFT)
        _line(svg, [(x, bottom), (x, bottom + 4)], "tick")
        _words(svg, number(tick, chart.x.unit), (x, bottom + 17), "middle")
    _line(svg, [(LEFT, bottom), (right, bottom)], "axis")
    _words(svg, chart.x.label, ((LEFT + right) / 2, HEIGHT - 7), "middle")
    middle = (TOP + bottom) / 2
    _words(svg, chart.y.label, (12, middle), "middle").set("transform", f"rotate(-90 12 {middle:g})")


def _series(svg: Xml.Element, series: Series, place: Callable[[float, float], Pair], at: int) -> None:
    points = [place(*point) for point in series.points]
    name = f"s{at % 4}"
    if series.style == "dots":
        for n, point in enumerate(points):
            if series.ranges:
                _line(svg, [place(series.points[n][0], end) for end in series.ranges[n]], f"{name} thin")
            _mark(svg, point, series.sizes[n] if series.sizes else 4.5, at)
        return
    if series.ranges and series.style != "dashed":
        pairs = list(zip(series.points, series.ranges, strict=True))
        edge = [place(x, high) for (x, _), (_, high) in pairs] + [place(x, low) for (x, _), (low, _) in pairs[::-1]]
        Xml.SubElement(svg, "polygon", {"points": _joined(edge), "class": f"{name} band"})
    if series.style == "steps":
        points = [corner for one, other in itertools.pairwise(points) for corner in (one, (other[0], one[1]))]
        points.append(place(*series.points[-1]))
    _line(svg, points, f"{name}{' dashed' if series.style == 'dashed' else ''}")


def _mark(svg: Xml.Element, at: Pair, radius: float, n: int) -> None:
    (x, y), name = at, f"s{n % 4} mark"
    shape = MARKS[n % 4]
    if shape == "circle":
        Xml.SubElement(svg, "circle", {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{radius:.1f}", "class": name})
        return
    r = radius
    corners = {
        "square": [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)],
        "diamond": [(x, y - r * 1.3), (x + r * 1.3, y), (x, y + r * 1.3), (x - r * 1.3, y)],
        "triangle": [(x, y - r * 1.2), (x + r * 1.2, y + r), (x - r * 1.2, y + r)],
    }
    Xml.SubElement(svg, "polygon", {"points": _joined(corners[shape]), "class": name})


def _line(svg: Xml.Element, points: Sequence[Pair], name: str) -> None:
    if points:
        Xml.SubElement(svg, "polyline", {"points": _joined(points), "class": name})


def _joined(points: Sequence[Pair]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _words(svg: Xml.Element, text: str, at: Pair, anchor: str) -> Xml.Element:
    found = Xml.SubElement(svg, "text", {"x": f"{at[0]:.1f}", "y": f"{at[1]:.1f}", "text-anchor": anchor})
    found.text = text
    return found
