"""`teamlore people`, and filters by author, on a home of the examples' kind."""

from pathlib import Path

import pytest

from tests.cli.parts import called

pytestmark = pytest.mark.slow

TEAM = "- name: Ada Lovelace\n  names: [al]\n- name: Bob Ray\n  state: left\n"


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEAMLORE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, author in (("one", "Ada Lovelace"), ("two", "al"), ("three", "Bob Ray")):
        (folder / f"{name}.md").write_text(f"---\nauthor: {author}\n---\n# {name}\n\nThe loss of {name} is low.\n")
    return folder


def test_a_people_yaml_of_the_source_is_heard_and_goes_with_it(notes: Path) -> None:
    (notes / "people.yaml").write_text(TEAM)
    assert called("ingest", notes).code == 0
    shown = called("people", "--json").json["people"]
    assert [(each["name"], each["state"], each["documents"]) for each in shown] == [
        ("Ada Lovelace", "active", 2),
        ("Bob Ray", "left", 1),
    ]
    hits = called("search", "loss", "--author", "ada lovelace", "--json").json["hits"]
    assert sorted(hit["source"] for hit in hits) == ["one.md", "two.md"]
    (notes / "people.yaml").write_text("- name: Ada\n  stat: left\n")
    broken = called("ingest", notes)
    assert "people.yaml line 2: stat is nothing known of a person. Did you mean state?" in broken.err
    assert len(called("people", "--json").json["people"]) == 2
    (notes / "people.yaml").unlink()
    called("ingest", notes)
    assert len(called("people", "--json").json["people"]) == 3


def test_people_are_shown_merged_split_and_it_is_taken_back(notes: Path) -> None:
    called("ingest", notes)
    assert called("people").out.splitlines()[0].startswith("name\tstate\tidentities\tdocuments\tlast seen")
    assert "name:al\tal\t\tby hand" in called("people", "merge", "ada", "al").out
    assert called("people", "split", "name:al", "--json").json["name"] == "al"
    assert "left" in called("people", "state", "bob", "left").out
    assert called("people", "undo").out == "Taken back: Bob Ray is left.\n"
    assert called("people", "show", "nobody").code == 2
    assert called("people", "state", "bob", "gone").code == 2
    assert "nobody has this name" in called("search", "loss", "--author", "zoe").err
    assert "did you mean Ada Lovelace?" in called("search", "loss", "--author", "ada").err


def test_a_file_can_be_loaded(notes: Path) -> None:
    called("ingest", notes)
    (notes.parent / "team.yaml").write_text(TEAM)
    assert called("people", "load", notes.parent / "team.yaml").out == "2 people are as team.yaml says.\n"
    assert called("people", "show", "al", "--json").json["name"] == "Ada Lovelace"
