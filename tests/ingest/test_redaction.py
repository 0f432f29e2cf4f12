"""Redaction: what is masked, what is not, and that everything else stays where it was."""

import string
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.naming import with_masked_names
from ingest.redaction import BESIDE, Finding, Redactor, kinds_of
from ingest.scope import Target
from ingest.secrets import Span, masked
from rag.domain.errors import BadSetting
from rag.domain.records import Identity, RunRecord
from rag.domain.types import Fact, Lines, Mark, Message, Parsed, Section
from tests.ingest.secrets_corpus import Case, Dice, cases

SECRETS = Redactor()
PERSONAL = Redactor(frozenset({"secrets", "email", "phone"}))
AWS = "AK" + "IA" + "Q3EGW7ZKXN2V5TMB"  # made up, as everything here
HF = "h" + "f_" + "kQwRtYuIoPaSdFgHjKlZxCvBnMqWeRtYuI"


def text_of(text: str, redactor: Redactor = SECRETS) -> str:
    return redactor.redact(Parsed(text=text))[0].text


def left(case: Case) -> bool:
    """Something of the secret is still there."""
    if case.placement == "attachment name":
        clean = SECRETS.redact(Parsed(text="", part=case.text, files=(case.text,)))[0]
        return any(piece in clean.part + clean.files[0] for piece in case.secret)
    return any(piece in text_of(case.text) for piece in case.secret)


def test_most_kinds_are_masked_in_every_placement() -> None:
    found = list(cases(1))
    assert len(found) == 240
    assert sum(left(case) for case in found) <= 0.05 * len(found)


@pytest.mark.parametrize(
    "text",
    [
        "commit 3f9a1c0de4b5a69788c1d2e3f405162738495a6b fixes the loader",
        "run 9c1185a5c5e9fc54612808977ee8f548 reached val_loss 0.31",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  model.safetensors",
        'tokenizer = AutoTokenizer.from_pretrained("meta-llama/Llama-2-7b-hf", token=os.environ["HF_TOKEN"])',
        '"password": 9206, "secret": 3595, "token": 19204, "##token": 18715',
        "eos_token: </s>, pad_token_id=50256, max_new_tokens: 4096, token_type_ids=None",
        "id 550e8400-e29b-41d4-a716-446655440000, key: all-MiniLM-L6-v2",
        "Authorization: Bearer $TOKEN and PASSWORD=${DB_PASSWORD} or password: <your password>",
        "Use hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, or AK" + "IAIOSFODNN7EXAMPLE as in the manual.",
        "postgresql://user:password@host/db, redis://localhost:6379/0, http://host:8080/a@b",
        "def login(password: str, api_key: str | None = None) -> Token: ...",
        "The password is required, the secret is to train longer, and the token is masked.",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9",
        "A file begins with -----BEGIN RSA PRIVATE KEY----- and is never committed.",
    ],
)
def test_hashes_ids_vocabularies_and_samples_stay(text: str) -> None:
    assert text_of(text) == text


def test_a_name_makes_a_value_secret() -> None:
    assert text_of('db_password = "correcthorse"') == 'db_password = "[masked:password]"'
    assert text_of("postgres://app:S3cr3t!x@db/runs") == "postgres://app:[masked:url-password]@db/runs"
    assert text_of("WANDB_API_KEY=" + "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c") == "WANDB_API_KEY=[masked:secret]"
    assert "Tr0ub4dor" not in text_of("hi, the staging password is Tr0ub4dor&3.")


def test_a_key_block_goes_whole_and_the_lines_below_keep_their_numbers() -> None:
    body = "\n".join(Dice(1).of(string.ascii_letters, 64) for _ in range(5))
    text = f"Key:\n-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\nDone"
    clean = text_of(text)
    assert clean.startswith("Key:\n[masked:private-key]\n")
    assert clean.count("\n") == text.count("\n")
    assert clean.endswith("\nDone")
    assert text_of(text.split("-----END")[0]).strip() == "Key:\n[masked:private-key]"


