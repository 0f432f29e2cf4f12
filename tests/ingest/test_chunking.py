"""The promises of a chunk, held against texts of every syntax, and the shapes that people care about."""

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunking import chunk_document
from ingest.chunking.cuts import Place, halve
from rag.domain.types import Cell, Chunk, Document, Mark, Message, Page, Section, Syntax

WORDS = re.compile(r"\w+|[^\w\s]")


def by_words(texts: Sequence[str]) -> list[int]:
    return [len(WORDS.findall(text)) + 2 for text in texts]


def by_characters(texts: Sequence[str]) -> list[int]:
    return [len(text) + 2 for text in texts]


def document(text: str, syntax: Syntax = "markdown", marks: Sequence[Mark] = (), title: str = "Title") -> Document:
    return Document(
        id="d", source="s", path="a.md", space="default", title=title, kind="document", text=text, syntax=syntax,
        marks=tuple(marks), fingerprint="f",
    )  # fmt: skip


def with_headings(text: str, syntax: Syntax = "markdown", title: str = "Title") -> Document:
    """Section marks as a reader makes them, for ATX headings without fences around."""
    marks, above = [], []
    for found in re.finditer(r"^(#{1,6}) (.+)$", text, re.MULTILINE):
        above = [*above[: len(found[1]) - 1], found[2]]
        marks.append(Mark(at=found.start(), locator=Section(tuple(above))))
    return document(text, syntax, marks, title)


def cut(doc: Document, window: int = 256, **sizes: int) -> tuple[Chunk, ...]:
    chunks = chunk_document(doc, by_words, window, **sizes)
    check(doc, chunks)
    assert all(n <= window for n in by_words([chunk.embedded for chunk in chunks]))
    return chunks


def check(doc: Document, chunks: Sequence[Chunk]) -> None:
    assert [chunk.n for chunk in chunks] == list(range(len(chunks)))
    assert all(chunk.text == doc.text[chunk.start : chunk.end] and chunk.text.strip() for chunk in chunks)
    assert all(first.end <= second.start for first, second in pairwise(chunks))
    edges = [0, *(at for chunk in chunks for at in (chunk.start, chunk.end)), len(doc.text)]
    left_out = "".join(doc.text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
    assert not left_out.strip()


LINES = st.sampled_from(
    [
        "", "", "Plain words say something. More of it, e.g. this.", "# One", "## Two", "### Three", "- item", "* b",
        "  - nested item with words", "1. first", "```python", "```", "x = f(1)  # code", "    indented", "| a | b |",
        "|---|---|", "| 1 | 2 |", "Title", "=====", "-----", "> quoted. Text.", "---", "<div>", "key: value", "lead:",
        '{"a": [1, 2]}', "w" * 300, "word " * 120, "\t", "é ü 漢字。です", "…", ".. note::", "def f(x):", "class A:",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.lists(LINES, max_size=40).map("\n".join), st.text(max_size=300))
SYNTAXES: tuple[Syntax, ...] = ("markdown", "rst", "plain", "code", "table", "data", "notebook", "chat")


@st.composite
def documents(draw: st.DrawFn, syntax: Syntax) -> Document:
    text = draw(TEXTS)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=5)))
    locators = st.sampled_from(
        [Section(("A",)), Section(("A", "B " * 40)), Section(("C",)), Page(2), Cell(1), Cell(2, "markdown"),
         Message("1", "ada", "2024-01-01T00:00:00Z")]
    )  # fmt: skip
    return document(
        text,
        syntax,
        [Mark(at=at, locator=draw(locators)) for at in places],
        draw(st.sampled_from(["", "T", "t " * 90])),
    )


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_chunks_are_exact_ordered_slices_that_cover_the_text_and_fit_the_window(syntax: Syntax) -> None:
    @settings(max_examples=40, deadline=None)
    @given(documents(syntax), st.sampled_from([16, 64, 256]), st.booleans())
    def holds(doc: Document, window: int, words: bool) -> None:
        count = by_words if words else by_characters
        chunks = chunk_document(doc, count, window)
        check(doc, chunks)
        assert all(tokens <= window for tokens in count([chunk.embedded for chunk in chunks]))
        assert chunks == chunk_document(doc, count, window)

    holds()


@pytest.mark.parametrize("count", [by_words, by_characters])
def test_a_word_of_ten_thousand_letters_fits_the_window_in_pieces(count: object) -> None:
    doc = document("before " + "x" * 10_000 + " after")
    assert callable(count)
    chunks = chunk_document(doc, count, 256)
    check(doc, chunks)
    assert max(count([chunk.embedded for chunk in chunks])) <= 256


