"""The answers of a stored run, judged: items for a judge, and the run with the judge's figures beside the others.

judge_correct@NAME: 1 when the judge calls the answer correct, given the question and the gold answers; a refused
question is not answered correctly and is not shown to the judge.
judge_support@NAME: share of the answer's statements that the judge finds supported by the words they cite; a statement
that cites nothing is not. None where any of them got no verdict, for a refusal, and where nothing is stated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.judges.judged import GOOD, JudgedItem, Task, is_judged
from eval.judges.judging import Verdict
from eval.metrics.correctness import answer_text
from eval.runs.folder import RUN, TOGETHER
from eval.statistics.stats import estimate, estimate_json

METRIC: Mapping[Task, str] = {"answers": "judge_correct", "claims": "judge_support"}
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What of one question the judge is asked. `place`: (pack, id of the question)."""

    place: tuple[str, str]
    item: JudgedItem
    statement: int = 0  # of a claim: its place among the answer's statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """Of one judge. `people`: how far it agrees with people, by task, in words."""

    name: str
    pieces: Sequence[Piece]
    verdicts: Sequence[Verdict]
    people: Mapping[Task, str]


def is_run(path: Path) -> bool:
    return (path / RUN).is_file() if path.is_dir() else path.suffix == ".json" and not is_judged(path)


def questions(run: Row) -> Iterator[tuple[str, Row]]:
    """(pack, question), each once."""
    for pack, found in run["packs"].items():
        if pack != TOGETHER:
            yield from ((pack, question) for question in found["items"])


def pieces(pack: str, question: Row, tasks: Sequence[Task]) -> Iterator[Piece]:
    """Nothing of a question that failed, was refused, or whose answer the run does not hold."""
    if question.get("error") or question.get("status") == "refused" or not question.get("answer"):
        return
    if "answers" in tasks and question.get("answers") and question.get("answerable") is not False:
        yield Piece(place=(pack, question["id"]), item=_answer(pack, question))
    if "claims" in tasks:
        for n, statement in enumerate(question.get("statements") or ()):
            if quoted := _quoted(statement, question):
                yield Piece(place=(pack, question["id"]), item=_claim(pack, question, n, quoted), statement=n)


def _answer(pack: str, question: Row) -> JudgedItem:
    return JudgedItem(
        id=f"{pack}/{question['id']}",
        task="answers",
        text=answer_text(question["answer"]),
        label="",
        cluster=_cluster(pack, question),
        question=question["question"],
        golds=tuple(question["answers"]),
    )


def _claim(pack: str, question: Row, n: int, quoted: Sequence[Row]) -> JudgedItem:
    return JudgedItem(
        id=f"{pack}/{question['id']}#{n}",
        task="claims",
        text=answer_text(question["statements"][n]["text"]),
        label="",
        cluster=_cluster(pack, question),
        question=question["question"],
        beside="\n".join(dict.fromkeys(one.get("beside", "") for one in quoted)),
        sources=tuple(one["quote"] for one in quoted),
    )


def _cluster(pack: str, question: Row) -> str:
    return f"{pack}/{question.get('cluster') or question['id']}"


def _quoted(statement: Row, question: Row) -> list[Row]:
    cited = set(statement.get("citations") or ())
    return [one for one in question.get("citations") or () if one.get("n") in cited]


def scores(question: Row, said: Mapping[Task, Sequence[Verdict]], tasks: Sequence[Task]) -> dict[Task, float | None]:
    """Of one question. `said`: the verdicts on its pieces, by task."""
    found: dict[Task, float | None] = {}
    for task in tasks:
        if task == "answers":
            found[task] = _correct(question, said.get("answers", ()))
        else:
            found[task] = _supported(question, said.get("claims", ()))
    return found


def _correct(question: Row, said: Sequence[Verdict]) -> float | None:
    if not question.get("answers") or question.get("answerable") is False or question.get("error"):
        return None
    if question.get("status") == "refused":
        return 0.0
    return float(said[0].label == GOOD["answers"]) if said and said[0].label is not None else None


def _supported(question: Row, said: Sequence[Verdict]) -> float | None:
    statements = question.get("statements") or ()
    if question.get("error") or question.get("status") == "refused" or not statements:
        return None
    if any(verdict.label is None for verdict in said):
        return None
    return sum(verdict.label == GOOD["claims"] for verdict in said) / len(statements)


def judged_run(run: Row, found: Judgements, tasks: Sequence[Task]) -> dict[str, Any]:
    """A copy with `METRIC@NAME` in the questions that were reached, packs and kinds; `run` itself is left as it is.

    A question that is not among `found.pieces` and needed a verdict is not scored.
    """
    said: dict[tuple[str, str], dict[Task, list[Verdict]]] = {}
    for piece, verdict in zip(found.pieces, found.verdicts, strict=True):
        said.setdefault(piece.place, {}).setdefault(piece.item.task, []).append(verdict)
    scored, several = {}, sum(pack != TOGETHER for pack in run["packs"]) > 1
    for pack, question in questions(run):
        verdicts = said.get((pack, question["id"]), {})
        asked = [task for task in tasks if verdicts.get(task) or not _needs(pack, question, task)]
        values = {task: None for task in tasks} | scores(question, verdicts, asked)
        named = {f"{METRIC[task]}@{found.name}": value for task, value in values.items()}
        scored[pack, question["id"]] = named, verdicts
        scored[TOGETHER, f"{pack}/{question['id']}" if several else question["id"]] = named, {}
    packs = {name: _pack(name, pack, scored, found) for name, pack in run["packs"].items()}
    return {**run, "packs": packs}


def _needs(pack: str, question: Row, task: Task) -> bool:
    return any(True for _ in pieces(pack, question, [task]))


def _pack(
    name: str, pack: Row, scored: Mapping[tuple[str, str], tuple[Row, Mapping[Task, list[Verdict]]]], found: Judgements
) -> dict[str, Any]:
    items = [_item(item, *scored.get((name, item["id"]), ({}, {})), found.name) for item in pack["items"]]
    kinds = {
        kind: {**block, "metrics": {**block["metrics"], **_figures([i for i in items if i.get("kind") == kind], found)}}
        for kind, block in (pack.get("by_kind") or {}).items()
    }
    return {**pack, "metrics": {**pack["metrics"], **_figures(items, found)}, "by_kind": kinds, "items": items}


def _item(item: Row, values: Row, said: Mapping[Task, list[Verdict]], name: str) -> dict[str, Any]:
    told = [
        {"task": task, "label": one.label, "why": one.why, **({"trials": list(one.trials)} if one.trials else {})}
        for task, verdicts in said.items()
        for one in verdicts
    ]
    judged = {"judged": {**(item.get("judged") or {}), name: told}} if told else {}
    return {**item, "metrics": {**item["metrics"], **values}, **judged}


def _figures(items: Sequence[Row], found: Judgements) -> dict[str, Any]:
    figures = {}
    for task, words in found.people.items():
        metric = f"{METRIC[task]}@{found.name}"
        if not any(metric in item["metrics"] for item in items):
            continue
        kept = [(item["metrics"][metric], item.get("cluster") or item["id"]) for item in items]
        kept = [(value, cluster) for value, cluster in kept if value is not None]
        e = estimate([value for value, _ in kept], [cluster for _, cluster in kept])
        figures[metric] = {**estimate_json(e), "people": words}
    return figures
