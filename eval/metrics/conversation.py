"""Does a follow-up, asked after its earlier turns, do as well as a question that says everything itself?

Only questions with earlier turns are scored; each metric is None for all others.

follow_up_evidence: 1 when a piece of evidence is among the passages that the answer was made from, else 0; None without
evidence. In a BEIR pack: when a judged document is among them.

follow_up_correct: answer_correct of the follow-up, in its conversation.

follow_up_loss: the same metric of the question asked by itself with its turns spelled out (`standalone`, or `rewrite`,
of the row), minus that of the follow-up: -1, 0 or 1; 0 is the goal. follow_up_correct where both can be scored, else
follow_up_evidence; None where the row has no such form. Its mean is the paired difference: what the conversation costs.

Worked: "How long did it take?" after "Which run diverged?" finds nothing and is refused (0); "How long did the run that
diverged take?" is answered correctly (1): follow_up_loss = 1.
"""

from eval.metrics.base import NOT_SCORED, Metric, Observation, Score
from eval.metrics.correctness import answer_correct
from eval.metrics.evidence import evidence_hit


def _evidence(seen: Observation) -> float | None:
    if seen.sample.evidence and seen.found is not None:
        return evidence_hit(seen.sample, seen.found, len(seen.found))
    judged = seen.sample.judgements
    if judged and seen.ranking is not None:
        return float(any(judged.get(document, 0) > 0 for document in seen.ranking))
    return None


def follow_up_evidence(seen: Observation) -> Score:
    return Score(_evidence(seen)) if seen.sample.turns else NOT_SCORED


def follow_up_correct(seen: Observation) -> Score:
    return answer_correct(seen) if seen.sample.turns else NOT_SCORED


def follow_up_loss(seen: Observation) -> Score:
    if not seen.sample.turns or seen.alone is None:
        return NOT_SCORED
    pairs = (
        (answer_correct(seen.alone).value, answer_correct(seen).value),
        (_evidence(seen.alone), _evidence(seen)),
    )
    return Score(next((alone - after for alone, after in pairs if alone is not None and after is not None), None))


CONVERSATION: dict[str, Metric] = {
    "follow_up_evidence": follow_up_evidence,
    "follow_up_correct": follow_up_correct,
    "follow_up_loss": follow_up_loss,
}
