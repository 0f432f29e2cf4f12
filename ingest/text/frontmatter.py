"""What stands in front of a text about it: YAML between `---`, TOML between `+++`, or `Field: value` lines."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time

import yaml

from ingest.text.dates import iso_date
from ingest.text.safe_yaml import load_yaml
from rag.domain.types import Fact, Value

LONGEST = 64 * 2**10  # characters of a front matter
LONGEST_NAMES = 5000  # characters of a list of people
MOST_FACTS = 200
DEEPEST = 3
YAML_BLOCK = re.compile(r"---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
TOML_BLOCK = re.compile(r"\+\+\+[ \t]*\n(.*?\n)?\+\+\+[ \t]*(?:\n|\Z)", re.S)
ITEM = re.compile(r"^[ \t]*(?=- )", re.M)
KIND = re.compile(r"[a-z][a-z _-]{1,30}")
DATE_KEYS = ("date", "created", "published", "published_at", "created_at", "updated", "last_updated", "lastmod")
AUTHOR_KEYS = ("author", "authors", "owner", "owners")
LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """`end` is where the text proper begins; 0 when there is none."""

    values: Mapping[str, object] = field(default_factory=dict)
    end: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    title: str = ""
    kind: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""


def front_matter(text: str) -> FrontMatter:
    """What is not valid is left as text, with a note."""
    for block, load in ((YAML_BLOCK, _yaml), (TOML_BLOCK, tomllib.loads)):
        found = block.match(text, 0, LONGEST)
        if not found or not found[1]:
            continue
        try:
            values = load(found[1])
        except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
            return FrontMatter(notes=(f"The front matter could not be read: {_first_line(error)}.",))
        if isinstance(values, dict):
            return FrontMatter(values={str(key): value for key, value in values.items()}, end=found.end())
    return FrontMatter()


def about(values: Mapping[str, object]) -> About:
    """The fields every document has, from the keys people use for them."""
    lower = {key.lower().replace("-", "_"): value for key, value in values.items()}
    kind = next((v for v in map(lower.get, ("kind", "type", "doc_type")) if isinstance(v, str)), "")
    kind = kind.strip().lower()
    title = lower.get("title")
    return About(
        title=" ".join(str(title).split()) if isinstance(title, str | int | float) else "",
        kind=kind if KIND.fullmatch(kind) else "",
        authors=tuple(dict.fromkeys(name for key in AUTHOR_KEYS for name in _names(lower.get(key)))),
        date=next((iso for key in DATE_KEYS if (iso := iso_date(lower.get(key)))), ""),
    )


def facts(values: Mapping[str, object], text: str, end: int) -> tuple[Fact, ...]:
    """One fact a scalar; an item of a list each, with the list's key; `outer.inner` inside a mapping."""
    found: list[Fact] = []
    for key, value in values.items():
        if key == "model-index":
            found.extend(_results(value, text[:end]))
            continue
        place = re.search(rf"^:?[\"']?{re.escape(key)}[\"']?[ \t]*[:=]", text[:end], re.M)
        for name, scalar in _scalars(key, value, DEEPEST):
            found.append(Fact(key=name, value=scalar, at=place.start() if place else None))
            if len(found) >= MOST_FACTS:
                break
    return tuple(found[:MOST_FACTS])


def _results(index: object, block: str) -> Iterator[Fact]:
    """A model card's results as `result.DATASET.METRIC`, each where its entry begins."""
    at = block.find("model-index")
    for result in _dicts(index, "results"):
        dataset = result.get("dataset")
        name = dataset.get("name") or dataset.get("type") if isinstance(dataset, dict) else ""
        for metric in _dicts([result], "metrics"):
            value, kind = metric.get("value"), metric.get("name") or metric.get("type")
            if not isinstance(value, str | int | float) or not kind:
                continue
            place = re.search(rf"value:[ \t]*[\"']?{re.escape(str(value))}", block[at:])
            at = at + place.end() if place else at
            entry = list(ITEM.finditer(block, 0, at))
            yield Fact(key=f"result.{name}.{kind}", value=value, at=entry[-1].end() if place and entry else None)


def _dicts(items: object, key: str) -> Iterator[dict[str, object]]:
    """The mappings in the list under `key` of each mapping of a list."""
    for item in items[:MOST_FACTS] if isinstance(items, list) else ():
        inner = item.get(key) if isinstance(item, dict) else None
        yield from (entry for entry in inner[:MOST_FACTS] if isinstance(entry, dict)) if isinstance(inner, list) else ()


def people(text: str) -> tuple[str, ...]:
    """Names from `A. Uthor <a@x.org>, B. Writer (role)`, in order."""
    bare = re.sub(r"<[^<>]*>|\([^()]*\)", "", " ".join(text[:LONGEST_NAMES].split()))
    parts = re.split(r"[,;]| and | & ", bare)
    return tuple(dict.fromkeys(name for part in parts if (name := " ".join(part.split()))))


def _yaml(block: str) -> object:
    return load_yaml(block, LOADER)  # a safe loader: builds no objects


def _names(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from people(value)
    elif isinstance(value, dict):
        yield from _names(value.get("name"))
    elif isinstance(value, list):
        for item in value[:MOST_FACTS]:
            yield from _names(item)


def _scalars(key: str, value: object, depth: int) -> Iterator[tuple[str, Value]]:
    if isinstance(value, date | time):
        yield key, value.isoformat()
    elif isinstance(value, bool | int | float):
        yield key, value
    elif isinstance(value, str):
        yield key, iso_date(value) or value
    elif depth and isinstance(value, dict):
        for inner, item in value.items():
            yield from _scalars(f"{key}.{inner}", item, depth - 1)
    elif depth and isinstance(value, list):
        for item in value:
            yield from _scalars(key, item, depth - 1)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].rstrip(".")
