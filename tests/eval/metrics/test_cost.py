import json
from dataclasses import replace
from typing import Any

import pytest

from eval.commands.measure import _prices
from eval.metrics.cost import Prices, money, percentiles, priced, spending
from eval.packs.loading import Sample
from eval.runs.hearing import hear, tokens, withheld
from rag.domain.errors import BadInput
from rag.domain.types import Access, Answer, Query, Question, Refusal
from rag.models.chat import ChatLLM
from rag.models.openai import openai_like
from rag.models.usage import Usage, metered
from tests.eval.bench import Bench, document
from tests.models.faulty import Handler, serving

PRICES = Prices(tokens_in=0.5, tokens_out=1.5)
QUESTION = Question(query=Query(text="bad batches spikes", access=Access(everything=True)), asker="eval")
ANSWER = Answer(id="a", question="q", status="answered", text="yes", model={"llm": "openai:m"})
REFUSED = replace(ANSWER, status="refused", refusal=Refusal(reason="nothing"), confidence=0.2)


def item(tokens: dict[str, int] | None, first: float | None = 10.0) -> dict[str, Any]:
    return {"tokens": tokens, "first_statement_ms": first}


def test_the_worked_example() -> None:
    found = spending([item({"in": 900, "out": 80})] * 100, PRICES)
    assert found["tokens"] == {"in": 90_000, "out": 8_000, "unknown": 0}
    assert found["cost"] == {"total": pytest.approx(0.057), "per_question": pytest.approx(0.00057)}


def test_one_question_whose_tokens_nobody_told_leaves_the_total_unknown() -> None:
    found = spending([item({"in": 900, "out": 80}), item(None)], PRICES)
    assert found["tokens"] == {"in": None, "out": None, "unknown": 1}
    assert found["cost"]["total"] is None


def test_no_tokens_cost_nothing_and_tokens_without_a_price_are_not_known() -> None:
    assert money({"in": 0, "out": 0}, None) == 0
    assert money({"in": 5, "out": 0}, None) is None


def test_questions_that_failed_are_left_out_and_refusals_have_no_first_words() -> None:
    rows = [item({"in": 0, "out": 0}, n) for n in (1.0, 2.0, 3.0)] + [item({"in": 0, "out": 0}, None)]
    found = spending([*rows, {"error": "gone"}])
    assert found["first_statement_ms"] == {"p50": 2.0, "p95": 3.0}
    assert found["tokens"]["unknown"] == 0


def test_half_of_two_is_the_first_and_nineteen_of_twenty_are_not_all() -> None:
    assert percentiles([2.0, None, 1.0]) == {"p50": 1.0, "p95": 2.0}
    assert percentiles([float(n) for n in range(1, 21)]) == {"p50": 10.0, "p95": 19.0}
    assert percentiles([None]) == {"p50": None, "p95": None}


def test_only_packs_that_were_answered_have_a_cost() -> None:
    run = {"packs": {"a": {"items": [item({"in": 1, "out": 1})]}, "b": {"items": [{"id": "1"}]}}}
    found = priced(run, PRICES)
    assert found["packs"]["a"]["cost"]["total"] == pytest.approx(2e-6)
    assert "cost" not in found["packs"]["b"]
    assert found["prices"] == {"tokens_in": 0.5, "tokens_out": 1.5}


def test_one_price_alone_is_refused() -> None:
    assert _prices(None, None) is None
    with pytest.raises(BadInput, match="One price alone"):
        _prices(1.0, None)


def test_without_a_model_there_are_no_tokens_and_unknown_is_not_nought() -> None:
    assert tokens(replace(ANSWER, model={"llm": "extractive"}), []) == {"in": 0, "out": 0}
    assert tokens(REFUSED, []) == {"in": 0, "out": 0}  # refused before anything was written
    assert tokens(ANSWER, []) is None
    assert tokens(ANSWER, [Usage(tokens_in=5, tokens_out=2), None]) is None
    assert tokens(ANSWER, [Usage(tokens_in=5, tokens_out=2)] * 2) == {"in": 10, "out": 4}


def test_an_answer_is_heard_with_the_passages_it_was_made_from() -> None:
    bench = Bench()
    bench._keep(document("a.md"), "loss spikes came from bad batches")
    heard = hear(bench.services().answerer, QUESTION)
    assert [hit.citation.document.path for hit in heard.passages] == ["a.md"]
    assert heard.first_ms is not None
    assert heard.first_ms <= heard.total_ms


def test_nothing_is_withheld_by_what_knows_no_threshold() -> None:
    sample = Sample(id="1", question="q")
    answerer = Bench().services().answerer
    assert withheld(answerer, QUESTION, sample, REFUSED) is None
    assert withheld(answerer, QUESTION, sample, ANSWER) is None


def counting(handler: Handler) -> None:
    """Counts when it is asked to, as servers do: in a last piece without words."""
    asked = handler.server.bodies[-1].get("stream_options")
    handler.start()
    handler.event("fine")
    handler.event(finish="stop")
    if asked == {"include_usage": True}:
        usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
        handler.raw(b"data: " + json.dumps({**chunk, "usage": usage}).encode() + b"\n\n")
    handler.raw(b"data: [DONE]\n\n")


def narrow(handler: Handler) -> None:
    """Takes no word that it does not know."""
    handler.fail(400) if "stream_options" in handler.server.bodies[-1] else handler.say("fine")


def said(llm: ChatLLM) -> str:
    return "".join(llm.stream("s", "u", max_tokens=20))


@pytest.mark.slow
def test_a_server_is_asked_to_count_and_only_what_is_metered_is_told() -> None:
    with serving(counting) as server:
        llm = ChatLLM(openai_like("m", base_url=server.url, api_key="k"))
        assert said(llm) == "fine"
        with metered() as meter:
            assert said(llm) == "fine"
        assert said(llm) == "fine"
    assert meter == [Usage(tokens_in=7, tokens_out=2)]
    assert ["stream_options" in body for body in server.bodies] == [True, True, True]


@pytest.mark.slow
def test_a_server_that_cannot_count_answers_all_the_same() -> None:
    with serving(narrow) as server, metered() as meter:
        llm = ChatLLM(openai_like("m", base_url=server.url, api_key="k"))
        assert (said(llm), said(llm)) == ("fine", "fine")
    assert len(server.bodies) == 3  # the second time it is not asked again
    assert not any(meter)