def test_a_text_of_blanks_has_no_chunks() -> None:
    assert cut(document(" \n\t\n")) == ()


def test_sections_are_chunks_and_their_headings_are_the_context() -> None:
    body = "We chose it because it held up in every run. " * 8
    doc = with_headings(f"# Guide\n\n{body}\n\n## Setup\n\n{body}\n\n### Disk\n\n{body}\n", title="Guide")
    chunks = cut(doc)
    assert [chunk.text.split("\n")[0] for chunk in chunks] == ["# Guide", "## Setup", "### Disk"]
    assert [chunk.context for chunk in chunks] == ["Guide", "Guide", "Guide › Setup"]


def test_a_chunk_in_the_middle_of_a_section_carries_the_whole_path() -> None:
    text = "# Guide\n\n## Setup\n\n" + "\n\n".join(f"Paragraph {n} says a few things about it. " * 6 for n in range(8))
    chunks = cut(with_headings(text, title="Guide"))
    assert len(chunks) > 2
    assert {chunk.context for chunk in chunks[1:]} == {"Guide › Setup"}


def test_records_of_one_file_do_not_carry_its_name_and_carry_their_own_title() -> None:
    record = replace(document("Words of one record."), path="logs/c-7.jsonl", part="line 3", title="c-7.jsonl")
    assert [chunk.context for chunk in cut(record)] == [""]
    assert [chunk.context for chunk in cut(replace(record, title="Why it crashed"))] == ["Why it crashed"]
    assert [chunk.context for chunk in cut(replace(record, part=""))] == ["logs › c-7"]


def test_small_sections_are_packed_together_and_carry_what_stands_above_all_of_them() -> None:
    text = "# FAQ\n\n" + "\n\n".join(f"## Question {n}\n\nShort answer {n}." for n in range(6))
    chunks = cut(with_headings(text, title="FAQ"))
    assert len(chunks) == 1
    assert chunks[0].context == "FAQ"


def test_a_heading_stays_with_what_stands_under_it() -> None:
    text = "\n\n".join(f"## Part {n}\n\n" + "Some words that belong to it. " * (5 + n * 3 % 17) for n in range(40))
    assert not [chunk for chunk in cut(with_headings(text)) if chunk.text.rsplit("\n", 1)[-1].startswith("#")]


def test_paragraphs_stay_whole_where_they_fit() -> None:
    rng = random.Random(1)
    paragraphs = [f"Number {n}: " + "it held up well in runs " * rng.randint(3, 12) for n in range(60)]
    chunks = cut(document("\n\n".join(paragraphs)))
    assert all(part.strip() in [p.strip() for p in paragraphs] for chunk in chunks for part in chunk.text.split("\n\n"))


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    text = " ".join(f"Sentence {n} has about ten words in it, e.g. these." for n in range(100))
    chunks = cut(document(text))
    assert len(chunks) > 4
    assert all(chunk.text.startswith("Sentence") and chunk.text.endswith("these.") for chunk in chunks)


def test_a_table_that_is_cut_carries_its_header_along() -> None:
    rows = "\n".join(f"| run-{n} | 0.{n:03} | 3e-4 |" for n in range(100))
    chunks = cut(document(f"Results:\n\n| name | loss | lr |\n|---|---|---|\n{rows}\n"))
    assert len(chunks) > 3
    assert all(chunk.context == "Title\n| name | loss | lr |" for chunk in chunks[1:])
    assert all(line.startswith("| run-") for chunk in chunks[1:] for line in chunk.text.split("\n"))


def test_the_header_of_a_csv_goes_with_all_its_rows() -> None:
    text = "name,loss\n" + "\n".join(f"run-{n},0.{n}" for n in range(200))
    assert {chunk.context for chunk in cut(document(text, "table"))[1:]} == {"Title\nname,loss"}


def test_functions_are_cut_apart_and_long_ones_between_lines() -> None:
    functions = [
        f"def f{n}(x):\n" + "".join(f"    y{i} = x + {i}\n" for i in range(12 + 30 * (n == 2))) for n in range(5)
    ]
    text = "\n\n".join(functions)
    marks = [Mark(at=found.start(), locator=Section((found[1],))) for found in re.finditer(r"def (\w+)", text)]
    chunks = cut(document(text, "code", marks, "util.py"))
    assert [chunk.text.split("(")[0] for chunk in chunks if chunk.text.startswith("def")] == [
        f"def f{n}" for n in range(5)
    ]
    inside = [chunk for chunk in chunks if not chunk.text.startswith("def")]
    assert inside
    assert all(chunk.context == "util.py › f2" and chunk.text.startswith("    y") for chunk in inside)


