"""What the gate says: on a terminal, and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from eval.comparing.gate import Check, Moved, Promise, Verdict
from eval.comparing.pairs import Item, PackPairs
from eval.metrics import LESS_IS_BETTER

LISTED = 20  # questions of each kind; `--json` has all
LONGEST = 160  # characters of an answer


def told(verdict: Verdict, *, differs: Sequence[str] = ()) -> Iterator[str]:
    """Lines. A run that passes is told in a few; one that does not, with every reason and question."""
    pairs = verdict.pairs
    yield from (line for pack in pairs for line in _unpaired(pack))
    yield from (f"{pack}: a new pack, nothing to hold it against" for pack in verdict.new_packs)
    if differs:
        yield "What else differs between the two runs:"
        yield from (f"  {line}" for line in differs)
    for promise in verdict.promises:
        yield f"Broken promise, {promise.pack}: not true that {promise.text}:"
        yield from _capped([f"  {line}" for item in promise.items for line in _promise(item)], 2 * LISTED)
    yield from (f"Regression: {_regression(check)}" for check in verdict.regressions)
    if verdict.broken:
        yield f"{len(verdict.broken)} {_questions(verdict.broken)} got worse:"
        yield from _capped([line for one in verdict.broken for line in _moved(one)], 4 * LISTED)
    if verdict.fixed:
        yield f"{len(verdict.fixed)} {_questions(verdict.fixed)} got better:"
        yield from _capped([f"  {one.name}: {one.now.get('question', '')}" for one in verdict.fixed], LISTED)
    yield from (_power(pack, verdict) for pack in dict.fromkeys(check.scores.pack for check in verdict.checks))
    yield _verdict(verdict)


def _verdict(verdict: Verdict) -> str:
    shared = sum(len(pack.shared) for pack in verdict.pairs)
    if verdict.passed:
        opened = f"The gate is open: {shared} questions asked twice, no regression that chance does not explain."
        return f"{opened}{_why_open(verdict)}"
    reasons = [f"{len(verdict.regressions)} of {len(verdict.checks)} checks fell"] if verdict.regressions else []
    reasons += [f"{len(verdict.promises)} broken promises"] if verdict.promises else []
    meant = (
        "" if verdict.promises else " If that is meant, the same command with --accept makes this run the reference."
    )
    return f"The gate is closed: {' and '.join(reasons)}.{meant}"


def _why_open(verdict: Verdict) -> str:
    """Many questions may have got worse: how few witnesses they are, and how near to closing it was."""
    fell = [check for check in verdict.checks if check.p < 1.0]
    if not verdict.broken or not fell:
        return ""
    few = verdict.witnesses
    nearest = min(fell, key=lambda check: check.adjusted)
    return (
        f" What got worse rests on {few} {'passage' if few == 1 else 'passages'}, each one witness; "
        f"nearest to closing it: {nearest.scores.metric}, p = {nearest.adjusted:.4f} corrected."
    )


def _questions(some: Sequence[object]) -> str:
    return "question" if len(some) == 1 else "questions"


def _unpaired(pack: PackPairs) -> Iterator[str]:
    for ids, what in (
        (pack.only_a, "not asked again"),
        (pack.changed, "with another question or gold answer than before, left out"),
        (pack.only_b, "new, nothing to hold them against"),
    ):
        if ids:
            more = f" and {len(ids) - LISTED} more" if len(ids) > LISTED else ""
            yield f"{pack.pack}: {len(ids)} {_questions(ids)} {what}: {', '.join(ids[:LISTED])}{more}"


def _promise(item: Item) -> Iterator[str]:
    yield f"{item['id']}: {item.get('question', '')}"
    if item.get("error"):
        yield f"  {item['error']}"


def _regression(check: Check) -> str:
    scores, change = check.scores, check.change
    units = len(set(scores.units))
    known = change.low is not None and change.high is not None
    between = f"{change.low:+.3f} to {change.high:+.3f}" if known else "how sure is not known"
    return (
        f"{scores.pack}, {scores.metric}: {check.before:.3f} before, {check.now:.3f} now "
        f"({between}), p = {check.adjusted:.4f} corrected, "
        f"{len(scores.ids)} questions that rest on {units} passages"
    )


def _moved(one: Moved) -> list[str]:
    lines = [f"  {one.name}: {one.now.get('question', '')}", f"    fell: {', '.join(one.worse)}"]
    before, now = said(one.before), said(one.now)
    return [*lines, f"    before: {before}", f"    now:    {now}"]


def said(item: Item) -> str:
    """What came of a question, on one line."""
    if item.get("error"):
        return f"failed: {item['error']}"
    if item.get("status") == "refused":
        return f"refused ({item.get('refusal') or 'no reason given'})"
    shown = str(item.get("answer") or ", ".join(map(str, (item.get("found") or item.get("ranking") or [])[:5])))
    flat = " ".join(shown.split())
    return flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…"


def _power(pack: str, verdict: Verdict) -> str:
    checks = [check for check in verdict.checks if check.scores.pack == pack]
    found = ", ".join(_unnoticed(check) for check in checks)
    asked = max(len(check.scores.ids) for check in checks)
    return f"{pack}, {asked} questions: smaller changes for the worse than these may go unnoticed: {found}"


def _unnoticed(check: Check) -> str:
    smallest, metric = check.unnoticed, check.scores.metric
    if smallest is None:
        return f"any of {metric}"
    return f"{metric} {'+' if metric in LESS_IS_BETTER else '-'}{smallest:.2f}"


def _capped(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[:most], "  … and more: --json has all"]


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "passed": verdict.passed,
        "alpha": verdict.rules.alpha,
        "checks": [_check_json(check) for check in verdict.checks],
        "promises": [_promise_json(promise) for promise in verdict.promises],
        "broken": [_moved_json(one) for one in verdict.broken],
        "fixed": [_moved_json(one) for one in verdict.fixed],
        "packs": {
            pack.pack: {
                "shared": len(pack.shared),
                "not_asked_again": list(pack.only_a),
                "changed": list(pack.changed),
                "new": list(pack.only_b),
            }
            for pack in verdict.pairs
        },
        "new_packs": list(verdict.new_packs),
    }


def _check_json(check: Check) -> dict[str, Any]:
    change = asdict(check.change)
    return {
        "pack": check.scores.pack,
        "metric": check.scores.metric,
        "before": check.before,
        "now": check.now,
        "change": {"value": change["value"], "ci95": [change["low"], change["high"]], "n": change["n"]},
        "clusters": len(set(check.scores.clusters)),
        "units": len(set(check.scores.units)),
        "p": check.p,
        "p_adjusted": check.adjusted,
        "unnoticed": check.unnoticed,
        "regressed": check.regressed,
        "no_longer_scored": list(check.scores.lost),
    }


def _promise_json(promise: Promise) -> dict[str, Any]:
    return {"pack": promise.pack, "broken": promise.text, "questions": [item["id"] for item in promise.items]}


def _moved_json(one: Moved) -> dict[str, Any]:
    return {
        "pack": one.pack,
        "id": one.now["id"],
        "question": one.now.get("question", ""),
        "worse": list(one.worse),
        "better": list(one.better),
        "before": said(one.before),
        "now": said(one.now),
    }