def test_a_token_that_a_line_break_cuts_is_masked_whole() -> None:
    assert text_of(f"use {AWS[:11]}\n    {AWS[11:]} for staging") == "use [masked:aws-key]\n for staging"
    assert text_of(f"> {HF[:20]}\n> {HF[20:]}\n> end") == "> [masked:hugging-face-token]\n\n> end"


def test_marks_and_facts_still_point_to_their_words() -> None:
    text = f"# A\nkey {AWS} here\n# B\nmore {HF}\n# C\nend"
    places = {name: text.index(name) for name in ("# A", "here", "# B", "more", "# C", "end")}
    parsed = Parsed(
        text=text,
        marks=tuple(Mark(at=at, locator=Section((name,))) for name, at in places.items()),
        facts=tuple(Fact(key=name, value=name, at=at) for name, at in places.items()),
    )
    clean, findings = SECRETS.redact(parsed)
    for name, mark, fact in zip(places, clean.marks, clean.facts, strict=True):
        assert clean.text[mark.at :].startswith(name)
        assert fact.at == mark.at
    assert [clean.text[finding.at :].startswith("[masked:") for finding in findings] == [True, True]
    assert [finding.rule for finding in findings] == ["aws-key", "hugging-face-token"]


def test_a_message_is_masked_by_its_own_words_alone() -> None:
    first, second = f"ann: {HF[:20]}\n", f"{HF[20:]} and password: S3cr3t!x\n"
    marks = tuple(Mark(at=at, locator=Message(str(at), "ann", "2026-05-01")) for at in (0, len(first)))
    clean = SECRETS.redact(Parsed(text=first + second, syntax="chat", marks=marks))[0]
    alone = SECRETS.redact(Parsed(text=second, syntax="chat", marks=marks[:1]))[0]
    assert clean.text[clean.marks[1].at :] == alone.text
    assert clean.text.startswith(first)


def test_what_stands_beside_the_text_is_masked_too() -> None:
    run = RunRecord(
        tool="mlflow", id="r1", note=f"used {AWS}", params=(("db_password", "correcthorse"), ("lr", "3e-4")),
        tags=(("git", f"https://x:{HF}@hub.example/r"),), artifacts=(f"{AWS}.txt",),
    )  # fmt: skip
    parsed = Parsed(
        text="| db_password | correcthorse |",
        title=f"Keys {AWS}",
        url=f"https://example.org/?access_token={HF}",
        facts=(Fact(key="params.db_password", value="correcthorse"), Fact(key="params.epochs", value=3)),
        notes=(f"left out: {HF}.bin",),
        marks=(Mark(at=0, locator=Section((f"Use {AWS}",))),),
        files=(f"{AWS}.md",),
        run=run,
    )
    clean, findings = SECRETS.redact(parsed)
    for secret in (AWS, HF, "correcthorse"):
        assert secret not in repr(clean)
    assert clean.text == "| db_password | [masked:password] |"
    assert clean.facts[1].value == 3
    assert clean.run is not None
    assert clean.run.params[1] == ("lr", "3e-4")
    assert {finding.at for finding in findings[1:]} == {BESIDE}
    assert all(secret not in repr(findings) for secret in (AWS, HF, "correcthorse"))


def test_people_are_reached_by_name_only_where_addresses_are_masked() -> None:
    parsed = Parsed(
        text="Mail ann@team.example or call +49 30 1234567, build 20260501-1234567.",
        authors=("Ann <ann@team.example>", "Bo"),
        people=(
            Identity(system="git", id="ann@team.example", name="Ann", email="ann@team.example"),
            Identity(system="slack", id="U1", name="Bo", email="bo@team.example"),
        ),
    )
    assert SECRETS.redact(parsed) == (parsed, ())
    clean = PERSONAL.redact(parsed)[0]
    assert clean.text == "Mail [masked:email] or call [masked:phone], build 20260501-1234567."
    assert clean.authors == ("Ann", "Bo")
    assert clean.people == (
        Identity(system="name", id="Ann", name="Ann"),
        Identity(system="slack", id="U1", name="Bo"),
    )


