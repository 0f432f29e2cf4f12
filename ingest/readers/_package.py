"""A look into an Office file before a library reads it: how much it holds, and what it says of itself."""

import zipfile

from ingest.readers._builder import one_line
from ingest.readers._zip import count_elements
from ingest.readers.base import Limits
from rag.domain.errors import LimitExceeded, UnreadableSource

PARAGRAPHS = frozenset({"p", "tc", "tbl", "sp", "pic"})  # what becomes an element, or a cell of one
TAGS_PER_ELEMENT = 40
GENERATORS = frozenset({"python-docx", "Steve Canny", "openpyxl", "Microsoft Office User", "Author", "Unknown"})
PLACEHOLDERS = frozenset({"PowerPoint Presentation", "Word Document", "Document", "Untitled"})


def check_elements(archive: zipfile.ZipFile, name: str, folder: str, limits: Limits) -> None:
    """Paragraphs, cells and shapes of the XML parts under `folder`. Raises LimitExceeded, UnreadableSource.

    A Word file of 56 KB with 200,000 paragraphs keeps unstructured busy for 93 s and takes 1 GB.
    """
    paragraphs = tags = 0

    def count(tag: str) -> None:
        nonlocal paragraphs, tags
        tags += 1
        paragraphs += tag in PARAGRAPHS
        if paragraphs > limits.elements or tags > TAGS_PER_ELEMENT * limits.elements:
            raise LimitExceeded(
                f"{name} holds more than {limits.elements:,} paragraphs, cells and shapes.", fix="Split it."
            )

    members = [member for member in archive.namelist() if member.startswith(folder) and member.endswith(".xml")]
    if not members:
        raise UnreadableSource(f"{name} has no text part inside.", fix="Open it in its program and save it again.")
    count_elements(archive, members, count)


def about_package(archive: zipfile.ZipFile) -> dict[str, str]:
    """Title, creator and dates as the file says; empty where it does not."""
    from lxml import etree  # type: ignore[import-untyped]

    member = next((name for name in ("docProps/core.xml", "meta.xml") if name in archive.namelist()), "")
    if not member or archive.getinfo(member).file_size > 2**20:
        return {}
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True)
    root = etree.fromstring(archive.read(member), parser)
    found: dict[str, str] = {}
    for node in () if root is None else root.iter("{*}title", "{*}creator", "{*}modified", "{*}created", "{*}date"):
        found.setdefault(etree.QName(node).localname, one_line(node.text or ""))
    if found.get("creator") in GENERATORS:
        del found["creator"]
    if found.get("title") in PLACEHOLDERS:
        del found["title"]
    return found
