"""What a figure is called, and how it is computed: in the words of the metric's own module."""

import inspect
import re
import sys
from functools import partial
from types import FunctionType

from eval.metrics import METRICS
from eval.metrics.base import Metric

LABELS = {
    "answer_correct": "answers that are right",
    "answer_words": "words of an answer",
    "citation_evidence": "answers that cite the evidence",
    "citation_valid": "citations that are exact quotes",
    "false_answer": "answered though nothing is known",
    "false_refusal": "refused though it is known",
    "file_hit": "right file found",
    "evidence_hit": "evidence found",
    "ndcg": "ranking (nDCG)",
    "recall": "relevant documents found",
    "mrr": "first relevant document (MRR)",
    "judge_correct": "answers that a model calls right",
    "judge_support": "statements that a model finds supported",
}

# What plain systems are shown beside, where a pack has it.
BESIDE = ("ndcg@10", *(f"{name}@{k}" for name in ("evidence_hit", "file_hit") for k in (1, 5, 10)))


def label(metric: str) -> str:
    """In plain words: `evidence found, first 5`. A metric without words of its own keeps its name."""
    name, _, k = metric.partition("@")
    words = LABELS.get(metric) or LABELS.get(name) or name.replace("_", " ")
    if name.startswith("judge_"):
        return words
    return f"{words}, first {k}" if k else words


def meaning(metric: str) -> str:
    """The paragraph about the metric in its module's docstring, else its function's, else the module's first; "" for
    an unknown one."""
    found = METRICS.get(metric)
    if found is None:
        return ""
    functions = _functions(found)
    name = metric.partition("@")[0]
    modules = [sys.modules[function.__module__].__doc__ or "" for function in functions]
    for text in modules:
        for paragraph in _lines_by_name(text):
            if re.match(rf"(?:[\w@/]+, )*{re.escape(name)}(?:@\S+)?(?:, [\w@/]+)*: ", paragraph):
                return _flat(paragraph.partition(": ")[2])
    own = [_first(inspect.getdoc(function) or "") for function in functions]
    named = [text for function, text in zip(functions, own, strict=True) if function.__name__.strip("_") == name]
    return next((text for text in [*named, *map(_opening, modules)] if text), "")


def _functions(metric: Metric) -> list[FunctionType]:
    """The function and those it was made from."""
    parts: list[FunctionType] = []
    waiting: list[object] = [metric]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, partial):
            waiting += [part.func, *part.args]
        elif isinstance(part, FunctionType):
            parts.append(part)
    return parts


def _lines_by_name(text: str) -> list[str]:
    """Paragraphs, and inside them what begins with `name: ` at the start of a line."""
    return [part for paragraph in text.split("\n\n") for part in re.split(r"\n(?=[a-z][\w@/]*: )", paragraph)]


def _first(text: str) -> str:
    return _flat(text.split("\n\n")[0])


def _opening(text: str) -> str:
    """Of a module that speaks of all its metrics at once."""
    return _flat(" ".join(text.split("\n\n")[:2]))


def _flat(text: str) -> str:
    return " ".join(text.split())
