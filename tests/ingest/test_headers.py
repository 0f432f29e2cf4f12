"""What headers of decisions and cards become, in whatever form they are written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers import markdown, rst
from ingest.readers.base import Limits, look_at
from ingest.text.frontmatter import MOST_FACTS
from ingest.text.headers import header_facts, links, written_facts
from ingest.text.headings import markdown_headings
from rag.domain.types import Fact, Parsed

PEP = """PEP: 241
Title: Metadata for Packages
Author: Ana Lima <ana@example.org>,
        Bo Chen <bo@example.org>
BDFL-Delegate: Cy Young <cy@example.org>
Status: Superseded
Created: 12-Mar-2001
Python-Version: 3.10
Post-History:
    01-Apr-2001
Topic:
Superseded-By: 649, 749
Resolution: `24-Oct-2003 <https://example.org/r>`__


Abstract
========

Text.
"""
MADR = """---
status: superseded by [ADR-0005](0005-use-sqlite.md)
date: 2024-05-02
decision-makers: [Ana Lima, Bo Chen]
supersedes: 0010
---
# Use Postgres
"""
NYGARD = """# 2. Use Postgres

Date: 2016-02-12

## Status

Accepted

Superceded by [4. Use SQLite](0004-use-sqlite.md)

## Context

Status: this is prose.
"""
BULLETS = """# ADR-0003: Use Chroma

* Status: accepted
* Deciders: Ana Lima, Bo Chen

Technical Story: none

## Context
"""
BOLD = "# Pick a queue\n\n**Status:** Superseded by ADR-12\n**Decision makers:** Bo Chen\n\nNote: prose.\n"
RUST = "- Feature Name: fields\n- Start Date: 2014-03-11\n- RFC PR: [r#1](https://example.org/1)\n\n# Summary\n"
CARD = """---
license: cc-by-4.0
base_model: acme/big
datasets:
- acme/birds
- acme/frogs
model-index:
- name: small
  results:
  - task:
      type: audio
    dataset:
      name: Dawn
      type: acme/dawn
    metrics:
    - type: mAP
      value: 0.741
    - name: F1
      type: f1
      value: 0.5
