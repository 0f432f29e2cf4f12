"""Which document replaces which, from headers and versions alone."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rag.domain.types import Access, Query
from rag.knowledge.past import said_before
from rag.knowledge.succession import Succession
from tests.knowledge.test_decisions import ALL, filled, pep

CARD = "---\nlicense: mit\nlibrary_name: x\n{more}---\n# {title}\n\nText.\n"
FILES = {
    "peps/pep-0241.rst": pep(241, "Metadata", "Superseded", "Superseded-By: 314"),
    "peps/pep-0314.rst": pep(314, "Metadata 1.1", "Superseded", "Superseded-By: 345"),
    "peps/pep-0345.rst": pep(345, "Metadata 1.2", "Final", "Replaces: 314"),
    "peps/pep-0501.rst": pep(501, "Mirrors", "Final"),
    "peps/pep-0502.rst": pep(502, "New mirrors", "Draft", "Replaces: 501"),
    "peps/pep-0600.rst": pep(600, "Round", "Superseded", "Superseded-By: 601"),
    "peps/pep-0601.rst": pep(601, "And round", "Superseded", "Superseded-By: 600"),
    "wiki/old.md": "---\nsuperseded_by: new.md\n---\n# Old page\n\nText.\n",
    "wiki/new.md": "# New page\n\nText.\n",
    "cards/gull-v2.md": CARD.format(title="Gull", more=""),
    "cards/gull-v10.md": CARD.format(title="Gull, larger", more=""),
    "cards/tern.md": CARD.format(title="Tern", more="version: 1.9\n"),
    "cards/tern-next.md": CARD.format(title="Tern", more="version: 1.10\n"),
    "cards/crow.md": CARD.format(title="Crow", more="valid_from: 2001-01-01\n"),
    "cards/crow-soon.md": CARD.format(title="Crow", more="valid_from: 2999-01-01\n"),
    "client-v1.md": "# Client v1\n\nText.\n",
}
Replaced = Callable[..., str]


@pytest.fixture(scope="module")
def replaced(tmp_path_factory: pytest.TempPathFactory) -> Replaced:
    catalog, facts = filled(FILES, tmp_path_factory.mktemp("docs"))
    documents = catalog.documents(ALL, limit=100)[0]

    def by(path: str, access: Access = ALL, as_of: datetime | None = None) -> str:
        document = next(d for d in documents if d.path == path)
        near = [d for d in documents if as_of is None or d.valid_from <= as_of] if access.everything else []
        found = Succession(facts, catalog).replacements(Query(text="", access=access, as_of=as_of), [document], near)
        return ", ".join(replacement.new.path for replacement in found.values())

    return by


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("peps/pep-0241.rst", "peps/pep-0345.rst"),  # the end of the chain
        ("peps/pep-0314.rst", "peps/pep-0345.rst"),
        ("peps/pep-0345.rst", ""),
        ("peps/pep-0501.rst", ""),  # a draft replaces nothing yet
        ("peps/pep-0600.rst", "peps/pep-0601.rst"),  # a round ends somewhere
        ("wiki/old.md", "wiki/new.md"),  # what replaces has no header
        ("cards/gull-v2.md", "cards/gull-v10.md"),
        ("cards/gull-v10.md", ""),
        ("cards/tern.md", "cards/tern-next.md"),
        ("cards/crow.md", ""),  # not yet
        ("client-v1.md", ""),
    ],
)
def test_what_stands_at_the_end_replaces(replaced: Replaced, old: str, new: str) -> None:
    assert replaced(old) == new


def test_what_may_not_be_read_or_was_not_there_yet_replaces_nothing(replaced: Replaced) -> None:
    assert replaced("peps/pep-0241.rst", Access(spaces=frozenset({"other"}))) == ""
    assert replaced("peps/pep-0241.rst", as_of=datetime(1999, 1, 1, tzinfo=UTC)) == ""


def test_the_sentence_of_an_earlier_version_is_found_by_its_words(tmp_path: Path) -> None:
    said = "The batch size of gulls is {}."
    for size, day in ((8, "Mondays"), (9, "Mondays"), (9, "Fridays")):
        catalog, _ = filled({"a.md": f"# A\n\n{said.format(size)} The team meets on {day}.\n"}, tmp_path)
    second, now = (catalog.text(catalog.documents(ALL)[0][0].id, ALL, version=n) for n in (2, 3))
    start = now.text.index("The batch")
    before = said_before(catalog, now, (start, start + len(said.format(9))), ALL)
    assert before is not None
    assert (before.words, before.text.info.version) == (said.format(8), 1)
    assert before.until == second.info.valid_from
    assert said_before(catalog, second, (0, 3), ALL) is None  # always said so