def test_a_code_block_and_the_line_that_leads_to_it_stay_together() -> None:
    filler = "Words that fill the page and say nothing much at all. " * 6
    text = f"{filler}\n\nRun this:\n\n```bash\nmake demo\nmake test\n```\n\n{filler}\n\n{filler}"
    assert any("Run this:\n\n```bash\nmake demo" in chunk.text for chunk in cut(document(text)))


def test_cells_and_messages_are_units() -> None:
    cells = [("# Load\nRead the data first. " * 8).strip(), "import x\n" * 60, "loss 0.5\n" * 50]
    text = "\n\n".join(cells)
    marks = [
        Mark(at=0, locator=Cell(1, "markdown")),
        Mark(at=text.index("import"), locator=Cell(2)),
        Mark(at=text.index("loss"), locator=Cell(2, "output")),
    ]
    starts = {chunk.start for chunk in cut(document(text, "notebook", marks))}
    assert {0, text.index("import"), text.index("loss")} <= starts


def test_a_chat_is_cut_between_messages_and_what_is_left_of_a_long_one_says_whose_it_is() -> None:
    heads = [f"Ada · 2026-05-18 09:{n:02} UTC" for n in range(9)]
    texts = ["```\ncode that nobody closes\n\nmore code"] + ["One more word.\n\nAnother few words here."] * 7
    texts.append("A long message says this again. " * 40)
    slices = [f"{head}\n{text}\n\n" for head, text in zip(heads, texts, strict=True)]
    starts = [sum(map(len, slices[:n])) for n in range(9)]
    marks = [Mark(at=at, locator=Message(str(at), "Ada", "2026-05-18T09:00:00+00:00")) for at in starts]
    doc = document("".join(slices), "chat", marks, title="#help")
    chunks = cut(doc, target=60, least=20)
    whole = [chunk for chunk in chunks if chunk.start in starts]
    assert len(whole) >= 4
    rest = [chunk for chunk in chunks if chunk not in whole]
    assert rest
    assert all(chunk.context == f"#help\n{heads[8]}" for chunk in rest)
    assert all(chunk.text.startswith("A long message") for chunk in rest)
    assert not any(chunk.text.endswith(" UTC") for chunk in chunks)


def test_what_is_in_front_takes_at_most_a_quarter_of_the_window() -> None:
    path = tuple(f"Heading number {n} which goes on and on" for n in range(12))
    doc = document("Words. " * 300, marks=[Mark(at=0, locator=Section(path))], title="A title " * 80)
    for chunk in cut(doc):
        assert by_words([chunk.context])[0] - 2 <= 64


@pytest.mark.slow
@pytest.mark.parametrize("headings", [0, 9])
def test_a_changed_paragraph_costs_at_most_a_few_chunks(headings: int) -> None:
    rng = random.Random(7)
    words = [f"word{n}" for n in range(500)]

    def paragraph() -> str:
        return " ".join(rng.choices(words, k=rng.randint(12, 90))) + "."

    paragraphs = [paragraph() for _ in range(420)]

    def whole(parts: Sequence[str]) -> str:
        return "# Top\n\n" + "\n\n".join(
            f"## Section {n}\n\n{part}" if headings and n % headings == 0 else part for n, part in enumerate(parts)
        )

    before = cut(with_headings(whole(paragraphs)))
    assert len(before) > 150
    known = {chunk.embedded for chunk in before}
    costs = []
    for _ in range(40):
        changed = list(paragraphs)
        place = rng.randrange(len(changed))
        changed[place] = rng.choice([paragraph(), changed[place] + " One more sentence.", "Now " + changed[place]])
        costs.append(sum(chunk.embedded not in known for chunk in cut(with_headings(whole(changed)))))
    assert sorted(costs)[int(0.9 * len(costs))] <= 3
    assert sum(costs) / len(costs) < 2
    assert max(costs) <= 6


@pytest.mark.parametrize("tokens", [0, 1000])
def test_places_with_no_token_between_them_are_not_cut_one_by_one(tokens: int) -> None:
    """One cut each would be as many calls inside each other: such a text ended the ingest."""
    places = [Place(at=0, rank=0, tokens=0, lot=0)]
    places += [Place(at=at, rank=-1, tokens=tokens, lot=0) for at in range(1, 5000)]
    assert len(halve(places, most=10, end=1000)) == 2
