"""The words of a file by other means than the readers': the standard library on its own parts, or another library."""

import csv
import email
import email.policy
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

UNSEEN = ("script", "style", "template", "title", "select", "noscript")
RTF_GROUPS = ("fonttbl", "colortbl", "stylesheet", "info", "pict", "*", "themedata", "generator", "listtable", "header")


class Words(HTMLParser):
    """The text of a page, its scripts and styles left out."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.unseen += tag in UNSEEN
        self.pieces.append(" " if tag not in ("b", "i", "em", "strong", "span", "a", "font", "sup", "sub", "u") else "")

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in UNSEEN and self.unseen > 0
        self.pieces.append(" " if tag not in ("b", "i", "em", "strong", "span", "a", "font", "sup", "sub", "u") else "")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.pieces.append(data)


def of_html(text: str) -> str:
    page = Words()
    page.feed(text)
    page.close()
    return "".join(page.pieces)


def decoded(data: bytes) -> str:
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _html(path: Path) -> str:
    data = path.read_bytes()
    declared = re.search(rb"charset=[\"']?([\w-]+)", data[:2048])
    if declared and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return of_html(data.decode(declared[1].decode(), "replace"))
    return of_html(decoded(data))


def _plain(path: Path) -> str:
    return decoded(path.read_bytes())


def _pdf(path: Path) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def _xml_texts(path: Path, wanted: str, tag: str, block: str) -> str:
    """Of the parts of a ZIP that `wanted` matches: the text of `tag`s, glued within a `block`."""
    found = []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if re.fullmatch(wanted, name):
                for node in ElementTree.fromstring(archive.read(name)).iter():
                    if node.tag.rpartition("}")[2] == block:
                        pieces = (one.text or "" for one in node.iter() if one.tag.rpartition("}")[2] == tag)
                        found.append("".join(pieces))
    return "\n".join(found)


def _docx(path: Path) -> str:
    return _xml_texts(path, r"word/document\.xml", "t", "p")


def _pptx(path: Path) -> str:
    return _xml_texts(path, r"ppt/(slides|notesSlides)/[^/]+\.xml", "t", "p")


def _odt(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("content.xml"))
    blocks = (node for node in root.iter() if node.tag.rpartition("}")[2] in ("p", "h"))
    return "\n".join("".join(node.itertext()) for node in blocks)


def _epub(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        package = next(name for name in archive.namelist() if name.endswith(".opf"))
        root = ElementTree.fromstring(archive.read(package))
        kinds = {node.get("id"): node.get("href", "") for node in root.iter() if node.tag.endswith("}item")}
        spine = [kinds[node.get("idref")] for node in root.iter() if node.tag.endswith("}itemref")]
        folder = package.rpartition("/")[0]
        names = [f"{folder}/{name}" if folder else name for name in spine]
        return "\n".join(of_html(archive.read(name).decode()) for name in names)


def _xlsx(path: Path) -> str:
    from openpyxl import load_workbook

    book = load_workbook(path, data_only=True)
    sheets = (sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    cells = (cell for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row)
    return "\n".join(str(cell) for cell in cells if isinstance(cell, str))  # how a number is shown is another question


def _xls(path: Path) -> str:
    import xlrd

    sheets = xlrd.open_workbook(path).sheets()
    return "\n".join(str(cell.value) for sheet in sheets for row in sheet.get_rows() for cell in row if cell.ctype == 1)


def _csv(path: Path) -> str:
    return "\n".join(cell for row in csv.reader(io.StringIO(decoded(path.read_bytes()))) for cell in row)


def _eml(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    text = body.get_payload(decode=True).decode(body.get_content_charset("utf-8"), "replace")  # type: ignore[union-attr]
    return of_html(text) if body.get_content_type() == "text/html" else text


def _msg(path: Path) -> str:
    """The stream of an Outlook file that holds the plain text."""
    from olefile import OleFileIO  # type: ignore[import-untyped]

    with OleFileIO(path) as storage:
        for name, encoding in (("__substg1.0_1000001F", "utf-16-le"), ("__substg1.0_1000001E", "cp1252")):
            if storage.exists(name):
                return str(storage.openstream(name).read().decode(encoding))
    return ""


def _rtf(path: Path) -> str:
    """Control words dropped, and groups that hold no text of the document."""
    out: list[str] = []
    skipping: list[bool] = [False]
    for token in re.finditer(
        r"\\([a-z*]+)(-?\d+)? ?|\\'([0-9a-f]{2})|\\(.)|([{}])|([^\\{}\r\n]+)", path.read_text("latin-1")
    ):
        word, number, code, symbol, brace, text = token.groups()
        if brace == "{":
            skipping.append(skipping[-1])
        elif brace == "}":
            skipping.pop()
        elif word in RTF_GROUPS or symbol == "*":
            skipping[-1] = True
        elif not skipping[-1]:
            plain = {"par": "\n", "tab": "\t", "line": "\n", "cell": "\n", "u": chr(int(number or 32) % 65536)}
            out.append(text or plain.get(word or "", "") or (bytes.fromhex(code).decode("cp1252") if code else ""))
    return "".join(out)


def _json(path: Path) -> str:
    return "\n".join(_strings(json.loads(path.read_bytes())))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(inner)


def _xml(path: Path) -> str:
    return "\n".join(ElementTree.fromstring(re.sub(r"^<\?xml[^>]*>", "", decoded(path.read_bytes()))).itertext())


SECOND: dict[str, Callable[[Path], str]] = {
    **dict.fromkeys((".txt", ".md", ".rst", ".org"), _plain),
    **{".pdf": _pdf, ".docx": _docx, ".pptx": _pptx, ".odt": _odt, ".epub": _epub, ".xlsx": _xlsx, ".xls": _xls},
    **{".html": _html, ".csv": _csv, ".eml": _eml, ".msg": _msg, ".rtf": _rtf, ".json": _json, ".xml": _xml},
}
