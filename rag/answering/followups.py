"""A follow-up as a question that stands alone, by rules: what was named before takes the place of "it". Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.leaning import OPENING, TYPES, Leaning, leaning
from rag.answering.naming import AUXILIARY, DATED, MONTH, PREPOSITION, WH, names_of, nouns_of, people_in
from rag.index.analysis import terms

LOOKED_BACK = 3  # turns
LONGEST = 300  # characters of a question as it is understood
_WH_PHRASE = re.compile(
    rf"{OPENING}?(?:(?:in|at|on|by|from|with|for|over) )?(?:{WH})\b(?: (?:much|many|long|large|often|far|well|big|fast|"
    rf"high|low|old|come|about))?(?: (?:{AUXILIARY})\b)?\s*",
    re.I,
)
_ADVERB = re.compile(rf"{OPENING}?(?:when|where|why|how) (?P<rest>(?:{AUXILIARY})\b.*?)[?. ]*", re.I | re.S)
_YES_NO = re.compile(rf"{OPENING}?(?P<rest>(?:{AUXILIARY})\b.*?)[?. ]*", re.I | re.S)
_ASKS_WHICH = re.compile(rf"{OPENING}?(?:which|what|who|whom|whose)\b", re.I)
_ASKS_FOR_IT = re.compile(rf"{OPENING}?(?:which|what) (?:{TYPES})\b", re.I)  # its answer names a thing to go on about
_THING_ASKED = re.compile(
    rf"{OPENING}?(?:what|which)(?: (?:is|was|are|were))?(?: the| our| its)? (?P<noun>[\w-]+(?: [\w-]+){{0,3}}?)"
    rf"(?= (?:{AUXILIARY}|{PREPOSITION})\b|[?.]|$)",
    re.I,
)
_VALUE_OF = re.compile(
    rf"{OPENING}?(?:what|how (?:high|low|large|big))(?: (?:{AUXILIARY}))? (?:the |our )?"
    r"[\w-]+(?: [\w-]+){0,2}? (?:of|for|in|with) ",
    re.I,
)
_DECIDING = re.compile(r"(?:they |we )?(?:decided?|agreed?|chose|choose) (?:to |that |on )?", re.I)  # what was decided
_NO_THING = re.compile(rf"(?:{PREPOSITION}|last|this|next|yesterday|today|now)\b", re.I)  # when or where
_QUANTITY = re.compile(r"(?<![\w.])\d[\d,.]*(?:[eE]-?\d+)?[kKMBT%]?(?![\w.])")
_SUPERLATIVE = re.compile(
    r"\b(?:highest|lowest|best|worst|largest|smallest|longest|shortest|fastest|slowest|newest|oldest|latest|earliest)\b",
    re.I,
)
_POSSESSOR = re.compile(r"^(?:its|their|the|our|his|her) ", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A turn as its asker may read it today; `question` as it was understood.

    `titles` are of the documents that its answer cites, with their kinds.
    """

    question: str
    answer: str = ""
    titles: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """`used`: positions in the history of the turns whose answers gave words to it."""

    text: str
    used: frozenset[int] = frozenset()


def rewrite(question: str, history: Sequence[Earlier]) -> Rewritten | None:
    """None when it stands alone, or nothing before it helps. `history` oldest first."""
    found = leaning(question)
    if found is None or not history:
        return None
    last = len(history) - 1
    written: Rewritten | None
    if found.kind in ("bare", "fragment"):
        written = (
            _bare(question, found, history[last]) if found.kind == "bare" else _other(question, found, history[last])
        )
    else:
        written = _pointed(question, found, history)
    if written is None or len(written.text) > LONGEST or written.text == question:
        return None
    return written


# --- why? and in April? ---------------------------------------------------------------------------------------------


