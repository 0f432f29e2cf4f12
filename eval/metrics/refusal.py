"""Does it answer when it can, and say so when it cannot? 0 or 1 each; report the two together, always.

false_answer: answered though the corpus does not hold it; None for answerable questions.
false_refusal: refused though the corpus holds it; None for unanswerable ones. `partial` counts as answered.
Both are None where the pack does not say whether a question can be answered.
"""

from eval.metrics.base import NOT_SCORED, Metric, Observation, Score


def false_answer(seen: Observation) -> Score:
    if seen.answer is None or seen.sample.answerable is not False:
        return NOT_SCORED
    return Score(float(seen.answer.status != "refused"))


def false_refusal(seen: Observation) -> Score:
    if seen.answer is None or seen.sample.answerable is not True:
        return NOT_SCORED
    return Score(float(seen.answer.status == "refused"))


REFUSAL: dict[str, Metric] = {"false_answer": false_answer, "false_refusal": false_refusal}
