"""What somebody wrote in a mail to a list, without what every mail carries along. Pure.

Left out: the signature, the list's footer, and in a reply the lines it quotes, for what they quote stands above it in
the thread. It depends on nothing but the mail itself, so that it reads the same in every archive. What a mail quotes
that answers none is kept.
"""

import re
from collections.abc import Sequence

from ingest.readers._message_html import words_of
from ingest.readers.base import Limits
from ingest.readers.html import parse_html

ORIGINAL = re.compile(r"-{2,20} ?(?:Original Message|Forwarded [Mm]essage|Urspr\S{1,10} Nachricht) ?-{2,20}")
RULE = re.compile(r"[_-]{10,200}")
OUTLOOK_HEAD = re.compile(r"\*?(?:From|Von|De):\*? .{1,300}")
WROTE = re.compile(r".{0,500}\b(?:wrote|writes|schrieb|a écrit|escribió)\b.{0,100}:")
INTRODUCTIONS = ("On ", "Am ", "Le ", "El ")
SCRUBBED = re.compile(r"-{4,40} next part -{4,40}")
SCRUBBED_KEYS = ("Name:", "Type:", "Size:", "Desc:", "URL:", "Skipped content", "An embedded", "A non-text", "An HTML")
LIST_FOOTER = ("mailing list", "mailman/listinfo", "/listinfo/", "unsubscribe")
NEAR_END = 25  # lines of a signature, at most
FOOTER_LINES = 8


def own_words(text: str, *, answers: bool) -> tuple[str, tuple[str, ...]]:
    """The text, and the names of attachments that an archive of text has put into words."""
    found, names = _without_scrubbed([line.rstrip("\r") for line in text.split("\n")])
    lines = _without_footer(_without_original(found) if answers else found)
    return "\n".join(_without_signature(_without_quotes(lines) if answers else lines)).strip("\n"), names


def html_words(html: str, limits: Limits) -> str:
    """What is cited comes as a line that begins with ">". Raises UnreadableSource, LimitExceeded."""
    from lxml import etree  # type: ignore[import-untyped]

    root = parse_html(f"<div>{html}</div>", "a mail", limits)
    for node in list(root.iter("blockquote")):
        tail = node.tail
        node.clear()
        node.tail = tail
        etree.SubElement(node, "p").text = "> cited"
    return words_of(etree.tostring(root, encoding="unicode", method="html"), "a mail", limits)


def _without_scrubbed(lines: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    kept: list[str] = []
    names: list[str] = []
    inside = False
    for line in lines:
        if SCRUBBED.fullmatch(line.strip()):
            inside = True
        elif inside and (not line.strip() or line.startswith(SCRUBBED_KEYS)):
            if line.startswith("Name:") and line[5:].strip() not in ("", "not available"):
                names.append(line[5:].strip())
        else:
            inside = False
            kept.append(line)
    return kept, tuple(names)


def _without_original(lines: Sequence[str]) -> Sequence[str]:
    """What Outlook puts below an answer: the whole mail that is answered."""
    for n, line in enumerate(lines):
        stripped = line.strip()
        if ORIGINAL.fullmatch(stripped):
            return lines[:n]
        below = next((below.strip() for below in lines[n + 1 : n + 3] if below.strip()), "")
        if RULE.fullmatch(stripped) and OUTLOOK_HEAD.fullmatch(below):
            return lines[:n]
    return lines


def _without_footer(lines: Sequence[str]) -> Sequence[str]:
    """From the last rule on, when what stands below it is how to leave the list."""
    for n in range(len(lines) - 1, max(len(lines) - NEAR_END, 0) - 1, -1):
        below = "\n".join(lines[n + 1 :]).lower()
        if RULE.fullmatch(lines[n].strip()) and any(word in below for word in LIST_FOOTER):
            return lines[:n] if len(lines) - n <= FOOTER_LINES else lines
    return lines


def _without_quotes(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    quoting = False
    for line in lines:
        if line.startswith(">"):
            if not quoting:
                _drop_attribution(kept)
            quoting = True
        else:
            if quoting and line.strip() and kept and kept[-1].strip():
                kept.append("")
            quoting = quoting and not line.strip()
            kept.append(line)
    return kept


def _drop_attribution(kept: list[str]) -> None:
    """ "On Monday Ada wrote:", which may run over three lines."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    for start in range(max(end - 3, 0), end):
        said = kept[start:end]
        begins = start == end - 1 or said[0].startswith(INTRODUCTIONS)
        if begins and all(line.strip() for line in said) and WROTE.fullmatch(" ".join(said)):
            del kept[start:]
            return


def _without_signature(lines: Sequence[str]) -> Sequence[str]:
    for n in range(max(len(lines) - NEAR_END, 0), len(lines)):
        if lines[n] in ("-- ", "--"):
            return lines[:n]
    return lines
