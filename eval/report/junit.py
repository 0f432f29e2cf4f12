"""A run as JUnit XML: a suite a pack, a test case a question, and one for every promise and metric.

It fails where the gate does. A wrong answer alone is no failure: it passes, with what was said in `system-out`. A
question that broke fails when the metric that it broke became significantly worse.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as Xml

from eval.report.against import Against, Change, promises
from eval.report.meanings import label
from eval.report.view import Item, Pack, RunView, read_run


def junit_report(run: Mapping[str, Any], beside: Against | None = None) -> str:
    """Raises BadInput for what is no run."""
    view = read_run(run)
    root = Xml.Element("testsuites", name=f"teamlore eval {view.command}".strip())
    for pack_name, pack in view.single.items():
        _suite(root, pack_name, [*_checks(view, pack_name, beside), *_questions(pack_name, pack, beside)])
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", f"{view.seconds or 0.0:.3f}")
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(root: Xml.Element, name: str, cases: list[Xml.Element]) -> None:
    suite = Xml.SubElement(root, "testsuite", name=name, tests=str(len(cases)))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    suite.extend(cases)


def _case(pack: str, name: str, *, seconds: float = 0.0) -> Xml.Element:
    return Xml.Element("testcase", classname=pack, name=name, time=f"{seconds:.3f}")


def _checks(view: RunView, pack: str, beside: Against | None) -> Iterator[Xml.Element]:
    for promise in promises(view, beside):
        if promise.pack == pack:
            case = _case(pack, f"promise: {promise.text}")
            if not promise.kept:
                _tell(case, "failure", "a promise is broken", "broken by: " + ", ".join(promise.broken_by))
            yield case
    for change in beside.changes.values() if beside else ():
        if change.pack == pack and change.direction != "not judged":
            case = _case(pack, f"metric: {change.metric}")
            if change.direction == "worse":
                _tell(case, "failure", f"{label(change.metric)} became worse", _numbers(change))
            yield case


def _numbers(change: Change) -> str:
    return (
        f"{change.metric}: {change.before:.4f} before, {change.now:.4f} now over {change.n} questions "
        f"(95 % of the difference {change.low:+.4f} to {change.high:+.4f})"
    )


def _questions(name: str, pack: Pack, beside: Against | None) -> Iterator[Xml.Element]:
    worse = {change.metric for change in beside.worse if change.pack == name} if beside else set()
    for item in pack.items:
        case = _case(name, item.id, seconds=(item.latency_ms or 0.0) / 1000)
        before = beside.moved.get((name, item.id)) if beside else None
        lost = [metric for metric in (before.worse if before else ()) if metric in worse]
        valid = item.metrics.get("citation_valid")
        if item.error and not (before and before.before.error):
            _tell(case, "error", "the question failed", item.error)
        elif valid is not None and valid < 1:
            _tell(case, "failure", "a citation is no exact quote", _said(item))
        elif before and lost:
            _tell(case, "failure", f"broken: {', '.join(lost)}", f"before: {before.before.answer}\n{_said(item)}")
        elif item.error:
            Xml.SubElement(case, "skipped", message="the question failed, as it did before")
        elif item.outcome == "not scored":
            Xml.SubElement(case, "skipped", message="not scored")
        elif item.is_wrong:
            Xml.SubElement(case, "system-out").text = f"{item.outcome}\n{_said(item)}"
        yield case


def _tell(case: Xml.Element, tag: str, message: str, text: str) -> None:
    Xml.SubElement(case, tag, message=message, type=tag).text = text


def _said(item: Item) -> str:
    wanted = "a refusal" if item.answerable is False else " / ".join(item.answers) or "not in the run"
    return f"question: {item.question}\nwanted: {wanted}\nsaid: {item.answer or 'nothing'}"
