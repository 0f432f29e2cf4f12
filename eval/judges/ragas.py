"""ragas' metrics as a judge: AnswerAccuracy of answers, ResponseGroundedness of claims and summaries.

ragas needs other versions of libraries than teamlore, so it runs in an environment of its own, in a child process that
can reach the model's server and nothing else.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from eval.judges.judged import GOOD, JudgedItem, Task
from eval.judges.judging import Verdict
from eval.judges.llm import FAILED, NO_LABEL, Recorded
from eval.metrics.refusing import reads_as_refusal
from rag.domain.errors import BadInput, BadSetting

WORKER = Path(__file__).with_name("ragas_worker.py")
PINS = '"ragas==0.4.3" "langchain-community<0.4"'  # ragas imports what langchain-community 0.4 no longer has
INSTALL = f"python -m venv ragas-env && ragas-env/bin/pip install {PINS}, then --ragas-python ragas-env/bin/python"
METRIC: Mapping[Task, str] = {
    "answers": "AnswerAccuracy",
    "claims": "ResponseGroundedness",
    "summaries": "ResponseGroundedness",
}
LEAST = 0.5  # above it, both of ragas' raters together say more than "partly"
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT")  # of the environment: no key, no proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The model behind ragas; `python`: an interpreter that has it."""

    model: str
    url: str
    key: str = ""
    python: str = sys.executable


class RagasJudge:
    """Good above LEAST. It knows neither refusals nor contradictions: the first are told by their words, the others are
    `neutral`. One item at a time; not thread-safe."""

    tasks: tuple[Task, ...] = ("answers", "claims", "summaries")

    def __init__(self, reached: Reached, served: Mapping[str, Any]) -> None:
        """Starts the child. Raises BadSetting where ragas is not installed or the server's name is not known."""
        self._served = dict(served)
        self._model = reached.model
        self._child = _started(reached.python)
        weakref.finalize(self, _end, self._child)
        hello = self._asked({"url": reached.url, "key": reached.key, "model": reached.model})
        if "ragas" not in hello:
            raise BadSetting(
                f"The model's server is not found: {hello.get('unreachable')}.",
                fix="See to --judge-url, http://127.0.0.1:8080/v1.",
            )
        self.version = str(hello["ragas"])

    @property
    def name(self) -> str:
        return f"ragas:{self._model} {self.version}"

    @property
    def record(self) -> Recorded:
        prompts = {name: f"ragas {self.version}" for name in METRIC.values()}
        return Recorded(model=f"openai:{self._model}", prompts=prompts, trials=1, served=self._served)

    def identity(self, task: Task) -> str:
        """Of its version, which fixes the prompts."""
        known = [METRIC[task], self.version, self._model, self._served, WORKER.read_text(encoding="utf-8")]
        return sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:12]

    def judge(self, item: JudgedItem) -> Verdict:
        if item.task == "answers" and not item.golds:
            return Verdict(label=None, why="no gold answer")
        if item.task != "answers" and not any(item.sources):
            return Verdict(label=None, why="no source")
        started = time.monotonic()
        shown = {"task": item.task, "text": item.text, "question": item.question}
        reply = self._asked({**shown, "golds": item.golds, "sources": item.sources})
        seconds = time.monotonic() - started
        score = reply.get("score")
        if score is None:
            missing = FAILED if "error" in reply else NO_LABEL
            why = str(reply.get("error") or reply.get("why") or missing)
            return Verdict(label=None, why=why, missing=missing, seconds=seconds)
        label = GOOD[item.task] if score > LEAST else _bad(item)
        return Verdict(label=label, score=score, why=METRIC[item.task], seconds=seconds)

    def _asked(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Raises BadSetting when the child has ended."""
        child, errors = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(row) + "\n")
            child.stdin.flush()
            reply = json.loads(child.stdout.readline())
        except (OSError, ValueError) as error:
            child.wait()
            errors.seek(0)
            said = errors.read().strip().splitlines()[-1:] or ["it ended"]
            raise BadSetting(f"ragas does not run: {said[0][:200]}", fix=f"Install it: {INSTALL}.") from error
        return dict(reply)


Child = tuple["subprocess.Popen[str]", IO[str]]


def _started(python: str) -> Child:
    errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - as long as the child
    try:
        child = subprocess.Popen(
            [python, "-P", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
        )
    except OSError as error:
        errors.close()
        raise BadInput(f"{python}: does not start ({error.strerror}).", fix=f"Install ragas: {INSTALL}.") from error
    return child, errors


def _end(child: Child) -> None:
    process, errors = child
    process.kill()
    for pipe in (process.stdin, process.stdout, errors):
        if pipe:
            pipe.close()
    process.wait()


def _bad(item: JudgedItem) -> str:
    if item.task == "answers":
        return "refusal" if reads_as_refusal(item.text) else "incorrect"
    return "neutral" if item.task == "claims" else "unfaithful"