def _bare(question: str, found: Leaning, before: Earlier) -> Rewritten:
    """ "When was it changed?" "Why?": the same with another word in front; else the word, and what it was about."""
    asked = question[found.start : found.end].removesuffix(" not")
    asked = asked[0].upper() + asked[1:]
    adverb = _ADVERB.fullmatch(before.question) if asked.lower() in ("why", "when", "where", "how") else None
    yes_no = _YES_NO.fullmatch(before.question)
    if adverb or yes_no:
        rest = (adverb or yes_no)["rest"]  # type: ignore[index]
        return Rewritten(text=f"{asked} {rest[0].lower()}{rest[1:]}?")
    return Rewritten(text=f"{asked}: {focus(before.question)}?")


def _other(question: str, found: Leaning, before: Earlier) -> Rewritten:
    """ "And in April?": the earlier question with what the fragment names in place of its like."""
    fragment = question[found.start : found.end].strip()
    changed = _exchanged(before.question, fragment)
    if changed is None:
        changed = _asked_instead(before.question, fragment)
    if changed is None:
        changed = f"{fragment[0].upper()}{fragment[1:]}: {focus(before.question)}?"
    return Rewritten(text=changed)


def _exchanged(question: str, fragment: str) -> str | None:
    """Every name, date and number of the fragment stands for one of its form in the question, or it is not that."""
    new, old = _typed(fragment), _typed(question)
    rest = fragment
    changed = question
    for kind, word in new:
        rest = rest.replace(word, " ", 1)
        same = [(k, w) for k, w in old if k == kind and w not in (n for _, n in new)]
        if not same:
            return None
        replaced = max(same, key=lambda pair: _likeness(pair[1], word))
        old.remove(replaced)
        changed = changed.replace(replaced[1], word, 1)
    left = set(terms(rest)) - set(terms(question)) - {"one", "run", "model", "case"}
    return changed if new and not left and changed != question else None


def _typed(text: str) -> list[tuple[str, str]]:
    """(form, words) of what can stand for each other."""
    found = [("month" if MONTH.fullmatch(match[0]) else "date" if not match[0].isdigit() else "year", match[0])
             for match in DATED.finditer(text)]  # fmt: skip
    names = [name for name in names_of(f"x {text}") if not DATED.search(name)]
    found += [("code" if any(sign.isdigit() for sign in name) else "name", name) for name in names]
    found += [("superlative", match[0]) for match in _SUPERLATIVE.finditer(text)]
    plain = text
    for _, word in found:
        plain = plain.replace(word, " ")
    return found + [("number", match[0].rstrip(".,")) for match in _QUANTITY.finditer(plain)]


def _likeness(one: str, other: str) -> int:
    """How much of the form they share: kb-19 is more like kb-20 than like bf16."""
    shape = [re.sub(r"\d+", "0", re.sub(r"[A-Za-z]", "a", word)) for word in (one, other)]
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return 2 * start + (shape[0] == shape[1])


def _asked_instead(question: str, fragment: str) -> str | None:
    """ "And the batch size?" after "What learning rate did kb-20 use?": another thing asked of the same."""
    match = _THING_ASKED.match(question)
    if match is None or names_of(f"x {fragment}") or _NO_THING.match(fragment) or _QUANTITY.search(fragment):
        return None
    noun = _POSSESSOR.sub("", fragment)
    if len(noun.split()) > 3 or set(terms(noun)) <= set(terms(question)):
        return None
    changed = f"{question[: match.start('noun')]}{noun}{question[match.end('noun') :]}"
    return changed if len(set(terms(changed))) > len(set(terms(noun))) else None


# --- it, they, that run ---------------------------------------------------------------------------------------------


def _pointed(question: str, found: Leaning, history: Sequence[Earlier]) -> Rewritten | None:
    if found.kind == "matter" and found.start == len(question.rstrip("?. ")):  # "Who decided?"
        return Rewritten(text=f"{question[: found.start]}: {focus(history[-1].question)}?")
    for back, before in enumerate(reversed(history[-LOOKED_BACK:])):
        meant, from_answer = _meant(found, before)
        if meant and not set(terms(meant)) <= set(terms(question)):
            used = frozenset({len(history) - 1 - back}) if from_answer else frozenset[int]()
            return Rewritten(text=_put(question, found, meant), used=used)
    about = _DECIDING.sub("", focus(history[-1].question))
    if not about:
        return None
    return Rewritten(text=_put(question, found, about) if found.kind == "matter" else _aside(question, about))


