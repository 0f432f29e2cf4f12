"""Files with the answers to a team's questions: if search found them, every figure would be too good."""

import json
import re

from ingest.readers.base import Candidate

WHY = "questions of an evaluation, with their answers: `teamlore eval` reads them, search must not"
_RUN = re.compile(rb'"command": "(?:answers|retrieval)",\s*"packs": \{\s*"[^"\n]*": \{\s*"n": \d+,\s*"metrics": \{')
_BEGUN = re.compile(rb'\{[^\n]*"started": "[^"\n]*"[^\n]*"identity": ')
_REPORT = re.compile(rb'<meta name="generator" content="teamlore eval">')
_COMMENT = b"<!-- teamlore eval -->"  # a report in Markdown begins with it
_QUERY = frozenset({"_id", "text", "answerable"})  # as `teamlore eval export` writes questions


def evaluation_file(candidate: Candidate) -> bool:
    """A set of questions with the files or words that answer them, or a part of a run's folder. By its first bytes."""
    head = candidate.head
    if candidate.suffix == ".jsonl":
        return bool(_BEGUN.match(head)) or _asks(head.partition(b"\n")[0])
    if candidate.suffix == ".json":
        return bool(_RUN.search(head))
    if candidate.suffix == ".md":
        return head.startswith(_COMMENT)
    return candidate.suffix == ".html" and bool(_REPORT.search(head))


def _asks(line: bytes) -> bool:
    try:
        row = json.loads(line)
    except ValueError:
        return False
    if not isinstance(row, dict):
        return False
    return row.keys() >= _QUERY or ("question" in row and ("gold_files" in row or _names_words(row.get("evidence"))))


def _names_words(evidence: object) -> bool:
    """As evidence is told, [{"file", "quote"}]; data sets for training call other things so."""
    rows = evidence if isinstance(evidence, list) else []
    return bool(rows) and all(isinstance(row, dict) and {"file", "quote"} <= row.keys() for row in rows)
