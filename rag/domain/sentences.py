"""Where sentences stand in a text: what can be quoted, and the last resort of where to cut.

List items, table rows, headings and lines of code are units of their own; soft-wrapped lines of a paragraph are one.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from rag.domain.types import Syntax

Span = tuple[int, int]

LINEWISE: frozenset[Syntax] = frozenset({"code", "table", "data"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ABBREVIATIONS = _words(
    """al approx appx bzw ca capt cf corp def dept dr ed eds eg eq eqs esp est excl fig figs gen ie incl ltd mr mrs ms
    mt nb nr op pp prof resp sec secs sgt sp sq st std tab vgl viz vol vols vs z.b d.h e.g i.e a.k.a w.r.t"""
)
BEFORE_A_NUMBER = _words("no nos p ch ref refs jan feb mar apr jun jul aug sep sept oct nov dec v ver")
BEFORE_LOWER_CASE = _words("etc co jr sr inc a.m p.m min max avg temp misc orig")
STARTERS = _words(
    """A After All An And As At But By For He How However I If In It Its No On Our See She So Some That The Their Then
    There These They This Those To We What When Where Which While You"""
)

_END = re.compile(r"(?<![.!?…])(?:[.!?…]++(?:[\"'”’»)\]*_`]|\[\^?\w{1,4}\])*+(?=\s)|[。！？]++[」』”’）]*+)")
CHAT_HEAD = re.compile(r"[^\s>][^\n]{0,99} · \d{4}-\d\d-\d\d \d\d:\d\d UTC")  # who said what stands below, and when
_LAYOUT = re.compile(r"[\W_]+")
_FENCE = re.compile(r"`{3,}|~{3,}")
_OWN_LINE = re.compile(r"#{1,6}\s|\||\.\. |</?[a-zA-Z!][^<]*>\s*$|\[\^?[^\]]+\]:|:[\w ]+:")
_ITEM = re.compile(r"[-*+•‣◦]\s+|(?=\(?\d{1,3}[.)]\s)|(?=\(?[a-zA-Z][)]\s)")
_QUOTE = re.compile(r"(?:>\s*)+")
_HEADING_SIGN = re.compile(r"#{1,6}\s+")
_CODE_SPAN = re.compile(r"(`+)(?!`)[^`\n]*(?:\n[^`\n]*)?\1(?!`)")
MARGIN, WIDEST_MARGIN = 70, 100  # characters of a line that a program has wrapped
_WORDS_BEFORE = 24  # characters looked at in front of a full stop


def sentences(text: str, syntax: Syntax = "markdown") -> list[Span]:
    """Spans [start, end) in order, without overlap or blank edges; together they hold every word of the text.

    Bullets, `#` of headings, fences, rules and other lines without a word stand in none. Code and tables: by line.
    Chats: a line is a unit where it was ended on purpose; the line above a message that names its author is in none.
    """
    if syntax in LINEWISE:
        return [
            (start, end) for start, end, _ in _lines(text) if start < end and not _LAYOUT.fullmatch(text, start, end)
        ]
    found: list[Span] = []
    for start, end, whole in _units(text, chat=syntax == "chat"):
        if whole:
            found.append((start, end))
        else:
            found.extend(split_paragraph(text, start, end))
    return found


def _lines(text: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, next): each line without the white space around it, and where the next one begins."""
    position = 0
    for line in text.split("\n"):
        after = position + len(line) + 1
        bare = line.strip()
        start = position + (len(line) - len(line.lstrip()) if bare else len(line))
        yield start, start + len(bare), after
        position = after


