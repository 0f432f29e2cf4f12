from xml.etree import ElementTree as Xml

import pytest

from eval.report.charts import Axis, Chart, Series, axis_up_to, drawing, number, share_axis


def chart(*series: Series, name: str = "A chart") -> Chart:
    x = Axis(label="k", low=1, high=100, ticks=(1, 10, 100), log=True)
    return Chart(key="c1", title=name, reads="What it says.", x=x, y=share_axis("share"), series=series)


def test_a_logarithmic_axis_puts_ten_halfway_between_one_and_a_hundred() -> None:
    axis = chart().x
    assert [axis.share(value) for value in (0, 1, 10, 100, 1000)] == pytest.approx([0, 0, 0.5, 1, 1])


@pytest.mark.parametrize(("highest", "end"), [(97.0, 100.0), (101.0, 120.0), (0.0, 0.0), (1.0, 1.0), (4321.0, 4500.0)])
def test_an_axis_ends_at_a_round_number_above_what_it_shows(highest: float, end: float) -> None:
    axis = axis_up_to("ms", highest)
    assert axis.high == pytest.approx(end, abs=1e-6)
    assert axis.low < axis.high
    assert len(axis.ticks) <= 6


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.123, "%", "12%"), (12345.6, "", "12,346"), (0.98765, "", "0.988"), (267.4, "", "267")],
)
def test_numbers_are_short(value: float, unit: str, text: str) -> None:
    assert number(value, unit) == text


def test_a_point_stands_where_its_values_say() -> None:
    svg = Xml.fromstring(str(drawing(chart(Series(name="run", points=((10.0, 0.5),), style="dots")))))
    dot = svg.find("circle")
    assert dot is not None
    assert (float(dot.get("cx", "")), float(dot.get("cy", ""))) == pytest.approx((227.0, 124.0))


def test_a_chart_is_named_for_those_who_hear_it_and_escapes_its_texts() -> None:
    svg = Xml.fromstring(str(drawing(chart(name="</title><script>alert(1)</script>"))))
    named = {part.get("id"): part.text for part in svg if part.get("id")}
    assert svg.get("aria-labelledby") == "c1-title c1-text"
    assert named == {"c1-title": "</title><script>alert(1)</script>", "c1-text": "What it says."}
    assert svg.find("script") is None


def test_the_numbers_behind_a_long_curve_are_a_table_one_can_read() -> None:
    rows = chart(Series(name="run", points=tuple((float(n), n / 999) for n in range(1000)))).rows
    assert (rows[0][1], rows[-1][1]) == (0, 999)
    assert len(rows) <= 27
