"""PDF by pypdfium2: text as it stands on the page, a mark a page, headings by the size of their letters."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, takewhile
from typing import Any

from ingest.readers._builder import LONGEST_HEADING, Builder, one_line, tidy
from ingest.readers.base import Candidate, Limits, Reader, too_large
from rag.domain.errors import UnreadableSource
from rag.domain.types import Page, Parsed

MOST_PAGES = 5_000
TIME_SHARE = 0.8  # of the CPU limit, after which what was read so far is kept
HEADING_SIZE = 1.15  # times the letters of the body
GAP = 1.45  # times the usual distance of two lines: a new paragraph
SHORT = 3  # pages
LEAST = 150  # letters in one size that may be headings, however short the document
DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")
FILE_LIKE = re.compile(r"\.\w{2,5}$|^untitled|^Microsoft (?:Word|PowerPoint|Excel) - ", re.I)
LETTER = re.compile(r"[^\W_]")
HEADING = re.compile(r"(?:[\dIVX]+(?:\.\d+)*[.)]?\s+|[A-Z][.)]\s+)?[^\W\d_a-z].*[^.,;:\s]", re.S)
WORDS = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands on a page: points from its lower edge, and the height of its first letter's box."""

    text: str
    bottom: float = 0.0
    height: float = 0.0


def claims_pdf(candidate: Candidate) -> bool:
    return not candidate.is_dir and (candidate.suffix == ".pdf" or candidate.head.startswith(b"%PDF-"))


