"""Word, PowerPoint, OpenDocument and RTF texts, by unstructured: headings, slides, lists and tables."""

import itertools
import re
import signal
from collections.abc import Callable, Iterator, Mapping

from ingest.readers._builder import Builder, one_line
from ingest.readers._docx import as_shown, margin
from ingest.readers._hidden import Hidden
from ingest.readers._markup import write_markup
from ingest.readers._package import about_package, check_elements
from ingest.readers._unstructured import prepare, slide_title, style_level, title_first, write_elements
from ingest.readers._zip import DAMAGED, OLE_HEAD, open_zip
from ingest.readers.base import Candidate, Limits, Reader, too_large
from ingest.readers.html import parse_html
from ingest.text.dates import iso_date
from rag.domain.errors import LimitExceeded, UnreadableSource, UnsupportedFormat
from rag.domain.types import Page, Parsed

LEGACY = {".doc": ".docx", ".dot": ".docx", ".ppt": ".pptx", ".pps": ".pptx"}
EXIT_CODE = re.compile(r'exitcode "(-?\d{1,4})"')
OUT_OF_MEMORY = (251, 254)  # of GHC's runtime, in which pandoc is written
DAMAGE = (*DAMAGED, LookupError, AttributeError, TypeError, SyntaxError)  # what a broken file makes its libraries raise


def claims_office(candidate: Candidate) -> bool:
    return not candidate.is_dir and (candidate.suffix in READ or candidate.suffix in LEGACY)


def read_office(candidate: Candidate, limits: Limits) -> Iterator[Parsed]:
    if candidate.suffix in LEGACY:
        raise UnsupportedFormat(
            f"{candidate.relative} is in an Office format of before 2007.",
            fix=f"Save it as {LEGACY[candidate.suffix]}.",
        )
    if candidate.path.stat().st_size > limits.file_bytes:
        raise too_large(candidate.relative, limits)
    if candidate.head.startswith(OLE_HEAD):
        raise UnreadableSource(
            f"{candidate.relative} is protected by a password, or in an older format than its name says.",
            fix="Remove the password, or save it again in today's format.",
        )
    try:
        parsed = READ[candidate.suffix](candidate, limits)
    except DAMAGE as error:
        said = one_line(str(error)).replace(str(candidate.path), candidate.relative)[:200]
        raise UnreadableSource(
            f"{candidate.relative} is damaged: {said or type(error).__name__}.",
            fix="Open it in its program and save it again.",
        ) from error
    if not parsed.text:
        raise UnreadableSource(f"{candidate.relative} holds no text.", fix="Remove it; its pictures are not read.")
    yield parsed


def _docx(candidate: Candidate, limits: Limits) -> Parsed:
    with open_zip(candidate, limits) as archive:
        check_elements(archive, candidate.relative, "word/", limits)
        path, notes = as_shown(archive, candidate.path)
        footnotes, more = margin(archive)
        about = about_package(archive)
    prepare()
    from unstructured.partition.docx import partition_docx

    builder = Builder(limits)
    write_elements(partition_docx(filename=str(path)), builder, is_heading=style_level)
    for footnote in footnotes:
        builder.block(footnote)
    return _parsed(builder, about, notes + more)


def _pptx(candidate: Candidate, limits: Limits) -> Parsed:
    with open_zip(candidate, limits) as archive:
        check_elements(archive, candidate.relative, "ppt/slides/", limits)
        about = about_package(archive)
    prepare()
    from pptx import Presentation
    from unstructured.partition.pptx import partition_pptx

    slides = Presentation(str(candidate.path)).slides
    hidden = {n for n, slide in enumerate(slides, 1) if slide._element.get("show") in ("0", "false")}
    builder = Builder(limits)
    elements = partition_pptx(filename=str(candidate.path), include_slide_notes=True)
    for number, slide in itertools.groupby(elements, lambda element: element.metadata.page_number or 1):
        if number in hidden:
            continue
        builder.place(Page(number))
        write_elements(title_first(slide), builder, is_heading=slide_title())
    notes = [f"Hidden slides were left out: {', '.join(map(str, sorted(hidden)))}."] if hidden else []
    return _parsed(builder, about, tuple(notes))


def _pandoc(candidate: Candidate, limits: Limits) -> Parsed:
    """OpenDocument and RTF, made HTML by pandoc in its sandbox (it includes no other file)."""
    about: Mapping[str, str] = {}
    if candidate.suffix == ".odt":
        with open_zip(candidate, limits) as archive:
            check_elements(archive, candidate.relative, "content", limits)
            about = about_package(archive)
    from unstructured.file_utils.file_conversion import convert_file_to_html_text_using_pandoc

    try:
        html = convert_file_to_html_text_using_pandoc(candidate.suffix[1:], filename=str(candidate.path))
    except RuntimeError as error:
        said = str(error).replace(str(candidate.path), candidate.relative)
        raise _of_pandoc(candidate.relative, said, limits) from error
    builder = Builder(limits)
    if html.strip():
        root = parse_html(html, candidate.relative, limits)
        write_markup(root, builder, Hidden(root))
    return _parsed(builder, about)


def _of_pandoc(name: str, said: str, limits: Limits) -> UnreadableSource:
    """It has this process's limits as its own, and dies of them by a signal."""
    code = int(found[1]) if (found := EXIT_CODE.search(said)) else 0
    if -code == signal.SIGXCPU:
        return LimitExceeded(
            f"{name}: reading it took more than {limits.cpu_seconds} s of processor time.",
            fix="Open it in its program and save it as .docx, or split it.",
        )
    if code in OUT_OF_MEMORY or -code in (signal.SIGABRT, signal.SIGKILL):
        return LimitExceeded(
            f"{name}: reading it takes more than {limits.memory_bytes / 2**20:,.0f} MiB of memory.",
            fix="Open it in its program and save it as .docx, or split it.",
        )
    why = said.partition("during conversion:")[2].partition("Current version of pandoc")[0]
    return UnreadableSource(
        f"{name} is damaged: {one_line(why)[:200] or 'pandoc cannot read it'}.",
        fix="Open it in its program and save it again.",
    )


def _parsed(builder: Builder, about: Mapping[str, str], notes: tuple[str, ...] = ()) -> Parsed:
    first = builder.text.partition("\n")[0]
    title = about.get("title", "") or (first if builder.marks and len(first) <= 150 else "")
    return Parsed(
        text=builder.text,
        marks=tuple(builder.marks),
        title=title,
        authors=tuple(name.strip() for name in about.get("creator", "").split(";") if name.strip()),
        date=iso_date(about.get("modified", "")) or iso_date(about.get("created", "") or about.get("date", "")),
        notes=(*notes, *builder.notes),
    )


READ: dict[str, Callable[[Candidate, Limits], Parsed]] = {
    ".docx": _docx,
    ".docm": _docx,  # macros are parts that nothing here opens
    ".pptx": _pptx,
    ".pptm": _pptx,
    ".odt": _pandoc,
    ".rtf": _pandoc,
}
READER = Reader(name="office", version=2, claims=claims_office, read=read_office, suffixes=frozenset(READ))
