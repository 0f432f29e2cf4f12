"""What an answer stands or falls with: its numbers, dates, identifiers and names, each in one comparable form."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "date", "identifier", "name"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """`value`: of a number, scales and per cent folded; of a date, year * 10000 + month * 100 + day; else 0."""

    kind: Kind
    text: str
    start: int  # in the text it was found in
    value: float = 0.0
    unit: str = ""


# Base unit and factor of what can be converted; of bytes in steps of 1,000 (`same_amount` allows for 1,024).
_CONVERSIONS = {
    **{unit: ("s", factor) for unit, factor in {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}.items()},
    **{unit: ("s", factor) for unit, factor in {"h": 3_600.0, "d": 86_400.0, "week": 604_800.0}.items()},
    **{unit: ("b", 1000.0**n) for n, unit in enumerate(("kb", "mb", "gb", "tb", "pb"), 1)},
    **{unit: ("hz", 1000.0**n) for n, unit in enumerate(("hz", "khz", "mhz", "ghz"))},
    **{unit: ("m", factor) for unit, factor in {"mm": 1e-3, "cm": 1e-2, "km": 1e3}.items()},
    **{unit: ("kwh", factor) for unit, factor in {"kwh": 1.0, "mwh": 1e3}.items()},
}
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
_SCALES |= {"t": 1e12, "tn": 1e12, "trillion": 1e12, "%": 1e-2, "percent": 1e-2, "pct": 1e-2}
_SHORT = frozenset({"k", "m", "mn", "b", "bn", "t", "tn"})  # `5 m` are metres, `5M` millions
_UNITS = {
    unit: words.split()[0]
    for words in (
        "ns nanosecond nanoseconds",
        "us µs microsecond microseconds",
        "ms millisecond milliseconds msec",
        "s sec secs second seconds",
        "min mins minute minutes",
        "h hr hrs hour hours",
        "d day days",
        "week weeks",
        "month months",
        "year years yr yrs",
        "kb kib kilobyte kilobytes",
        "mb mib megabyte megabytes",
        "gb gib gigabyte gigabytes",
        "tb tib terabyte terabytes",
        "pb pib petabyte petabytes",
        "hz hertz",
        "khz kilohertz",
        "mhz megahertz",
        "ghz gigahertz",
        "kwh kilowatt-hours",
        "mwh megawatt-hours",
        "mm millimetres millimeters",
        "cm centimetres centimeters",
        "km kilometres kilometers",
        "kg kilograms",
        "$ usd dollar dollars",
        "€ eur euro euros",
        "£ gbp",
    )
    for unit in words.split()
}
_COUNTS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty"""
_NUMBER_WORDS = {word: float(value) for value, word in enumerate(_COUNTS.split())}
_TENS = "thirty forty fifty sixty seventy eighty ninety"
_NUMBER_WORDS |= {word: 10.0 * n for n, word in enumerate(_TENS.split(), 3)}
_MONTH_NAMES = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_FULL = "january february march april may june july august september october november december"
MONTHS = frozenset(_FULL.split()) | frozenset(_MONTH_NAMES.split("|")) | {"sept"}
_MONTHS = {name: n for n, name in enumerate(_MONTH_NAMES.split("|"), 1)}
_MONTH = rf"(?P<month>{_MONTH_NAMES})[a-z]*\.?"
_DATES = (
    re.compile(r"(?<![\w-])(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})(?!\d)"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-](?:of\s)?{_MONTH},?[\s-](?P<year>\d{{4}})\b", re.I),
    re.compile(rf"\b{_MONTH}\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<year>\d{{4}})\b", re.I),
)
_NO_NAMES = """a an the in on at by to of it its is are was were be been and or but if as so for from with this that
    these those they he she we you i not no yes there here when where what which who why how all any each both two
    one then now also after before during while although because however once since until our their its his her my your
    some such only most more many other another every between into over under about than first"""
_COMMON = frozenset(_NO_NAMES.split())
_TOKEN = re.compile(r"\S+")
_NUMBER = re.compile(
    r"(?P<digits>[-+]?[$€£¥]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(?P<suffix>%|[a-zµ]{0,5})",
    re.I,
)
_VERSION = re.compile(r"v?\d+(?:\.\w+){2,}|v\d+(?:\.\w+)*", re.I)
_CALL = re.compile(r"[\w.]+\(\)")
_CAMEL = re.compile(r"[a-z]+[A-Z]|[A-Z][a-z]+[A-Z]")
_CODE = re.compile(r"\w_\w|::|^--?[a-zA-Z]|\w\.[a-zA-Z]\w|^/\w|/.*[/._\d]|[._\d].*/")
_ABBREVIATION = re.compile(r"(?:[a-zA-Z]\.)+[a-zA-Z]?")
_OPENING, _CLOSING = "([{<\"'“‘«~≈", ".,;:!?)]}>\"'”’»"
_MARKUP = re.compile(r"\*\*|__|`|(?<!\w)\*|\*(?!\w)|\s*\[\d+(?:,\s*\d+)*\]")


