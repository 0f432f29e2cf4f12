"""What changed between two versions."""

from hypothesis import given
from hypothesis import strategies as st

from rag.knowledge import versions
from rag.knowledge.versions import difference

LINES = st.lists(st.text(alphabet="ab-+ ", max_size=4), max_size=12).map("\n".join)


def test_a_changed_line_goes_and_comes() -> None:
    found = difference("lr\n1e-4\nend", "lr\n3e-4\nend")
    assert (found.added, found.removed) == (1, 1)
    assert found.unified == "@@ -1,3 +1,3 @@\n lr\n-1e-4\n+3e-4\n end"


def test_the_same_text_has_no_difference() -> None:
    assert difference("a\nb", "a\nb").unified == ""


@given(before=LINES, after=LINES)
def test_the_counts_are_those_of_the_lines(before: str, after: str) -> None:
    found = difference(before, after)
    assert len(after.splitlines()) - len(before.splitlines()) == found.added - found.removed


def test_texts_too_long_to_compare_differ_from_their_first_change_to_their_last() -> None:
    long = [str(n) for n in range(versions.MOST_LINES + 10)]
    found = difference("\n".join(long), "\n".join([*long[:-2], "changed", long[-1]]))
    assert (found.added, found.removed) == (1, 1)
    turned = difference("\n".join(long), "\n".join(reversed(long)))
    assert (turned.added, turned.removed) == (len(long), len(long))
