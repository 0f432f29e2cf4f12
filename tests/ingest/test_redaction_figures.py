"""The figures of redaction (`pytest -s tests/ingest/test_redaction_figures.py`), and that a home holds no secret.

Recall: 40 kinds in 6 placements, made up. False masks: pieces of real texts of AI teams and made-up hashes, ids and
vocabularies; every mask counts as false there, also one of a real credential that stands in such a text.
"""

import base64
import json
import random
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from ingest.redaction import Redactor
from rag.domain.types import Parsed
from rag.main import build
from rag.settings import Settings
from tests.fakes import WordEmbedder
from tests.ingest.secrets_corpus import ALNUM, BASE64, HEX, KINDS, Case, Dice, cases

PACKS = (
    "team-bigscience", "team-handbook-sourcegraph", "team-model-cards-llama", "team-notebooks", "team-peps",
    "team-runs", "chat-slack-olake", "chat-discord-plugins", "chat-irc-ubuntu", "chat-zulip-sample",
    "ret-mlquestions-dev",
)  # fmt: skip
PIECE, REAL, MADE = 1500, 4000, 1000
pytestmark = pytest.mark.slow


def _left(case: Case) -> bool:
    named = case.placement == "attachment name"
    parsed = Parsed(text="", part=case.text) if named else Parsed(text=case.text)
    clean = Redactor().redact(parsed)[0]
    return any(piece in (clean.part if named else clean.text) for piece in case.secret)


def test_recall_of_forty_kinds_in_six_placements() -> None:
    made = list(cases(5, first=100))
    missed = Counter((case.kind, case.placement) for case in made if _left(case))
    recall = 1 - missed.total() / len(made)
    sys.stdout.write(f"\nrecall {recall:.4f} ({len(made) - missed.total()} of {len(made)}), missed {dict(missed)}\n")
    assert len(KINDS) == 40
    assert recall >= 0.95


def test_false_masks_on_clean_texts(pack: Callable[[str], Path]) -> None:
    real = [piece for name in PACKS for piece in _pieces(pack(name))]
    texts = [*random.Random(1).sample(real, REAL), *_traps(MADE)]
    redactor = Redactor()
    masks: list[str] = []
    for text in texts:
        clean, findings = redactor.redact(Parsed(text=text))
        if findings:
            masks += [f"{one.rule}: …{clean.text[max(0, one.at - 50) : one.at + 30]!r}" for one in findings[:1]]
    share = len(masks) / len(texts)
    sys.stdout.write(f"\nmasked {len(masks)} of {len(texts)} texts ({share:.2%})\n" + "\n".join(masks) + "\n")
    assert share <= 0.02