def _units(text: str, *, chat: bool) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whole): paragraphs still to be split, and units that are whole already."""
    fence = "---" if text.startswith("---\n") and not chat else ""  # front matter reads like code
    paragraph: list[Span] = []
    for start, end, _ in _lines(text):
        if chat and CHAT_HEAD.fullmatch(text, start, end):
            yield from _paragraph_units(text, paragraph, chat=True)
            paragraph, fence = [], ""  # a message that forgot to close its code does not swallow the next one
            continue
        if fence:
            if text.startswith(fence, start) and end - start >= len(fence) and start:
                fence = ""
            elif start < end and not _LAYOUT.fullmatch(text, start, end):
                yield start, end, True
            continue
        if start < end and text[start].isalpha() and not _is_lettered_item(text, start):
            paragraph.append((start, end))
            continue
        kind, content = _classify(text, start, end)
        if kind == "text":
            paragraph.append((content, end))
            continue
        yield from _paragraph_units(text, paragraph, chat=chat)
        paragraph = [(content, end)] if kind == "item" else []
        if kind == "own":
            yield content, end, True
        elif kind == "fence":
            fence = _run(text, content)
    yield from _paragraph_units(text, paragraph, chat=chat)


def _run(text: str, start: int) -> str:
    fence = _FENCE.match(text, start)
    return fence.group() if fence else ""


def _is_lettered_item(text: str, start: int) -> bool:
    return text[start + 1 : start + 2] == ")"


def _classify(text: str, start: int, end: int) -> tuple[str, int]:
    """(what a line begins: blank, fence, own, item or text; where its content starts)."""
    quote = _QUOTE.match(text, start, end)
    if quote:
        start = quote.end()
    if start >= end:
        return "blank", end
    if _FENCE.match(text, start, end):
        return "fence", start
    if _LAYOUT.fullmatch(text, start, end):
        return "blank", end
    if _OWN_LINE.match(text, start, end):
        sign = _HEADING_SIGN.match(text, start, end)
        return "own", sign.end() if sign else start
    item = _ITEM.match(text, start, end)
    if item:
        return "item", item.end()
    return "text", start


def _paragraph_units(text: str, lines: list[Span], *, chat: bool) -> Iterator[tuple[int, int, bool]]:
    """A paragraph, cut where a line was ended on purpose: a hard break, or a short line before a capital."""
    if not lines:
        return
    begin, last = lines[0]
    if len(lines) > 1:
        wide = 0.7 * max(40, max(end - start for start, end in lines))
        before = begin
        for start, end in lines[1:]:
            line = (before, last)
            if _was_sent_so(text, line, start) if chat else _ended_on_purpose(text, line, start, wide):
                yield begin, last, False
                begin = start
            before, last = start, end
    yield begin, last, False


def _ended_on_purpose(text: str, line: Span, following: int, wide: float) -> bool:
    start, end = line
    if text.startswith("  ", end) or text[end - 1] == "\\":
        return True
    if end - start >= wide or text[following].islower() or text[end - 1] in ",;–—":
        return False
    word = text[following : following + 40].split(None, 1)[0]
    return end - start + 1 + len(word) < wide


def _was_sent_so(text: str, line: Span, following: int) -> bool:
    """In a chat a new line is meant, unless it is one that a mail program made at its margin."""
    length = line[1] - line[0]
    word = text[following : following + 40].split(None, 1)[0]
    return not (length <= WIDEST_MARGIN and length + 1 + len(word) > MARGIN)


def split_paragraph(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentences of one paragraph: text[start:end] has no blank edges."""
    code = [match.span() for match in _CODE_SPAN.finditer(text, start, end)] if text.find("`", start, end) >= 0 else []
    begin = start
    for match in _END.finditer(text, start, end):
        stop = match.end()
        if stop >= end or not _ends_sentence(text, begin, match.start(), stop):
            continue
        if code and _inside(code, match.start()):
            continue
        yield begin, stop
        begin = stop
        while begin < end and (text[begin].isspace() or text[begin] == ">"):  # a quoted line begins with its sign
            begin += 1
    if begin < end:
        yield begin, end


def _inside(spans: list[Span], at: int) -> bool:
    place = bisect_right(spans, (at, 1 << 62)) - 1
    return place >= 0 and at < spans[place][1]


def _ends_sentence(text: str, begin: int, at: int, stop: int) -> bool:
    """Does the mark at `at` end the sentence that began at `begin`? What follows it starts at `stop`."""
    sign = text[at]
    if sign in "。！？":
        return True
    following = text[stop : stop + 40].lstrip()
    lower = following[:1].islower()
    if sign != ".":
        return sign != "…" or not lower
    if text.startswith("..", at):
        return not lower
    return _full_stop_ends(text[max(begin, at - _WORDS_BEFORE) : at], following, first=at - begin <= 3)


def _full_stop_ends(before: str, following: str, *, first: bool) -> bool:
    words = before.split()
    word = words[-1].lstrip("([{\"'“‘*_`") if words else ""
    if first and (word.isdigit() or len(word) <= 1):
        return False  # the number or letter of an enumeration
    name = word.lower()
    if name in ABBREVIATIONS:
        return False
    if name in BEFORE_A_NUMBER:
        return not following[:1].isdigit()
    lower = following[:1].islower()
    if name in BEFORE_LOWER_CASE:
        return not lower
    if (len(word) == 1 and word.isupper() and word != "I") or (
        len(word) > 2 and word[-2] == "." and word[-1].isalpha()
    ):
        return following.split(None, 1)[0] in STARTERS if following else True  # initials, U.S., a.s.o.
    return not lower or (word.isalpha() and len(word) > 2)
