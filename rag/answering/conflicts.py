"""Two sentences that say different things of the same: by their words, and rather too seldom than too often. Pure."""

import re
from dataclasses import dataclass, field
from typing import Literal

from rag.domain.types import DocumentInfo, Syntax
from rag.index.analysis import terms
from rag.knowledge.values import VALUE, Value, names, values, words

PROSE: frozenset[Syntax] = frozenset({"markdown", "rst", "plain"})
NOT_COMPARED = frozenset({"run", "code", "chat", "history", "notebook"})
DATED = frozenset({"retro", "postmortem", "meeting", "report"})  # each holds for its day
ALIKE = 0.75  # Jaccard overlap of the words beside the values
NEAR = 0.3  # the same of all words, before a closer look
MOST_WORDS = 40  # of a sentence: longer ones say several things
NOT_NOW = re.compile(
    r"\b(?:was|were|had|used to|previously|formerly|initially|originally|at first|at the time|once|before|until|ago|"
    r"yesterday|last|earlier|first|then|example|e\.g|for instance|such as|propos\w+|plan\w*|would|could|should|might|"
    r"may|if|unless|when|about|around|approximately|roughly|almost|nearly|up to|at least|at most|between|some|other|"
    r"another|alternatively|optional\w*|default\w*|experiment\w*|ablation\w*|baseline)\b|~|≈",
    re.I,
)
GENERAL = frozenset(  # words that a title may have whatever it is about
    terms(
        """guide guides runbook handbook notes readme faq howto tutorial overview setup configuration config training
        train serving deployment deploy onboarding wiki page docs document documentation reference manual introduction
        intro index home team policy process checklist cheat sheet summary details general settings parameters
        hyperparameters model models data report retro retrospective meeting sprint week minutes postmortem incident
        review status log january february march april may june july august september october november december"""
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, and where it stands."""

    text: str
    document: DocumentInfo
    section: tuple[str, ...]
    syntax: Syntax
    values: tuple[Value, ...] = field(init=False)
    names: frozenset[str] = field(init=False)
    words: frozenset[str] = field(init=False)  # beside the values

    def __post_init__(self) -> None:
        for name, read in (("values", values), ("names", names), ("words", words)):
            object.__setattr__(self, name, read(self.text))

    @property
    def subject(self) -> frozenset[str]:
        """What title, headings and folders add, beside words that any page may have. Records of days are numbered."""
        folders = self.document.path.rpartition("/")[0]
        around = " ".join([self.document.title, *self.section])
        named = VALUE.sub(" ", around) if self.document.kind in DATED else f"{around} {folders}"
        return frozenset(terms(named)) - GENERAL

    @property
    def all_words(self) -> frozenset[str]:
        around = " ".join([self.text, self.document.title, *self.section, self.document.path.rpartition("/")[0]])
        return frozenset(terms(around))


Verdict = Literal["disagree", "older", "newer"]  # the first is the older or the newer one


def resemble(one: str, other: str) -> bool:
    """Cheap and too wide: whether two sentences are worth comparing."""
    own, theirs = set(one.casefold().split()), set(other.casefold().split())
    return len(own & theirs) >= NEAR * len(own | theirs)


def compare(one: Claim, other: Claim, asked: frozenset[str]) -> Verdict | None:
    """None unless both say the same of the same subject, but for one value. `asked`: the question's terms."""
    if not (_comparable(one) and _comparable(other)) or one.document.id == other.document.id:
        return None
    if not _differ_in_one_value(one, other) or not _same_subject(one, other, asked):
        return None
    kinds = {one.document.kind, other.document.kind}
    dates = one.document.date[:10], other.document.date[:10]
    if len(kinds) == 1 and kinds <= DATED:
        return None if not all(dates) or dates[0] == dates[1] else ("older" if dates[0] < dates[1] else "newer")
    if NOT_NOW.search(one.text) or NOT_NOW.search(other.text) or kinds & DATED:
        return None
    return "disagree"


def _comparable(claim: Claim) -> bool:
    prose = claim.syntax in PROSE and claim.text[:1].isalpha() and not claim.text.endswith("\\")
    return prose and claim.document.kind not in NOT_COMPARED and len(claim.text.split()) <= MOST_WORDS


def _differ_in_one_value(one: Claim, other: Claim) -> bool:
    both = one.words & other.words
    if len(both) < 2 or len(both) < ALIKE * len(one.words | other.words):
        return False
    kinds = [[(kind, unit) for kind, _, unit in claim.values] for claim in (one, other)]
    if kinds[0] != kinds[1] or len(one.names) != len(other.names):
        return False
    differing = sum(a != b for a, b in zip(one.values, other.values, strict=True))
    return differing + len(one.names - other.names) == 1 and (differing == 1 or bool(both))


def _same_subject(one: Claim, other: Claim, asked: frozenset[str]) -> bool:
    """Nothing in the title or headings of one sets it apart from the other, and few words must be those asked for."""
    if one.subject - asked - other.all_words or other.subject - asked - one.all_words:
        return False
    both = one.words & other.words
    return len(both) >= 3 or both <= asked
