"""Sound files to spoil: a small one of every format that is read, single files and folders that are one thing."""

import io
import json
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from email.message import EmailMessage
from pathlib import Path

from tests.drills import exports
from tests.ingest import runs_made
from tests.ingest.documents import docx, epub, packed, paragraph, pdf

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
EXAMPLES = ROOT / "examples" / "knowledge"
Folder = dict[str, bytes]

NOTEBOOK = {
    "nbformat": 4,
    "metadata": {"kernelspec": {"display_name": "Python 3"}},
    "cells": [
        {"cell_type": "markdown", "source": ["# Sweep\n", "Intro.\n"]},
        {
            "cell_type": "code",
            "source": "lr = 3e-4",
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["1%\r100%\n", "done\n"]},
                {"output_type": "display_data", "data": {"text/html": "<table><tr><td>a</td></tr></table>"}},
                {"output_type": "error", "ename": "ValueError", "evalue": "bad lr", "traceback": ["\x1b[0;31mHere"]},
            ],
        },
    ],
}
TEXTS = {
    "tags.yaml": "base: &base {lr: 3e-4, when: 2026-05-18}\nrun: {<<: *base, seed: !!int '7'}\nmore: !custom [1, 2]\n",
    "setup.toml": '[run]\nlr = 3e-4\ndate = 2026-05-18\nnames = ["a", "b"]\n[run.deep]\nx = {y = 1}\n',
    "setup.ini": "[run]\nlr = 3e-4\n; a remark\n[deep:er]\nx = 1\n",
    "lines.jsonl": '{"id": 1, "text": "One.", "title": "A"}\n{"id": 2, "text": "Two."}\n',
    "note.xml": '<?xml version="1.0"?><note to="all"><body>Feed <b>the</b> owl &amp; go.</body></note>',
    "laughs.xml": '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]><d>&c;</d>',
    "page.html": "<html><head><title>Book</title><style>.g {display: none}</style></head><body><h1>Restarts</h1>"
    "<p class=g>unseen</p><ul><li>one<li>two</ul><table><tr><th>A<td>1</table><pre>x = 1</pre></body></html>",
    "rich.rtf": r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 We train on {\b Monday}.\par\u233?\'e9\par}",
    "talk.vtt": "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\n<v Ada>Which seed?\n\n"
    "00:00:05.000 --> 00:00:09.000\n<v Bo>Seven.\n",
    "talk.srt": "1\n00:00:01,000 --> 00:00:04,000\nAda: Which seed?\n\n2\n00:00:05,000 --> 00:00:09,000\nBo: Seven.\n",
    "notes.org": "#+TITLE: Notes\n* One\n** Two\n| a | b |\n| 1 | 2 |\n[[https://example.org][a link]]\n",
    "wide.tsv": "run\tauc\na\t0.871\nb\t0.9\n",
    "runs.csv": "run_id,status,params.lr,metrics.loss\na1,FINISHED,0.1,0.5\nb2,FAILED,0.2,nan\n",
    "code.rs": "pub struct Owl { wings: u8 }\nimpl Owl { fn fly(&self) -> bool { true } }\n",
    "hello.c": "/* owl */\nint main(void) {\n  return 0;\n}\n",
}
WIKI_ISSUE = {
    "author": {"id": "U2", "login": "ada", "name": "Ada L."},
    "body": "Loss is NaN since #3.",
    "comments": [
        {"id": "c1", "author": {"login": "bob"}, "body": "Use bf16.", "createdAt": "2026-05-19T08:30:00Z", "url": ""}
    ],
    "createdAt": "2026-05-18T09:14:00Z",
    "labels": [{"name": "bug"}],
    "number": 12,
    "state": "CLOSED",
    "title": "NaN loss",
    "url": "https://github.com/lab/crops/issues/12",
}
WANDB_API = [
    {"id": "x7", "name": "dawn", "state": "finished", "config": {"lr": 0.1}, "summary": {"loss": 0.5}, "tags": ["a"]}
]


