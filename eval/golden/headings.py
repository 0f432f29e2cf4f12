"""Headings that name a task, a question or a rejected idea, answered by the first telling sentence below them."""

import re
from collections.abc import Iterator

from eval.golden.candidates import Candidate, Maker, is_generic, topic_of, word_set
from eval.golden.clauses import POINTING, points_outside, without_lead
from eval.golden.corpus import Page, Part
from eval.golden.words import Span, balanced, content_words, plain, trimmed

MADE_BY = "headings/1"
_NUMBERED = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?|[A-Z][.)]|Q\d*[:.]|FAQ:)\s+")
_QUESTION = re.compile(
    r"^(?:What|Which|Who|When|Where|How|Why|In what|Is|Are|Does|Do|Can|Could|Should|Will|Must)"
    r"(?: \w+){0,3}? (?:is|are|was|were|do|does|did|can|could|should|will|would|has|have|the|we|I|you)\b"
)
_HOW = re.compile(r"^How(?: do (?:I|you|we))?(?:[- ]?to)? (?P<rest>[a-z].+)$", re.I)
_WHY = re.compile(r"^(?:The reason why|Why|Reasons? (?:for|to)) (?P<rest>.+)$")
VERBS = word_set(
    """add allocate apply ask avoid build change check choose clean clone compile configure connect contribute convert
    copy create debug delete deploy disable download enable export find fix get handle import improve increase install
    kill launch limit list load log make manage measure merge migrate monitor move open optimize prepare publish read
    rebuild reduce register release remove rename report reproduce request reset restart restore resume review rotate
    run save schedule search send set setup share show split start stop submit switch sync test track transfer
    troubleshoot update upgrade upload use validate verify view write"""
)
_GERUNDS = word_set(
    """adding allocating applying asking avoiding building changing checking choosing cleaning cloning compiling
    configuring connecting contributing converting copying creating debugging deleting deploying disabling downloading
    enabling exporting finding fixing getting handling importing improving increasing installing killing launching
    loading making managing measuring merging migrating monitoring moving opening optimizing preparing publishing
    reading reducing registering releasing removing renaming reporting reproducing requesting resetting restarting
    restoring resuming reviewing rotating running saving scheduling searching sending setting sharing showing splitting
    starting stopping submitting switching syncing tracking transferring updating upgrading uploading using validating
    verifying viewing writing working dealing"""
)
_TELLS_HOW = re.compile(
    r"^(?:to [^,]{5,60}, )?(?:please |simply |just |always |let's |first,? )?(?:{verbs}|use|go|click|select|follow|see|"
    r"pass|call|give|ensure|provide|specify|choose|fill|press|include|keep)\b|"
    r"\b(?:you|we|one) (?:can|could|need|must|should|have to|will need|may|use|used)\b|\b(?:must|should) be\b|"
    r"\bby \w+ing\b|\bneeds? to be\b|\b(?:has|have) to\b".replace("{verbs}", "|".join(sorted(VERBS))),
    re.I,
)
_TELLS_NOTHING = re.compile(
    r"\b(?:here is|here are|not sure|as follows|see also|work in progress)\b|"
    r"^(?:if|keep in mind|when|before|after|as|since)\b",
    re.I,
)
_REJECTED = re.compile(r"\b(?:rejected|alternatives?(?: considered)?|discarded)\b", re.I)
_TELLS_WHY = re.compile(
    r"\b(?:because|since|would|too|not|n't|however|but|reject\w*|problem|difficult|instead)\b", re.I
)
LONGEST = 45  # words of an answer


def generate(maker: Maker) -> Iterator[Candidate]:
    for page in maker.corpus.prose:
        for part in page.parts:
            heading = _clean(part)
            if heading and not is_generic(heading):
                yield from _asked(maker, page, part, heading)


def _clean(part: Part) -> str:
    heading = _NUMBERED.sub("", plain(part.heading)).strip(" #:.")
    words = heading.split()
    pointing = any(
        word.casefold().strip("?,.") in POINTING - {"you", "your", "my", "i", "other", "one"} for word in words
    )
    return heading if 2 <= len(words) <= 14 and balanced(heading) and not pointing else ""


