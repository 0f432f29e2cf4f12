"""A language model as a judge. Its figures mean what its agreement with people means: show the two together."""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from random import Random
from typing import Any

from eval.judges.judged import JudgedItem, Task
from eval.judges.judging import Verdict
from eval.judges.prompts import PROMPTS, Prompt, schema, user
from rag.domain.errors import BackendFailed
from rag.domain.ports import LLM
from rag.models.usage import Meter, metered

TOKENS = 160  # of a reply: a sentence and a label
NO_LABEL, FAILED, TIE = "no label in the reply", "the model failed", "the trials disagree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What must be known of a judge to repeat its figures."""

    model: str
    prompts: Mapping[str, str]  # {name of a prompt: digest of its words}
    trials: int
    served: Mapping[str, Any] = field(default_factory=dict)  # what the server says of the model; often nothing
    temperature: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMJudge:
    """`trials` > 1: each asks with its pieces and labels in another order, and the commonest label wins; a tie gives no
    verdict. At temperature 0 repeating the same words would only repeat the same reply."""

    llm: LLM
    trials: int = 1
    prompts: Mapping[Task, Prompt] = field(default_factory=lambda: PROMPTS)
    served: Mapping[str, Any] = field(default_factory=dict)

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
        return Recorded(model=self.llm.name, prompts=digests, trials=self.trials, served=self.served)

    def identity(self, task: Task) -> str:
        """Two judges of one identity are the same instrument for that task: 12 hexadecimal digits."""
        prompt = self.prompts[task]
        known = {**asdict(self.record), "prompts": {prompt.name: prompt.digest}}
        return sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:12]

    def judge(self, item: JudgedItem) -> Verdict:
        return consensus(self.each(item))

    def each(self, item: JudgedItem) -> tuple[Verdict, ...]:
        """One verdict a trial. A reply that is no label, and a model that fails, are verdicts without a label."""
        return tuple(self._once(item, trial) for trial in range(self.trials))

    def _once(self, item: JudgedItem, trial: int) -> Verdict:
        prompt, order = self.prompts[item.task], Random(_seed(item, trial))
        started = time.monotonic()
        system, asked = prompt.system(order), user(item, order)
        with metered() as meter:
            try:
                reply = "".join(self.llm.stream(system, asked, max_tokens=TOKENS, schema=schema(prompt)))
            except BackendFailed as error:
                return Verdict(label=None, why=str(error), seconds=time.monotonic() - started, missing=FAILED)
        label, why = parsed(reply, prompt)
        missing = "" if label else NO_LABEL
        seconds = time.monotonic() - started
        return Verdict(label=label, why=why, seconds=seconds, missing=missing, tokens=counted(meter))


def counted(meter: Meter) -> tuple[int, int] | None:
    """Tokens read and written; None where a server did not say."""
    known = [usage for usage in meter if usage is not None]
    if not known or len(known) < len(meter):
        return None
    return sum(usage.tokens_in for usage in known), sum(usage.tokens_out for usage in known)


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
    return None, f"{NO_LABEL}: {' '.join(reply.split())[:200]!r}"


def consensus(verdicts: Sequence[Verdict]) -> Verdict:
    """The label most trials gave; `score` is their share. None on a tie, when no trial gave one, and when the model
    failed in any: that item is to be asked again."""
    if len(verdicts) == 1:
        return verdicts[0]
    if failed := next((verdict for verdict in verdicts if verdict.missing == FAILED), None):
        return failed
    counts = Counter(verdict.label for verdict in verdicts if verdict.label is not None)
    spent = _spent(verdicts)
    best = counts.most_common(2)
    if not best:
        first = verdicts[0] if verdicts else Verdict(label=None, why="not asked", missing="not asked")
        return Verdict(label=None, why=first.why, missing=first.missing, **spent)
    if len(best) > 1 and best[0][1] == best[1][1]:
        return Verdict(label=None, why=f"{TIE}: {dict(counts)}", missing=TIE, **spent)
    label, times = best[0]
    why = next(verdict.why for verdict in verdicts if verdict.label == label)
    return Verdict(label=label, score=times / len(verdicts), why=why, **spent)


def _spent(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    tokens = [verdict.tokens for verdict in verdicts if verdict.tokens]
    return {
        "seconds": sum(verdict.seconds or 0.0 for verdict in verdicts),
        "trials": tuple(verdict.label for verdict in verdicts),
        "tokens": (sum(t[0] for t in tokens), sum(t[1] for t in tokens)) if len(tokens) == len(verdicts) > 0 else None,
    }
