from copy import deepcopy
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from lxml import etree
from markdown_it import MarkdownIt

from eval.comparing.gate import Rules, judge
from eval.report.against import Against, against, promises
from eval.report.junit import junit_report
from eval.report.markdown import LISTED, code, markdown_report
from eval.report.verdict import verdict
from eval.report.view import read_run

Run = dict[str, Any]
HOSTILE = "`` ` <img src=x onerror=alert(1)> | ![](http://x.test/a.png) @everyone #1 </details> ]]> &amp; \x00 \ud800"
SHAPE = """<grammar xmlns="http://relaxng.org/ns/structure/1.0"
  datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes"><start><element name="testsuites"><ref name="counts"/>
  <oneOrMore><element name="testsuite"><ref name="counts"/><zeroOrMore><element name="testcase">
  <attribute name="classname"/><attribute name="name"/><attribute name="time"><data type="decimal"/></attribute>
  <optional><choice><element name="skipped"><optional><attribute name="message"/></optional></element>
  <element name="failure"><ref name="told"/></element><element name="error"><ref name="told"/></element></choice>
  </optional>
  <optional><element name="system-out"><text/></element></optional></element></zeroOrMore></element></oneOrMore>
  </element></start>
  <define name="counts"><attribute name="name"/><attribute name="time"><data type="decimal"/></attribute>
  <attribute name="tests"><data type="integer"/></attribute>
  <attribute name="failures"><data type="integer"/></attribute>
  <attribute name="errors"><data type="integer"/></attribute>
  <attribute name="skipped"><data type="integer"/></attribute>
  </define><define name="told"><attribute name="message"/><attribute name="type"/><text/></define></grammar>"""


@pytest.fixture
def fell(worse: Run, run: Run) -> Against:
    return against(worse, run, name="before")


def test_what_became_worse_is_said_first_and_what_broke_is_listed(worse: Run, fell: Against) -> None:
    text = markdown_report(worse, fell)
    assert text.splitlines()[2].startswith("### Worse than before: answers that are right.")
    assert "🔴 ▼ -0.667" in text
    assert "Broken: 12" in text
    assert "wanted: `3e-4`" in text


def test_a_run_beside_itself_shows_no_difference(run: Run) -> None:
    same = against(run, run)
    assert verdict(read_run(run), same).text.startswith("No difference from now")
    assert not same.worse
    assert not same.broken


def test_what_became_better_is_good_news(worse: Run, run: Run) -> None:
    found = verdict(read_run(run), against(run, worse, name="before"))
    assert (found.tone, found.text) == ("good", "Better than before: answers that are right. Nothing became worse.")


def test_what_became_better_is_held_to_the_alpha_of_the_gate(worse: Run, run: Run) -> None:
    strict = judge(worse, run, Rules(alpha=0.0001))
    assert not against(run, worse, verdict=strict).better


def test_a_citation_that_is_no_quote_breaks_a_promise_whatever_the_rest_says(run: Run) -> None:
    run["packs"]["team"]["items"][0]["metrics"]["citation_valid"] = 0.5
    view = read_run(run)
    assert [one.broken_by for one in promises(view)] == [("q0",), ()]
    assert verdict(view, None).tone == "bad"
    assert "🔴 `team`: not true that every citation is an exact quote: `q0`" in markdown_report(run)


def test_long_lists_end_with_how_many_more(worse: Run) -> None:
    items = worse["packs"]["team"]["items"]
    for one in items:
        one["metrics"]["answer_correct"] = 0.0
        one["metrics"]["false_answer"] = None
    assert f"- and {24 - LISTED} more" in markdown_report(worse)


def test_hostile_texts_stay_inside_code_in_markdown(worse: Run, run: Run) -> None:
    for one in worse["packs"]["team"]["items"]:
        one["answer"] = one["question"] = HOSTILE
    for one in run["packs"]["team"]["items"]:
        one["question"] = HOSTILE
    text = markdown_report(worse, against(worse, run, name=HOSTILE[:40]))
    text.encode()
    bullets = [line for line in text.splitlines() if line.lstrip().startswith("- ")]
    rendered = MarkdownIt("commonmark").enable("table").render("\n".join(bullets))
    assert "<img" not in rendered
    assert rendered.count("<code>") > 24
    outside = "".join(etree.HTML(rendered).xpath("//text()[not(ancestor::code)]"))
    assert "@everyone" not in outside


@pytest.mark.parametrize(("text", "span"), [("a", "`a`"), ("`", "`` ` ``"), ("a``b", "```a``b```"), ("a\n b", "`a b`")])
def test_nothing_ends_a_code_span(text: str, span: str) -> None:
    assert code(text) == span


def test_junit_fails_where_the_gate_does(worse: Run, fell: Against) -> None:
    root = Xml.fromstring(junit_report(worse, fell))
    failed = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert failed == {"metric: answer_correct", *(one.now.id for one in fell.broken)}
    assert root.get("failures") == "13"


def test_a_wrong_answer_alone_is_no_failure(worse: Run) -> None:
    root = Xml.fromstring(junit_report(worse))
    assert root.get("failures") == "0"
    said = [case.findtext("system-out") for case in root.iter("testcase") if case.get("name") == "q0"]
    assert said == ["wrong\nquestion: Which learning rate is used in run 0?\nwanted: 3e-4\nsaid: Use 1e-5. [1]"]


def test_a_question_that_failed_before_too_is_skipped_as_the_gate_stays_open(run: Run) -> None:
    gone = deepcopy(run)
    gone["packs"]["team"]["items"][0] |= {"error": "the model is gone", "metrics": {}}
    again = Xml.fromstring(junit_report(gone, against(gone, deepcopy(gone))).encode())
    assert (again.get("errors"), again.get("skipped")) == ("0", "1")
    new = Xml.fromstring(junit_report(gone, against(gone, run)).encode())
    assert new.get("errors") == "1"


def test_junit_keeps_the_common_shape_whatever_the_texts_hold(worse: Run, fell: Against) -> None:
    items = worse["packs"]["team"]["items"]
    items[0]["error"] = items[1]["question"] = items[1]["answer"] = HOSTILE
    items[20]["metrics"] = dict.fromkeys(items[20]["metrics"])
    shape = etree.RelaxNG(etree.fromstring(SHAPE))
    for beside in (None, fell):
        found = etree.fromstring(junit_report(worse, beside).encode())
        shape.assertValid(found)
        assert (found.get("errors"), found.get("skipped")) == ("1", "1")
