"""people.yaml: what is read of it, and what is said where it is wrong."""

from pathlib import Path

import pytest

from rag.domain.errors import BadInput
from rag.domain.people import TeamEntry
from rag.knowledge.people import read_team

EXAMPLE = Path(__file__).parents[2] / "examples" / "knowledge" / "people.yaml"


def test_a_person_is_read_with_all_that_is_said_of_them() -> None:
    text = (
        "- name: Ada  Lovelace\n  email: ada@example.org\n  slack: [U1, U2]\n  mlflow: 0010\n"
        "  names: [ada]\n  state: left\n  until: 2026-03-31\n"
    )
    assert read_team(text) == (
        TeamEntry(
            name="Ada Lovelace",
            emails=("ada@example.org",),
            accounts=(("slack", "U1"), ("slack", "U2"), ("mlflow", "0010")),
            names=("ada",),
            state="left",
            until="2026-03-31",
        ),
    )
    assert read_team("# nobody yet\n") == ()


def test_the_example_is_right() -> None:
    assert [entry.name for entry in read_team(EXAMPLE.read_text())][-1] == "Ellis Drummond"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: Ada", "line 1: this is no list of people. Write"),
        ("- Ada", "line 1: this is no person"),
        ("- slack: U1", "line 1: this person has no name. Add"),
        ("- name: Ada\n  emial: a@b.c", "line 2: emial is nothing known of a person. Did you mean emails?"),
        ("- name: Ada\n  emails: [ada]", "line 2: ada is no e-mail address"),
        ("- name: Ada\n  state: gone", "line 2: gone is no state. Known are active, left, opted-out."),
        ("- name: Ada\n  until: soon", "line 2: soon is no day. Write it as 2026-03-31."),
        ("- name: Ada\n  slack: {id: U1}", "line 2: slack is neither a word nor a list of words"),
        ("- name: [Ada, Countess]", "line 1: name has 2 values. Others go to `names:`."),
        ("- name: Ada\n  slack: U1\n  slack: U2", "line 3: slack stands here twice"),
        ("- {name: Ada, slack: U1}\n- {name: Bob, slack: U1}", "line 2: slack U1 is Ada's already. Leave"),
        ("- {name: A, emails: [a@b.c]}\n- {name: B, emails: [A@B.c]}", "line 2: e-mail a@b.c is A's already"),
        ("- name: 'Ada\n", "line 2: found unexpected end of stream"),
        ("[" * 1500, "lists in lists"),
        ("- &a {name: Ada, slack: *a}", "line 1: slack is neither"),
        ("- name: Ada\n  names: [" + "x, " * 60 + "]", "line 2: names has more than 50 values"),
        ('- {name: "\\UFFFFFFFF"}', "is no YAML"),
        ('- {name: "A\\uD800"}', "line 1: name holds what is no character"),
        ("- {name: " + "A" * 301 + "}", "line 1: name is longer than 300 characters"),
        ("x" * 500_001, "longer than 500,000 characters"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_to_do(text: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_team(text)
    assert says in str(refused.value)
    assert refused.value.fix
