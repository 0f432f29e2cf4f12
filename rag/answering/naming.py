"""What a question or an answer names: runs, models, people, pages, things. Rules of form alone. Pure."""

import re

from rag.retrieval.hints import identifiers_of, masked, phrases_of

WH = "what|which|who|whom|whose|when|where|why|how"
AUXILIARY = "is|are|was|were|did|does|do|has|have|had|can|could|should|will|would|may|might|must"
PREPOSITION = "of|in|on|at|for|with|by|to|from|about|after|before|under|over|between|than|as|into|during|against|per"
MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
MONTH = re.compile(rf"\b(?:{MONTHS})\b")
DATED = re.compile(
    rf"\b(?:{MONTHS}|Q[1-4]|H[12]|(?:19|20)\d\d(?:-\d\d){{0,2}}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b"
)
_CAPITAL = re.compile(r"(?<![\w.`@/-])[A-Z][\w'’+-]*(?:(?: (?:of|the|and|de|van|von))? [A-Z][\w'’+-]*|(?: |-)\d+\b)*")
_NO_NAME = re.compile(
    rf"(?:{WH}|{AUXILIARY}|the|an?|i|we|our|it|its|this|that|these|those|and|but|so|or|if|in|on|at|for|from|of|by|no|yes|"
    r"please|tell|show|list|give|name|describe|explain|there|they|he|she|you|not|nobody|each|every|all|some|one|two|any)"
    r"(?:'s|’s)?",
    re.I,
)
_NOUN_STOPS = re.compile(
    rf"\b(?:{WH}|{AUXILIARY}|{PREPOSITION}|and|or|but|that|because|if|not|it|they|we|he|she|you|be|been|being|the|an?|"
    r"our|their|its|his|her|there|then|use[sd]?|get|got|need|needs|run on|take|takes|took|make|made|become|became|"
    r"happen|happened|work|works|mean|means|look|looks|go|went|have|\w+ed|\w+ing)\b|[?,;:.()]",
    re.I,
)
_DO = re.compile(r"\b(?:do|does|did)\s*$", re.I)
_DETERMINED = re.compile(r"\b(?:the|our|a|an)\s+(?=\w)", re.I)
_PERSON = re.compile(r"\b[A-ZÀ-Ý][\wÀ-ÿ'’-]+(?: [A-ZÀ-Ý][\wÀ-ÿ'’-]+){1,2}\b")
LONGEST_NOUN = 4  # words


def names_of(text: str) -> tuple[str, ...]:
    """Quoted words, identifiers and capitalised names in the order of the text, each once; dates are none."""
    found = {text.find(name): name for name in (*identifiers_of(text), *phrases_of(text))}
    plain = masked(text)
    for match in _CAPITAL.finditer(plain):
        words = match[0].split()
        first = match.start()
        while words and _NO_NAME.fullmatch(words[0]):  # "Does Dawn Chorus": the name begins behind
            first += len(words.pop(0)) + 1
        name = " ".join(words)
        opens = first == 0 or plain[:first].rstrip()[-1:] in ".?!:"
        if not name or DATED.fullmatch(name) or (opens and len(words) == 1 and name.islower()):
            continue
        if opens and len(words) == 1 and name[1:].islower() and not plain[first + len(name) :].startswith("'"):
            continue  # the first word of a sentence
        found.setdefault(first, name)
    return _apart([found[at] for at in sorted(found)])


def _apart(names: list[str]) -> tuple[str, ...]:
    """Without those that stand in another: of "Run kb-17" and "kb-17" the shorter."""
    kept: list[str] = []
    for name in dict.fromkeys(names):
        within = next((n for n, other in enumerate(kept) if name in other.split()), None)
        if within is not None:
            kept[within] = name
        elif not any(name in other for other in kept):
            kept.append(name)
    return tuple(dict.fromkeys(kept))


def nouns_of(text: str) -> tuple[str, ...]:
    """What stands behind an article, up to the next word that is no part of it: "the ONNX model on the recorder"."""
    found = []
    for match in _DETERMINED.finditer(text):
        rest = text[match.end() :]
        stop = _NOUN_STOPS.search(
            rest, len(rest.split(" ", 1)[0])
        )  # "the training guide": its first word is part of it
        words = (rest[: stop.start()] if stop else rest).split()
        if stop and stop[0] == "?" and len(words) > 1 and _DO.search(text[: match.start()]):
            words.pop()  # the verb: "What does the guide recommend?"
        if words:
            found.append(" ".join(words[:LONGEST_NOUN]))
    return tuple(dict.fromkeys(found))


def people_in(text: str) -> tuple[str, ...]:
    """First and last names, as far as capitals tell."""
    return tuple(dict.fromkeys(name for name in _PERSON.findall(text) if not DATED.search(name)))
