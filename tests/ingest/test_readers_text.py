"""Readers of text: every format's words and marks, and what bad input says."""

import importlib
import json
import pkgutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ingest.readers
from ingest.codec import parsed_from_json, parsed_to_json
from ingest.readers import READERS, find_reader, no_reader
from ingest.readers.base import Limits, look_at
from ingest.text.dates import iso_date
from ingest.text.decode import decode
from ingest.text.frontmatter import people
from ingest.text.headings import markdown_headings, section_marks
from rag.domain.errors import LimitExceeded, UnreadableSource
from rag.domain.types import Cell, Fact, Lines, Mark, Message, Page, Parsed, Run, Section

Read = Callable[..., tuple[Parsed, ...]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_file(name: str, data: bytes | str, limits: Limits | None = None) -> tuple[Parsed, ...]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        candidate = look_at(path, name)
        reader = find_reader(candidate)
        if reader is None:
            raise no_reader(candidate)
        return tuple(reader.read(candidate, limits or Limits()))

    return read_file


def sections(parsed: Parsed) -> list[tuple[str, tuple[str, ...]]]:
    """(the line a section mark stands at, its path) each."""
    return [
        (parsed.text[mark.at :].partition("\n")[0], mark.locator.path)
        for mark in parsed.marks
        if isinstance(mark.locator, Section)
    ]


def facts(parsed: Parsed) -> dict[str, object]:
    return {fact.key: fact.value for fact in parsed.facts}


MARKDOWN = """---
title: "Why we left fp16"
type: retro
authors: [Ana Lima, Bo Chen <bo@example.org>]
date: 2024-05-02
tags: [precision, loss]
reviewed: true
---
Preface.

# Retro ##

Setext two
----------

```python
# no heading
```

<!--
# nor this
-->

### Loss `spikes` in **bf16** [link](x.md) {#anchor}

    # indented code

> # quoted

- item
---
#no space
"""
NOTEBOOK = {
    "nbformat": 4,
    "metadata": {"kernelspec": {"display_name": "Python 3"}, "language_info": {"name": "python"}},
    "cells": [
        {"cell_type": "markdown", "source": ["# Sweep\n", "Intro.\n"]},
        {
            "cell_type": "code",
            "source": "lr = 3e-4\ntrain(lr)",
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["epoch 1:  1%\repoch 1: 100%\n", "done\n"]},
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": ["   auc\n0  0.87"], "text/html": ["<b>table</b>"]},
                },
                {
                    "output_type": "display_data",
                    "data": {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 1x1>"},
                },
                {"output_type": "display_data", "data": {"text/html": "<table><tr><td>a</td><td>b</td></tr></table>"}},
                {
                    "output_type": "error",
                    "ename": "ValueError",
                    "evalue": "bad lr",
                    "traceback": ["\x1b[0;31mTraceback\x1b[0m here"],
                },
            ],
        },
        {"cell_type": "markdown", "source": "## Result\nWorse."},
    ],
}
OLD_NOTEBOOK = {
    "nbformat": 3,
    "metadata": {"name": "Old one"},
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 2, "source": "Data"},
                {
                    "cell_type": "code",
                    "input": ["x = 1"],
                    "outputs": [{"output_type": "pyout", "text": ["1"]}, {"output_type": "pyerr", "evalue": "oops"}],
                },
            ]
        }
    ],
}
RST = """PEP: 703
Title: No GIL
Author: Sam G <sam@example.org>,
        Lee T
Status: Accepted
Created: 09-Jan-2023
Post-History: 09-Jan-2023, 04-May-2023

========
Overview
========

Text::

    =====
    code
    =====

Motivation
==========

Why
---

- a list
----------

Still `why <https://example.org>`__
-----------------------------------
"""
PYTHON = '''"""Doc."""

@decorated
class Trainer:
    rate = 1

    def step(self):
        def inner(): ...

    total = 2


async def main():
    pass


main()
'''
SLACK = [
    {"user": "U1", "ts": "1715.1", "text": 'He said "no":\nuse bf16 – 1e-3', "replies": ["a", "b"], "edited": None},
    {"user": "U2", "ts": "1715.2", "text": "ok", "blocks": [{"elements": [{"text": "ok"}]}], "n": 1e-3},
]

