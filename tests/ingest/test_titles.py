"""What stands in front of every chunk of a document."""

from dataclasses import replace

import pytest

from ingest.chunking import chunk_document
from ingest.chunking.titles import OPENING_CHARS, opening_of, titles_of
from rag.domain.types import Document, Mark, Message, Section
from tests.fakes import WordEmbedder

QUESTION = "Did anybody see the loss go up after the restart? " * 5


def document(path: str, title: str, **more: object) -> Document:
    made = Document(
        id="d", source="s", path=path, space="default", title=title, kind="document", text="Words.", fingerprint="f"
    )
    return replace(made, **more)  # type: ignore[arg-type]


def thread(title: str, *messages: str) -> Document:
    pieces = [f"Ada · 2026-05-0{n} 10:00 UTC\n{words}\n\n" for n, words in enumerate(messages, 1)]
    starts = [len("".join(pieces[:n])) for n in range(len(pieces))]
    marks = tuple(Mark(at=at, locator=Message(id=str(n), author="Ada", time="")) for n, at in enumerate(starts))
    return document("slack/help", title, part="t", syntax="chat", text="".join(pieces), marks=marks)


@pytest.mark.parametrize(
    ("path", "title", "shown"),
    [
        ("docs/llama3_1/MODEL_CARD.md", "MODEL_CARD.md", ("llama 3.1", "MODEL CARD")),
        ("docs/llama2/MODEL_CARD.md", "Model Details", ("llama 2", "Model Details")),
        ("train/tr8b-104B/chronicles.md", "Chronicles", ("tr 8b 104B", "Chronicles")),
        ("handbook/incidents/index.md", "Incidents", ("Incidents",)),
        ("docs/pep-0484.rst", "PEP 484 – Type Hints", ("PEP 484 – Type Hints",)),
        ("notes.md", "notes.md", ("notes",)),
        ("rag/index/dense.py", "dense.py", ("index", "dense.py")),
    ],
)
def test_a_folder_is_named_where_it_says_more_than_the_title(path: str, title: str, shown: tuple[str, ...]) -> None:
    syntax = "code" if path.endswith(".py") else "markdown"
    assert titles_of(document(path, title, syntax=syntax)) == shown


def test_a_part_of_an_export_has_a_title_of_its_own_or_none() -> None:
    assert titles_of(document("slack/help", "#help: a question", part="t")) == ("#help: a question",)
    assert titles_of(document("data/corpus-7.jsonl", "corpus-7.jsonl", part="line 3")) == ()


def test_replies_of_a_thread_carry_more_of_its_question_than_the_title() -> None:
    asked = thread(f"#help: {QUESTION[:30].rstrip()} …", QUESTION, "Yes, a bad node.")
    assert opening_of(asked) == (f"#help: {QUESTION[:OPENING_CHARS].strip()}",)
    embedder = WordEmbedder()
    first, *replies = chunk_document(asked, embedder.count_tokens, embedder.window, target=20)
    assert first.context == asked.title
    assert all("after the restart" in reply.context for reply in replies)


@pytest.mark.parametrize("title", ["#general: Release of July", "#help: 2026-05-01", "A meeting", "#help: …"])
def test_a_topic_or_a_day_stays_the_title(title: str) -> None:
    assert opening_of(thread(title, QUESTION, "Yes.")) == (title,)


def test_a_title_that_is_the_first_heading_too_is_said_once() -> None:
    embedder = WordEmbedder()
    text = "# Chronicles\n\n## March\n\n" + "The loss went up and the run was begun anew. " * 60
    marks = tuple(
        Mark(at=text.index(title), locator=Section(path))
        for title, path in (("# C", ("Chronicles",)), ("## M", ("Chronicles", "March")))
    )
    chunks = chunk_document(
        document("train/tr8b/chronicles.md", "Chronicles", text=text, syntax="markdown", marks=marks),
        embedder.count_tokens,
        embedder.window,
    )
    assert chunks[-1].context == "tr 8b › Chronicles › March"
