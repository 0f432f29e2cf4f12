"""Terms in the team's own words."""

import pytest

from rag.knowledge.glossary import defined, spelled_out

GUIDE = """# Guide

**Note**: this is no term.

## Glossary

- **Clip**: five seconds of audio,
  the unit we classify.
- **Soft label** - the share of annotators who heard it.
| EER | equal error rate |

## Next

- **Other**: not of the glossary.
"""


def test_only_a_glossary_defines_and_its_spans_say_so() -> None:
    found = defined(GUIDE)
    assert [(entry.term, entry.meaning) for entry in found] == [
        ("Clip", "five seconds of audio, the unit we classify."),
        ("Soft label", "the share of annotators who heard it."),
        ("EER", "equal error rate"),
    ]
    assert all(entry.term in GUIDE[entry.start : entry.end] for entry in found)


def test_all_of_a_document_that_is_called_glossary_is_one() -> None:
    assert [entry.term for entry in defined("- **VAD**: voice activity detection\n", "Team terminology")] == ["VAD"]
    assert defined("- **VAD**: voice activity detection\n", "Notes") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We report mean average precision (MAP).", [("MAP", "mean average precision")]),
        ("We ship (NASA) tapes.", []),
        ("the large model (GPU)", []),
    ],
)
def test_a_short_form_is_spelled_out_by_the_words_it_begins(text: str, found: list[tuple[str, str]]) -> None:
    assert [(entry.term, entry.meaning) for entry in spelled_out(text)] == found
