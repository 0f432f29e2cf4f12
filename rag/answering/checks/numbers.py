"""Numbers with their units, compared by value: 87.1 % is 0.871, 1e-3 is 0.001, 3k is 3,000, 5 ms is 0.005 s."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.answering.checks.units import SCALES, UNITS, convertible, factor, spelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """`value` in `unit` ("" for a bare number); per cent and scales are folded into the value."""

    value: float
    unit: str
    text: str
    start: int
    end: int
    percent: bool = False
    about: bool = False  # "some 300": it may be rounded


_NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>(?<![\w)])[-+](?=[\d.$€£]))?(?P<money>[$€£¥]\s?)?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)(?P<power>e[-+]?\d+|\s?[x×*]\s?10\^?[-+]?\d+)?"
    r"(?P<after>(?:st|nd|rd|th)\b|(?P<gap>[\s-]?)(?P<letters>%|[a-zA-Zµ°$€£]+))?",
    re.I,
)
_NEXT = re.compile(r"[\s-]?(%|[a-zA-Zµ°$€£]+)")
_PER_CENT = re.compile(r"per\s?cent(?:age points?)?\b|pct\b|%(?:-points?)?|percentage points?\b|pp\b", re.I)
_ABOUT = re.compile(
    r"(?:about|approximately|approx\.?|around|nearly|almost|roughly|some|circa|over|than|~|≈)\s*$", re.I
)
_INSIDE_A_NAME = re.compile(r"[A-Za-z]\w*[-_/.:]$")
_VERSION = re.compile(r"\bv?\d+(?:\.\w+){2,}|\bv\d+(?:\.\w+)*", re.I)
_COUNTS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_WORDS: dict[str, float] = {word: float(n) for n, word in enumerate(_COUNTS.split())}
_WORDS |= {word: 10.0 * n for n, word in enumerate(_TENS.split(), 2)} | {"dozen": 12.0}
_TIMES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_ORDINAL = {word: float(n) for n, word in enumerate(_ORDINALS.split())} | {"once": 1.0, "twice": 2.0, "single": 1.0}
_ONE = "|".join([*_WORDS, *_TIMES])
_SPELLED = re.compile(rf"\b(?:{_ONE})(?:(?:[\s-]|\sand\s)(?:{_ONE}))*\b", re.I)
_DIGITS = re.compile(r"\d+(?:\.\d+)?")


def quantities(text: str) -> list[Quantity]:
    """Of plain text whose dates are blanked out. Numbers inside names and versions are not among them."""
    versions = [match.span() for match in _VERSION.finditer(text)]
    found = []
    for match in _NUMBER.finditer(text):
        start = match.start("digits")
        if any(a <= start < b for a, b in versions) or _INSIDE_A_NAME.search(text[max(0, start - 40) : start]):
            continue
        quantity = _quantity(match, text)
        if quantity is not None:
            found.append(quantity)
    return sorted([*found, *_in_words(text)], key=lambda quantity: quantity.start)


def numbers(text: str) -> list[float]:
    """The values alone."""
    return [quantity.value for quantity in quantities(text)]


def _quantity(match: re.Match[str], text: str) -> Quantity | None:
    value = float(match["digits"].replace(",", "")) * (-1 if match["sign"] == "-" else 1)
    value *= _power(match["power"])
    unit = UNITS.get((match["money"] or "").strip(), "")
    end, percent, letters = match.end("digits"), False, match["letters"] or ""
    end = match.end("power") if match["power"] else end
    about = bool(_ABOUT.search(text[max(0, match.start() - 16) : match.start()]))
    if match["after"] and not letters:
        end = match.end()
    elif _PER_CENT.match(text, match.start("letters") if letters else end):
        ending = _PER_CENT.match(text, match.start("letters"))
        value, percent, end = value / 100, True, ending.end() if ending else end
    elif letters:
        scale, place = _scale(letters, match["gap"], end, match.end())
        value *= scale
        known = _unit_at(text, place, match["digits"])
        if known is None and scale == 1 and not match["gap"]:
            return None  # 4bit, 2nodes: a name
        if known is not None:
            unit, end = unit or known[0], known[1]
        else:
            end = place if scale != 1 else end
    return Quantity(
        value=value, unit=unit, text=text[match.start() : end].strip(), start=match.start(), end=end, percent=percent,
        about=about,
    )  # fmt: skip


def _power(written: str | None) -> float:
    if not written:
        return 1.0
    exponent = re.search(r"[-+]?\d+$", written.replace("10^", "").replace("10", "", 1) if "10" in written else written)
    return 10.0 ** int(exponent.group()) if exponent else 1.0


def _scale(letters: str, gap: str, before: int, after: int) -> tuple[float, int]:
    """(factor, where a unit may stand): 3k, 5M, 2 million; `5 m` and `5 b` are none."""
    short = len(letters) == 1 and (letters in "kKMBT" if not gap else letters in "KMBT")
    if letters in {"bn", "mn", "tn"} or short or letters.lower() in _TIMES:
        return SCALES[letters.lower()], after
    return 1.0, before


def _unit_at(text: str, place: int, digits: str) -> tuple[str, int] | None:
    match = _NEXT.match(text, place)
    if not match:
        return None
    if match[1] == "s" and len(digits) == 4 and match.start(1) == place:
        return "", match.end()  # the 1990s
    unit = spelled(match[1])
    return (unit, match.end()) if unit else None


def _in_words(text: str) -> Iterator[Quantity]:
    for match in _SPELLED.finditer(text):
        total = current = 0.0
        for word in re.split(r"[\s-]+", match[0].lower()):
            if word in _TIMES:
                total, current = (total, (current or 1) * 100) if word == "hundred" else (
                    total + (current or 1) * _TIMES[word], 0.0)  # fmt: skip
            else:
                current += _WORDS.get(word, 0.0)
        before = text[max(0, match.start() - 12) : match.start()]
        if match[0].lower() in _TIMES and re.search(r"\d\s*$", before):
            continue  # 3 million was read with its digits
        unit = _unit_at(text, match.end(), "")
        yield Quantity(
            value=total + current, unit=unit[0] if unit else "", text=match[0], start=match.start(), end=match.end()
        )


def loose(text: str, read: Sequence[Quantity]) -> set[float]:
    """Numbers that stand elsewhere in a source: in names, dates, versions, as ordinals."""
    taken = [(quantity.start, quantity.end) for quantity in read]
    found = {float(match[0]) for match in _DIGITS.finditer(text) if not any(a <= match.start() < b for a, b in taken)}
    return found | {value for word, value in _ORDINAL.items() if re.search(rf"\b{word}\b", text, re.I)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Strange:
    """A number that the source does not have, or has in another unit."""

    said: Quantity
    nearest: Quantity | None
    unit: bool  # the value stands there, the unit is another

    @property
    def detail(self) -> str:
        said = f"{self.said.text} is not in the source"
        return f"{said}, which says {self.nearest.text}" if self.nearest else said


def strange(text: str, source: str, beside: str = "") -> list[Strange]:
    """Numbers of `text` that stand neither in `source` nor `beside` it; all plain, with dates blanked out."""
    known = quantities(source)
    bare = loose(source, known) | {q.value for q in quantities(beside) if not q.unit} | loose(beside, [])
    found = []
    for said in quantities(text):
        if said.text.lower() == "one" or _held(said, known, bare, source):
            continue
        nearest = _nearest(said, known)
        other = nearest is not None and _digits(said) == _digits(nearest)
        found.append(Strange(said=said, nearest=nearest, unit=other))
    return found


def _held(said: Quantity, known: Sequence[Quantity], bare: set[float], source: str) -> bool:
    if any(_same(said, other) for other in known):
        return True
    plainly = said.value * 100 if said.percent else said.value
    value_stands = any(_close(plainly, other.value) and not other.unit and not other.percent for other in known)
    value_stands = value_stands or any(_close(plainly, other) for other in bare)
    if not value_stands:
        return False
    named = said.unit == "" or _names_unit(said.unit, source)
    return bool(_PER_CENT.search(source)) if said.percent else named


def _names_unit(unit: str, source: str) -> bool:
    """A table names it in its head."""
    return any(spelled(word) == unit for word in re.findall(r"[a-zA-Zµ°%$€£]+", source))


def _same(said: Quantity, other: Quantity) -> bool:
    ratio = 1.0
    if said.unit and other.unit and said.unit != other.unit:
        if not convertible(said.unit, other.unit):
            return False
        ratio = factor(said.unit, other.unit)
    elif said.unit and not other.unit:
        return False  # it may stand in the head of a table: see _held
    value = said.value * ratio
    if _close(value, other.value) or (ratio != 1.0 and math.isclose(abs(value), abs(other.value), rel_tol=0.075)
                                      and said.unit.endswith("b") and _binary(value / other.value)):  # fmt: skip
        return True
    return said.about and _rounds(other.value, value)


def _binary(ratio: float) -> bool:
    return any(_close(ratio, (1000 / 1024) ** n) for n in (-3, -2, -1, 1, 2, 3))


def _close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12)


def _rounds(exact: float, rounded: float) -> bool:
    """To one or two significant digits."""
    return any(_close(float(f"{exact:.{digits}g}"), rounded) for digits in (1, 2))


def _digits(quantity: Quantity) -> str:
    return re.sub(r"[^\d.]", "", quantity.text)


def _nearest(said: Quantity, known: Sequence[Quantity]) -> Quantity | None:
    """The number that was most likely meant: the same digits, else the nearest value within a factor of ten."""
    same = [other for other in known if _digits(other) == _digits(said) and _digits(said)]
    if same:
        return same[0]
    near = [other for other in known if other.value * said.value > 0 and 0.1 < other.value / said.value < 10]
    alike = [other for other in near if other.unit == said.unit and other.percent == said.percent] or near
    return min(alike, key=lambda other: abs(math.log(other.value / said.value)), default=None)