VECTORS: dict[str, tuple[bytes, tuple[str, ...], tuple[str, ...]]] = {  # source: (bytes, must contain, must not)
    "retro.md": (MARKDOWN.encode(), ("title:", "# no heading", "Setext two"), ()),
    "bom.md": (b"\xef\xbb\xbf# A\r\nb\rc\0d", ("# A\nb\ncd",), ("\ufeff", "\r", "\0")),
    "LICENSE": (b"Apache License", ("Apache License",), ()),
    "Makefile": (b"all:\n\techo hi\n", ("all:\n\techo hi",), ()),
    "train.log": (b"step 1 loss 2.3\n\x1b[31mred\x1b[0m\n", ("step 1 loss 2.3",), ()),
    "notes.unknown": (b"kept as text\n", ("kept as text",), ()),
    "wide.txt": ("\ufeffüber".encode("utf-16"), ("über",), ("\ufeff",)),
    "wide-no-bom.txt": ("plain words in UTF-16".encode("utf-16-le"), ("plain words in UTF-16",), ()),
    "wider.txt": (b"\xff\xfe\0\0" + "über".encode("utf-32-le"), ("über",), ()),
    "latin.txt": ("déjà vu".encode("cp1252"), ("déjà vu",), ("\ufffd",)),
    "pep.rst": (RST.encode(), ("Why\n---",), ()),
    "train.ipynb": (
        json.dumps(NOTEBOOK).encode(),
        ("lr = 3e-4", "epoch 1: 100%", "0  0.87", "a\tb", "Traceback here", "ValueError: bad lr"),
        ("1%\r", "<b>", "iVBOR", "Figure", "\x1b"),
    ),
    "old.ipynb": (json.dumps(OLD_NOTEBOOK).encode(), ("## Data", "x = 1", "\n1\n", "oops"), ()),
    "runs.csv": (b"run,auc\r\na,0.871\r\n", ("run,auc\na,0.871\n",), ()),
    "config.yaml": (b"model:\n  lr: 3e-4  # tried 1e-3\n", ("lr: 3e-4  # tried 1e-3",), ()),
    "slack.json": (
        json.dumps(SLACK).encode(),
        ('He said "no":\nuse bf16 – 1e-3', "edited: null", "replies: a, b"),
        ("\\",),
    ),
    "pretty.json": (b'{\n  "lr": 3e-4,\n  "note": "kept"\n}\n', ('"lr": 3e-4',), ()),
    "lone.json": (b'{"text": "half \\ud83d of a pair"}', ("half \ufffd of",), ()),
    "broken.json": (b'{"a": 1, // why\n}', ("// why",), ()),
    "train.py": (PYTHON.encode(), ("@decorated",), ()),
}


@pytest.mark.parametrize("source", VECTORS)
def test_the_words_of_every_format_are_there_and_its_machinery_is_not(read: Read, source: str) -> None:
    data, present, absent = VECTORS[source]
    (parsed,) = read(source, data)
    for words in present:
        assert words in parsed.text
    for words in absent:
        assert words not in parsed.text
    places = [mark.at for mark in parsed.marks]
    assert places == sorted(places)
    assert all(0 <= at < len(parsed.text) for at in places)
    assert parsed_from_json(json.loads(json.dumps(parsed_to_json(parsed)))) == parsed


def test_every_module_that_defines_a_reader_is_in_the_tuple() -> None:
    names = [module.name for module in pkgutil.iter_modules(ingest.readers.__path__)]
    modules = [importlib.import_module(f"ingest.readers.{name}") for name in names]
    defined = {module.READER.name for module in modules if hasattr(module, "READER")}
    assert defined == {reader.name for reader in READERS}
    without = {module.__name__.rpartition(".")[2] for module in modules if not hasattr(module, "READER")}
    assert all(name == "base" or name.startswith("_") for name in without)


