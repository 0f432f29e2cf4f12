"""A question that asks for two things, in two: "difference between A and B in C", "What is X and who owns it?" Pure."""

import re
from collections.abc import Callable

from rag.retrieval.hints import masked

LONGEST = 400  # characters: longer texts are no question to be split
MOST = 4  # parts
_THING = 8  # words at most
_TAIL = (
    r"(?P<tail>(?:,? (?:in|on|for|when|during|under|with respect to|regarding|in terms of|at|over|within|using|while|"
    r"across|since|after|before|by|if) .*)?)[ .?!]*$"
)
_BE = r"(?:is|are|was|were|'s)"
_VS = r"(?:(?-i:vs)\.?|versus)"  # VS Code is an editor
_MORE = r"(?:more|less|fewer) [\w-]+|(?!other |rather |either )[\w-]{2,}er|worse"
_MUCH = r"(?:(?:much|far|even|still|so much|significantly|slightly|a lot) )?"
_ASKS = r"(?:(?:why|when|how much(?: more)?|by how much|where) )?"
_ASKING = (
    r"(?:(?:whats?|which|how|is|are|can|where|explain|describe|tell|show|list|the|any|some)\b.{0,50}?)?"  # no claim
)
_DIFFERENCE = re.compile(
    rf"^(?P<context>(?:in|for) [\w ]{{2,40}}?,? (?=what|how|is))?{_ASKING}\b(?:key |main |major |basic )?"
    r"differences? (?:in (?P<what>[^,]{1,60}?) )?(?:there )?(?:between|of)(?: the)? "
    rf"(?P<a>.+?),? (?:and|{_VS}|or|from)(?: the)? (?P<b>.+?){_TAIL}",
    re.I,
)
_DIFFER = re.compile(rf"^how (?:do|does|did) (?P<a>.+?) (?:and (?P<b1>.+?) differ|differ from (?P<b>.+?)){_TAIL}", re.I)
_COMPARE = re.compile(
    r"^(?:(?:please|can you|could you|let us) )?(?:compare|contrast|(?:a |the )?comparison (?:of|between)) "
    rf"(?P<a>.+?) (?:and|with|to|against|{_VS}) (?P<b>.+?){_TAIL}",
    re.I,
)
_COMPARES = re.compile(rf"^how (?:do|does|did) (?P<a>.+?) compare (?:to|with|against) (?P<b>.+?){_TAIL}", re.I)
_THAN = re.compile(
    rf"^{_ASKS}{_BE} (?P<a>(?!there\b|it\b|this\b|that\b|any\b).+?) "
    rf"{_MUCH}(?P<more>(?:{_MORE})(?: [\w-]+){{0,2}}?) than (?P<b>.+?){_TAIL}",
    re.I,
)
_DOES = re.compile(
    rf"^{_ASKS}(?:do|does|did|has|have) (?P<a>(?!there\b|it\b|this\b|that\b|any\b).+?) "
    rf"(?P<more>[\w-]+ {_MUCH}(?:{_MORE})(?: [\w-]+){{0,2}}?) than (?P<b>.+?){_TAIL}",
    re.I,
)
_WHICH = re.compile(
    rf"^(?:which|what)(?: one| of these)? {_BE} (?P<more>(?:the )?(?:{_MORE}|best|\w+est))"
    r"(?P<tail>(?: (?:for|in|at) [^,:?]+)?)[,:?]? (?:between )?(?P<a>[^,:?]+?) or (?P<b>[^,:?]+?)[ .?!]*$",
    re.I,
)
_OR_WHICH = re.compile(
    r"^(?:either )?(?P<a>[^,:?]+?) or (?P<b>[^,:?]+?) ?[:,?] ?(?P<tail>(?:which|what) .+?)[ .?!]*$", re.I
)
_USE = re.compile(
    r"^(?P<head>(?:should|shall) (?:we|i|one|you) (?:use|choose|pick|prefer|take|train with)) (?P<a>.+?) or "
    rf"(?P<b>.+?){_TAIL}",
    re.I,
)
_VERSUS = re.compile(
    r"^(?P<head>(?:.*\b(?:of|for|regarding|regards to|in|from|at|by|between|using|use|with|on|is|are|about|:) )?)"
    r"(?P<a>[^,;:?!]+?) "
    rf"{_VS} (?P<b>[^,;:?!]+?){_TAIL}",
    re.I,
)
_BOTH = re.compile(
    r"^(?P<head>(?:(?:who|which|what|where|when|how|why|is|are|do|does)\b.{0,100}?\b)??"
    r"(?:do|does|did|is|are|was|were|has|have|of|about)) both "
    r"(?P<a>(?:[\w.&+-]+ ){1,3}?)and (?P<b>[\w.&+-]+)(?P<tail>(?: .{0,60})?)[ .?!]*$",
    re.I,
)
_WH = r"(?:who|whom|whose|which|what|when|where|why|how)"
_AUX = r"(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|had)"
_JOINED = re.compile(
    rf"^(?P<first>(?:{_WH}|{_AUX}) .+?),? and (?P<second>(?:who|whose|which|what) .+|(?:when|where|why) {_AUX} .+|"
    rf"how (?:(?:many|much|long|often|far|fast|large|big|high|well)\b.*? )?{_AUX} .+?)[ .?!]*$",
    re.I,
)
_ASKED = re.compile(rf"^(?:{_WH}|{_AUX})\b", re.I)
_KNOWING = re.compile(
    r"\b(?:know|tell|explain|understand|describe|show|sure|idea|find out|see|decide|learn) (?:me |us )?(?:\w+ )?$", re.I
)
_SUBJECT = re.compile(rf"^{_WH}(?: \w+)?? {_BE} (?P<rest>.+)$", re.I)  # "How large is REST"
_PRONOUN = re.compile(r"\b(?:it|they|them|(?:this|that|these|those)$)(?![\w'])", re.I)
_THEIRS = re.compile(r"\b(?:its|their)\b", re.I)
_EMPTY_LIST = """who whom whose which what when where why how is are was were do does did can could should would
    will has have had it they them its their this that these those one ones called named mean means the a an to of
    for in on with by from be been so i we you he she there happen happens happened reason if not any and or me my
    your fix fixed resolve resolved solve solved avoid avoided prevent prevented work works use used useful
    important handle handled"""
