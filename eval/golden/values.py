"""Numbers and settings with a clear subject: cells of tables, labels, options in commands, `a batch size of 512`."""

import re
from collections import Counter
from collections.abc import Iterator

from eval.golden.candidates import Candidate, Maker, is_generic, topic_of, word_set
from eval.golden.clauses import is_subject, points_outside, statements
from eval.golden.corpus import Page, Part
from eval.golden.words import NUMBER, Span, balanced, content_words, plain, trimmed

MADE_BY = "values/1"
_ROW = re.compile(r"^[ \t]*\|(.+)\|[ \t]*$", re.M)
_DASHES = re.compile(r"^[\s:|-]+$")
_LABEL = re.compile(
    r"^(?:\*\*|__)?(?P<label>[A-Za-z][\w ()/-]{2,45}?)(?:\*\*|__)?\s*[:=](?:\*\*|__)?\s+(?P<value>\S.{0,70})$"
)
_OPTION = re.compile(r"(?<![\w-])(--[a-z][\w-]{3,40})[ =]([\w.:/+-]{1,30})(?=[ \t]*(?:\\?\n|\\?$|--|```))")
_OF = re.compile(
    r"\b(?:an?|the) (?P<what>(?:[a-z][a-z-]+ ){0,3}(?:size|rate|length|speed|throughput|count|limit|interval|duration|"
    r"timeout|ratio|frequency|temperature|threshold|budget|capacity|number|memory|loss|score|accuracy|overhead|price|"
    r"cost|fee|weight|decay|depth|width|version|window|period)) (?:of|=) (?P<much>[^\s,;()]+(?: (?:[kmg]?b|tb|gb|mb|"
    r"tokens|samples|steps|iterations|hours|minutes|seconds|secs|days|weeks|months|years|tflops|gpus|nodes|usd|%|[kmg]?hz|ms|words|characters|people|percent))?)",
    re.I,
)
_TAKES = re.compile(
    rf"^(?P<what>.+?) (?P<verb>takes?|took|lasts?|lasted|costs?|weighs?|needs?|requires?) (?:about |around |roughly |~|"
    rf"approximately |only |up to |at least )?(?P<much>{NUMBER.pattern}(?: [a-zA-Z]+)?)"
)
_TIME = re.compile(r"\b(?:s|secs?|seconds?|min|minutes?|h|hours?|days?|weeks?|months?|years?|ms)\b", re.I)
_PAST = {"took": "did", "lasted": "did"}
_BASE = {"takes": "take", "took": "take", "lasts": "last", "lasted": "last", "costs": "cost", "weighs": "weigh",
         "needs": "need", "requires": "require"}  # fmt: skip
# Options of schedulers and launchers: where a job ran, not what it was.
PLUMBING = word_set(
    """nodes ntasks ntasks-per-node tasks-per-node cpus-per-task gres time account partition constraint hint qos port
    reservation master-port master_port nproc_per_node nnodes job-name array mem output error log-interval save-interval
    eval-interval node_rank mem-per-cpu depth port max-time jobid output_path wait kill-on-bad-exit
    rdzv_backend max_restarts"""
)
# Labels whose value is a name.
NAMED = word_set(
    """owner lead contact manager team licence license framework language optimizer tokenizer dataset model hardware cpu
    gpu gpus interconnect version cadence developer author reviewer approver sponsor scheduler library backend"""
)
_PLAIN_LABELS = word_set(
    """solution problem work estimated total current date time size name link url
    issue note example warning tip todo edit update question answer step result usage output input fix"""
)


def generate(maker: Maker) -> Iterator[Candidate]:
    for page in maker.corpus.prose:
        for part in page.parts:
            yield from _tables(maker, page, part)
            yield from _labels(maker, page, part)
        yield from _options(maker, page)
        yield from _amounts(maker, page)


def _candidate(kind: str, page: Page, span: Span, question: str, answer: str) -> Candidate:
    return Candidate(kind=kind, question=question, answer=trimmed(answer), page=page, spans=(span,), made_by=MADE_BY)


# --- tables -------------------------------------------------------------------------------------------------------


def _tables(maker: Maker, page: Page, part: Part) -> Iterator[Candidate]:
    rows = [found for found in _ROW.finditer(page.text, part.start, part.end) if not page.in_code(found.start())]
    for table in _runs_of(rows):
        if len(table) >= 4 and _DASHES.match(table[1][0]):
            yield from _cells(maker, page, part, table)


