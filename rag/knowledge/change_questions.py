"""Questions about what changed: of what, and since when. Pure."""

import re
from dataclasses import dataclass
from datetime import date

from rag.index.analysis import terms
from rag.retrieval.dates import Period, read_period

LONGEST = 300  # characters
_ABOUT = r"(?:in|about|with|on|for|to|of|around|regarding|within)"
_WHAT = r"(?:what(?: exactly| all| else)?|which things|anything|how much)"
ASKED = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"{_WHAT}(?:'s| has| have| is| was| did we)? (?:been )?chang(?:ed?|es)(?: {_ABOUT})?\b(?P<topic>.*)",
        rf"(?:what (?:are|were) the|list the|show(?: me)?(?: the)?|any) changes? {_ABOUT}\b(?P<topic>.*)",
        rf"what(?:'s| is| was) new {_ABOUT}\b(?P<topic>.*)",
        r"how (?:has|have|did) (?P<topic>.*?) changed?\b(?P<rest>.*)",
        rf"(?:has|have|did) anything chang(?:ed?)(?: {_ABOUT})?\b(?P<topic>.*)",
    )
)
WHY = re.compile(
    r"[,;]?\s*(?:and|or)?\s*(?:why(?: (?:was|were|is|did) (?:it|they|that|this|we).*)?|for what reason)\W*$", re.I
)
WAYS = re.compile(r"\b(?:since|after|from|starting|between|in|on|during|before|until|as of|over|the)\s*$", re.I)
EDGES = re.compile(
    r"^(?:\s|[,.;:?!]|\b(?:in|about|the|our|a|an|of|with|to)\b)+|(?:\s|[,.;:?!]|\b(?:and|since|in|the)\b)+$", re.I
)
EMPTY = frozenset(terms("change thing anything document file page text wording version"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeQuestion:
    """`words`: terms that its title, path or sentence must have. `period` None: whenever."""

    topic: str
    words: frozenset[str]
    period: Period | None

    def since(self, day: date) -> bool:
        return self.period is None or self.period.holds(day)

    @property
    def time(self) -> str:
        """` since March`; empty without one."""
        return f" {self.period.words}" if self.period else ""


def change_question(text: str, today: date) -> ChangeQuestion | None:
    """None unless changes are asked for, of something that is named."""
    plain = " ".join(text.split())
    if len(plain) > LONGEST:
        return None
    found = next((match for pattern in ASKED if (match := pattern.match(plain))), None)
    if found is None:
        return None
    period = read_period(plain, today)
    topic = WHY.sub("", f"{found['topic']} {found.groupdict().get('rest') or ''}".rstrip(" ?.!"))
    if period is not None:
        topic = _without(topic, period.words)
    topic = EDGES.sub("", EDGES.sub("", topic))
    words = frozenset(terms(topic)) - EMPTY
    return ChangeQuestion(topic=topic, words=words, period=period) if words else None


def _without(topic: str, time: str) -> str:
    """The topic without the words that say when."""
    place = topic.casefold().find(time.casefold())
    if place >= 0:
        return f"{WAYS.sub('', topic[:place].rstrip())} {topic[place + len(time) :]}"
    bare = re.sub(r"^(?:since|after|before|until|in|during|on|from|between)\s+(?:the\s+)?", "", time, flags=re.I)
    place = topic.casefold().find(bare.casefold()) if bare else -1
    return topic if place < 0 else f"{WAYS.sub('', topic[:place].rstrip())} {topic[place + len(bare) :]}"