def plain(text: str) -> str:
    """Without emphasis, code marks and citation markers; one kind of white space, minus and dash."""
    text = re.sub(r"(?<=\d)\s+(?=%|per\s?cent\b)", "", _MARKUP.sub("", text))
    text = re.sub(r"(?<=\d)\s?per\s?cent\b", "%", text, flags=re.I)
    return " ".join(re.sub(r"[−‐‑]", "-", re.sub(r"[–—]", " - ", text)).split())


def keys(text: str) -> list[Key]:
    """All of them in order; `text` as `plain` gives it. A word that begins a sentence is no name for its capital."""
    found = list(_dates(text))
    for key in found:
        text = text[: key.start] + " " * len(key.text) + text[key.start + len(key.text) :]
    tokens = [(match.start(), match.group()) for match in _TOKEN.finditer(text)]
    for place, (start, token) in enumerate(tokens):
        following = tokens[place + 1][1] if place + 1 < len(tokens) else ""
        opens = place == 0 or tokens[place - 1][1].rstrip("\"')]”")[-1:] in {".", "!", "?", ":", "•", "-"}
        found.extend(_token_keys(token, start, following, opens))
    return sorted(found, key=lambda key: key.start)


def _dates(text: str) -> Iterator[Key]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            named = match.groupdict()
            month = int(named["number"]) if "number" in named else _MONTHS[named["month"].lower()]
            value = int(named["year"]) * 10_000 + month * 100 + int(named["day"])
            yield Key(kind="date", text=match.group(), start=match.start(), value=float(value))


def close(a: float, b: float) -> bool:
    """Equal within a relative 1e-6."""
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=0.0)


def same_unit(a: str, b: str) -> bool:
    """The same, or one can be converted into the other."""
    return a == b or (a in _CONVERSIONS and b in _CONVERSIONS and _CONVERSIONS[a][0] == _CONVERSIONS[b][0])


def same_amount(a: Key, b: Key) -> bool:
    """Two numbers that say the same; one without a unit takes the other's. 5 ms = 0.005 s, 1 GB = 1000 or 1024 MB."""
    if not a.unit or not b.unit or a.unit == b.unit:
        return close(a.value, b.value)
    if not same_unit(a.unit, b.unit):
        return False
    (base, of_a), (_, of_b) = _CONVERSIONS[a.unit], _CONVERSIONS[b.unit]
    binary = 1.024 ** round(math.log10(of_b / of_a) / 3) if base == "b" else 1.0
    return close(a.value * of_a, b.value * of_b) or close(a.value * of_a, b.value * of_b * binary)


def parts(date: Key) -> tuple[float, float]:
    """Its day and its year, as numbers."""
    return date.value % 100, date.value // 10_000


def _bare(token: str) -> str:
    """Without the punctuation around it, the brackets of a call aside."""
    token = token.lstrip(_OPENING)
    if not _CALL.fullmatch(token.rstrip(".,;:!?")):
        token = token.rstrip(_CLOSING)
    return re.sub(r"['’]s$", "", token.rstrip(".,;:!?"))


def _token_keys(token: str, start: int, following: str, opens: bool) -> Iterator[Key]:
    bare = _bare(token)
    number = _number(bare, start, _bare(following))
    if number:
        yield number
    elif re.match(r"[-+]?\d[\d.,]*[a-zA-Z%]{0,3}[-/]", bare) and not _VERSION.fullmatch(bare):  # 10-20, 176B-parameter
        pieces = [piece for piece in re.split(r"(?<=.)[-/]", bare) if piece]
        yield from (key for part in pieces for key in _token_keys(part, start, "", False))
    elif _is_identifier(bare):
        yield Key(kind="identifier", text=bare, start=start)
    elif _is_name(bare) and (not opens or _is_name(_bare(following)) or bare.isupper()):
        yield Key(kind="name", text=bare, start=start)


def _number(bare: str, start: int, following: str) -> Key | None:
    word = _NUMBER_WORDS.get(bare.lower())
    if word is not None:
        return Key(kind="number", text=bare, start=start, value=word, unit=_UNITS.get(following.lower(), ""))
    match = _NUMBER.fullmatch(bare)
    if not match:
        return None
    value = float(re.sub(r"[,$€£¥]", "", match["digits"]))
    suffix, after = match["suffix"].lower(), following.lower().removesuffix("s")
    if suffix in _SCALES and (suffix != "m" or match["suffix"] == "M" or "$" in bare):
        value *= _SCALES[suffix]
    elif not suffix and after in _SCALES and after not in _SHORT:
        value *= _SCALES[after]
    elif suffix and suffix not in _UNITS and len(suffix) > 3:
        return None  # 2nodes
    sign = re.search(r"[$€£]", bare)
    unit = sign.group() if sign else _UNITS.get(suffix or following.lower(), "")
    return Key(kind="number", text=bare, start=start, value=value, unit=unit)


def _is_identifier(bare: str) -> bool:
    if len(bare) < 2 or _ABBREVIATION.fullmatch(bare):
        return False
    letters, digits = any(c.isalpha() for c in bare), any(c.isdigit() for c in bare)
    mixed = letters and digits
    return bool(mixed or _VERSION.fullmatch(bare) or _CALL.fullmatch(bare) or _CAMEL.search(bare) or _CODE.search(bare))


def _is_name(bare: str) -> bool:
    return len(bare) > 1 and bare[0].isupper() and bare.lower() not in _COMMON and bare.lower() not in _UNITS
