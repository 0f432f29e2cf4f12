"""Whether an answer of a language model reads as a refusal: it has no field that says so.

The phrases were checked on the fitting half of the labelled answers of FinanceBench, never on the other.
"""

import re

_REFUSING = re.compile(
    r"\b(?:can(?:no|')t|cannot|unable to|not able to|(?:do|does|did) not|(?:do|does|did)n't)\s+(?:\w+\s+){0,3}?"
    r"(?:provide|answer|determine|find|access|contain|include|calculate|mention|disclose|specify|give|have|see|assess)"
    r"|\b(?:no|not enough|insufficient) (?:specific |sufficient |direct )?(?:information|data|context|details)\b"
    r"|\b(?:is|are|was|were) not (?:\w+ )?(?:provided|available|included|disclosed|specified|mentioned|given)\b",
    re.I,
)


def reads_as_refusal(text: str) -> bool:
    """Its first 60 words say that there is no answer to give."""
    return bool(_REFUSING.search(" ".join(text.split()[:60])))