def test_the_version_covers_what_is_masked() -> None:
    assert SECRETS.version == Redactor().version
    assert len({SECRETS.version, PERSONAL.version, Redactor(frozenset()).version}) == 3
    parsed = Parsed(text=f"key {AWS}")
    assert Redactor(kinds_of("none")).redact(parsed) == (parsed, ())


def test_a_setting_names_what_can_be_masked() -> None:
    assert kinds_of("secrets, Email") == {"secrets", "email"}
    with pytest.raises(BadSetting) as caught:
        kinds_of("secrets,names")
    assert "email" in caught.value.fix


def test_a_secret_in_the_name_of_a_file_is_masked_and_its_reader_still_known(tmp_path: Path) -> None:
    one, two = f"log {AWS}.md", f"log {AWS[:-1]}A.md"
    target = Target(tmp_path, known=False, found={one: tmp_path / one, two: tmp_path / two, "a.md": tmp_path / "a.md"})
    clean, masks = with_masked_names(target, SECRETS.words)
    assert sorted(clean.found) == ["a.md", "log [masked:aws-key].md", "log [masked:aws-key]~2.md"]
    assert {path.name for path in clean.found.values()} == {one, two, "a.md"}
    assert masks["log [masked:aws-key].md"] == (Finding(rule="aws-key", at=BESIDE),)
    assert with_masked_names(clean, SECRETS.words) == (clean, {})


def test_masking_twice_changes_nothing_more() -> None:
    for case in cases(1):
        once = text_of(case.text)
        assert text_of(once) == once


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet="ab\n =:'\"", max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=5)
)
def test_places_never_run_backwards_and_what_is_kept_is_where_it_is_said(
    text: str, cuts: list[tuple[int, int]]
) -> None:
    spans = [Span(start, min(start + length, len(text)), "x") for start, length in cuts if start < len(text)]
    clean = masked(text, spans)
    places = [clean.place(at) for at in range(len(text) + 1)]
    assert places == sorted(places)
    assert places[-1] == len(clean.text)
    hidden = {at for span in spans for at in range(span.start, span.end)}
    assert all(clean.text[places[at]] == text[at] for at in range(len(text)) if at not in hidden)


HOSTILE = (
    "eyJ", "eyJa.", "sk-", "sk-proj-", "xoxb-1-", "://a:", "://", "password=", "password: ", "token is ", "-----BEGIN ",
    "-----BEGIN RSA PRIVATE KEY-----\n", "aws key aws token ", "wandb key for a b ", "AKIA", "a@", "a.", "+1 ", "key\n",
    "mysql  -p ", "machine a login b password ", 'login("', "A1b2C3d4\n", "sig=A1b2\n", " ", "\n", "$6$rounds=1$",
    "secret_access_key=", '"auth":"YTpi', "pass for a of b to c ", "Private-Lines: 1\n", "gl" + "pat-a1B2\n> ",
    "555 1234 ",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_no_longer_than_its_length(piece: str) -> None:
    """100 kB in 100 ms of a processor; what grows with the square of its length takes a hundred times as long."""
    text = piece * (100_000 // len(piece))
    PERSONAL.redact(Parsed(text="warm"))
    assert min(_seconds(text) for _ in range(3)) < 1


def _seconds(text: str) -> float:
    began = time.process_time()
    PERSONAL.redact(Parsed(text=text))
    return time.process_time() - began


def test_lines_marks_stay_in_order() -> None:
    text = f"a\n{HF}\nb"
    marks = tuple(Mark(at=at, locator=Lines(1, 1)) for at in (0, 2, 10, len(text)))
    clean = SECRETS.redact(Parsed(text=text, marks=marks))[0]
    assert [mark.at for mark in clean.marks] == [0, 2, 2, len(clean.text)]