def test_markdown_tells_its_headings_and_what_its_front_matter_says(read: Read) -> None:
    (parsed,) = read("retro.md", MARKDOWN)
    assert parsed.text == MARKDOWN
    assert (parsed.title, parsed.kind, parsed.date) == ("Why we left fp16", "retro", "2024-05-02")
    assert parsed.authors == ("Ana Lima", "Bo Chen")
    assert sections(parsed) == [
        ("# Retro ##", ("Retro",)),
        ("Setext two", ("Retro", "Setext two")),
        ("### Loss `spikes` in **bf16** [link](x.md) {#anchor}", ("Retro", "Setext two", "Loss spikes in bf16 link")),
    ]
    assert [fact.value for fact in parsed.facts if fact.key == "tags"] == ["precision", "loss"]
    assert facts(parsed)["reviewed"] is True
    assert all(fact.at is not None and parsed.text[fact.at :].startswith(fact.key) for fact in parsed.facts)


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ('+++\ntitle = "TOML"\ndate = 2024-05-02\n+++\n', "TOML"),
        ("---\ntitle: a: b: c\n---\n", "Body"),  # not valid: stays text, with a note
        ("---\njust a line\n---\n", "Body"),
        ("---\n" + "a: &a [x,x]\nb: &b [*a,*a]\n" * 40 + "---\n", "Body"),
        ("", "Body"),
    ],
)
def test_front_matter_is_read_where_it_is_valid_and_never_stops_a_file(read: Read, front: str, title: str) -> None:
    (parsed,) = read("a.md", f"{front}# Body\n")
    assert parsed.title == title
    assert parsed.text.startswith(front)
    assert len(parsed.facts) <= 200


def test_a_notebook_is_one_text_with_a_mark_for_each_side_of_each_cell(read: Read) -> None:
    (parsed,) = read("train.ipynb", json.dumps(NOTEBOOK))
    assert (parsed.title, parsed.kind, parsed.syntax) == ("Sweep", "notebook", "notebook")
    cells = [(mark.locator.number, mark.locator.part) for mark in parsed.marks if isinstance(mark.locator, Cell)]
    assert cells == [(1, "markdown"), (2, "code"), (2, "output"), (3, "markdown")]
    assert sections(parsed) == [("# Sweep", ("Sweep",)), ("## Result", ("Sweep", "Result"))]
    assert facts(parsed) == {"language": "python", "kernel": "Python 3"}


def test_outputs_beyond_their_limit_are_cut_and_named(read: Read) -> None:
    cell = {"cell_type": "code", "source": "x", "outputs": [{"output_type": "stream", "text": "y" * 100}]}
    (parsed,) = read("a.ipynb", json.dumps({"cells": [cell, cell]}), Limits(output_chars=120))
    assert parsed.text.count("y") == 120
    assert parsed.notes == ("Of the outputs of 1 cells only 120 characters in all were kept.",)


def test_restructured_text_tells_its_titles_and_its_header_fields(read: Read) -> None:
    (parsed,) = read("pep-0703.rst", RST)
    assert (parsed.title, parsed.date, parsed.authors) == ("PEP 703: No GIL", "2023-01-09", ("Sam G", "Lee T"))
    assert sections(parsed) == [
        ("========", ("Overview",)),
        ("Motivation", ("Overview", "Motivation")),
        ("Why", ("Overview", "Motivation", "Why")),
        ("Still `why <https://example.org>`__", ("Overview", "Motivation", "Still why")),
    ]
    assert facts(parsed)["Status"] == "Accepted"
    assert facts(parsed)["Post-History"] == "09-Jan-2023, 04-May-2023"


def test_python_symbols_come_from_its_syntax_tree(read: Read) -> None:
    (parsed,) = read("pkg/train.py", PYTHON)
    assert (parsed.title, parsed.kind) == ("pkg/train.py", "code")
    assert sections(parsed) == [
        ("@decorated", ("Trainer",)),
        ("    def step(self):", ("Trainer", "step")),
        ("    total = 2", ("Trainer",)),
        ("async def main():", ("main",)),
        ("main()", ()),
    ]


