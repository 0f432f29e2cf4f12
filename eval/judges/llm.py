"""A language model as a judge. Its figures mean what its agreement with people means: show the two together."""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

from eval.judged import JudgedItem, Task
from eval.judges.prompts import PROMPTS, Prompt, schema, user
from eval.judging import Verdict
from rag.domain.errors import BackendFailed
from rag.domain.ports import LLM

TOKENS = 160  # of a reply: a sentence and a label


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What must be known of a judge to repeat its figures."""

    model: str
    prompts: Mapping[str, str]  # {name of a prompt: digest of its words}
    trials: int
    temperature: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMJudge:
    """`trials` > 1: each asks with its pieces and labels in another order, and the commonest label wins; a tie gives no
    verdict. At temperature 0 repeating the same words would only repeat the same reply."""

    llm: LLM
    trials: int = 1
    prompts: Mapping[Task, Prompt] = field(default_factory=lambda: PROMPTS)

    @property
    def name(self) -> str:
        versions = sorted({prompt.version for prompt in self.prompts.values()})
        return f"{self.llm.name} prompt {'+'.join(versions)}" + (f" x{self.trials}" if self.trials > 1 else "")

    @property
    def tasks(self) -> tuple[Task, ...]:
        return tuple(self.prompts)

    @property
    def record(self) -> Recorded:
        digests = {prompt.name: prompt.digest for prompt in self.prompts.values()}
        return Recorded(model=self.llm.name, prompts=digests, trials=self.trials)

    def judge(self, item: JudgedItem) -> Verdict:
        return consensus(self.each(item))

    def each(self, item: JudgedItem) -> tuple[Verdict, ...]:
        """One verdict a trial. A reply that is no label, and a model that fails, are verdicts without a label."""
        return tuple(self._once(item, trial) for trial in range(self.trials))

    def _once(self, item: JudgedItem, trial: int) -> Verdict:
        prompt, order = self.prompts[item.task], Random(_seed(item, trial))
        started = time.monotonic()
        system, asked = prompt.system(order), user(item, order)
        try:
            reply = "".join(self.llm.stream(system, asked, max_tokens=TOKENS, schema=schema(prompt)))
        except BackendFailed as error:
            return Verdict(label=None, why=str(error), seconds=time.monotonic() - started)
        label, why = parsed(reply, prompt)
        return Verdict(label=label, why=why, seconds=time.monotonic() - started)


def _seed(item: JudgedItem, trial: int) -> int:
    return int.from_bytes(sha256(f"{item.id}\n{trial}".encode()).digest()[:8])


def parsed(reply: str, prompt: Prompt) -> tuple[str | None, str]:
    """(class, reason). A reply without a known label gives (None, what it said)."""
    start, end = reply.find("{"), reply.rfind("}")
    try:
        said = json.loads(reply[start : end + 1]) if 0 <= start < end else {}
    except ValueError:
        said = {}
    label = str(said.get("label", "")).strip().lower() if isinstance(said, dict) else ""
    if label in prompt.labels:
        return prompt.labels[label], str(said.get("why", "")).strip()
    return None, f"no label in the reply: {' '.join(reply.split())[:200]!r}"


def consensus(verdicts: Sequence[Verdict]) -> Verdict:
    """The label most trials gave; `score` is their share. None on a tie, and when no trial gave one."""
    counts = Counter(verdict.label for verdict in verdicts if verdict.label is not None)
    seconds = sum(verdict.seconds or 0.0 for verdict in verdicts)
    best = counts.most_common(2)
    if not best:
        return Verdict(label=None, why=verdicts[0].why if verdicts else "not asked", seconds=seconds)
    if len(best) > 1 and best[0][1] == best[1][1]:
        return Verdict(label=None, why=f"the trials disagree: {dict(counts)}", seconds=seconds)
    label, times = best[0]
    why = next(verdict.why for verdict in verdicts if verdict.label == label)
    return Verdict(label=label, score=times / len(verdicts) if len(verdicts) > 1 else None, why=why, seconds=seconds)
