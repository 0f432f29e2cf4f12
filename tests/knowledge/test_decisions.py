"""What replaced it, who decided, what became of it: from headers, with the very lines; and silence elsewhere."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from ingest.documents import documents_of
from ingest.readers import markdown, rst
from ingest.readers.base import Limits, look_at
from rag.domain.types import Access, Filters, Finding, PathUpdate, Prepared, Query
from rag.knowledge.decisions import DecisionLookup
from rag.knowledge.header_questions import header_question
from rag.registry.catalog import SqlCatalog
from rag.registry.database import open_database
from rag.registry.facts import SqlFacts

ALL = Access(everything=True)
NO_VECTORS = np.zeros((0, 4), dtype=np.float32)


def pep(number: int, title: str, status: str, *more: str) -> str:
    fields = [f"PEP: {number}", f"Title: {title}", "Author: Ana Lima <a@example.org>", f"Status: {status}", *more]
    return "\n".join([*fields, "Created: 12-Mar-2001", "", "", "Abstract", "========", "", "Text.", ""])


FILES = {
    "peps/pep-0241.rst": pep(241, "Metadata for Packages", "Superseded", "Superseded-By: 314"),
    "peps/pep-0314.rst": pep(314, "Metadata for Packages 1.1", "Superseded", "Replaces: 241", "Superseded-By: 345"),
    "peps/pep-0345.rst": pep(345, "Metadata for Packages 1.2", "Final", "Replaces: 314", "Python-Version: 2.5"),
    "peps/pep-0400.rst": pep(400, 'Deprecate codecs (aka "given" clause)', "Rejected", "BDFL-Delegate: Bo Chen"),
    "peps/pep-0500.rst": pep(500, "Mirrors based on PEP 241", "Draft"),
    "peps/pep-0501.rst": pep(501, "Old mirrors", "Superseded"),
    "peps/pep-0502.rst": pep(502, "New mirrors", "Final", "Replaces: 501"),
    "peps/pep-0600.rst": pep(600, "Round", "Superseded", "Superseded-By: 601"),
    "peps/pep-0601.rst": pep(601, "And round", "Superseded", "Superseded-By: 600"),
    "adr/0001-postgres.md": "# 1. Use Postgres\n\n## Status\n\nSuperseded by [2. Use SQLite](0002-sqlite.md)\n",
    "adr/0002-sqlite.md": "---\nstatus: accepted\ndecision-makers: [Ana Lima, Bo Chen]\n---\n# 2. Use SQLite\n",
    "cards/small.md": "---\nlicense: mit\nbase_model: acme/big\ndatasets:\n- acme/a\n- acme/b\n---\n# Kestrel Small\n",
    "blog.md": "---\nauthors: [Bo Chen]\nlanguage: en\n---\n# Status of the cluster\n\nIt is fine.\n",
}


def filled(files: Mapping[str, str], folder: Path) -> tuple[SqlCatalog, SqlFacts]:
    engine = open_database(f"sqlite:///{folder / 'registry.db'}")
    catalog = SqlCatalog(engine)
    source = catalog.put_source(name="docs", root=str(folder), space="team")
    updates = []
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        candidate = look_at(file, path)
        reader = rst.READER if path.endswith(".rst") else markdown.READER
        documents = documents_of(source, candidate, list(reader.read(candidate, Limits())), fingerprint="1", kind="")
        prepared = tuple(Prepared(document=document, chunks=(), vectors=NO_VECTORS) for document in documents)
        updates.append(PathUpdate(source=source.id, path=path, prepared=prepared))
    catalog.commit(updates, model="m")
    return catalog, SqlFacts(engine)


@pytest.fixture(scope="module")
def lookup(tmp_path_factory: pytest.TempPathFactory) -> DecisionLookup:
    catalog, facts = filled(FILES, tmp_path_factory.mktemp("docs"))
    return DecisionLookup(facts, catalog)


Ask = Callable[[str], Finding | None]


@pytest.fixture
def ask(lookup: DecisionLookup) -> Ask:
    return lambda text: lookup.look_up(Query(text=text, access=ALL))


def quoted(lookup: DecisionLookup, finding: Finding) -> list[list[str]]:
    return [
        [lookup.catalog.text(document.id, ALL).text[start:end] for document, start, end in statement.quotes]
        for statement in finding.statements
    ]


ANSWERS = {
    "PEP 314 (Metadata for Packages 1.1) is out of date. Which PEP replaced it?": (
        "PEP 345 replaced PEP 314",
        ["Superseded-By: 345", "Replaces: 314"],
    ),
    "What did PEP 345 replace?": ("PEP 314: that is what PEP 345", ["Replaces: 314", "Superseded-By: 345"]),
    "What replaced PEP 501?": ("PEP 502 replaced PEP 501", ["Replaces: 501"]),  # only the new one says so
    'What became of the proposal "Deprecate codecs (aka "given" clause)" (PEP 400)?': (
        "Rejected:",
        ["Status: Rejected"],
    ),
    "Was PEP 400 accepted?": ("No: the status", ["Status: Rejected"]),
    "Is PEP 345 final?": ("Yes: the status", ["Status: Final"]),
    'Who was given the decision (as delegate) on the proposal "Deprecate codecs (aka "given" clause)"?': (
        "Bo Chen was the delegate",
        ["BDFL-Delegate: Bo Chen"],
    ),
    'For which Python version was "Metadata for Packages 1.2" (PEP 345) accepted?': ("2.5 ", ["Python-Version: 2.5"]),
    "Who wrote PEP 241?": ("Ana Lima wrote PEP 241", ["Author: Ana Lima <a@example.org>"]),
    "When was PEP 241 created?": ("2001-03-12 ", ["Created: 12-Mar-2001"]),
    "What replaced ADR-0001?": ("“2. Use SQLite” replaced", ["Superseded by [2. Use SQLite](0002-sqlite.md)"]),
    "Who decided to use SQLite?": ("Ana Lima and Bo Chen decided", ["decision-makers: [Ana Lima, Bo Chen]"]),
    "Which licence does kestrel-small have?": ("mit is the licence", ["license: mit"]),
    "What is the base model of Kestrel Small?": ("acme/big is the base model", ["base_model: acme/big"]),
    "Which datasets was Kestrel Small trained on?": ("acme/a and acme/b: ", ["datasets:\n- acme/a\n- acme/b"]),
}


@pytest.mark.parametrize("question", ANSWERS)
def test_a_field_of_a_header_is_answered_with_its_line(question: str, ask: Ask, lookup: DecisionLookup) -> None:
    start, lines = ANSWERS[question]
    finding = ask(question)
    assert finding is not None
    assert finding.statements[0].text.startswith(start)
    assert quoted(lookup, finding)[0] == lines


def test_the_end_of_a_chain_is_told_when_it_is_not_the_direct_successor(ask: Ask, lookup: DecisionLookup) -> None:
    finding = ask("What replaced PEP 241?")
    assert finding is not None
    assert [statement.text for statement in finding.statements] == [
        "PEP 314 replaced PEP 241 (Metadata for Packages).",
        "That one has been replaced too: PEP 345 stands at the end now.",
    ]
    assert quoted(lookup, finding)[1] == ["Superseded-By: 345", "Replaces: 314"]


def test_headers_that_replace_each_other_end_somewhere(ask: Ask) -> None:
    finding = ask("What replaced PEP 600?")
    assert finding is not None
    assert finding.statements[0].text.startswith("PEP 601 replaced PEP 600")


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Who is the PEP-Delegate of PEP 241?", "PEP 241 names no delegate in its header."),
        ("What replaced PEP 345?", "The header of PEP 345 names nothing that replaced it"),
        ("For which Python version was PEP 500 meant?", "PEP 500 names no version in its header."),
    ],
)
def test_a_field_that_a_header_leaves_out_is_refused_with_a_reason(question: str, reason: str, ask: Ask) -> None:
    finding = ask(question)
    assert finding is not None
    assert finding.statements == ()
    assert finding.reason.startswith(reason)


@pytest.mark.parametrize(
    "question",
    [
        "Why was PEP 241 replaced?",
        "What is the status of the cluster?",  # a page with an author is no decision
        "What replaced the old cluster?",
        "Who wrote the tests of PEP 241?",
        "What happened to the mirrors after PEP 241 was accepted?",
        "Which PEP replaced PEP 241 and PEP 314?",
        "Who wrote PEP 999?",
        "When was PEP 400 rejected?",  # no header says so: the text may
        "Which licence does the cluster have?",
        "What is the status of mirrors?",  # two have it in their titles
        "x " * 500 + "what replaced PEP 241?",
    ],
)
def test_other_questions_are_left_to_the_passages(question: str, ask: Ask) -> None:
    assert ask(question) is None


def test_a_title_that_names_another_number_is_still_one_document(ask: Ask) -> None:
    finding = ask("What is the status of PEP 500 (Mirrors based on PEP 241)?")
    assert finding is not None
    assert finding.statements[0].text.startswith("Draft: that is the status of PEP 500")


@pytest.mark.parametrize(
    ("question", "text", "lines"),
    [
        ("Which PEPs were rejected?", "1 of the 9 PEPs here have the status rejected: PEP 400.", ["Status: Rejected"]),
        ("How many decisions are accepted?", "1 of the 11 decisions here", ["status: accepted"]),
        (
            "List all final PEPs",
            "2 of the 9 PEPs here have the status final: PEP 345 and PEP 502.",
            ["Status: Final"] * 2,
        ),
    ],
)
def test_decisions_of_one_status_are_counted_and_listed(
    question: str, text: str, lines: list[str], ask: Ask, lookup: DecisionLookup
) -> None:
    finding = ask(question)
    assert finding is not None
    assert finding.statements[0].text.startswith(text)
    assert quoted(lookup, finding)[0] == lines


def test_no_decision_of_a_status_is_a_refusal_and_no_list_of_what_is_unknown_an_answer(ask: Ask) -> None:
    finding = ask("Which PEPs are withdrawn?")
    assert finding == Finding(reason="None of the 9 PEPs here has the status withdrawn.")
    assert ask("Which RFCs are withdrawn?") is None
    assert ask("Which PEPs were rejected because of their syntax?") is None


def test_access_time_and_filters_hold_for_facts(lookup: DecisionLookup) -> None:
    text = "What is the status of PEP 345?"
    assert lookup.look_up(Query(text=text, access=Access(spaces=frozenset({"team"})))) is not None
    assert lookup.look_up(Query(text=text, access=Access(spaces=frozenset({"other"})))) is None
    assert lookup.look_up(Query(text=text, access=Access())) is None
    assert lookup.look_up(Query(text=text, access=ALL, as_of=datetime(1990, 1, 1, tzinfo=UTC))) is None
    only = Filters(facts=(("Status", "rejected"),))
    assert lookup.look_up(Query(text=text, access=ALL, filters=only)) is None


def test_facts_are_found_by_key_and_value_without_case(lookup: DecisionLookup) -> None:
    query = Query(text="", access=ALL)
    found = lookup.facts.saying(query, ["STATUS"], ["rejected", "draft"])
    assert [(stated.document.path, stated.value) for stated in found] == [
        ("peps/pep-0400.rst", "Rejected"),
        ("peps/pep-0500.rst", "Draft"),
    ]
    document = found[0].document
    assert {stated.key for stated in lookup.facts.of(query, [document])} >= {"pep", "title", "status", "number"}
    assert lookup.facts.of(Query(text="", access=Access()), [document]) == []


@pytest.mark.slow
def test_no_question_of_a_pack_that_asks_for_something_else_counts_as_one_of_these(
    pack: Callable[[str], Path],
) -> None:
    for name, most in {"team-bigscience": 2, "team-handbook-sourcegraph": 2, "chat-slack-olake": 3}.items():
        lines = (pack(name) / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        asked = [json.loads(line)["question"] for line in lines if line.strip()]
        assert sum(header_question(question) is not None for question in asked) <= most


@pytest.mark.slow
def test_header_questions_of_the_peps_are_answered_from_their_headers(
    pack: Callable[[str], Path], tmp_path: Path
) -> None:
    """Every look-up against the pack's own gold quotes; the refusals too."""
    folder = pack("team-peps")
    lines = (folder / "questions_header.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines if line.strip()]
    files = {f"docs/{path.name}": path.read_text(encoding="utf-8") for path in sorted((folder / "docs").glob("*.rst"))}
    catalog, facts = filled(files, tmp_path)
    lookup = DecisionLookup(facts, catalog)
    wrong = []
    for question in questions:
        finding = lookup.look_up(Query(text=question["question"], access=ALL))
        quotes = [quote for some in quoted(lookup, finding) for quote in some] if finding else None
        wanted = [" ".join(evidence["quote"].split()) for evidence in question["evidence"]]
        found = quotes is not None and set(wanted) <= {" ".join(quote.split()) for quote in quotes}
        if not found or (quotes and not question["answerable"]):
            wrong.append(question["id"])
    assert wrong == []


def test_of_copies_that_disagree_neither_is_believed(tmp_path: Path) -> None:
    copies = {
        "old/pep-0700.rst": pep(700, "Wheels for all", "Draft"),
        "new/pep-0700.rst": pep(700, "Wheels for all", "Final"),
        "old/pep-0701.rst": pep(701, "Sledges", "Final"),
        "new/pep-0701.rst": pep(701, "Sledges", "Final"),
    }
    catalog, facts = filled(copies, tmp_path)
    lookup = DecisionLookup(facts, catalog)
    assert lookup.look_up(Query(text="What is the status of PEP 700?", access=ALL)) is None
    assert lookup.look_up(Query(text="What is the status of PEP 701?", access=ALL)) is not None
