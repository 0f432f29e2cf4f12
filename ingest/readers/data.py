"""JSON, JSON Lines, YAML and TOML. YAML and TOML keep their own characters; JSON does where a person wrote it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.readers.base import Candidate, Limits, Reader, read_text, read_whole
from ingest.text.decode import Decoded, clean
from ingest.text.frontmatter import about, facts
from ingest.text.headings import Heading, section_marks
from ingest.text.structured import Number, Rendered, label, load_json, render, wants_rendering
from rag.domain.errors import UnreadableSource
from rag.domain.types import Mark, Parsed, Section

JSON = frozenset({".json", ".geojson", ".jsonc", ".json5", ".webmanifest"})
LINES = frozenset({".jsonl", ".ndjson"})
KEYS = {  # top-level keys in the file's own characters
    ".yaml": re.compile(r"^([^\s#:\-{}\[\]'\"][^\n:#]{0,200}?|\"[^\"\n]+\"|'[^'\n]+')[ \t]{0,20}:(?=\s)", re.M),
    ".toml": re.compile(r"^\[\[?([^\[\]\n]+)\]\]?", re.M),
}
KEYS[".yml"] = KEYS[".yaml"]
SUFFIXES = JSON | LINES | frozenset(KEYS)


def claims_data(candidate: Candidate) -> bool:
    return not candidate.is_dir and candidate.suffix in SUFFIXES


def read_data(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    if candidate.suffix in KEYS:
        yield _own(read_text(candidate, limits), KEYS[candidate.suffix])
        return
    decoded = read_whole(candidate, limits)
    if candidate.suffix in JSON:
        yield _json(decoded, candidate.relative, limits.text_chars)
    else:
        yield from _json_lines(decoded, candidate.relative, limits.text_chars)


def _own(decoded: Decoded, keys: re.Pattern[str]) -> Parsed:
    found = (Heading(match.start(), 1, match[1].strip("\"' ")) for match in keys.finditer(decoded.text))
    return Parsed(text=decoded.text, syntax="data", marks=section_marks(found), notes=decoded.notes)


def _json(decoded: Decoded, name: str, most: int) -> Parsed:
    """What is no JSON after all (comments, a file cut short) is kept as the text it is, with a note."""
    try:
        value = load_json(decoded.text, name)
    except UnreadableSource as error:
        return Parsed(text=decoded.text, syntax="data", notes=(*decoded.notes, f"{error.what} It was read as text."))
    if not wants_rendering(decoded.text):
        return _own(decoded, _top_keys(decoded.text))
    rendered = render(value, most)
    title = value.get("title") if isinstance(value, dict) else ""
    return Parsed(
        text=rendered.text,
        syntax="data",
        marks=rendered.marks,
        title=title if isinstance(title, str) and not isinstance(title, Number) else "",
        notes=decoded.notes,
    )


def _top_keys(text: str) -> re.Pattern[str]:
    """Keys at the indentation of the first one."""
    first = re.match(r"\s*\{\s*?\n([ \t]+)\"", text)
    return re.compile(rf"^{first[1]}\"([^\"\n]*)\"[ \t]*:" if first else r"(?!)()", re.M)


def _json_lines(decoded: Decoded, name: str, most: int) -> Iterator[Parsed]:
    """A record with a `text` is a document; all others make one document together."""
    others: list[tuple[int, object]] = []
    bad: list[int] = []
    seen: set[str] = set()
    for n, line in enumerate(decoded.text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = load_json(line, f"{name}, line {n}")
        except UnreadableSource:
            bad.append(n)
            record = line
        if isinstance(record, dict) and _is_document(record):
            yield _document(record, n, seen, decoded.notes)
        else:
            others.append((n, record))
    if others:
        notes = (f"{len(bad)} lines are no JSON and were kept as text, the first is line {bad[0]}.",) if bad else ()
        rendered = _together(others, most)
        yield Parsed(
            text=rendered.text,
            syntax="data",
            marks=rendered.marks,
            part="other records" if seen else "",
            notes=decoded.notes + notes,
        )


def _is_document(record: Mapping[str, Any]) -> bool:
    text = record.get("text")
    return isinstance(text, str) and bool(text.strip()) and not isinstance(text, Number)


def _document(record: Mapping[str, Any], n: int, seen: set[str], notes: tuple[str, ...]) -> Parsed:
    """`seen` grows by the record's id; the notes on the file go with its first document."""
    named = next((clean(str(record[key])) for key in ("_id", "id") if isinstance(record.get(key), str)), "")
    part = named if named and named not in seen else f"line {n}"
    first = not seen
    seen.add(part)
    metadata = record.get("metadata")
    values = {key: value for key, value in record.items() if key not in {"_id", "id", "text", "metadata"}}
    values |= metadata if isinstance(metadata, dict) else {}
    said = about(values)
    return Parsed(
        text=clean(str(record["text"])),
        facts=facts({key: _plain_numbers(value) for key, value in values.items()}, "", 0),
        title=clean(said.title),
        authors=tuple(map(clean, said.authors)),
        date=said.date,
        part=part,
        notes=notes if first else (),
    )


def _plain_numbers(value: object) -> object:
    """Facts are compared as numbers; what is too long for one stays as it is written."""
    if isinstance(value, list):
        return [_plain_numbers(item) for item in value]
    if not isinstance(value, Number):
        return value
    try:
        return int(value) if value.lstrip("-").isdigit() else float(value)
    except ValueError:
        return str(value)


def _together(records: list[tuple[int, object]], most: int) -> Rendered:
    pieces: list[str] = []
    marks: list[Mark] = []
    length = 0
    for n, record in records:
        marks.append(Mark(at=length, locator=Section((label(record, f"line {n}"),))))
        piece = render([record], most).text + "\n"
        pieces.append(piece)
        length += len(piece)
        if length > most:
            break
    return Rendered("".join(pieces), tuple(marks))


READER = Reader(name="data", version=1, claims=claims_data, read=read_data, suffixes=SUFFIXES)
