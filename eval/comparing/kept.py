"""What of a run is worth keeping in a repository: all that the gate reads, and no more."""

from collections.abc import Mapping
from typing import Any

from eval.runs.results import TOGETHER

_ITEM = ("id", "kind", "question", "answers", "evidence", "answerable", "asked", "metrics", "cluster", "unit")
_SAID = ("error", "status", "refusal", "answer", "found", "ranking")
LONGEST = 300  # characters of an answer


def kept(run: Mapping[str, Any]) -> dict[str, Any]:
    """A run without passages, times and what else is looked at once; about 1 kB a question.

    The file packs together are left out where they are one pack.
    """
    packs = {name: pack for name, pack in run["packs"].items() if name != TOGETHER or len(run["packs"]) > 2}
    return {
        **{key: run[key] for key in ("id", "started", "command") if key in run},
        "packs": {name: _pack(pack) for name, pack in packs.items()},
        "system": run.get("system", {}),
    }


def _pack(pack: Mapping[str, Any]) -> dict[str, Any]:
    return {"n": pack["n"], "metrics": pack["metrics"], "items": [_item(item) for item in pack["items"]]}


def _item(item: Mapping[str, Any]) -> dict[str, Any]:
    small = {key: item[key] for key in (*_ITEM, *_SAID) if key in item and item[key] is not None}
    for key in ("found", "ranking"):
        if key in small:
            small[key] = small[key][:5]
    if "answer" in small:
        small["answer"] = small["answer"][:LONGEST]
    return small
