"""Did search bring the right file, and the words themselves? Each metric is 0 or 1; None without gold.

A hit counts once at least one gold file, or one piece of evidence, is among the first k passages. White space is
folded; in JSON sources escapes are decoded and tags left out, as the gold quotes are. A passage counts at
most 200 words around the chunk that brought it, so that long passages do not win by length.

Worked: evidence "loss spikes" in docs/a.md; passages [docs/b.md, docs/a.md "... loss  spikes ..."]:
file_hit@1 = evidence_hit@1 = 0, file_hit@5 = evidence_hit@5 = 1.
"""

import re
from collections.abc import Sequence
from functools import partial

from eval.metrics.base import NOT_SCORED, Found, Metric, Observation, Score
from eval.packs.loading import Evidence, Sample

WORDS = 200
_WORD = re.compile(r"\S+")
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": " ", "f": " "}
_DECODED = (".json", ".jsonl", ".ipynb")


def folded(text: str) -> str:
    return " ".join(text.split())


def comparable(text: str, file: str) -> str:
    """White space folded; of a JSON file, the decoded strings without tags."""
    if not file.lower().endswith(_DECODED):
        return folded(text)
    decoded = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _PLAIN.get(m[2], m[2]), text)
    return folded(_TAG.sub("", decoded))


def around(text: str, best: tuple[int, int], words: int = WORDS) -> str:
    """At most `words` words of the text: the best chunk's, then as many of its neighbours on either side as fit."""
    spans = [match.span() for match in _WORD.finditer(text)]
    if len(spans) <= words:
        return text
    first = next((i for i, (_, end) in enumerate(spans) if end > best[0]), len(spans) - 1)
    last = next((i for i, (start, _) in enumerate(spans) if start >= best[1]), len(spans))
    spare = max(0, words - (last - first))
    begin = max(0, min(first - spare // 2, len(spans) - words))
    return text[spans[begin][0] : spans[begin + words - 1][1]]


def file_hit(sample: Sample, found: Sequence[Found], k: int) -> float | None:
    if not sample.gold_files:
        return None
    return float(any(passage.files.intersection(sample.gold_files) for passage in found[:k]))


def holds(passage: Found, evidence: Evidence) -> bool:
    """The passage is from the evidence's file and has its words; a quote of tags alone has none."""
    wanted = comparable(evidence.quote, evidence.file)
    if not wanted or evidence.file not in passage.files:
        return False
    return wanted in comparable(around(passage.text, passage.best), evidence.file)


def evidence_hit(sample: Sample, found: Sequence[Found], k: int) -> float | None:
    if not sample.evidence:
        return None
    return float(any(holds(passage, evidence) for passage in found[:k] for evidence in sample.evidence))


def _file_hit(k: int, seen: Observation) -> Score:
    return NOT_SCORED if seen.found is None else Score(file_hit(seen.sample, seen.found, k))


def _evidence_hit(k: int, seen: Observation) -> Score:
    return NOT_SCORED if seen.found is None else Score(evidence_hit(seen.sample, seen.found, k))


EVIDENCE: dict[str, Metric] = {
    **{f"file_hit@{k}": partial(_file_hit, k) for k in (1, 5, 10)},
    **{f"evidence_hit@{k}": partial(_evidence_hit, k) for k in (1, 5, 10)},
}
