"""The questions one by one: what was wanted, what was said, the words it rests on, what search brought."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from markupsafe import Markup, escape

from eval.report.against import Against, Moved
from eval.report.sections_summary import OUTCOMES
from eval.report.view import Evidence, Item, Outcome, Pack, Passage, RunView

DETAILED = 500  # questions told in full: those that changed, then the wrong ones, then the rest
PASSAGES = {True: 5, False: 3}  # shown of a question that asks to be looked at, of one that does not
SHORTEST = 4  # words that a part of a quote must have in common with a passage to be marked there
_WORD = re.compile(r"\w+")
_MARKER = re.compile(r"\[(\d+)\]")
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A passage with the words of the evidence marked."""

    source: str
    text: Markup
    score: float | None
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    key: str  # of the element, unique in the page
    pack: str
    item: Item
    outcome: Outcome
    outcome_text: str
    change: str  # "broken", "fixed" or ""
    moved: Moved | None
    full: bool
    answer: Markup
    passages: tuple[Shown, ...]

    @property
    def tags(self) -> str:
        """What the filter looks for."""
        refused = "refused" if self.item.status == "refused" else ""
        changed = f"changed {self.change}" if self.change else ""
        return " ".join(part for part in ("wrong" if self.item.is_wrong else "", refused, changed) if part)


def questions(run: RunView, beside: Against | None) -> list[Question]:
    """Those that changed first, then the wrong ones, then the others; each in the order of its pack."""
    moved = beside.moved if beside else {}
    every = [(name, item, moved.get((name, item.id))) for name, pack in run.single.items() for item in pack.items]
    every.sort(key=lambda one: (not _change(one[2]), not one[1].is_wrong))
    return [_question(f"q{at}", name, item, found, full=at < DETAILED) for at, (name, item, found) in enumerate(every)]


def _change(moved: Moved | None) -> str:
    return "" if moved is None else "broken" if moved.worse else "fixed" if moved.better else ""


def _question(key: str, pack: str, item: Item, moved: Moved | None, *, full: bool) -> Question:
    count = PASSAGES[item.is_wrong or bool(_change(moved))]
    return Question(
        key=key,
        pack=pack,
        item=item,
        outcome=item.outcome,
        outcome_text=OUTCOMES[item.outcome],
        change=_change(moved),
        moved=moved if moved and (moved.before.answer != item.answer or _change(moved)) else None,
        full=full,
        answer=_answer(item, key) if full else Markup(),
        passages=tuple(_shown(one, item) for one in item.passages[:count]) if full else (),
    )


def kinds_of(packs: Mapping[str, Pack]) -> list[str]:
    return sorted({item.kind for pack in packs.values() for item in pack.items if item.kind})


def _answer(item: Item, key: str) -> Markup:
    """What is word for word in a citation's quote is marked; `[1]` leads to that quote."""
    spans = [span for one in item.citations for span in common(one.quote, item.answer)]
    marked = highlighted(item.answer, spans, "quoted")

    def link(match: re.Match[str]) -> str:
        n = int(match[1])
        known = 1 <= n <= len(item.citations)
        return f'<a class="cite" href="#{key}-c{n}">{match[1]}</a>' if known else match[0]

    return Markup(_MARKER.sub(link, str(marked)))


def _shown(passage: Passage, item: Item) -> Shown:
    spans = [span for one in item.evidence if _of(one, passage) for span in common(one.quote, passage.text)]
    return Shown(
        source=passage.source,
        text=highlighted(passage.text, spans, "evidence"),
        score=passage.score,
        holds=bool(spans),
    )


def _of(evidence: Evidence, passage: Passage) -> bool:
    """Words alike in another file are no evidence."""
    return not evidence.file or passage.source.endswith(evidence.file) or evidence.file.endswith(passage.source)


def common(quote: str, text: str) -> list[Span]:
    """Where the quote stands in the text, whatever white space and signs are between its words; else where at least
    SHORTEST of its words in a row do, for a passage may end inside it."""
    wanted = [match.group().casefold() for match in _WORD.finditer(quote)]
    places = list(_WORD.finditer(text))
    if not wanted or not places:
        return []
    shortest = min(SHORTEST, len(wanted))
    matcher = SequenceMatcher(a=wanted, b=[match.group().casefold() for match in places], autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size >= shortest]
    return [(places[block.b].start(), places[block.b + block.size - 1].end()) for block in blocks]


def highlighted(text: str, spans: Sequence[Span], name: str) -> Markup:
    """The text, escaped, with `mark` elements around the spans; overlapping ones become one."""
    parts, at = [], 0
    for start, end in _merged(spans):
        parts += [escape(text[at:start]), Markup('<mark class="{}">{}</mark>').format(name, text[start:end])]
        at = end
    return Markup("").join([*parts, escape(text[at:])])


def _merged(spans: Sequence[Span]) -> Iterator[Span]:
    start, end = -1, -1
    for one, other in sorted(spans):
        if one > end:
            if end > 0:
                yield start, end
            start = one
        end = max(end, other)
    if end > 0:
        yield start, end
