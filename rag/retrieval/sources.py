"""Which kind of document a question names: "in the retro", "the model card", "PEP 484". Pure."""

import re
from dataclasses import dataclass

from rag.retrieval.hints import Sure

# As kinds are given to documents; what people call them otherwise.
SAME = {
    **dict.fromkeys(("adr", "rfc", "pep", "decision-record", "decisions"), "decision"),
    **dict.fromkeys(("post-mortem", "post-mortems", "postmortems", "incident", "incidents"), "postmortem"),
    **dict.fromkeys(("retros", "retrospective", "retrospectives"), "retro"),
    **dict.fromkeys(("failed-experiment", "negative-result", "failures"), "failure"),
    **dict.fromkeys(
        ("lesson-learned", "lessons-learned", "learnings", "til", "what-i-learned", "what-we-learned"), "learning"
    ),
    **dict.fromkeys(("modelcard", "model-cards"), "model-card"),
    **dict.fromkeys(("datasetcard", "data-card", "dataset-cards"), "dataset-card"),
    **dict.fromkeys(("slack", "discord", "zulip", "irc", "thread", "chats"), "chat"),
    **dict.fromkeys(("e-mail", "email", "emails", "mails"), "mail"),
    **dict.fromkeys(("meeting-notes", "minutes", "meetings"), "meeting"),
    **dict.fromkeys(("pr", "pull-requests"), "pull-request"),
    **dict.fromkeys(("doc", "docs"), "document"),
    **dict.fromkeys(("runs", "experiment", "experiments"), "run"),
    **dict.fromkeys(("notebooks", "ipynb"), "notebook"),
    **dict.fromkeys(("runbooks", "playbook"), "runbook"),
    **dict.fromkeys(("issues",), "issue"),
    **dict.fromkeys(("notes",), "note"),
}
_THE = r"(?:the|our|that|this|which|what|last)"
_IN = rf"\b(?:in|from|during|at|of|says?|per|according to) {_THE} (?:[\w&-]+ ){{0,2}}?"
_SAYS = r"(?= (?:say|says|said|mentions?|claims?|states?|reports?|recommends?|describes?|lists?)\b)"
_STUDY = r"(?! (?:stud|anal|cohort|review|data|eval|exam|tissue|brain|invest|case|chart|compar|research|tumou?r))"
_PHYSICS = r"(?! (?:case|wave|light|shock|rate|angle|flow|radiation|beam))"
_CHATS = r"(?:slack|discord|zulip|irc|chat)"
_SAID = r"(?:said|says?|wrote|written|discuss(?:ed|ion)|talk(?:ed)?|announced|posted|asked)"
_PRODUCT = r"(?! (?:command|workspace|app|bot|api|window|model|template|completion))"
_TOOL = r"(?! (?:cell|server|instance|kernel|environment|image|on|in|using))"
_ID = r"(?=[\w-]*\d)[\w-]{2,40}"
_TABLE: dict[tuple[str, Sure], tuple[str, ...]] = {
    ("chat", "explicit"): (
        rf"{_SAID}\b[^.?!]{{0,60}} (?:in|on|over) (?:the |our )?{_CHATS}\b",
        rf"\b(?:in|from) (?:the|our|that|which) {_CHATS}\b{_PRODUCT}",
        rf"\b{_CHATS} (?:thread|discussion|message|conversation)s?\b",
        r"\bin #[a-z][\w-]+",
    ),
    ("chat", "mention"): (
        r"\b(?:slack|discord|zulip|irc)\b",
        r"\b(?:in|on) (?:the|that) (?:thread|channel)\b(?! of)",
    ),
    ("decision", "explicit"): (
        r"\b(?:decision (?:record|log|document)s?|adrs?)\b",
        r"\b(?:pep|rfc|adr)[ -]?\d{1,5}\b",
        rf"{_IN}(?:pep|rfc)\b",
    ),
    ("decision", "mention"): (
        r"\b(?:peps?|rfcs?)\b",
        rf"\b{_THE} decisions? (?:to|that|on|about|replaced|superseded)\b",
    ),
    ("retro", "explicit"): (
        rf"{_IN}(?:retro|retrospective)s?\b(?! meeting){_STUDY}",
        rf"\b(?:retro|retrospective)\b{_SAYS}",
    ),
    ("retro", "mention"): (rf"\b(?:retros?|(?<!in )retrospectives?)\b{_STUDY}",),
    ("postmortem", "explicit"): (
        rf"{_IN}post-?mortems?\b{_STUDY}",
        r"\bpost-?mortem (?:of|on|for|about|report)\b",
        rf"\bpost-?mortem\b{_SAYS}",
        r"\bincident (?:report|review)s?\b",
    ),
    ("postmortem", "mention"): (rf"\bpost-?mortems?\b{_STUDY}", rf"\bincidents?\b{_PHYSICS}"),
    ("model-card", "explicit"): (r"\bmodel ?cards?\b",),
    ("dataset-card", "explicit"): (r"\b(?:dataset|data) ?cards?\b", r"\b(?:the|our) datasheet\b"),
    ("notebook", "explicit"): (
        rf"\b(?:in|from|of) {_THE} (?!jupyter|colab|ipython)(?:[\w.-]+ ){{0,2}}?notebooks?\b{_TOOL}",
    ),
    ("notebook", "mention"): (r"\bnotebooks?\b|\.ipynb\b",),
    ("run", "explicit"): (
        rf"\b(?:{_THE}|best) (?:mlflow|w&b|wandb|weights (?:&|and) biases|tensorboard|experiment) runs?\b",
        rf"\b(?:the|in|of|did|does|was|between|and|for|from|which) (?:training |experiment )?runs? {_ID}",
    ),
    ("run", "mention"): (
        rf"\b(?:{_THE}|a|training|best|failed|how many|all|every) runs?\b"
        r"(?! (?:on|into|in|it|the|a|out|with|time|of)\b)",
        r"\bexperiment (?:called|named|[a-z-]{1,20}\d)",
    ),
    ("meeting", "explicit"): (
        r"\bmeeting (?:notes|minutes)\b|\bminutes of (?:the|our|last)\b",
        rf"{_IN}(?:meeting|stand-?up|weekly sync)s?\b",
    ),
    ("meeting", "mention"): (r"\b(?:meetings?|stand-?ups?)\b",),
    ("runbook", "explicit"): (r"\brun-?books?\b|\bon-?call (?:guide|playbook)s?\b",),
    ("runbook", "mention"): (r"\bplaybooks?\b",),
    ("mail", "explicit"): (
        r"\b(?:in|from) (?:the|our|that|his|her|their) e-?mails?\b(?! (?:address|field|account|notif|confirm|from))",
        r"\be-?mail threads?\b|\b(?:in|on) the mailing list\b",
    ),
    ("mail", "mention"): (r"\be-?mails?\b(?! (?:address|field|account))|\bmailing lists?\b",),
    ("pull-request", "explicit"): (
        r"\b(?:in|of|from) (?:the|that|this|which) (?:pull request|pr)\b|\b(?:pull request|pr) #?\d+",
    ),
    ("pull-request", "mention"): (r"\bpull requests?\b",),
    ("issue", "explicit"): (r"\b(?:in|from|of) (?:the|that|which) (?:github |gitlab |jira )issue\b|\bissue #\d+",),
    ("issue", "mention"): (r"\b(?:github|gitlab|jira) issues?\b",),
    ("failure", "explicit"): (r"\bfailed (?:experiment|attempt)s?\b|\bnegative results? (?:of|from|on|with)\b",),
    ("learning", "explicit"): (
        r"\blessons? (?:we )?learn(?:ed|t)\b|\bwhat (?:did we|have we|we) learn(?:ed|t)? from\b",
    ),
    ("blog", "explicit"): (r"\b(?:in|from|on) (?:the|our|that) blog(?: posts?)?\b",),
    ("blog", "mention"): (r"\bblog posts?\b",),
    ("code", "mention"): (r"\b(?:in|from) (?:the|our) (?:source code|code ?base)\b",),
    ("note", "explicit"): (r"\b(?:in|from) (?:my|our|his|her|their) notes\b",),
}
_RULES = tuple((kind, sure, re.compile("|".join(rules), re.I)) for (kind, sure), rules in _TABLE.items())
LONGEST = 2_000  # characters that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class KindHint:
    """A kind of document as they are stored, and how the question names it."""

    kind: str
    sure: Sure


def read_kinds(text: str) -> tuple[KindHint, ...]:
    """Each kind once, explicit before mentioned."""
    found: dict[str, Sure] = {}
    for kind, sure, rule in _RULES:  # a kind's explicit rules stand first
        if kind not in found and rule.search(text, 0, LONGEST):
            found[kind] = sure
    hints = [KindHint(kind=kind, sure=sure) for kind, sure in found.items()]
    return tuple(sorted(hints, key=lambda hint: hint.sure != "explicit"))


def stored_kind(said: str) -> str:
    """The kind that documents have, of what a user calls it: `ADR` is `decision`; an unknown one is itself."""
    plain = "-".join(said.casefold().replace("_", " ").split())
    return SAME.get(plain, plain)