---
# Small
"""
FORMS: dict[str, tuple[str, dict[str, list[object]]]] = {
    "peps/pep-0241.rst": (
        PEP,
        {
            "number": ["PEP 241"],
            "authors": ["Ana Lima", "Bo Chen"],
            "delegate": ["Cy Young"],
            "status": ["Superseded"],
            "superseded-by": ["649", "749"],
            "created": ["2001-03-12"],
            "resolved": ["2003-10-24"],
            "version": ["3.10"],
            "post-history": ["2001-04-01"],
            "topic": [],
        },
    ),
    "adr/0002-use-postgres.md": (
        MADR,
        {
            "number": ["ADR 2"],
            "status": ["superseded"],
            "superseded-by": ["0005-use-sqlite.md"],
            "deciders": ["Ana Lima", "Bo Chen"],
            "replaces": ["10"],
            "date": ["2024-05-02"],
        },
    ),
    "docs/decisions/0002-use-postgres.md": (
        NYGARD,
        {"status": ["Accepted", "superseded"], "superseded-by": ["0004-use-sqlite.md"], "date": ["2016-02-12"]},
    ),
    "notes/chroma.md": (
        BULLETS,
        {"number": ["ADR 3"], "status": ["accepted"], "deciders": ["Ana Lima", "Bo Chen"], "technical story": []},
    ),
    "queue.md": (BOLD, {"status": ["superseded"], "superseded-by": ["ADR 12"], "deciders": ["Bo Chen"], "note": []}),
    "text/0001-fields.md": (RUST, {"number": ["RFC 1"], "created": ["2014-03-11"]}),
    "card.md": (
        CARD,
        {
            "licence": ["cc-by-4.0"],
            "license": ["cc-by-4.0"],
            "base-model": ["acme/big"],
            "datasets": ["acme/birds", "acme/frogs"],
            "result.dawn.map": [0.741],
            "result.dawn.f1": [0.5],
        },
    ),
}


def read(path: str, text: str, folder: Path) -> Parsed:
    file = folder / Path(path).name
    file.write_text(text, encoding="utf-8")
    reader = rst.READER if path.endswith(".rst") else markdown.READER
    (parsed,) = reader.read(look_at(file, path), Limits())
    return parsed


def said(parsed: Parsed, key: str) -> list[object]:
    return [fact.value for fact in parsed.facts if fact.key.casefold() == key]


@pytest.mark.parametrize("path", FORMS)
def test_every_form_of_header_speaks_one_vocabulary(path: str, tmp_path: Path) -> None:
    text, wanted = FORMS[path]
    parsed = read(path, text, tmp_path)
    assert {key: said(parsed, key) for key in wanted} == wanted


def test_a_fact_points_to_the_line_that_says_it(tmp_path: Path) -> None:
    places = {}
    for path, (text, _) in FORMS.items():
        parsed = read(path, text, tmp_path)
        places |= {
            (path, fact.key): parsed.text[fact.at :].split("\n")[0] for fact in parsed.facts if fact.at is not None
        }
    assert places["peps/pep-0241.rst", "delegate"] == "BDFL-Delegate: Cy Young <cy@example.org>"
    assert places["peps/pep-0241.rst", "Superseded-By"] == "Superseded-By: 649, 749"
    assert places["docs/decisions/0002-use-postgres.md", "superseded-by"].startswith("Superceded by [4. Use")
    assert places["notes/chroma.md", "Status"] == "Status: accepted"
    assert places["card.md", "licence"] == "license: cc-by-4.0"
    assert places["card.md", "result.Dawn.mAP"] == "- type: mAP"
    assert places["card.md", "result.Dawn.F1"] == "- name: F1"


def test_who_and_when_reach_the_document_where_no_front_matter_says_them(tmp_path: Path) -> None:
    parsed = read("a.md", "# Pick\n\n* Status: draft\n* Author: Ana Lima\n* Date: 2024-05-02\n", tmp_path)
    assert (parsed.authors, parsed.date) == (("Ana Lima",), "2024-05-02")


@pytest.mark.parametrize(
    ("path", "title", "number"),
    [
        ("adr/0012-x.md", "Use X", "ADR 12"),
        ("x/pep-0008.md", "Style", "PEP 8"),
        ("decisions/2026-04-01-x.md", "Use X", ""),  # a date is no number
        ("notes/12-things.md", "12 things", ""),
        ("notes/a.md", "ADR-7: Use X", "ADR 7"),
        ("rfcs/0003.md", "New loader", "RFC 3"),
    ],
)
def test_a_number_comes_from_title_name_and_folder(path: str, title: str, number: str) -> None:
    found = [fact.value for fact in header_facts((), "", path=path, title=title) if fact.key == "number"]
    assert found == ([number] if number else [])


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("440", ["440"]),
        ("649, 749", ["649", "749"]),
        ("PEP 440 (of 2014)", ["PEP 440"]),
        ("[ADR-5](../adr/0005-x.md#why)", ["../adr/0005-x.md#why"]),
        ("[PEP 440](https://example.org/pep-0440/)", ["PEP 440"]),
        ("(0005-x.md)", ["0005-x.md"]),
        ("the new loader", ["the new loader"]),
        ("", []),
    ],
)
def test_a_link_is_a_path_a_number_or_the_words(value: str, wanted: list[str]) -> None:
    assert links(value) == wanted


def test_prose_with_colons_is_no_header() -> None:
    text = "# Title\n\nNote: this is prose.\nWarning: more prose.\n"
    assert written_facts(text, 0, list(markdown_headings(text))) == ()


def test_facts_stay_bounded_and_the_common_ones_are_kept() -> None:
    own = [Fact(key=f"k{n}", value=n) for n in range(MOST_FACTS)] + [Fact(key="PEP-Delegate", value="Ana", at=0)]
    found = header_facts(own, "", path="a.md", title="")
    assert len(found) == MOST_FACTS
    assert found[-1] == Fact(key="delegate", value="Ana", at=0)


@given(st.text(alphabet="ab:*-# \n0[](.)STtus", max_size=300))
def test_no_text_breaks_it_and_every_place_lies_inside(text: str) -> None:
    found = written_facts(text, 0, list(markdown_headings(text)))
    for fact in header_facts(found, text, path="adr/1.md", title=text[:40]):
        assert fact.at is None or 0 <= fact.at < len(text)
