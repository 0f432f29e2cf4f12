"""Numbers, dates and names in a sentence, and the words beside them: what changes while the rest stays. Pure."""

import re

from rag.index.analysis import terms

_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
VALUE = re.compile(
    rf"(?P<date>\d{{4}}-\d\d(?:-\d\d)?|\b{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?\b|"
    rf"\b\d{{1,2}} {_MONTH}(?: \d{{4}})?\b|\b\d{{1,2}}:\d\d\b)"
    r"|(?P<mixed>\b[a-z]+[-_.]?\d[\w-]*(?:\.\w[\w-]*)*)"  # bf16, night-7
    rf"|(?P<number>(?<![\w.]){_NUMBER})(?P<unit>\s?%|\s?[a-z]+\b)?",
    re.I,
)
NAME = re.compile(r"(?<![.!?:]\s)(?<!^)\b[A-Z][\w+#]*(?:[ -][A-Z][\w+#]*)*")

Value = tuple[str, str, str]  # (kind, as compared, unit)


def values(text: str) -> tuple[Value, ...]:
    """In their order: numbers with the word behind them, dates, and names that hold a digit."""
    return tuple(_value(found) for found in VALUE.finditer(text))


def names(text: str) -> frozenset[str]:
    """Capitalised words inside the sentence, casefolded."""
    return frozenset(name.casefold() for name in NAME.findall(VALUE.sub(" ", text)))


def words(text: str) -> frozenset[str]:
    """Its terms beside values and names."""
    return frozenset(terms(NAME.sub(" ", VALUE.sub(" ", text))))


def _value(found: re.Match[str]) -> Value:
    if found["number"]:
        return "number", found["number"].replace(",", "").lower(), (found["unit"] or "").strip().casefold()
    return ("date" if found["date"] else "name"), " ".join(found[0].casefold().split()), ""
