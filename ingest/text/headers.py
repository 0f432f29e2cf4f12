"""What the header of a decision or card says, in one vocabulary whatever the form: PEP, RFC, MADR, Nygard, model card.

Facts keep the file's own keys; beside them stand those of this vocabulary, for filters and look-ups. Pure.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from ingest.text.dates import iso_date
from ingest.text.frontmatter import MOST_FACTS, people
from ingest.text.headings import Heading
from rag.domain.types import Fact

ALIASES: Mapping[str, str] = {
    alias: name
    for name, aliases in {
        "status": "status decision-status",
        "created": "created start-date date-created",
        "date": "date decision-date",
        "authors": "author authors",
        "deciders": "deciders decider decision-makers decision-maker decided-by approvers approved-by",
        "delegate": "pep-delegate bdfl-delegate delegate",
        "sponsor": "sponsor",
        "consulted": "consulted",
        "informed": "informed",
        "resolution": "resolution",
        "replaces": "replaces supersedes obsoletes",
        "superseded-by": "superseded-by superceded-by replaced-by obsoleted-by",
        "updates": "updates amends",
        "updated-by": "updated-by amended-by",
        "requires": "requires depends-on",
        "version": "version python-version target-version",
        "licence": "license licence license-name",
        "base-model": "base-model",
        "datasets": "dataset datasets train-datasets",
        "metrics": "metric metrics",
        "language": "language languages",
        "name": "pretty-name model-name",
    }.items()
    for alias in aliases.split()
}
PEOPLE = frozenset({"authors", "deciders", "delegate", "sponsor", "consulted", "informed"})
DECIDED = frozenset({"status", "deciders", "superseded-by", "replaces"})
LINKS = frozenset({"replaces", "superseded-by", "updates", "updated-by", "requires"})
LISTS = frozenset({"datasets", "metrics", "language", "base-model"})
SERIES: Mapping[str, str] = {"pep": "PEP", "adr": "ADR", "rfc": "RFC", "decision": "ADR"}
FOLDERS: Mapping[str, str] = {
    **{name: "ADR" for name in ("adr", "adrs", "decision", "decisions", "decision-records", "decision-log")},
    **{"rfc": "RFC", "rfcs": "RFC", "pep": "PEP", "peps": "PEP"},
}
LONGEST_HEADER = 60  # lines in front of the first section
LONGEST_LINE = 1000
LINE = re.compile(r"(?:[-*+][ \t]+)?(\*{0,2})([A-Za-z][\w /-]{0,40}?)(\*{0,2}):(\*{0,2})[ \t]*(\S.*)")
TURNS = re.compile(r"(super[sc]eded|replaced|obsoleted|supersedes|replaces|obsoletes)[ \t]+(?:by\b)?(.*)", re.I)
LINKED = re.compile(r"\[([^\[\]]*)\]\(([^()\s]+)\)")
NUMBERED = re.compile(r"(?:\b(PEP|ADR|RFC|decision)s?[-_# ]{0,2})?(?<![\w.])(\d{1,5})\b(?!\.\d)", re.I)
FILE_NUMBER = re.compile(r"(?!\d{4}-\d\d)(?:(pep|adr|rfc|decision)[-_ ]?)?(\d{1,5})(?![\d])(?:[-_.: ]|$)", re.I)
DAY_IN_TEXT = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{4}")


def header_facts(own: Sequence[Fact], text: str, *, path: str, title: str) -> tuple[Fact, ...]:
    """`own` and what it says in the common vocabulary; at most MOST_FACTS, the common ones first to stay."""
    kept: list[Fact] = []
    common: dict[tuple[str, str], Fact] = {}
    for fact in own:
        said = list(_common(fact, text))
        name = fact.key.casefold()
        if not any(other.key == name for other in said):
            kept.append(fact)
        for other in said:  # in the file's own spelling where it differs by case alone
            spelt = replace(other, key=fact.key) if other.key == name else other
            common.setdefault((other.key, str(other.value).casefold()), spelt)
    if number := _number(own, path, title, decided=any(key in DECIDED for key, _ in common)):
        common.setdefault(("number", number.casefold()), Fact(key="number", value=number))
    return (*kept[: max(0, MOST_FACTS - len(common))], *[*common.values()][:MOST_FACTS])


def values_of(facts: Iterable[Fact], *keys: str) -> tuple[str, ...]:
    """Distinct, in their order."""
    return tuple(dict.fromkeys(str(fact.value) for fact in facts if fact.key.casefold() in keys))


def fold(key: str) -> str:
    return key.strip().casefold().replace("_", "-").replace(" ", "-")


# --- header lines of Markdown ---------------------------------------------------------------------------------------


def written_facts(text: str, start: int, headings: Sequence[Heading]) -> tuple[Fact, ...]:
    """`* Status: accepted`, `**Date:** 2024-05-02` or `Deciders: A, B` under the title, or the text of `## Status`.

    Only lines of a block in which at least one key means something here, so that prose with a colon says nothing.
    """
    first = next((heading.at for heading in headings if heading.level > 1), len(text))
    lines = [*_field_lines(text, start, first)]
    said = [fact for fact in lines if fold(fact.key) in ALIASES]
    return (*(lines if said else ()), *_status_section(text, headings))


def _field_lines(text: str, start: int, end: int) -> Iterator[Fact]:
    at, seen, blank = start, 0, False
    for line in text[start:end].split("\n")[:LONGEST_HEADER]:
        found = LINE.fullmatch(line.rstrip()) if len(line) <= LONGEST_LINE else None
        if found and (not blank or fold(found[2]) in ALIASES):
            seen += 1
            yield Fact(key=found[2].strip(), value=_bare(found[5]), at=at + found.start(1))
        elif seen and line.strip() and not line.startswith((" ", "\t", "#")):
            return  # prose begins
        blank = bool(seen) and not line.strip()
        at += len(line) + 1


def _status_section(text: str, headings: Sequence[Heading]) -> Iterator[Fact]:
    """Nygard: the lines under the heading, `Accepted` or `Superseded by [2. Title](0002-title.md)`, a fact each."""
    place = next(
        (n for n, heading in enumerate(headings) if fold(heading.title) in ("status", "decision-status")), None
    )
    if place is None:
        return
    begin = text.find("\n", headings[place].at) + 1
    end = headings[place + 1].at if place + 1 < len(headings) else min(len(text), begin + LONGEST_LINE)
    at = begin
    for line in text[begin:end].split("\n") if begin else ():
        bare = _bare(line.lstrip(" \t-*+>"))
        if bare and len(bare) <= 200 and not set(bare) <= set("=-"):
            yield Fact(key="Status", value=bare, at=at + len(line) - len(line.lstrip()))
        at += len(line) + 1


def _bare(value: str) -> str:
    return value.strip().strip("*_`").strip()


# --- the common vocabulary ------------------------------------------------------------------------------------------


def _common(fact: Fact, text: str) -> Iterator[Fact]:
    name = ALIASES.get(fold(fact.key))
    if name is None:
        return
    value = _as_written(fact, text) if name in LINKS or name == "version" else str(fact.value).strip()
    if name == "status":
        yield from _status(value, fact.at)
    elif name == "resolution":
        yield from _resolution(value, fact.at)
    else:
        yield from (Fact(key=name, value=item, at=fact.at) for item in _items(name, value) if item)


def _items(name: str, value: str) -> Iterable[str]:
    if name in PEOPLE:
        return people(value)
    if name in LINKS:
        return links(value)
    if name in LISTS:
        return [item.strip() for item in value.split(",")]
    return [iso_date(value) or value] if name in ("created", "date") else [value]


def _as_written(fact: Fact, text: str) -> str:
    """YAML makes 0010 an eight and 3.10 a 3.1: these numbers are read from the line itself."""
    if not isinstance(fact.value, int | float) or fact.at is None:
        return str(fact.value)
    line = text[fact.at : fact.at + LONGEST_LINE].split("\n", 1)[0]
    return line.partition(":")[2].strip() or str(fact.value)


def links(value: str) -> list[str]:
    """What it points to: the target of a Markdown link, else `PEP 440`, `440`, else the words themselves."""
    targets = [
        target if "." in target and not target.startswith("http") else words for words, target in LINKED.findall(value)
    ]
    if targets:
        return list(dict.fromkeys(targets))
    if re.search(r"\w\.(md|rst|txt)\b", value):
        return [word.strip("()[],;") for word in value.split()[:10]]
    found = [(SERIES.get(series.lower(), ""), int(number)) for series, number in NUMBERED.findall(value)]
    named = [pair for pair in found if pair[0]] or found  # `ADR 4 (of 2024)` names one
    numbered = [f"{series} {number}".strip() for series, number in named]
    return list(dict.fromkeys(numbered)) or ([value] if value and len(value) <= 200 else [])


def _status(value: str, at: int | None) -> Iterator[Fact]:
    """`superseded by [ADR-0005](0005-x.md)` is a status and a link; `Supersedes 3` a link alone."""
    found = TURNS.match(value)
    if found is None:
        yield Fact(key="status", value=_bare(value), at=at)
        return
    word = found[1].lower().replace("superceded", "superseded")
    if not word.endswith("s"):
        yield Fact(key="status", value=word, at=at)
    name = "replaces" if word.endswith("s") else "superseded-by"
    yield from (Fact(key=name, value=link, at=at) for link in links(found[2].strip(" :-–—.")))


def _resolution(value: str, at: int | None) -> Iterator[Fact]:
    day = DAY_IN_TEXT.search(value[:200])
    if day and (iso := iso_date(day[0])):
        yield Fact(key="resolved", value=iso, at=at)


# --- its number -----------------------------------------------------------------------------------------------------


def _number(own: Sequence[Fact], path: str, title: str, *, decided: bool) -> str:
    """`PEP 440`, `ADR 12`: as its header names it, else its title, its file's name and its folder."""
    for fact in own:
        series = SERIES.get(fold(fact.key))
        if series and str(fact.value).strip().isdigit():
            return f"{series} {int(str(fact.value).strip())}"
    place = PurePosixPath(path.lower())
    folder = next((FOLDERS[part] for part in reversed(place.parts[:-1]) if part in FOLDERS), "")
    if any(fold(fact.key) == "rfc-pr" for fact in own):
        folder = "RFC"
    for name in (title, place.stem):
        found = FILE_NUMBER.match(name)
        if found and (found[1] or folder or (decided and len(found[2]) > 2)):
            series = SERIES[found[1].lower()] if found[1] else folder or "ADR"
            return f"{series} {int(found[2])}"
    return ""
