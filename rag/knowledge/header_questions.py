"""Questions that the header of a decision or a card answers: what is asked, and of which document. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from rag.index.analysis import STOP_WORDS, terms

LONGEST = 400  # characters: who writes more asks for more than a field
MOST_WORDS = 60

STATES = "accepted|rejected|withdrawn|deferred|superseded|approved|deprecated|final|active|proposed"
_DO = r"(?:is|was|are|were|has|have|had|does|do|did|been|be)"
_TURN = r"(?:replac|supersed|superced|obsolet|succeed)(?:es|ed|s|e)"
_MADE = r"(?:(?:fine-?tuned|built) (?:from|on)|based on|trained from)"
_WHAT = r"(?:what|which(?: [\w-]+){0,3})"
# The first pattern that is found says what is asked for.
PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("delegate", r"\bwho\b.*\bdelegated?\b"),
        ("predecessor", rf"\b{_WHAT} (?:does|did|do)\b.*\b{_TURN}\W*$|\b{_WHAT} (?:is|was|are|were) {_TURN} by\b"),
        ("predecessor", r"\bpredecessors? (?:of|to)\b"),
        ("successor", rf"\b{_WHAT} (?:{_DO} )?(?:it )?{_TURN}\b|\b{_TURN} by (?:what|which)\b"),
        ("successor", rf"\bby (?:what|which)\b.*\b{_TURN}\W*$|\bwhat (?:is|was|has)\b.*\b{_TURN} (?:by|with)\W*$"),
        ("successor", r"\b(?:successors?|replacement) (?:of|to|for)\b"),
        ("successor", rf"\b{_WHAT} (?:took|takes) (?:over from|the place of)\b"),
        ("deciders", r"\bwho (?:has |have )?(?:decided|approved|accepted|(?:made|took) the decision|signed off)\b"),
        ("deciders", r"\bwho (?:was|were|is|are) the (?:deciders?|decision[- ]makers?)\b"),
        ("authors", r"\bwho (?:has |have )?(?:wrote|written|authored|proposed|drafted|created|championed)\b"),
        ("authors", r"\bwho (?:is|was|are|were) the authors?\b|\bauthors? of\b"),
        ("created", r"\bwhen (?:was|were)\b.*\b(?:created|proposed|written|drafted|started|begun)\W*$"),
        ("resolved", r"\bwhen (?:was|were)\b.*\b(?:accepted|approved|rejected|resolved|decided|made|taken)\W*$"),
        ("version", r"\b(?:which|what)(?: [\w-]+)? (?:version|release)\b"),
        ("licence", r"\b(?:what|which) licen[cs]e\b|\blicen[cs]e of\b|\bhow is\b.*\blicen[cs]ed\W*$"),
        ("base-model", rf"\bbase model of\b|\b(?:what|which)(?: base)? model (?:is|was)\b.*\b{_MADE}\W*$"),
        ("base-model", rf"\bwhat (?:is|was)\b.*\b{_MADE}\W*$"),
        ("datasets", r"\b(?:what|which) data ?(?:sets?)? (?:is|was|were|are)\b.*\btrained (?:on|with)\W*$"),
        ("datasets", r"\bwhat (?:is|was)\b.*\btrained on\W*$"),
        ("status", r"\b(?:status|fate) of\b|\bwhat (?:became|has become|happened|happens) (?:of|to|with)\b"),
        ("status", rf"^{_DO}\b.*\b(?:{STATES})\W*$|\bwhat (?:is|was)\b.*\bstatus\W*$"),
        ("status", r"\bwhat status\b"),
    )
)


def _words(text: str) -> frozenset[str]:
    return frozenset(map(_stem, text.split()))


def _stem(word: str) -> str:
    return next(reversed(terms(word)), word)


ALWAYS = _words(
    """pep peps adr adrs rfc rfcs decision decisions record document doc proposal proposed called titled named name
    entitled python it its s now today current currently since then still yet finally please tell us me our team header
    say says said according which what who when one thing new old newer older out date more longer anymore ever"""
)
ASKING: Mapping[str, frozenset[str]] = {
    "delegate": _words("delegate delegated bdfl given gave decision appointed made assigned responsible council"),
    "predecessor": _words("predecessor predecessors replace replaced supersede superseded obsolete obsoleted"),
    "successor": _words(
        """successor successors replacement replaced replaces replace superseded supersedes superceded supersede
        obsoleted obsoletes obsolete succeeded succeeds took takes over place outdated"""
    ),
    "deciders": _words("decided decide approved accepted made took signed decider deciders maker makers"),
    "authors": _words("wrote written write author authors authored drafted created champion championed"),
    "created": _words("created written drafted started begun"),
    "resolved": _words("accepted approved rejected resolved decided made taken"),
    "version": _words("version versions release released accepted targeted target planned meant intended aimed"),
    "licence": _words(
        "licence license licensed licenses under use uses released published distributed model dataset card"
    ),
    "base-model": _words("base model fine tuned finetuned based built trained"),
    "datasets": _words("data dataset datasets set sets trained train training model"),
    "status": _words(
        """status state became become happened happens fate end accepted rejected withdrawn deferred superseded
        approved deprecated final active outcome decided"""
    ),
}
CARD_FIELDS = frozenset({"licence", "base-model", "datasets"})
NUMBER = re.compile(r"\b(pep|adr|rfc|decision(?: record)?)s?[-_ #]{0,2}0{0,4}(\d{1,5})\b(?!\.\d)")
BARE_NUMBER = re.compile(r"(?<![\w.])(0\d{2,3})(?![\w.])")
STATE = re.compile(rf"^{_DO}\b.*\b({STATES})\W*$")
QUOTED = re.compile(r'"(.{3,200})"')
ASIDE = re.compile(r"(\b(?:pep|adr|rfc|decision)[-_ #]{0,2}\d{1,5}) \([^()]{0,200}\)")
WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")
SERIES = {"pep": "PEP", "adr": "ADR", "rfc": "RFC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderQuestion:
    """`words`: what names the document; `extra`: words that may stand beside its name."""

    asked: str  # a key of ASKING
    state: str = ""  # accepted, rejected ...: whether it is, is asked
    number: str = ""  # PEP 386
    quoted: tuple[str, ...] = ()  # words of a title in quotation marks
    words: frozenset[str]
    extra: frozenset[str]


def header_question(text: str) -> HeaderQuestion | None:
    """None when no field of a header is asked for, or of more than one document."""
    if len(text) > LONGEST:
        return None
    plain = plain_text(text)
    around = ASIDE.sub(r"\1", QUOTED.sub(" it ", plain))  # a title may hold any of the words looked for
    asked = next((name for name, pattern in PATTERNS if pattern.search(around)), None)
    if asked is None:
        return None
    numbers = _numbers(around) or _numbers(plain)
    rest = NUMBER.sub(" ", plain)
    if not numbers and (bare := BARE_NUMBER.findall(rest)):
        numbers, rest = {f"ADR {int(number)}" for number in bare}, BARE_NUMBER.sub(" ", rest)
    if len(numbers) > 1:
        return None
    quoted = QUOTED.search(plain)
    state = STATE.search(around)
    return HeaderQuestion(
        asked=asked,
        state=state[1] if state and asked == "status" else "",
        number=next(iter(numbers), ""),
        quoted=tuple(WORD.findall(quoted[1])) if quoted else (),
        words=content(rest),
        extra=ALWAYS | ASKING[asked],
    )


def _numbers(plain: str) -> set[str]:
    return {f"{SERIES.get(series.split()[0], 'ADR')} {int(number)}" for series, number in NUMBER.findall(plain)}


def plain_text(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[“”„«»]", '"', folded).replace("’", "'").split())


def content(text: str) -> frozenset[str]:
    """Its words, without those that carry nothing."""
    words = WORD.findall(plain_text(text))[:MOST_WORDS]
    return frozenset(_stem(word) for word in words if word not in STOP_WORDS)