SYMBOLS = {
    "a.py": ("class Old:\n    def run(self):\n        print 'python 2'\n", [("Old",), ("Old", "run")]),
    "a.ts": (
        "export default class Net extends Base {\n  async fit(x: T): Promise<void> {\n    if (x) {\n    }\n  }\n}\n"
        "export const run = async (a) => {\n}\ninterface Opts {}\nfunction* gen() {}\n",
        [("Net",), ("Net", "fit"), ("run",), ("Opts",), ("gen",)],
    ),
    "A.java": (
        "public class A<T> {\n    private static final int N = 1;\n    public List<String> names(int n) {\n"
        "        return call(n);\n    }\n}\n",
        [("A",), ("A", "names")],
    ),
    "a.kt": ("data class P(val a: Int)\nsuspend fun load(): P {\n}\n", [("P",), ("load",)]),
    "a.go": ("func (s *Server) Run(x int) error {\n}\ntype Server struct {\n}\n", [("Server", "Run"), ("Server",)]),
    "a.rs": (
        "impl<T> Index for Store<T> {\n    pub async fn get(&self) {}\n}\npub struct Store;\n",
        [("Store",), ("Store", "get"), ("Store",)],
    ),
    "a.c": ("static int *find(char *s)\n{\n    return go(s);\n}\nstruct node {\n};\n", [("find",), ("node",)]),
    "a.rb": ("module M\n  class C\n    def ok?\n", [("M",), ("M", "C"), ("M", "C", "ok?")]),
    "a.sh": ("deploy() {\n  if x; then\n}\nfunction stop {\n", [("deploy",), ("stop",)]),
    "a.sql": ("CREATE TABLE IF NOT EXISTS runs (\n  id int\n);\ncreate or replace view v as\n", [("runs",), ("v",)]),
    "a.R": ("fit <- function(x) {\n", [("fit",)]),
    "a.jl": ("module M\nfunction fit!(m)\nend\nsq(x) = x^2\n", [("M",), ("fit!",), ("sq",)]),
    "a.lua": ("local function go(x)\nM.stop = function()\n", [("go",), ("M.stop",)]),
    "a.m": ("function y = cost(x)\n@implementation Net\n- (void)fit {\n", [("cost",), ("Net",), ("fit",)]),
    "a.css": ("a { color: red }\n", []),
}


@pytest.mark.parametrize("source", SYMBOLS)
def test_symbols_of_other_languages_are_told_by_the_look_of_their_lines(read: Read, source: str) -> None:
    text, paths = SYMBOLS[source]
    (parsed,) = read(source, text)
    assert parsed.syntax == "code"
    assert [path for _, path in sections(parsed)] == paths


def test_json_records_stand_together_with_a_section_each(read: Read) -> None:
    (parsed,) = read("day.json", json.dumps(SLACK))
    assert parsed.text.startswith('user: U1\nts: 1715.1\ntext: He said "no":\nuse bf16 – 1e-3\nreplies: a, b\n')
    assert "\n\nuser: U2\nts: 1715.2\ntext: ok\nblocks[0].elements[0].text: ok\nn: 0.001\n" in parsed.text
    assert [path for _, path in sections(parsed)] == [("[0]",), ("[1]",)]
    (export,) = read("export.json", json.dumps({"guild": {"name": "lab"}, "messages": SLACK}))
    assert [path for _, path in sections(export)] == [
        ("guild",),
        ("messages",),
        ("messages", "[0]"),
        ("messages", "[1]"),
    ]


def test_json_numbers_stay_as_they_were_written(read: Read) -> None:
    huge = "9" * 5000
    (parsed,) = read("a.json", f'{{"lr": 3e-4, "text": "a\\tb", "n": {huge}, "bad": NaN}}')
    assert "lr: 3e-4\n" in parsed.text
    assert f"n: {huge}\n" in parsed.text


def test_a_huge_json_is_rendered_only_as_far_as_it_may_be_long(read: Read) -> None:
    (parsed,) = read("a.json", json.dumps([{"name": "a\n"}] * 1000), Limits(text_chars=50))
    assert 50 < len(parsed.text) < 70
    (lines,) = read("a.jsonl", '{"loss": 1}\n' * 1000, Limits(text_chars=50))
    assert 50 < len(lines.text) < 70


def test_json_written_for_people_keeps_its_own_characters(read: Read) -> None:
    text = '{\n  "train": {\n    "lr": 1\n  },\n  "data": []\n}\n'
    (parsed,) = read("config.json", text)
    assert parsed.text == text
    assert [path for _, path in sections(parsed)] == [("train",), ("data",)]


