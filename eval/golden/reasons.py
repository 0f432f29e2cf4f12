"""Why, who, what caused it, when, what for: questions whose answer is one end of a sentence."""

import re
from collections.abc import Callable, Iterator

from eval.golden.candidates import Candidate, Maker
from eval.golden.clauses import Statement, clause_fits, is_subject, points_outside, statements, why
from eval.golden.words import trimmed

MADE_BY = "sentences/1"
_BECAUSE = re.compile(
    r"^(?P<claim>.+?),?\s+(?P<by>because|due to|as a result of|in order to|so that)\s+(?P<reason>.+)$"
)
_SINCE = re.compile(r"^(?:Because|Since) (?P<reason>[^,]{12,160}), (?P<claim>.+)$")
_PERSON = r"@[A-Za-z][\w.-]+|(?:[A-Z][a-z]+(?:-[A-Z][a-z]+)? )(?:[A-Z]\. )?[A-Z][a-zA-Z'’-]+(?: [A-Z][a-z]+)?"
_DID = (
    "wrote|found|discovered|suggested|proposed|noticed|fixed|created|implemented|developed|reported|designed|built|"
    "ran|added|pointed out|contributed|came up with|identified|maintains|leads|owns|made|merged|reviewed|approved"
)
_WHO = re.compile(rf"^(?P<who>(?:{_PERSON})(?: and (?:{_PERSON}))?) (?:has |have )?(?P<verb>{_DID}) (?P<rest>.+)$")
_WHOM = re.compile(
    rf"^(?P<what>.+?) (?P<aux>was|were|is|are|has been) (?P<verb>written|found|discovered|suggested|proposed|fixed|"
    rf"created|implemented|developed|reported|designed|built|added|maintained|led|owned|approved|introduced) "
    rf"by (?P<who>{_PERSON})(?:[.,]|$)"
)
_CAUSE = re.compile(
    r"^(?P<what>.+?) (?P<verb>caused|causes|led to|leads to|fixed|fixes|solved|solves|resolved|prevents|prevented|"
    r"reduces|reduced|breaks|broke|triggers|triggered|replaces|replaced|determines|controls|contains|provides|"
    r"handles|stores|defines|ensures|guarantees|supports|allows|enables|improves|improved) (?P<rest>.+)$"
)
_FOR = re.compile(r"^(?P<what>.+?) (?P<aux>is|are|was|were|can be) used (?P<use>(?:to|for|by|as|in) .+)$")
_DATE = (
    r"(?:\d{4}-\d\d(?:-\d\d)?|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?"
    r"(?:,? \d{4})?|\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"(?: \d{4})?|(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}|"
    r"(?:19|20)\d\d)"
)
_WHEN = re.compile(
    rf"^(?P<what>.+?) (?P<aux>was|were|has been|have been|is|are) "
    r"(?P<verb>\w+ed|begun|built|made|held|chosen|shut down)"
    rf"(?P<rest> [^,]*?)? (?:on|in|since|at) (?P<date>{_DATE})\b"
)

Asked = tuple[str, str, str]  # kind, question, answer


def generate(maker: Maker) -> Iterator[Candidate]:
    for page in maker.corpus.prose:
        for said in statements(page):
            for ask in ASKERS:
                asked = ask(maker, said)
                if asked:
                    kind, question, answer = asked
                    yield Candidate(
                        kind=kind,
                        question=maker.placed(question, page, said.part),
                        answer=trimmed(answer),
                        page=page,
                        spans=(said.span,),
                        made_by=MADE_BY,
                    )
                    break


def _why(maker: Maker, said: Statement) -> Asked | None:
    found = _BECAUSE.match(said.text) or _SINCE.match(said.text)
    if not found:
        return None
    claim, reason = trimmed(found["claim"]), trimmed(found["reason"])
    by = found.groupdict().get("by") or "because"
    if not clause_fits(claim) or not 3 <= len(reason.split()) <= 32 or (by == "so that" and claim.startswith("If")):
        return None
    if _points_alone(reason) or claim.casefold().endswith(
        (" is", " are", " partly", " not", " only", " just", " also")
    ):
        return None
    return "why", why(maker, claim), f"{by} {reason}"


def _points_alone(reason: str) -> bool:
    return reason.casefold() in {"of this", "of that", "of it", "this", "that", "it"} or points_outside(reason)


def _who(maker: Maker, said: Statement) -> Asked | None:
    found = _WHO.match(said.text)
    if found and _is_person(maker, found["who"]) and not points_outside(found["rest"]):
        rest = trimmed(found["rest"])
        return ("who", f"Who {found['verb']} {rest}?", found["who"]) if _enough(rest, 3) else None
    found = _WHOM.match(said.text)
    if found and _is_person(maker, found["who"]) and is_subject(found["what"]):
        subject = maker.lowered(found["what"])
        return "who", f"By whom {_inverted(found['aux'], subject)} {found['verb']}?", found["who"]
    return None


def _inverted(aux: str, subject: str) -> str:
    first, _, rest = aux.partition(" ")
    return f"{first} {subject} {rest}".strip()


def _is_person(maker: Maker, name: str) -> bool:
    """Neither of its words is one of the corpus's ordinary words."""
    return name.startswith("@") or not any(word.casefold() in maker.corpus.lower for word in name.split())


def _enough(rest: str, least: int) -> bool:
    return least <= len(rest.split()) <= 24


def _cause(_: Maker, said: Statement) -> Asked | None:
    found = _CAUSE.match(said.text)
    if not found or not is_subject(found["what"]) or points_outside(found["rest"]):
        return None
    rest = trimmed(found["rest"])
    if not _enough(rest, 3) or re.match(r"(?:the|an?) (?:issue|problem|same|following)\b|\w+ing\b|by\b|to\b", rest):
        return None
    return "what", f"What {found['verb']} {rest}?", found["what"]


def _use(maker: Maker, said: Statement) -> Asked | None:
    found = _FOR.match(said.text)
    if not found or not is_subject(found["what"]) or points_outside(found["use"]):
        return None
    subject, use = maker.lowered(found["what"]), trimmed(found["use"])
    if not _enough(use, 4):
        return None
    if use.startswith("by "):
        return "what", f"What uses {subject}?", use[3:]
    aux, _, more = found["aux"].partition(" ")
    forms = ("What {0} {1} {2}used for?", "For what purpose {0} {1} {2}used?")
    return "what", maker.choose(forms, subject).format(aux, subject, f"{more} " if more else ""), use


def _when(maker: Maker, said: Statement) -> Asked | None:
    found = _WHEN.match(said.text)
    if not found or not is_subject(found["what"]):
        return None
    rest = (found["rest"] or "").strip()
    if points_outside(rest):
        return None
    subject = maker.lowered(found["what"])
    tail = f" {rest}" if rest else ""
    return "when", f"When {_inverted(found['aux'], subject)} {found['verb']}{tail}?", found["date"]


ASKERS: tuple[Callable[[Maker, Statement], Asked | None], ...] = (_who, _why, _when, _use, _cause)