def _meant(found: Leaning, before: Earlier) -> tuple[str, bool]:
    """(what the word stands for, whether the answer said it); "" where the turn names nothing of the sort."""
    if found.kind == "matter":
        return "", False
    if found.kind == "person":
        asked = people_in(_without_wh(before.question))
        told = people_in(before.answer)
        return (asked[-1], False) if asked else (told[0], True) if told else ("", False)
    if found.kind == "things" and (named := _plural(before))[0]:
        return named
    if found.noun and (fitting := _fitting(found.noun, before))[0]:
        return fitting
    asked_of, told_of = names_of(before.question), _told(before)
    if told_of and _ASKS_FOR_IT.match(before.question) and not re.search(r"\b(?:did|does|do)\b", before.question, re.I):
        return told_of[0], True
    nouns = nouns_of(before.question)
    if of := _VALUE_OF.match(before.question):  # "the val_map of kb-19": kb-19
        asked_of = names_of(f"x {before.question[of.end() :]}") or asked_of
    if asked_of:
        return next((f"the {noun}" for noun in nouns if asked_of[0] in noun.split()), asked_of[0]), False
    if nouns:
        return f"the {nouns[0]}", False
    return (told_of[0], True) if told_of and _ASKS_WHICH.match(before.question) else ("", False)


def _fitting(noun: str, before: Earlier) -> tuple[str, bool]:
    """ "that run": what is called a run in question or answer; "that page": what was cited."""
    kind = noun.rstrip("s")
    if re.match(rf"{OPENING}?(?:which|what) {re.escape(kind)}\b", before.question, re.I) and (told := _told(before)):
        return told[0] if told[0].lower().startswith(kind) else f"{kind} {told[0]}", True
    for text, from_answer in ((before.question, False), (before.answer, True)):
        for name in names_of(text):
            if re.search(
                rf"\b{re.escape(kind)}s?:? [`“\"]?{re.escape(name)}|{re.escape(name)}[`”\"]? {re.escape(kind)}\b",
                text,
                re.I,
            ):
                return name if name.lower().startswith(kind) else f"{kind} {name}", from_answer
    cited = [title for title, of_kind in before.titles if kind in (of_kind, of_kind.rstrip("s"))]
    if cited or kind in ("document", "page", "guide", "note", "thread", "paper"):
        title = (cited or [title for title, _ in before.titles] or [""])[0]
        return title, True
    return "", False


def _plural(before: Earlier) -> tuple[str, bool]:
    """Several things of the question, or the people of the answer where it asked who."""
    named = names_of(before.question)
    if len(named) > 1:
        return " and ".join(named[:3]), False
    plural = [noun for noun in nouns_of(before.question) if noun.endswith("s")]
    if plural:
        return f"the {plural[0]}", False
    if re.match(rf"{OPENING}?who\b", before.question, re.I) and (told := people_in(before.answer)):
        return " and ".join(told[:3]), True
    return "", False


def _told(before: Earlier) -> list[str]:
    """Names that the answer brought: not in the question."""
    asked = before.question.lower()
    return [name for name in names_of(before.answer) if name.lower() not in asked]


def focus(question: str) -> str:
    """What it is about: without the word that asks, its verb and the end."""
    return _WH_PHRASE.sub("", question, count=1).rstrip("?. ").strip()


def _without_wh(question: str) -> str:
    return f"x {_WH_PHRASE.sub('', question, count=1)}"


def _put(question: str, found: Leaning, meant: str) -> str:
    shown = f"{meant}'s" if found.possessive else f"in {meant}" if found.kind == "place" else meant
    before, after = question[: found.start], question[found.end :]
    return f"{before}{shown}{after}" if before else f"{shown[0].upper()}{shown[1:]}{after}"


def _aside(question: str, about: str) -> str:
    end = len(question.rstrip("?. "))
    return f"{question[:end]} ({about}){question[end:] or '?'}"