def _runs_of(rows: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Rows that stand directly below each other."""
    table: list[re.Match[str]] = []
    for row in rows:
        if table and row.start() > table[-1].end() + 1:
            yield table
            table = []
        table.append(row)
    if table:
        yield table


def _cells(maker: Maker, page: Page, part: Part, table: list[re.Match[str]]) -> Iterator[Candidate]:
    """One cell of each row: the row is told by its first cell, which no other row may have."""
    header = [plain(cell) for cell in table[0][1].split("|")]
    body = [[plain(cell) for cell in row[1].split("|")] for row in table[2:]]
    names = Counter(row[0].casefold() for row in body if row)
    for match, row in zip(table[2:], body, strict=True):
        cells = [at for at in range(1, min(len(row), len(header))) if _is_cell(row[at]) and _is_label(header[at])]
        if not cells or not _is_label(row[0]) or names[row[0].casefold()] > 1:
            continue
        at = cells[maker.roll(match[0]) % len(cells)]
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        question = _of_cell(maker, header[0], row[0], header[at])
        yield _candidate("table", page, (start, match.end()), _always_placed(maker, question, page, part), row[at])


def _is_cell(text: str) -> bool:
    return 0 < len(text.split()) <= 8 and any(sign.isalnum() for sign in text) and _says_something(text)


def _says_something(text: str) -> bool:
    long = any(sign.isdigit() for sign in text) or len(text) >= 4
    return long and "http" not in text and balanced(text) and "://" not in text


def _is_label(text: str) -> bool:
    return (
        0 < len(text.split()) <= 7
        and len(content_words(text)) > 0
        and any(s.isalpha() for s in text)
        and balanced(text)
    )


def _of_cell(maker: Maker, kind: str, name: str, column: str) -> str:
    kind = "" if is_generic(kind) or kind.casefold() in {"name", "", "#"} or len(kind.split()) > 3 else f"{kind} "
    kind = maker.lowered(kind) if kind else ""
    column = maker.lowered(column)
    forms = (
        "What is the {column} of {kind}{name}?",
        "Which {column} does {kind}{name} have?",
        "{Kind}{name}: which {column} is given?",
    )
    form = maker.choose(forms[:2], name, column)
    return form.format(column=column, kind=f"the {kind}" if kind else "", name=name, Kind=kind)


def _always_placed(maker: Maker, question: str, page: Page, part: Part) -> str:
    """A label is no name: the place belongs to the question unless one of its words is found in few documents."""
    return maker.placed(question, page, part)


# --- label: value -------------------------------------------------------------------------------------------------


def _labels(maker: Maker, page: Page, part: Part) -> Iterator[Candidate]:
    told = Counter[str]()
    found: list[tuple[Span, str, str]] = []
    for start, end in page.said(part):
        raw = page.text[start:end]
        match = _LABEL.match(raw.lstrip("-*+• ") if raw[:2] in ("- ", "* ", "+ ") else raw)
        if match and "\n" not in raw:
            label, value = plain(match["label"]).strip(), trimmed(plain(match["value"]))
            told[label.casefold()] += 1
            found.append(((start, end), label, value))
    for span, label, value in found:
        if told[label.casefold()] == 1 and _fits(label, value):
            topic = topic_of(page, part)
            forms = ("What is the {0} of {1}?", "In {1}, what is given as the {0}?")
            if topic and label.casefold() not in topic.casefold():
                yield _candidate(
                    "value",
                    page,
                    span,
                    maker.choose(forms, label).format(maker.lowered(label), topic),
                    value,
                )


def _fits(label: str, value: str) -> bool:
    words = label.casefold().split()
    if len(words) > 5 or words[0] in _PLAIN_LABELS or not _is_label(label) or points_outside(label):
        return False
    telling = any(sign.isdigit() for sign in value) or (value[:1].isupper() and words[-1] in NAMED)
    return telling and len(value.split()) <= 8 and _says_something(value) and not is_generic(label)


# --- options of commands ------------------------------------------------------------------------------------------


def _options(maker: Maker, page: Page) -> Iterator[Candidate]:
    """Of a page that gives the option one value only."""
    values: dict[str, dict[str, tuple[int, int]]] = {}
    for found in _OPTION.finditer(page.text):
        before = page.text[page.text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if found[1].strip("-") in PLUMBING or "#" in before or not any(sign.isdigit() for sign in found[2]):
            continue
        if not found[2].startswith("-"):
            values.setdefault(found[1], {}).setdefault(found[2], found.span())
    for option, said in values.items():
        if len(said) != 1:
            continue
        ((value, (start, end)),) = said.items()
        part = next((part for part in page.parts if part.start <= start < part.end), None)
        topic = topic_of(page, part)
        if not topic:
            continue
        span = _line(page, start, end)
        forms = ("What is {0} set to in {1}?", "In {1}, which value is given to {0}?")
        yield _candidate("option", page, span, maker.choose(forms, option).format(option, topic), value)


def _line(page: Page, start: int, end: int) -> Span:
    """The whole line where it is short."""
    first, last = page.text.rfind("\n", 0, start) + 1, page.text.find("\n", end)
    last = last if last >= 0 else len(page.text)
    line = page.text[first:last]
    return (start, end) if len(line) > 200 else (last - len(line.lstrip()), first + len(line.rstrip()))


# --- amounts in sentences -----------------------------------------------------------------------------------------


def _amounts(maker: Maker, page: Page) -> Iterator[Candidate]:
    for said in statements(page):
        found = _OF.search(said.text)
        if found and any(sign.isdigit() for sign in found["much"]) and found["what"].casefold() != "number":
            topic = topic_of(page, said.part)
            forms = ("What {0} is given for {1}?", "Which {0} do we have for {1}?", "In {1}, what is the {0}?")
            if topic:
                form = maker.choose((forms[0], forms[2]), said.text)
                yield _candidate("value", page, said.span, form.format(found["what"].casefold(), topic), found["much"])
            continue
        took = _TAKES.match(said.text)
        if took and is_subject(took["what"]):
            yield _candidate(
                "value", page, said.span, maker.placed(_taking(maker, took), page, said.part), took["much"]
            )


def _taking(maker: Maker, took: re.Match[str]) -> str:
    verb, subject = took["verb"], maker.lowered(took["what"])
    does = _PAST.get(verb, "does" if verb.endswith("s") else "do")
    long = bool(_TIME.search(took["much"])) and _BASE.get(verb, verb) in ("take", "last")
    return f"How {'long' if long else 'much'} {does} {subject} {_BASE.get(verb, verb)}?"
