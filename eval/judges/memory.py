"""What a judge said so far, a line each: models are slow, and what was judged once is not asked again."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from eval.judges.judged import JudgedItem, Task
from eval.judges.judging import Judge, Verdict
from eval.judges.llm import FAILED, Recorded
from eval.runs.folder import evaluations, make_folder
from rag.domain.errors import BackendFailed, BadInput, StorageFailed

PATIENCE = 3  # items in a row that the model failed on, before the rest is left for another time


class ModelJudge(Judge, Protocol):
    """A judge whose figures need its agreement with people beside them."""

    @property
    def record(self) -> Recorded: ...

    def identity(self, task: Task) -> str:
        """Two judges of one identity are the same instrument for that task."""
        ...


class Memory:
    """The verdicts of one judge in one file, each under a digest of all that the judge saw."""

    def __init__(self, path: Path) -> None:
        """Raises BadInput for a damaged file, StorageFailed where nothing can be written."""
        make_folder(path.parent)
        self._path = path
        self._known = dict(_read(path))

    def recall(self, key: str) -> Verdict | None:
        return self._known.get(key)

    def keep(self, key: str, verdict: Verdict) -> None:
        """Raises StorageFailed."""
        self._known[key] = verdict
        try:
            with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(json.dumps({"key": key, **asdict(verdict)}, ensure_ascii=False) + "\n")
        except OSError as error:
            raise StorageFailed(
                f"{self._path}: cannot be written ({error.strerror}).", fix="Free some space."
            ) from error


def memory_of(judge: Judge, home: Path) -> Memory:
    return Memory(evaluations(home) / "judges" / f"{slug(judge.name)}.jsonl")


def slug(name: str) -> str:
    """For a file's name; judges whose names differ in signs only differ in it too."""
    plain = re.sub(r"[^\w.+-]+", "-", name).strip("-")
    return plain if plain == name else f"{plain}-{sha256(name.encode()).hexdigest()[:4]}"


def _read(path: Path) -> Iterator[tuple[str, Verdict]]:
    """A last line that was being written when the process stopped is cut off."""
    if not path.exists():
        path.touch(mode=0o600)
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            row = json.loads(line)
            tokens, trials = row.pop("tokens"), tuple(row.pop("trials"))
            yield row.pop("key"), Verdict(tokens=tuple(tokens) if tokens else None, trials=trials, **row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{path}:{number}: no verdict ({error}).", fix="Remove that line, or the file.") from error


def ask(judge: ModelJudge, items: Iterable[JudgedItem], memory: Memory) -> Iterator[Verdict]:
    """In the order of the items; what is known is not asked. Raises BackendFailed once the model fails PATIENCE items
    in a row, or all there are; failures are not remembered."""
    failures, answered = 0, False
    for item in items:
        key = _key(judge, item)
        verdict = memory.recall(key) or judge.judge(item)
        failures = failures + 1 if verdict.missing == FAILED else 0
        answered = answered or not failures
        if failures == PATIENCE:
            raise _gone(judge, f"failed {PATIENCE} times in a row", verdict)
        if not failures and not memory.recall(key):
            memory.keep(key, verdict)
        yield verdict
    if failures and not answered:
        raise _gone(judge, "gave nothing", verdict)


def _gone(judge: Judge, what: str, last: Verdict) -> BackendFailed:
    return BackendFailed(
        f"{judge.name} {what}: {last.why}", fix="See to its server (--judge-url); the same command goes on from here."
    )


def _key(judge: ModelJudge, item: JudgedItem) -> str:
    """Of what it is shown. The label and the scores of others are not."""
    shown = asdict(replace(item, label="", detectors={}, cluster="", by="", rationale=()))
    return sha256(json.dumps([judge.identity(item.task), shown], sort_keys=True).encode()).hexdigest()[:24]