def _pieces(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if data and b"\0" not in data:
            text = data.decode(errors="replace")
            yield from (text[at : at + PIECE] for at in range(0, len(text), PIECE))


def _traps(count: int) -> list[str]:
    return ["\n".join(_trap(Dice(f"trap {n} {line}")) for line in range(8)) for n in range(count)]


def _trap(dice: Dice) -> str:
    some = uuid.UUID(int=dice.getrandbits(128), version=4)
    run, sha, digest = dice.of(HEX, 32), dice.of(HEX, 40), dice.of(HEX, 64)
    blob = base64.b64encode(dice.randbytes(90)).decode()
    return dice.choice(
        [
            f"run_id: {run}", f"mlflow.runName={run[:8]} parent {run}", f"commit {sha}", f"Merge {sha[:7]} into main",
            f"sha256:{digest}", f"{digest}  model-00001-of-00004.safetensors", f'"etag": "{run}"', f"revision={sha}",
            f'"image/png": "{blob}"', f"data:image/png;base64,{blob}", f"request id {some}", f"trace_id={run}",
            f"wandb: Run data is saved locally in wandb/run-20260518_101500-{dice.of(ALNUM, 8).lower()}",
            f"wandb: View run at https://wandb.example/team/project/runs/{dice.of(ALNUM, 8).lower()}",
            f"artifact_uri: s3://bucket/{dice.randrange(99)}/{run}/artifacts", f"cache key {digest[:48]}",
            f'"token": "▁{dice.of(ALNUM, 5)}", "id": {dice.randrange(50000)}', f"special_tokens_map hash {run}",
            f"pad_token_id={dice.randrange(50257)} max_new_tokens=4096", f"tokenizer.json {dice.of(BASE64, 43)}=",

            f"checkpoint-{dice.randrange(9000)}/pytorch_model.bin md5 {run}", f"seed={dice.getrandbits(32)} lr=3e-4",
            "meta-llama/Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf", "sentence-transformers/all-mpnet-base-v2",
            f"ghcr.example/team/train@sha256:{digest}", f"etag W/\"{run}\"",
            f"key: layers.{dice.randrange(32)}.mlp.weight",
            f"Signature hash of the dataset: {dice.of(ALNUM, 32)}", "api_key=os.environ['OPENAI_API_KEY']",
            f"embedding[{dice.randrange(384)}] = {dice.random()}, {dice.random()}",
            "password = getpass.getpass()",
        ]
    )  # fmt: skip


# --- the whole home -------------------------------------------------------------------------------------------------


def test_no_planted_secret_is_left_in_a_home(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    planted: list[str] = []
    folder = tmp_path / "docs"
    _plant(folder, planted)
    home = tmp_path / "home"
    services = build(Settings(home=home, keep_originals=True), embedder=WordEmbedder())
    try:
        report = services.ingestor.ingest([folder], space="team")
        upload = (folder / "note-0.md").read_bytes()
        uploaded = services.ingestor.upload([("note.md", upload)], space="team")
    finally:
        services.close()
    assert not report.failed
    assert len({masked.file for masked in report.masked}) >= len(KINDS)
    assert uploaded.masked
    everything = f"{report!r}{uploaded!r}{caplog.text}".encode() + _bytes_of(home)
    assert b"planted beside" in everything
    assert [secret for secret in planted if secret.encode() in everything] == []


def _plant(folder: Path, planted: list[str]) -> None:
    """Each kind in a Markdown file, and all of them in a notebook, JSON, CSV, a chat and the name of a file."""
    folder.mkdir()
    lines = []
    for n, (name, make) in enumerate(KINDS.items()):
        secret, words = make(Dice(f"home {name}"))
        if _left(Case(kind=name, placement="message", secret=(*secret.split("\n"),), text=words)):
            continue  # measured above
        planted += secret.split("\n")
        lines.append(words)
        (folder / f"note-{n}.md").write_text(
            f"# {name}\n\nplanted beside\n\n```\n{words}\n```\n\n![see {words}](a.png)\n"
        )
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Run\n" + lines[0]},
        {
            "cell_type": "code", "metadata": {}, "execution_count": 1, "source": "print(1)\n",
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "\n\n".join(lines)}],
        },
    ]  # fmt: skip
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "run.ipynb").write_text(json.dumps(notebook))
    (folder / "notes.json").write_text(json.dumps([{"id": n, "text": line} for n, line in enumerate(lines)]))
    (folder / "log.txt").write_text("\n\n".join(lines))
    quoted = "\n".join(f'{n},"{line.replace(chr(34), chr(34) * 2)}"' for n, line in enumerate(lines))
    (folder / "table.csv").write_text(f"id,text\n{quoted}\n")
    _plant_chat(folder / "slack", lines)
    token = planted[0]
    (folder / f"key {token}.md").write_text("planted beside a name\n")


def _plant_chat(folder: Path, lines: list[str]) -> None:
    (folder / "general").mkdir(parents=True)
    (folder / "users.json").write_text(json.dumps([{"id": "U1", "name": "ann", "profile": {"real_name": "Ann"}}]))
    (folder / "channels.json").write_text(json.dumps([{"id": "C1", "name": "general", "members": ["U1"]}]))
    messages = [
        {"type": "message", "user": "U1", "ts": f"17180000{n:02}.000100", "text": line} for n, line in enumerate(lines)
    ]
    (folder / "general" / "2026-05-18.json").write_text(json.dumps(messages))


def _bytes_of(home: Path) -> bytes:
    """Every byte of it, compressed cells of the registry unpacked."""
    import sqlite3

    pieces = [path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()]
    for database in home.rglob("*.db"):
        connection = sqlite3.connect(database)
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in connection.execute(f'select * from "{table}"'):
                pieces += [_unpacked(cell) for cell in row if isinstance(cell, bytes | str)]
        connection.close()
    return b"\0".join(pieces)


def _unpacked(cell: bytes | str) -> bytes:
    if isinstance(cell, str):
        return cell.encode()
    try:
        return zstandard.ZstdDecompressor().decompress(cell, max_output_size=50_000_000)
    except zstandard.ZstdError:
        return cell
