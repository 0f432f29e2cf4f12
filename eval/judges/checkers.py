"""Judges without a model: the metrics of answers, the checks of the product, this suite's own check of support."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from eval.judges.judged import JudgedItem, Task
from eval.judges.judging import Judge, Verdict
from eval.metrics.correctness import answer_text, correct
from eval.metrics.likely import likely
from eval.metrics.refusing import reads_as_refusal
from eval.metrics.similarity import match, token_f1
from eval.metrics.support import Support, support
from rag.answering.checks.statement import judge as product_judge
from rag.domain.sentences import sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerJudge:
    """`score`: of an answer, its gold answers and the question, in [0, 1]; correct from `least` on."""

    name: str
    score: Callable[[str, Sequence[str], str], float]
    least: float = 0.5
    tasks: tuple[Task, ...] = ("answers",)

    def judge(self, item: JudgedItem) -> Verdict:
        if not any(gold.strip() for gold in item.golds):
            return Verdict(label=None, why="no gold answer")
        score = self.score(answer_text(item.text), item.golds, item.question)
        if score >= self.least:
            return Verdict(label="correct", score=score)
        return Verdict(label="refusal" if reads_as_refusal(item.text) else "incorrect", score=score)


def product_check(statement: str, quotes: Sequence[str], *, beside: str = "", asked: str = "") -> Support:
    """What the product's checks say; a denial or a comparison that is turned round contradicts."""
    verdict = product_judge(statement, quotes, beside=beside, asked=asked)
    failed = {check.name: check.detail for check in verdict.checks if not check.passed}
    why = "; ".join(failed.values())
    if not failed:
        return Support(outcome="supported", score=verdict.probability, why=why)
    turned = failed.keys() & {"negation", "comparisons"}
    return Support(outcome="contradicted" if turned else "unsupported", score=verdict.probability, why=why)


def own_check(statement: str, quotes: Sequence[str], *, beside: str = "", asked: str = "") -> Support:
    """What this suite says by itself, which looks at the quotes alone."""
    del beside, asked
    return support(statement, quotes)


class StatementCheck(Protocol):
    def __call__(self, statement: str, quotes: Sequence[str], *, beside: str = "", asked: str = "") -> Support: ...


CHECKS: Mapping[str, StatementCheck] = {"product": product_check, "quote_support": own_check}


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportJudge:
    """A claim is one statement; a summary is faithful when each of its sentences is supported."""

    name: str
    check: StatementCheck
    tasks: tuple[Task, ...] = ("claims", "summaries")

    def judge(self, item: JudgedItem) -> Verdict:
        if item.task == "claims":
            found = self.check(item.text, item.sources, beside=item.beside, asked=item.question)
            label = {"supported": "support", "contradicted": "contradict", "unsupported": "neutral"}[found.outcome]
            return Verdict(label=label, score=found.score, why=found.why)
        every = [self.check(sentence, item.sources) for sentence in split(item.text)]
        failed = [found for found in every if found.outcome != "supported"]
        score = min((found.score for found in every), default=1.0)
        why = "; ".join(found.why for found in failed)
        return Verdict(label="unfaithful" if failed else "faithful", score=score, why=why)


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text) if text[start:end].strip()]


def _best(measure: Callable[[str, str], float]) -> Callable[[str, Sequence[str], str], float]:
    return lambda answer, golds, _question: max(measure(answer, gold) for gold in golds)


def _correct(words: int | None) -> Callable[[str, Sequence[str], str], float]:
    return lambda answer, golds, question: correct(answer, golds, question=question, words=words) or 0.0


JUDGES: Mapping[str, Judge] = {
    judge.name: judge
    for judge in (
        AnswerJudge(name="answer_correct", score=_correct(80)),
        AnswerJudge(name="answer_correct (all words)", score=_correct(None)),
        AnswerJudge(name="answer_likely", score=likely),
        AnswerJudge(name="answer_match", score=_best(match)),
        AnswerJudge(name="token_f1", score=_best(token_f1)),
        SupportJudge(name="product", check=product_check),
        SupportJudge(name="quote_support", check=own_check),
    )
}


def judges(task: Task) -> list[Judge]:
    return [judge for judge in JUDGES.values() if task in judge.tasks]
