import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.parts import Ended, called

NOTES = {
    "retro.md": "# Retro\n\nThe run kb-17 diverged because fp16 overflowed in the attention logits.\n",
    "cluster.md": "# Cluster\n\nThe node heron has a slow disk.\n",
    "blank/empty.md": "",
}
QUESTION = "Why did run kb-17 diverge in fp16?"


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notes")
    for name, text in NOTES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def home(notes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Filled once; the tests only read it."""
    folder = tmp_path_factory.mktemp("home")
    ended = called("--home", folder, "ingest", notes)
    assert ended.code == 0, ended.err
    return folder


def cited(home: Path) -> dict[str, object]:
    first: dict[str, object] = called("--home", home, "ask", QUESTION, "--json").json["citations"][0]
    return first


@pytest.mark.slow
def test_what_is_ingested_again_costs_nothing_and_is_told_in_one_document(home: Path, notes: Path) -> None:
    ended = called("--home", home, "ingest", notes, "--json")
    report = ended.json
    assert (ended.code, report["unchanged"], report["embedded"], report["failed"]) == (0, 2, 0, [])
    assert report["skipped"] == [{"file": "blank/empty.md", "reason": "empty"}]
    wanted = {"sources", "files", "documents", "messages", "runs", "chunks", "embedded", "unchanged", "seconds"}
    assert wanted <= report.keys()


@pytest.mark.slow
def test_a_path_that_is_not_there_is_named_and_the_others_are_ingested(home: Path, notes: Path) -> None:
    ended = called("--home", home, "ingest", notes, "nowhere.md", "--json")
    assert ended.code == 1
    assert [item["file"] for item in ended.json["failed"]] == ["nowhere.md"]
    assert ended.json["unchanged"] == 2


@pytest.mark.slow
def test_an_answer_is_one_document_whose_quotes_show_prints(home: Path) -> None:
    answer = called("--home", home, "ask", QUESTION, "--json").json
    assert answer["status"] == "answered"
    for citation in answer["citations"]:
        span = ("--start", str(citation["start"]), "--end", str(citation["end"]))
        version = ("--version", str(citation["version"]))
        shown = called("--home", home, "show", str(citation["document_id"]), *version, *span)
        assert shown.out.rstrip("\n") == citation["quote"]


@pytest.mark.slow
def test_people_read_the_quote_its_place_and_no_colour_codes_in_a_pipe(home: Path) -> None:
    ended = called("--home", home, "ask", QUESTION)
    assert "kb-17 diverged because fp16 overflowed" in ended.out
    assert re.search(r"\[1\] retro\.md · line 3 · Retro · \w+:1:\d+-\d+", ended.out)
    assert "\x1b" not in ended.out + ended.err
    assert ended.err == ""


@pytest.mark.slow
def test_filters_of_the_command_line_reach_the_search(home: Path) -> None:
    assert called("--home", home, "search", "heron disk", "-k", "1", "--json").json["hits"][0]["source"] == "cluster.md"
    assert called("--home", home, "search", "heron disk", "--space", "elsewhere", "--json").json == {"hits": []}
    assert "Nothing found" in called("--home", home, "search", "heron", "--before", "1990-01-01").out


@pytest.mark.slow
def test_a_score_is_the_sum_of_the_parts_that_explain_it(home: Path) -> None:
    given = ("--home", home, "search", "heron disk space:default", "-k", "2")
    told, hits = called(*given, "--explain").out, called(*given, "--json").json["hits"]
    head, *shown = re.split(r"^ \d ", told, flags=re.MULTILINE)
    assert head == "Only space:default\n"
    assert len(shown) == len(hits) > 0
    for text, hit in zip(shown, hits, strict=True):
        parts = [float(part) for part in re.findall(r"(\d\.\d{3}) of \d", text)]
        assert parts == [round(part, 3) for part in hit["why"]["parts"].values()]
        assert sum(parts) == pytest.approx(hit["score"], abs=0.0005 * len(parts))
        assert f"{hit['score']:.3f}          cosine" in text
        assert max(map(len, re.findall(r"^   \S.* of \d.*$", text, flags=re.MULTILINE))) <= 80


@pytest.mark.slow
def test_status_and_doctor_say_that_all_is_well(home: Path) -> None:
    status = called("--home", home, "status", "--json").json
    assert (status["service"], status["counts"]["documents"]) == (None, 2)
    assert {name: index["state"] for name, index in status["indexes"].items()} == {"dense": "ready", "lexical": "ready"}
    findings = called("--home", home, "doctor", "--deep", "--json").json["findings"]
    told = {finding["check"]: finding["state"] for finding in findings}
    assert (told["registry"], told["dense index"], told["chunks"]) == ("ok", "ok", "ok")


@pytest.mark.slow
def test_purge_erases_what_it_finds_and_names_what_it_does_not(notes: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    called("--home", home, "ingest", notes)
    document = str(cited(home)["document_id"])
    ended = called("--home", home, "purge", document, "unknown")
    assert (ended.code, ended.out) == (1, f"purged {document}\n")
    assert "unknown" in ended.err
    assert called("--home", home, "show", document).code == 2


@pytest.mark.slow
def test_rebuild_leaves_indexes_that_answer(notes: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    called("--home", home, "ingest", notes)
    assert called("--home", home, "rebuild").out == "The indexes are rebuilt.\n"
    assert called("--home", home, "ask", QUESTION, "--json").json["status"] == "answered"


def test_a_key_is_shown_once_and_listed_without_its_secret(tmp_path: Path) -> None:
    made = called("--home", tmp_path / "home", "keys", "create", "ci-bot", "--space", "default", "--json").json
    listed = called("--home", tmp_path / "home", "keys", "list", "--json")
    assert made["key"].startswith("tl_")
    assert made["key"] not in listed.out
    assert [key["name"] for key in listed.json["keys"]] == ["ci-bot"]
    assert called("--home", tmp_path / "home", "keys", "revoke", made["id"]).out == f"revoked {made['id']}\n"
    assert called("--home", tmp_path / "home", "keys", "revoke", "other").code == 2


def test_a_key_of_a_revoked_name_inherits_no_space(tmp_path: Path) -> None:
    from rag.domain.types import Access
    from rag.registry.database import open_database
    from rag.registry.grants import SqlGrants

    home = tmp_path / "home"
    first = called("--home", home, "keys", "create", "bot", "--space", "secret", "--json").json
    again = called("--home", home, "keys", "create", "bot", "--space", "public")
    assert again.code == 2  # and the living key got no further space:
    called("--home", home, "keys", "revoke", first["id"])
    second = called("--home", home, "keys", "create", "bot", "--space", "default", "--json").json
    engine = open_database(f"sqlite:///{home / 'registry.sqlite'}", read_only=True)
    grants = SqlGrants(engine)
    principal = grants.principal(second["key"])
    assert principal is not None
    assert grants.access(principal) == Access(spaces=frozenset({"default"}))
    engine.dispose()


@pytest.mark.parametrize("name", ["local", "LOCAL", "", "  ", "a\nb"])
def test_a_key_has_a_name_of_its_own(name: str, tmp_path: Path) -> None:
    ended = called("--home", tmp_path / "home", "keys", "create", name)
    assert (ended.code, ended.out) == (2, "")
    assert "→" in ended.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ask", "  "], "The question is empty"),
        (["ask", "why", "--after", "soon"], "'soon' is not a date"),
        (["ask", "why"], "Nothing is stored"),
        (["status"], "Nothing is stored"),
        (["keys", "list"], "Nothing is stored"),
        (["ingest", "nowhere", "missing"], "nowhere, missing: not there"),
        (["ingest", "mlflow:http://host", "--watch"], "is no folder: --watch follows folders"),
        (["models", "pull", "gpt-9"], "No model is called 'gpt-9'"),
        (["eval", "retrieval", "nowhere"], "nowhere"),
        (["bogus"], "No such command"),
        (["eval", "bogus"], "No such command"),
        (["ask"], "Missing argument"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_to_do(words: list[str], told: str, tmp_path: Path) -> None:
    ended = called("--home", tmp_path / "home", *words)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert not (tmp_path / "home").exists()


def test_with_json_an_error_is_a_document_too(tmp_path: Path) -> None:
    ended = called("--home", tmp_path / "home", "ask", "why", "--json")
    assert ended.code == 2
    assert ended.json["error"]["code"] == "bad-input"
    assert "teamlore ingest" in ended.json["error"]["fix"]


def test_settings_name_where_each_value_comes_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "teamlore.toml").write_text("threads = 3\n")
    (tmp_path / ".env").write_text("TEAMLORE_LLM_API_KEY=hunter2\n")
    monkeypatch.setenv("TEAMLORE_PORT", "8123")
    ended = called("--home", tmp_path, "settings", "--json")
    rows = {row["name"]: (row["value"], row["from"]) for row in ended.json["settings"]}
    assert rows["TEAMLORE_HOME"] == (str(tmp_path), "--home")
    assert rows["TEAMLORE_PORT"] == ("8123", "environment")
    assert rows["TEAMLORE_THREADS"] == ("3", str(tmp_path / "teamlore.toml"))
    assert rows["TEAMLORE_LLM_API_KEY"] == ("**********", ".env")
    assert "hunter2" not in ended.out


def test_a_table_in_a_pipe_is_a_row_a_line_between_tabs(tmp_path: Path) -> None:
    lines = called("--home", tmp_path, "models", "list").out.splitlines()
    assert lines[0].split("\t") == ["name", "kind", "licence", "size", "here"]
    assert lines[1].startswith("all-MiniLM-L6-v2\tembedder\tApache-2.0")


def test_help_names_every_verb() -> None:
    told: Ended = called("--help")
    for verb in (
        "ingest",
        "ask",
        "search",
        "show",
        "serve",
        "status",
        "doctor",
        "rebuild",
        "purge",
        "settings",
        "eval",
    ):
        assert re.search(rf"\b{verb}\b", told.out)


def test_help_imports_nothing_heavy() -> None:
    heavy = ("numpy", "sqlalchemy", "chromadb", "fastapi", "httpx", "pydantic", "eval.app", "rag.main", "onnxruntime")
    script = f"import sys, rag.cli; sys.exit(' '.join(name for name in {heavy!r} if name in sys.modules) or 0)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_conversation_on_the_command_line_goes_on_where_it_was(notes: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert called("--home", home, "ingest", notes).code == 0
    none = called("--home", home, "ask", "And why?", "--continue")
    assert none.code != 0
    assert "no conversation to continue" in none.err
    first = called("--home", home, "ask", QUESTION, "--new", "--json").json
    second = called("--home", home, "ask", "When did it diverge?", "--continue", "--json").json
    assert second["conversation_id"] == first["conversation_id"]
    assert second["question"] == "When did it diverge?"
    assert second["understood_as"] == "When did kb-17 diverge?"


def test_an_audience_that_nobody_is_is_refused(home: Path) -> None:
    ended = called("--home", home, "ask", QUESTION, "--audience", "nobody")
    assert ended.code != 0
    assert "engineer or product" in ended.err
