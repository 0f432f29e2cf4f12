"""A Word file as its reader sees it: changes accepted, hidden text gone."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BODY = "word/document.xml"
NOTES = ("word/footnotes.xml", "word/endnotes.xml")
COMMENTS = "word/comments.xml"
GONE = tuple(f"{WORD}{name}" for name in ("del", "moveFrom"))
COME = tuple(f"{WORD}{name}" for name in ("ins", "moveTo"))
TELLTALES = (b":del ", b":moveFrom ", b":ins ", b":moveTo ", b":vanish", b":del>", b":ins>")


def as_shown(archive: zipfile.ZipFile, path: Path) -> tuple[Path, tuple[str, ...]]:
    """The file with tracked changes accepted and hidden text gone (a copy in the working folder, when there are any).

    unstructured shows neither inserted text nor that a word is hidden.
    """
    body = archive.read(BODY)
    if not any(telltale in body for telltale in TELLTALES):
        return path, ()
    from lxml import etree  # type: ignore[import-untyped]

    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    notes = []
    if any(_accept(root)):
        notes.append("Tracked changes were read as accepted.")
    if hidden := _drop_hidden(root):
        notes.append(f"{hidden} runs of hidden text were left out.")
    copy = Path("as-shown.docx").absolute()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in archive.infolist():
            if entry.filename == BODY:
                target.writestr(BODY, etree.tostring(root))
            else:
                with archive.open(entry) as source, target.open(entry.filename, "w") as out:
                    shutil.copyfileobj(source, out)
    return copy, tuple(notes)


def margin(archive: zipfile.ZipFile) -> tuple[list[str], tuple[str, ...]]:
    """Footnotes and endnotes in order, which unstructured passes over; and a note on the comments, left out."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    members = archive.namelist()
    found = [
        "".join(node.itertext(f"{WORD}t"))
        for member in NOTES
        if member in members
        for node in etree.fromstring(archive.read(member), parser).iter(f"{WORD}footnote", f"{WORD}endnote")
    ]
    comments = archive.read(COMMENTS).count(b"<w:comment ") if COMMENTS in members else 0
    return [text for text in found if text.strip()], (f"{comments} comments were left out.",) if comments else ()


def _accept(root: Any) -> tuple[int, int]:  # lxml ships no types  # noqa: ANN401
    """(deletions removed, insertions unwrapped)"""
    gone, come = list(root.iter(*GONE)), list(root.iter(*COME))
    for node in gone:
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)
    for node in come:
        parent = node.getparent()
        if parent is not None:
            place = parent.index(node)
            parent[place : place + 1] = list(node)
    return len(gone), len(come)


def _drop_hidden(root: Any) -> int:  # noqa: ANN401
    runs = [
        run
        for run in root.iter(f"{WORD}r")
        for vanish in run.iterfind(f"{WORD}rPr/{WORD}vanish")
        if vanish.get(f"{WORD}val", "true") not in ("0", "false", "off")
    ]
    for run in runs:
        run.getparent().remove(run)
    return len(runs)