def files() -> dict[str, bytes]:
    """{name: bytes}, in a fixed order."""
    made = {name: text.encode() for name, text in TEXTS.items()}
    made |= {
        "two.pdf": pdf([(20, 780, "Warmup"), (11, 740, "We used 2,000 steps.")], [(11, 780, "Page two.")]),
        "flat.docx": docx(paragraph("The loader shuffled.") + paragraph("A seed a worker.")),
        "book.epub": epub({"a.xhtml": "<h1>One</h1><p>First.</p>", "b.xhtml": "<p>Last.</p>"}),
        "sweep.ipynb": json.dumps(NOTEBOOK).encode(),
        "issues.json": json.dumps([WIKI_ISSUE]).encode(),
        "api.json": json.dumps(WANDB_API).encode(),
        "mail.eml": _mail(),
        "box.mbox": b"From ada Fri Mar  1 10:00:00 2024\n"
        + _mail()
        + b"\n\nFrom bo Fri Mar  1 11:00:00 2024\n"
        + _mail(),
        "wide.txt": "über alles\n".encode("utf-16"),
        "report.docx": _word(),
        "slides.pptx": _slides(),
        "book.xlsx": _workbook(),
        "text.odt": _odt(),
        "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
        "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
        "mail.msg": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
        "mlflow.db": _database(),
        "nest.zip": packed(
            {"a.md": "# A\n\nWords.", "in/b.zip": packed({"c.txt": "Inner."}), "d.pdf": pdf([(9, 9, "D")])}
        ),
    }
    made |= exports.files()
    made |= {f"{name}.zip": packed(folder) for name, folder in folders().items()}
    made |= {f"{name}.tar.gz": tarred(folder) for name, folder in folders().items()}
    made |= {f"{name}.tar": tarred(folder, "w") for name, folder in folders().items() if "zulip" in name}
    for place in (DATA / "documents", DATA / "runs" / "tensorboard", DATA / "chats" / "discord", EXAMPLES):
        made |= {_flat(path, place): path.read_bytes() for path in _below(place) if _alone(path)}
    made |= {path.name: path.read_bytes() for path in sorted((DATA / "chats").iterdir()) if path.is_file()}
    return made


def folders() -> dict[str, Folder]:
    """{name: its files}, each read as one thing."""
    found = {name: _read(DATA / "chats" / name) for name in ("slack", "zulip-export", "zulip-archive")}
    found["mlruns"] = _read(EXAMPLES / "runs" / "mlruns")
    found["wandb"] = _read(EXAMPLES / "runs" / "wandb")
    with tempfile.TemporaryDirectory() as place:
        found["store"] = _read(runs_made.store(Path(place)))
    offline = [runs_made.proto(17, runs_made.proto(2, b"x7")), runs_made.proto(2, runs_made.item("loss", 0.5))]
    found["wandb"]["run-20260102_100000-x8/run-x8.wandb"] = runs_made.wandb_file(offline)
    run = {"mlflow": {"info": {"run_id": "a1", "status": "FINISHED"}, "params": {"lr": "1"}, "metrics": {}, "tags": {}}}
    found["kestrel"] = {
        "experiment.json": b'{"system": {}, "mlflow": {"experiment": {"experiment_id": "3", "name": "kestrel"}}}',
        "a1/run.json": json.dumps(run).encode(),
    }
    return found | exports.folders()


def of_pack(place: Path, *, most_bytes: int = 60_000) -> dict[str, bytes]:
    """Real files of a pack, the small ones."""
    return {path.name: path.read_bytes() for path in _below(place) if path.stat().st_size <= most_bytes}


def tarred(files: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _below(place: Path) -> Iterable[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


def _alone(path: Path) -> bool:
    return "runs" not in path.parts[-6:-1] or "tfevents" in path.name


def _flat(path: Path, place: Path) -> str:
    return "-".join(path.relative_to(place).parts)


def _read(place: Path) -> Folder:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in _below(place)}


def _mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "Loss spikes"
    message["From"] = "Ada Ash <ada@example.org>"
    message["Date"] = "Fri, 01 Mar 2024 10:00:00 +0100"
    message["Message-ID"] = "<m1@example.org>"
    message.set_content("We skip the batch.\n\nThen we go on.")
    message.add_alternative("<p>We skip <b>the batch</b>.</p>", subtype="html")
    message.add_attachment(b"attached", maintype="text", subtype="plain", filename="../../etc/secret.txt")
    return message.as_bytes()


def _word() -> bytes:
    from docx import Document

    document = Document()
    document.add_heading("Cause", 1)
    document.add_paragraph("The loader shuffled.", style="List Bullet")
    document.add_table(rows=2, cols=2).cell(0, 0).text = "cell"
    return _saved(document)


def _slides() -> bytes:
    from pptx import Presentation

    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Plan"
    slide.placeholders[1].text = "Train on Monday"
    return _saved(deck)


def _workbook() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    for row in (("Run", "AUC", "When"), ("r1", 0.871, "2026-05-18"), ("r2", 12, None)):
        book.active.append(row)
    book.active["C2"].number_format = "0.0%"
    book.create_sheet("Notes").append(("Seen",))
    return _saved(book)


def _saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def _odt() -> bytes:
    office, text = "urn:oasis:names:tc:opendocument:xmlns:office:1.0", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    content = (
        f'<office:document-content xmlns:office="{office}" xmlns:text="{text}" office:version="1.2"><office:body>'
        '<office:text><text:h text:outline-level="1">Cause</text:h><text:p>The loader.</text:p></office:text>'
        "</office:body></office:document-content>"
    )
    return packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def _database() -> bytes:
    with tempfile.TemporaryDirectory() as place:
        return runs_made.database(Path(place) / "mlflow.db").read_bytes()