def test_each_record_with_a_text_is_a_document_and_the_others_are_one(read: Read) -> None:
    lines = [
        {"_id": "d1", "title": "One", "text": "first", "metadata": {"date": "2 May 2024", "size": 7, "author": "A. B"}},
        {"_id": "d1", "text": "the same id again"},
        {"loss": 0.5, "step": 1},
        {"name": "eval", "loss": 0.25},
    ]
    one, again, others = read("corpus.jsonl", "\n".join(map(json.dumps, lines)) + "\nnot json\n")
    assert (one.text, one.title, one.part, one.date, one.authors) == ("first", "One", "d1", "2024-05-02", ("A. B",))
    assert facts(one)["size"] == 7
    assert again.part == "line 2"
    assert others.part == "other records"
    assert [path for _, path in sections(others)] == [("line 3",), ("eval",), ("line 5",)]
    assert "loss: 0.5\nstep: 1\n" in others.text
    assert others.notes == ("1 lines are no JSON and were kept as text, the first is line 5.",)


def test_a_table_names_its_columns_when_it_has_names(read: Read) -> None:
    (named,) = read("a.tsv", "run\tval auc\nx\t1\n")
    assert [fact.value for fact in named.facts] == ["run", "val auc"]
    (bare,) = read("b.csv", "1,2\n3,4\n")
    assert bare.facts == ()


def test_keys_and_sections_of_configuration_are_marks(read: Read) -> None:
    (yaml,) = read("a.yml", "# c\nmodel:\n  lr: 1\n'data set': x\n- no\n")
    assert [path for _, path in sections(yaml)] == [("model",), ("data set",)]
    (toml,) = read("a.toml", "top = 1\n[tool.x]\n[[runs]]\n")
    assert [path for _, path in sections(toml)] == [("tool.x",), ("runs",)]
    (org,) = read("a.org", "#+TITLE: Plan\n* One\n** Two\n")
    assert org.title == "Plan"
    assert [path for _, path in sections(org)] == [("One",), ("One", "Two")]


BAD = {
    "empty.md": (b"", "empty.md is empty."),
    "blank.txt": (b" \n\t\n", "it holds white space only"),
    "photo.md": (b"\x89PNG\r\n\x1a\n" + bytes(100), "looks like a PNG image"),
    "tool.txt": (b"\x7fELF" + bytes(50), "looks like a Linux program"),
    "data.py": (bytes(range(256)) * 8, "looks like binary data"),
    "clip.rst": (b"\0\0\0\x18ftypmp42" + bytes(50), "looks like an MP4"),
    "no.ipynb": (b'{"cells": 1}', "is no Jupyter notebook"),
    "list.ipynb": (b"[]", "is no Jupyter notebook"),
    "cut.ipynb": (b'{"cells": [', "is not valid JSON"),
    "bare.ipynb": (b'{"cells": [{"cell_type": "code", "source": []}]}', "none of its cells holds text"),
    "image.xyz": (b"\xff\xd8\xff\xe0" + bytes(50), "no reader for .xyz; it looks like a JPEG image"),
    "deep.ipynb": (b"[" * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize("source", BAD)
def test_bad_input_is_refused_with_its_reason(read: Read, source: str) -> None:
    data, says = BAD[source]
    with pytest.raises(UnreadableSource) as caught:
        read(source, data)
    assert says in caught.value.what
    assert source in caught.value.what
    assert caught.value.fix


def test_a_file_beyond_the_size_limit_is_refused_and_a_long_text_is_cut_at_a_line(read: Read) -> None:
    with pytest.raises(LimitExceeded, match="larger than"):
        read("one-line.json", b'{"a": "' + b"x" * 2000 + b'"}', Limits(file_bytes=2000))
    (parsed,) = read("long.log", "0123456789\n" * 1000, Limits(text_chars=5001))
    assert len(parsed.text) == 4994
    assert parsed.text.endswith("9\n")
    assert parsed.notes == ("Only the first 4,994 of 11,000 characters were kept.",)


@pytest.mark.parametrize(
    ("data", "text", "note"),
    [
        ("Zoë – fin".encode() + b"\xff", "Zoë – fin\ufffd", "no valid utf-8"),
        ("naïve".encode("latin-1"), "naïve", "read as cp1252, which is a guess"),
        (("Съешь ещё этих мягких французских булок. " * 5).encode("cp1251"), "Съешь ещё", "which is a guess"),
        (b"\xff\xfea\0b", "a\ufffd", "no valid utf-16-le"),
        ("fine ü".encode(), "fine ü", ""),
    ],
)
def test_broken_or_other_encodings_lose_nothing_in_silence(data: bytes, text: str, note: str) -> None:
    decoded = decode(data, "a.txt")
    assert decoded.text.startswith(text)
    assert bool(note) == bool(decoded.notes)
    assert note in "".join(decoded.notes)


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2024-05-02", "2024-05-02"),
        ("2024-05-02T10:00:00Z", "2024-05-02T10:00:00+00:00"),
        ("2024/5/2", "2024-05-02"),
        ("05-Jul-2001", "2001-07-05"),
        ("May 2nd, 2024", "2024-05-02"),
        ("Thu, 2 May 2024 10:00:00 +0000", "2024-05-02"),
        ("02/05/2024", ""),
        ("2024-13-02", ""),
        ("2024", ""),
        ("05-Jul-2001, 01-Aug-2013", ""),
        ("soon", ""),
        (20240502, ""),
    ],
)
def test_a_date_becomes_iso_where_it_can_mean_one_day_only(written: object, iso: str) -> None:
    assert iso_date(written) == iso


