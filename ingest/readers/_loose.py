"""JSON from anywhere: asked by key, never trusted to be of the type that is expected."""

from pathlib import Path

from ingest.readers.base import Limits, look_at, read_whole
from ingest.text.decode import clean
from ingest.text.structured import load_json

Record = dict[str, object]


def load(path: Path, name: str, limits: Limits) -> object:
    """Numbers come as `Number`, a string. Raises UnreadableSource, LimitExceeded."""
    return load_json(read_whole(look_at(path, name), limits).text, name)


def dig(value: object, *keys: str) -> object:
    """What stands at value[key][key]...; None where there is no such place."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def string(value: object, *keys: str) -> str:
    """A string or number as it is written, without NUL and lone surrogates; empty for anything else."""
    found = dig(value, *keys)
    return clean(str(found)) if isinstance(found, str) else ""


def first(value: object, *keys: str) -> str:
    """Of several keys the first that holds a string with something in it."""
    return next((found for key in keys if (found := string(value, key).strip())), "")


def records(value: object, *keys: str) -> list[Record]:
    """The objects in a list; empty where there is no list."""
    found = dig(value, *keys)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def strings(value: object, *keys: str) -> list[str]:
    """The strings in a list; empty where there is no list."""
    found = dig(value, *keys)
    return [clean(str(item)) for item in found if isinstance(item, str)] if isinstance(found, list) else []