def _asked(maker: Maker, page: Page, part: Part, heading: str) -> Iterator[Candidate]:
    first, _, rest = heading.partition(" ")
    how, reason = _HOW.match(heading), _WHY.match(heading)
    if _REJECTED.search(" › ".join(part.path[1:-1])):
        yield from _rejected(maker, page, part, heading)
    elif heading.endswith("?") and _QUESTION.match(heading):
        yield from _answered(page, part, maker.placed(_reworded(maker, heading), page), None)
    elif how and how["rest"].split(" ", 1)[0].casefold() in VERBS:
        yield from _answered(page, part, maker.placed(_how(maker, how["rest"]), page), _TELLS_HOW)
    elif reason and len(reason["rest"].split()) >= 3:
        question = f"What is the reason why {maker.lowered(reason['rest'])}?" if heading.startswith("Why") else ""
        if question:
            yield from _answered(page, part, maker.placed(question, page), None)
    elif first.casefold() in VERBS and len(rest.split()) >= 2 and heading != heading.title():
        task = maker.lowered(heading) if first.istitle() else heading
        yield from _answered(page, part, maker.placed(_how(maker, task), page), _TELLS_HOW)
    elif first.casefold() in _GERUNDS and len(rest.split()) >= 1:
        task = first.casefold() + heading[len(first) :]
        forms = ("How does one go about {0}?", "What is the recommended way of {0}?", "What should I know before {0}?")
        question = maker.choose(forms[:2], heading).format(task)
        yield from _answered(page, part, maker.placed(question, page), _TELLS_HOW)


def _how(maker: Maker, task: str) -> str:
    task = re.sub(r"^set[- ]?up\b", "set up", task[:1].lower() + task[1:] if task[:2].istitle() else task, flags=re.I)
    forms = ("How do I {0}?", "How can one {0}?", "What has to be done to {0}?", "What is the way to {0}?")
    return maker.choose(forms, task).format(task)


def _reworded(maker: Maker, heading: str) -> str:
    found = re.match(r"^How (?:do|can|should) (?:I|you|we) (?P<rest>.+)\?$", heading)
    return _how(maker, found["rest"]) if found else heading


def _rejected(maker: Maker, page: Page, part: Part, heading: str) -> Iterator[Candidate]:
    if _REJECTED.search(heading):
        return
    idea, topic = maker.lowered(heading.rstrip("?")), topic_of(page, None)
    forms = ("Why was it decided against “{0}” in {1}?", "What speaks against the idea “{0}” in {1}?")
    yield from _answered(page, part, maker.choose(forms, heading).format(idea, topic), _TELLS_WHY)


def _answered(page: Page, part: Part, question: str, telling: re.Pattern[str] | None) -> Iterator[Candidate]:
    """With the first sentence that says enough; a list that it introduces comes along."""
    for span in list(page.said(part))[:6]:
        text = without_lead(plain(page.text[slice(*span)]))
        words = text.split()
        if not 6 <= len(words) <= LONGEST or text.endswith(("?", ":")) or _points(text) or "http" in text:
            continue
        if page.text[slice(*span)].lstrip().startswith("|") or not balanced(text):
            continue
        if _TELLS_NOTHING.search(text) or (telling and not telling.search(text)) or not _related(part, text):
            continue
        yield _candidate(page, span, question, text)
        return


def _points(text: str) -> bool:
    return not text.startswith(("You ", "Your ", "There ")) and points_outside(text)


def _related(part: Part, text: str) -> bool:
    """A sentence that shares nothing with its heading seldom answers it."""
    return bool(set(content_words(part.heading)) & set(content_words(text)))


def _candidate(page: Page, span: Span, question: str, answer: str) -> Candidate:
    return Candidate(
        kind="heading", question=question, answer=trimmed(answer), page=page, spans=(span,), made_by=MADE_BY
    )