def read_pdf(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    if candidate.path.stat().st_size > limits.file_bytes:
        raise too_large(candidate.relative, limits)
    document = _open(candidate)
    try:
        pages, notes = _pages(document, limits)
        about = document.get_metadata_dict()
    finally:
        document.close()
    builder = Builder(limits)
    _build(pages, builder)
    if not builder.text.strip():
        raise UnreadableSource(
            f"{candidate.relative} holds only pictures of its {len(pages)} pages, no text.",
            fix="Run it through a program that recognises text (OCR), such as ocrmypdf; "
            "that is not part of the default install.",
        )
    if blank := sum(not page for page in pages):
        notes.append(f"{blank} of {len(pages)} pages show no text; words in pictures are not read.")
    yield Parsed(
        text=builder.text,
        marks=tuple(builder.marks),
        title=_title(about, pages),
        authors=tuple(name.strip() for name in str(about.get("Author", "")).split(";") if name.strip()),
        date=_date(str(about.get("CreationDate", ""))),
        notes=(*notes, *builder.notes),
    )


def _open(candidate: Candidate) -> Any:  # pypdfium2 ships no types  # noqa: ANN401
    """Raises UnreadableSource."""
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(candidate.path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise UnreadableSource(
                f"{candidate.relative} is encrypted.", fix="Remove the password and name it again."
            ) from error
        raise UnreadableSource(
            f"{candidate.relative} is no PDF that can be opened: {one_line(str(error))}",
            fix="Open it in a PDF program and save it again.",
        ) from error


def _pages(document: Any, limits: Limits) -> tuple[list[list[Line]], list[str]]:  # noqa: ANN401
    """The lines of each page, and notes on what was left out."""
    import pypdfium2

    total, size, bad = len(document), 0, 0
    pages: list[list[Line]] = []
    stop = time.process_time() + TIME_SHARE * limits.cpu_seconds
    for number in range(min(total, MOST_PAGES)):
        if time.process_time() > stop or size > limits.text_chars:
            break
        try:
            pages.append(_lines(document[number]))
        except pypdfium2.PdfiumError:
            pages.append([])
            bad += 1
        size += sum(len(line.text) + 1 for line in pages[-1])
    notes = []
    if len(pages) < total:
        notes.append(f"Only the first {len(pages):,} of {total:,} pages were read.")
    if bad:
        notes.append(f"{bad} pages could not be read.")
    return pages, notes


def _lines(page: Any) -> list[Line]:  # noqa: ANN401
    textpage = page.get_textpage()
    try:
        text: str = textpage.get_text_range()
        # beyond the basic plane or after a broken character, letters and boxes no longer count alike
        boxes = len(text) == textpage.count_chars()
        found, at = [], 0
        for line in text.split("\r\n"):
            shown = tidy(line).replace("\ufffe", "-").replace("\x02", "-").strip()  # pdfium's word for a hyphen
            if shown and boxes:
                letter = LETTER.search(line)  # a symbol's box is no measure of its line's letters
                _, bottom, _, top = textpage.get_charbox(at + (letter.start() if letter else 0), loose=True)
                found.append(Line(shown, bottom, top - bottom))
            elif shown:
                found.append(Line(shown))
            at += len(line) + 2
        return found
    finally:
        textpage.close()
        page.close()


def _build(pages: list[list[Line]], builder: Builder) -> None:
    """A blank line where the page leaves one; larger letters than the body's are headings."""
    levels = _heading_sizes(pages)
    for number, page in enumerate(pages, 1):
        builder.place(Page(number))
        usual = _usual_distance(page)
        for paragraph in _paragraphs(page, usual):
            text = "\n".join(line.text for line in paragraph)
            level = levels.get(_size(paragraph[0]), 0)
            if level and len(text) <= LONGEST_HEADING and WORDS.search(text) and HEADING.fullmatch(text):
                builder.heading(text, level)
            else:
                builder.block(text)


def _size(line: Line) -> int:
    return round(2 * line.height)  # half points


def _heading_sizes(pages: list[list[Line]]) -> dict[int, int]:
    """{letter size: level 1 to 3} of sizes larger than the body's, in which little is written, yet on several pages.

    What is large on one page only is the title: as a section it would stand above all the rest.
    """
    written: Counter[int] = Counter()
    seen: Counter[int] = Counter()
    for page in pages:
        for line in page:
            written[_size(line)] += len(line.text)
        seen.update({_size(line) for line in page})
    body = written.most_common(1)[0][0] if written else 0
    few = max(0.1 * sum(written.values()), LEAST)
    least = 1 if len(pages) <= SHORT else 2
    larger = [
        size for size, n in written.items() if size >= HEADING_SIZE * body > 0 and n < few and seen[size] >= least
    ]
    return {size: min(level, 3) for level, size in enumerate(sorted(larger, reverse=True), 1)}


def _usual_distance(page: list[Line]) -> float:
    distances = Counter(
        round(above.bottom - line.bottom, 1) for above, line in pairwise(page) if 1 < above.bottom - line.bottom < 40
    )
    return distances.most_common(1)[0][0] if distances else 0.0


def _paragraphs(page: list[Line], usual: float) -> Iterator[list[Line]]:
    current: list[Line] = []
    for line in page:
        if current and _parts(current[-1], line, usual):
            yield current
            current = []
        current.append(line)
    if current:
        yield current


def _parts(above: Line, line: Line, usual: float) -> bool:
    """Whether a paragraph ends between the two."""
    if not usual:
        return False
    if abs(_size(above) - _size(line)) > 1 and max(above.height, line.height) > HEADING_SIZE * min(
        above.height, line.height
    ):
        return True
    distance = above.bottom - line.bottom
    return distance > GAP * max(usual, line.height * 0.8) or distance < -2 * usual


def _title(about: Mapping[str, str], pages: list[list[Line]]) -> str:
    """The metadata's when it is made of words, else the largest letters of the first page with its subject."""
    named, subject = (_worded(about.get(key, "")) for key in ("Title", "Subject"))
    return named or one_line(": ".join(filter(None, (_largest(pages), subject))))[:LONGEST_HEADING]


def _worded(value: str) -> str:
    """Empty for a number, a file's name, a word."""
    value = one_line(str(value))
    return (
        value[:LONGEST_HEADING]
        if len(value.split()) >= 2 and WORDS.search(value) and not FILE_LIKE.search(value)
        else ""
    )


def _largest(pages: list[list[Line]]) -> str:
    worded = [line for line in next(filter(None, pages), []) if WORDS.search(line.text)]
    if not worded:
        return ""
    least = 0.95 * max(line.height for line in worded)  # the boxes of one font differ a little
    start = next(n for n, line in enumerate(worded) if line.height >= least)
    run = takewhile(lambda line: line.height >= least > 0, worded[start + 1 : start + 3])
    return " ".join([worded[start].text, *(line.text for line in run)])


def _date(value: str) -> str:
    found = DATE.match(value)
    if not found:
        return ""
    try:
        return datetime(int(found[1]), int(found[2]), int(found[3])).date().isoformat()
    except ValueError:
        return ""


READER = Reader(name="pdf", version=1, claims=claims_pdf, read=read_pdf, suffixes=frozenset({".pdf"}))