def test_people_are_names_without_addresses_and_roles() -> None:
    assert people("A. Uthor <a@x.org>, B Writer (lead) and C; A. Uthor") == ("A. Uthor", "B Writer", "C")


def test_every_kind_of_mark_goes_through_the_codec() -> None:
    locators = (Lines(1, 2), Page(3, "Sheet"), Cell(1, "output"), Message("m", "a", "t", "u"), Run("r", "k"))
    marks = tuple(Mark(at=n, locator=locator) for n, locator in enumerate((*locators, Section(("a", "b")))))
    parsed = Parsed(text="0123456789", marks=marks, facts=(Fact(key="auc", value=0.5, at=3),), notes=("n",))
    assert parsed_from_json(json.loads(json.dumps(parsed_to_json(parsed)))) == parsed


@pytest.mark.parametrize(
    "change",
    [
        {"marks": [[5, "section", "b"], [4, "section", "a"]]},
        {"marks": [[99, "section"]]},
        {"marks": [[0, "teleport"]]},
        {"marks": [[0, "lines", {}, 1]]},
        {"facts": [["k", [], None]]},
        {"syntax": "poetry"},
        {"text": None},
        {"authors": [1]},
    ],
)
def test_the_codec_refuses_what_no_reader_would_send(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (its message is for the log)
        parsed_from_json(parsed_to_json(Parsed(text="0123456789")) | change)


LINES = "# a|## b #|x||===|---|```|~~~|<!--|-->|  ### c|- i|\t|é😀"
LINE = st.sampled_from(LINES.split("|"))


@given(st.lists(LINE, max_size=30), st.integers(0, 5))
def test_marks_of_any_markdown_ascend_and_stand_at_the_lines_of_headings(lines: list[str], start: int) -> None:
    text = "\n".join(lines)
    start = min(start, len(text))
    headings = list(markdown_headings(text, start))
    places = [heading.at for heading in headings]
    assert places == sorted(set(places))
    assert all(start <= at < len(text) and (at in (0, start) or text[at - 1] == "\n") for at in places)
    assert all(heading.title in text[heading.at :].partition("\n")[0] for heading in headings)
    for mark, heading in zip(section_marks(headings), headings, strict=True):
        assert isinstance(mark.locator, Section)
        assert mark.locator.path[-1] == heading.title


@given(st.binary(max_size=300))
def test_any_bytes_become_clean_text_or_a_named_refusal(data: bytes) -> None:
    with suppress(UnreadableSource):
        text = decode(data, "a.txt").text
        assert not {"\r", "\0"} & set(text)
        assert text.encode("utf-8")
