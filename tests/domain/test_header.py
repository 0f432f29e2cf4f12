"""Where a header ends and the text proper begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.domain.header import header_end
from rag.domain.types import Syntax

FRONT = "---\nkind: retro\n---\n# Retro\n"
FIELDS = "PEP: 8\nAuthor: A,\n  B\nStatus: Final\n\nText: more.\n"


@pytest.mark.parametrize(
    ("text", "syntax", "body"),
    [
        (FRONT, "markdown", "\n# Retro\n"),
        ("+++\nkind = 'retro'\n+++\nText", "markdown", "\nText"),
        ("---\nnever closed\n", "markdown", "---\nnever closed\n"),
        ("Kind: retro\nand so on", "markdown", "Kind: retro\nand so on"),
        (FIELDS, "rst", "\nText: more.\n"),
        ("Note: one line is a sentence.\n", "rst", "Note: one line is a sentence.\n"),
        (":status: final\n\nText\n", "rst", "\nText\n"),
        (FRONT, "code", FRONT),
    ],
)
def test_the_text_proper_begins_behind_the_header(text: str, syntax: Syntax, body: str) -> None:
    assert text[header_end(text, syntax) :] == body


@given(st.text(alphabet="ab:-+ \n", max_size=60), st.sampled_from(["markdown", "rst", "plain"]))
def test_it_ends_inside_the_text(text: str, syntax: Syntax) -> None:
    assert 0 <= header_end(text, syntax) <= len(text)
