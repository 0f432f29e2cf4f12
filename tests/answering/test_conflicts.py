"""When two sentences disagree, and when they only look so: a false alarm is worse than a miss."""

from datetime import UTC, datetime

import pytest

from rag.answering.conflicts import Claim, compare
from rag.domain.types import DocumentInfo
from rag.index.analysis import terms

ASKED = frozenset(terms("What is the batch size of the gull trainer?"))
SAID = "The batch size of the gull trainer is 256."
OTHER = "The batch size of the gull trainer is 512."


def claim(text: str, title: str, *, path: str = "", kind: str = "document", day: str = "") -> Claim:
    now = datetime(2024, 7, 1, tzinfo=UTC)
    info = DocumentInfo(
        id=title, version=1, source="s", path=path or f"{title}.md", part="", space="default", title=title, kind=kind,
        authors=(), date=day, url="", files=(), valid_from=now, valid_to=None, recorded_at=now,
    )  # fmt: skip
    return Claim(text=text, document=info, section=(), syntax="markdown")


def test_one_other_value_of_the_same_subject_is_a_disagreement() -> None:
    assert compare(claim(SAID, "Training guide"), claim(OTHER, "Runbook"), ASKED) == "disagree"
    owners = [claim(f"The gull release is owned by {name}.", name) for name in ("Ana Lima", "Bo Chen")]
    assert compare(claim(owners[0].text, "Guide"), claim(owners[1].text, "Runbook"), ASKED) == "disagree"


@pytest.mark.parametrize(
    "other",
    [
        claim(SAID, "Runbook"),  # the same
        claim(OTHER, "Training guide"),  # the same document
        claim(OTHER, "Training guide of the tern"),  # another subject
        claim(OTHER, "Runbook", path="tr11-13B/runbook.md"),  # of another run's folder
        claim("The batch size of the gull trainer was 512.", "Runbook"),  # no more
        claim("The batch size of the gull trainer is about 250.", "Runbook"),
        claim("The batch size of the gull trainer is 512 tokens.", "Runbook"),  # another unit
        claim("The batch size of the gull trainer is 512 on 8 nodes.", "Runbook"),
        claim("The learning rate of the gull trainer is 512.", "Runbook"),  # another attribute
        claim("--batch-size 512 of the gull trainer", "Runbook"),
        claim(OTHER, "Runbook", kind="notebook"),
        claim(OTHER, "Retro of March", kind="retro", day="2024-03-01"),
    ],
    ids=lambda other: other.text[:60] + " " + other.document.title,
)
def test_what_is_no_disagreement(other: Claim) -> None:
    assert compare(claim(SAID, "Training guide"), other, ASKED) is None
    assert compare(other, claim(SAID, "Training guide"), ASKED) is None


def test_of_dated_records_one_is_the_older() -> None:
    first = claim(SAID, "Retro, sprint 7", kind="retro", day="2024-01-10")
    last = claim(OTHER, "Retro, sprint 19", kind="retro", day="2024-06-18")
    assert (compare(first, last, ASKED), compare(last, first, ASKED)) == ("older", "newer")