_EMPTY = frozenset(_EMPTY_LIST.split())
_NO_THING = frozenset({"it", "they", "them", "this", "that", "these", "those", "one", "a", "an", "the", "what", "who"})
_ADJECTIVE = re.compile(
    r"(?:non-?)?[a-z-]+(?:ed|ive|al|ic|ous|ar|ble|ary|ant|less|ward)|"
    r"old|new|first|second|small|large|big|former|current|previous|left|right|cheap|fast|slow"
)
Rule = Callable[[str, str], tuple[str, ...]]


def parts_of(question: str) -> tuple[str, ...]:
    """Texts to search beside the question, each standing alone; empty for a question that asks for one thing."""
    plain = " ".join(question.split())
    if not plain or len(plain) > LONGEST:
        return ()
    hidden = masked(plain)
    found = dict.fromkeys(next((parts for rule in _RULES if (parts := rule(plain, hidden))), ()))
    return tuple(found) if 1 < len(found) <= MOST else ()


def _two(pattern: re.Pattern[str], frame: str) -> Rule:
    """A rule: the two things of the pattern, each in the frame."""

    def parts(plain: str, hidden: str) -> tuple[str, ...]:
        match = pattern.match(hidden)
        if not match:
            return ()
        said = {name: plain[slice(*match.span(name))].strip(" ,.?!") for name in pattern.groupindex if match[name]}
        one, other = said.get("a", ""), said.get("b") or said.get("b1", "")
        things = [*re.split(r", (?:and )?", one), other] if pattern is _DIFFERENCE else [one, other]
        if not all(_is_thing(thing) for thing in things):
            return ()
        things = [_completed(thing, other) for thing in things[:-1]] + [_headed(other, one)]
        said = {"head": "", "more": "", "tail": "", "context": "", "what": "", **said}
        return tuple(" ".join(frame.format(thing=thing, **said).split()) for thing in things)

    return parts


def _is_thing(text: str) -> bool:
    words = text.split()
    return 0 < len(words) <= _THING and not all(word.lower() in _NO_THING for word in words)


def _completed(thing: str, other: str) -> str:
    """ "supervised and unsupervised learning": both are learning."""
    noun = other.split()[-1]
    alike = " " not in thing and _ADJECTIVE.fullmatch(thing) and 1 < len(other.split()) <= 3 and thing != other
    return f"{thing} {noun}" if alike else thing


def _headed(thing: str, other: str) -> str:
    """ "the retros of March and April": both are retros."""
    head, of, _ = other.rpartition(" of ")
    return f"{head} of {thing}" if of and " " not in thing else thing


def _joined(plain: str, hidden: str) -> tuple[str, ...]:
    match = _JOINED.match(hidden)
    if not match or _KNOWING.search(hidden[: match.end("first")]):
        return ()
    first, second = (plain[slice(*match.span(name))].strip(" ,?.!") for name in ("first", "second"))
    return _standing_alone([first, second])


def _in_a_row(plain: str, hidden: str) -> tuple[str, ...]:
    """Several questions, one after the other."""
    ends = [match.end() for match in re.finditer(r"\?(?= |$)", hidden)]
    if len(ends) < 2 or ends[-1] < len(hidden.rstrip()):
        return ()
    said = [plain[start:end].strip(" ?") for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    return _standing_alone(said) if all(_ASKED.match(text) for text in said) else ()


def _standing_alone(questions: list[str]) -> tuple[str, ...]:
    """Nothing where one of them has no words of its own ("and why?")."""
    if not all(_has_words(text) for text in questions):
        return ()
    subject = _SUBJECT.match(questions[0])
    about = subject["rest"] if subject else ""
    return (questions[0], *(_with_subject(text, about, questions[0]) for text in questions[1:]))


def _has_words(text: str) -> bool:
    return any(word.lower() not in _EMPTY for word in re.findall(r"[\w.-]+", text))


def _with_subject(question: str, subject: str, first: str) -> str:
    """A pronoun gives way to a short subject; else the first question stands behind."""
    pattern, ending = (_PRONOUN, "") if _PRONOUN.search(question) else (_THEIRS, "'s")
    if not pattern.search(question):
        return question
    short = 0 < len(subject.split()) <= _THING
    return pattern.sub(lambda _: subject + ending, question, count=1) if short else f"{question} ({first})"


_RULES: tuple[Rule, ...] = (
    _two(_DIFFERENCE, "{what} {thing} {tail} {context}"),
    _two(_DIFFER, "{thing} {tail}"),
    _two(_COMPARE, "{thing} {tail}"),
    _two(_COMPARES, "{thing} {tail}"),
    _in_a_row,
    _joined,
    _two(_WHICH, "{thing} {more} {tail}"),
    _two(_OR_WHICH, "{thing} {tail}"),
    _two(_THAN, "{thing} {more} {tail}"),
    _two(_DOES, "{thing} {more} {tail}"),
    _two(_USE, "{head} {thing} {tail}"),
    _two(_BOTH, "{head} {thing} {tail}"),
    _two(_VERSUS, "{head} {thing} {tail}"),
)
